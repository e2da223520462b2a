"""The licenses of everything that Moatless consists of, as the page about it shows them.

A packaged program has them in a file, written when it was made (`installers/packaging/notices.py`). A checkout asks
the packages that are installed.
"""

import json
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from desktop_app import __version__, product
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.paths import APPLICATION_NAME, bundled
from desktop_app.qt_exchange import QT_PACKAGES, exchange_text

WRITTEN = "licenses.json"  # among the files that ship with a packaged program
LGPL = "LGPL-3.0-only"
_PROJECT = "moatless"
_TEXT_FILE = re.compile(r"LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|AUTHORS", re.IGNORECASE)
_LONGEST_NAME = 160  # of a license; some packages have the whole text in this field


@dataclass(frozen=True)
class Notice:
    """One part of the program.

    Attributes:
        license: Its short name; an SPDX expression where the part gives one.
        text: The license in full, with whatever else the part wants to be told; empty if it brings none.
        home: Where it comes from, an address.
    """

    name: str
    version: str
    license: str
    text: str
    home: str


def read() -> tuple[Notice, ...]:
    """Return all parts: first how to exchange Qt, then the program itself, then the others by name.

    Raises:
        UserError: If they cannot be read.
    """
    written = bundled(WRITTEN)
    parts = from_file(written) if written.exists() else collect(needed_packages())
    version = next(part.version for part in parts if part.name == "Qt")
    exchange = Notice("How to exchange Qt", version, LGPL, exchange_text(version), "https://doc.qt.io/qt-6/lgpl.html")
    ours = [part for part in parts if part.name == APPLICATION_NAME]
    others = [part for part in parts if part.name != APPLICATION_NAME]
    return (exchange, *ours, *sorted(others, key=lambda part: part.name.casefold()))


def write(parts: Iterable[Notice], path: Path) -> None:
    """Write a file that `from_file` reads: JSON with a line for each part.

    Python lets nothing else run while it reads JSON; all of it at once would keep the window waiting.
    """
    lines = (json.dumps(asdict(part), ensure_ascii=False) for part in parts)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8", newline="\n")


def from_file(path: Path) -> list[Notice]:
    """Return the parts that a file lists.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        _opening, *lines, _closing = path.read_text("utf-8").rstrip("\n").split("\n")
        return [Notice(**json.loads(line.rstrip(","))) for line in lines]
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"The list of licenses in {path} cannot be read, so this installation is damaged.", "Install it again."
        ) from error


def collect(packages: Iterable[str]) -> list[Notice]:
    """Return the notices of Python packages, and of the parts that are none, in no particular order.

    Args:
        packages: Their names; they have to be installed.
    """
    return [*_parts_that_are_no_package(), *(_of_package(metadata.distribution(name)) for name in sorted(packages))]


# ------------------------------------------------------------ Python packages


def needed_packages(project: str = _PROJECT) -> set[str]:
    """Return the names of all packages that the program needs when it runs here, and of those that these need.

    Raises:
        UserError: If one of them is not installed.
    """
    from packaging.requirements import Requirement  # a packaged program never comes here

    names: set[str] = set()
    todo, seen = [(project, "")], set()
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in _installed(name).requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                needed = normalized(wanted.name)
                names.add(needed)
                todo += [(needed, ""), *((needed, each) for each in wanted.extras)]
    return names - {normalized(project)}


def normalized(name: str) -> str:
    """Return a package's name as it is compared: `Jinja2` and `jinja2`, `hf_xet` and `hf-xet` are the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"The package {name}, which Moatless needs, is not installed.", "Run `make setup` in the checkout."
        ) from error


def _of_package(package: metadata.Distribution) -> Notice:
    said = package.metadata
    texts = list(_texts(package))
    if not texts and normalized(package.name) in QT_PACKAGES:
        texts = _lgpl_texts()
    if inside := _compiled_in(package):
        texts.append(inside)
    return Notice(package.name, package.version, _license_name(said), "\n\n\n".join(texts), _home(said))


