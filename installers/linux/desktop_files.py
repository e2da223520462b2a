"""What a Linux desktop reads about the program: the menu entry, the page of a software centre, and the icons.

All of it is written here out of the product's words; every package puts it below its own `share` folder.
"""

import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

from desktop_app.paths import APPLICATION_NAME, bundled
from desktop_app.product import HOMEPAGE, IDENTIFIER, SUMMARY
from installers.linux.changes import Release, releases

PROGRAM = "moatless"
LICENSE = "MIT"
CATEGORIES = ("Utility",)
KEYWORDS = ("AI", "LLM", "chat", "assistant", "language model", "local", "GGUF", "llama.cpp", "LoRA", "fine-tuning")
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)

DESCRIPTION = (
    "Moatless runs small open language models on your own computer. Nothing you write leaves it: the program connects"
    " to the network only for what you ask for there, every connection is listed, and one switch forbids them all.",
    "A small model is inside, so that you can chat at once, without a network. Larger ones are found from within,"
    " with what each would mean on your computer before you download it.",
)
FEATURES = (
    "Chats that lose nothing: every version of every message is kept, and text is saved while it is written.",
    "Models run in a process of their own: if one runs out of memory, the window says so and goes on.",
    "What models have learned (LoRA adapters) can be stacked and mixed with sliders in the middle of a conversation.",
    "Teach the model you chat with from your own documents, and read in plain words what came of it.",
)


def desktop_entry() -> str:
    """Return the menu entry; `Exec` is the bare name, for packages whose program is found on the PATH."""
    entries = {
        "Type": "Application",
        "Name": APPLICATION_NAME,
        "Comment": SUMMARY,
        "Exec": PROGRAM,
        "Icon": IDENTIFIER,
        "Terminal": "false",
        "Categories": "".join(f"{name};" for name in CATEGORIES),
        "Keywords": "".join(f"{word};" for word in KEYWORDS),
        "StartupNotify": "true",
        "StartupWMClass": APPLICATION_NAME,  # what Qt says on X11; on Wayland it is the name of this file
    }
    return "\n".join(["[Desktop Entry]", *(f"{key}={value}" for key, value in entries.items()), ""])


def metainfo() -> str:
    """Return the AppStream description (version 1.0); see https://www.freedesktop.org/software/appstream/docs."""
    root = Xml.Element("component", type="desktop-application")
    _add(root, "id", IDENTIFIER)
    _add(root, "name", APPLICATION_NAME)
    _add(root, "summary", SUMMARY)
    _add(root, "metadata_license", "CC0-1.0")
    _add(root, "project_license", LICENSE)
    developer = Xml.SubElement(root, "developer", id=IDENTIFIER.rpartition(".")[0])
    _add(developer, "name", f"The {APPLICATION_NAME} authors")
    _describe(root, DESCRIPTION, FEATURES)
    _add(root, "launchable", f"{IDENTIFIER}.desktop", type="desktop-id")
    _add(root, "url", HOMEPAGE, type="homepage")
    _add(root, "url", f"{HOMEPAGE}/issues", type="bugtracker")
    _add(root, "url", HOMEPAGE, type="vcs-browser")
    categories = Xml.SubElement(root, "categories")
    for name in CATEGORIES:
        _add(categories, "category", name)
    _add(Xml.SubElement(root, "provides"), "binary", PROGRAM)
    # Nothing to declare: what a model writes is made on the person's computer at the person's wish.
    Xml.SubElement(root, "content_rating", type="oars-1.1")
    history = Xml.SubElement(root, "releases")
    for release in releases():
        _add_release(history, release)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _add(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    Xml.SubElement(parent, tag, attributes).text = text


def _describe(parent: Xml.Element, paragraphs: tuple[str, ...], items: tuple[str, ...]) -> None:
    description = Xml.SubElement(parent, "description")
    for paragraph in paragraphs:
        _add(description, "p", paragraph)
    if items:
        listed = Xml.SubElement(description, "ul")
        for item in items:
            _add(listed, "li", item)


def _add_release(history: Xml.Element, release: Release) -> None:
    element = Xml.SubElement(history, "release", version=release.version, date=release.date.isoformat())
    _describe(element, (release.summary,) if release.summary else (), release.items)
    _add(element, "url", f"{HOMEPAGE}/releases/tag/v{release.version}", type="details")


def write_share(share: Path, icons: Path) -> None:
    """Write menu entry, description and icons to where the desktop looks for them below a `share` folder.

    Args:
        share: Such as `usr/share` of a package; made if need be.
        icons: A folder with a picture for each size of `ICON_SIZES`, called `SIZE.png`.
    """
    _write(share / "applications" / f"{IDENTIFIER}.desktop", desktop_entry())
    _write(share / "metainfo" / f"{IDENTIFIER}.metainfo.xml", metainfo())
    theme = share / "icons" / "hicolor"
    _copy(bundled("moatless.svg"), theme / "scalable" / "apps" / f"{IDENTIFIER}.svg")
    for size in ICON_SIZES:
        _copy(icons / f"{size}.png", theme / f"{size}x{size}" / "apps" / f"{IDENTIFIER}.png")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