def _license_name(said: "metadata.PackageMetadata") -> str:
    name = _field(said, "License-Expression") or _field(said, "License")
    if name and len(name) <= _LONGEST_NAME and "\n" not in name:
        return name
    kinds = [line for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    return ", ".join(line.rpartition(" :: ")[2] for line in kinds) or "see the text"


def _home(said: "metadata.PackageMetadata") -> str:
    links = dict(line.partition(", ")[::2] for line in said.get_all("Project-URL") or ())
    by_name = {name.casefold(): link for name, link in links.items()}
    ranked = (by_name.get(name) for name in ("homepage", "source", "source code", "repository", "documentation"))
    return next(filter(None, ranked), None) or _field(said, "Home-page") or next(iter(links.values()), "")


def _field(said: "metadata.PackageMetadata", name: str) -> str:
    return next(iter(said.get_all(name) or ()), "")


def _texts(package: metadata.Distribution) -> Iterator[str]:
    """Give the text of each license file, with its name where there are several."""
    found: dict[str, str] = {}  # by its text: some packages have the same one several times
    for file in package.files or ():
        inside = file.parts[1:]
        is_marked = inside[:1] == ("licenses",) or (len(inside) == 1 and _TEXT_FILE.match(file.name))
        if file.parts[0].endswith(".dist-info") and is_marked:
            text = _text(Path(str(file.locate())))
            found.setdefault(text, "/".join(part for part in inside if part != "licenses"))
    for text, name in found.items():
        yield f"{_underlined(name)}\n\n{text}" if len(found) > 1 else text


def _compiled_in(package: metadata.Distribution) -> str:
    """Return what a package says that is compiled into its libraries, a line for each part."""
    lines = set()
    for file in package.files or ():
        if file.parts[0].endswith(".dist-info") and file.parts[1:2] == ("sboms",) and file.suffix == ".json":
            for part in json.loads(file.read_text("utf-8")).get("components", ()):
                terms = " and ".join(_cyclonedx_license(each) for each in part.get("licenses", ()))
                lines.add(f"{part['name']} {part.get('version', '')}" + (f": {terms}" if terms else ""))
    if not lines:
        return ""
    return "\n".join((_underlined("Compiled into it, by its own list"), "", *sorted(lines, key=str.casefold)))


def _cyclonedx_license(entry: dict[str, object]) -> str:
    named = entry.get("license")
    if isinstance(named, dict):
        return str(named.get("id") or named.get("name"))
    return str(entry.get("expression"))


# ------------------------------------------------------------ what is no package


def _parts_that_are_no_package() -> Iterator[Notice]:
    from_package = metadata.version
    yield Notice(
        APPLICATION_NAME, __version__, "MIT", _text(bundled().parent / "LICENSE"), product.HOMEPAGE
    )  # a checkout has it beside its assets
    yield Notice(
        "Python",
        platform.python_version(),
        "PSF-2.0",
        _text(bundled("licenses", "Python.txt")),
        "https://www.python.org",
    )
    yield Notice("Qt", from_package("PySide6_Essentials"), LGPL, "\n\n\n".join(_qt_texts()), "https://www.qt.io")
    yield Notice(
        "llama.cpp",
        f"in llama-cpp-python {from_package('llama-cpp-python')}",
        "MIT",
        _text(bundled("licenses", "llama.cpp.txt")),
        "https://github.com/ggml-org/llama.cpp",
    )
    yield Notice(
        "libxml2 and libxslt",
        f"in lxml {from_package('lxml')}",
        "MIT",
        _text(bundled("licenses", "libxml2.txt")),
        "https://gitlab.gnome.org/GNOME/libxml2",
    )
    yield Notice("Lucide icons", "", "ISC AND MIT", _text(bundled("icons", "LICENSE")), "https://lucide.dev")
    yield Notice(
        starter.REPO.partition("/")[2],
        "",
        starter.LICENSE,
        f"The starter model, {starter.FILE}, was made from {starter.REPO}: its numbers were rounded to take less room."
        f"\n\n\n{_text(bundled('licenses', 'Apache-2.0.txt'))}",
        f"https://huggingface.co/{starter.REPO}",
    )


def _lgpl_texts() -> list[str]:
    """Return the license of Qt; it says what it adds to the GPL, which therefore belongs to it."""
    return [_text(bundled("licenses", name)) for name in ("LGPL-3.0.txt", "GPL-3.0.txt")]


def _qt_texts() -> list[str]:
    parts = f"{_underlined('What Qt has of others')}\n\n{_text(bundled('licenses', 'Qt-parts.txt'))}"
    return [*_lgpl_texts(), parts]


def _underlined(title: str) -> str:
    return f"{title}\n{'-' * len(title)}"


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace").replace("\f", "").strip("\n")
