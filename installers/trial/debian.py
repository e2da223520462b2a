"""The Debian package in a clean Debian: installed by apt, looked at, and used by somebody who is new there."""

import shutil
import struct
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.product import IDENTIFIER
from installers.linux.desktop_files import ICON_SIZES
from installers.packaging.places import WORK, file_name
from installers.packaging.tools import run_tool
from installers.trial.checking import NotTried, need, need_root
from installers.trial.debian_root import DebianRoot, make_root
from installers.trial.people import inhabitant
from installers.trial.report import in_words, read_report
from installers.trial.screen import Screen, is_answered, messages, opened, wait_until
from installers.trial.trial import Trial

PROGRAM = "/usr/bin/moatless"
HOME = Path("opt", "moatless")
_ARCHIVE = WORK / "debian-12.tar"
_ENTRY = Path("usr", "share", "applications", f"{IDENTIFIER}.desktop")
_METAINFO = Path("usr", "share", "metainfo", f"{IDENTIFIER}.metainfo.xml")
_ICONS = Path("usr", "share", "icons", "hicolor")
_MADE_WITH = ("python3", "gcc", "cc")  # what a person's computer need not have
_QUESTION = "Name three colors."


def package(trial: Trial) -> Path:
    """Return the package, or say that there is none."""
    path = trial.dist / file_name("deb")
    if not path.exists():
        raise NotTried("The Debian package is not built yet: python installers/build.py deb")
    return path


def clean_debian(trial: Trial) -> DebianRoot:
    """Return a clean Debian that the package was installed in."""
    need_root()
    need("debootstrap", "unshare")
    built = package(trial)
    folder = trial.work / "debian"
    root = DebianRoot.unpack(make_root(_ARCHIVE), folder)
    trial.at_end.callback(shutil.rmtree, folder, ignore_errors=True)
    in_root(root, "apt-get", "update", network=True)
    install(root, built)
    return root


def in_root(root: DebianRoot, *words: str, network: bool = False) -> str:
    """Return what root prints there with a command that does what it should.

    Raises:
        UserError: If it does not.
    """
    done = root.run(*words, network=network)
    if done.returncode:
        raise UserError(f"“{' '.join(words)}” has failed in the clean Debian: {done.stdout.strip()[-1500:]}")
    return done.stdout


def install(root: DebianRoot, built: Path) -> str:
    """Have apt install a package with all that it cannot do without, and nothing more; return what apt says."""
    copy = root.folder / "root" / built.name
    shutil.copyfile(built, copy)
    try:
        flags = ("--yes", "--no-install-recommends", "--allow-downgrades", "--reinstall")
        return in_root(root, "apt-get", "install", *flags, f"/root/{built.name}", network=True)
    finally:
        copy.unlink()


def installed(trial: Trial) -> str:
    """Apt installs the package and what it needs, and the desktop finds entry, icons and description."""
    need("desktop-file-validate", "appstreamcli")
    root = trial.shared(clean_debian)
    run_tool("desktop-file-validate", root.folder / _ENTRY)
    run_tool("appstreamcli", "validate", "--no-net", root.folder / _METAINFO)
    for size in ICON_SIZES:
        check_icon(root.folder / _ICONS / f"{size}x{size}" / "apps" / f"{IDENTIFIER}.png", size)
    if not (root.folder / _ICONS / "scalable" / "apps" / f"{IDENTIFIER}.svg").is_file():
        raise UserError("The icon that can be drawn in any size is not there.")
    if there := [name for name in _MADE_WITH if (root.folder / "usr" / "bin" / name).exists()]:
        raise UserError(f"The package brings along what nobody needs: {', '.join(there)}.")
    came = in_root(root, "dpkg-query", "--show", "--showformat", "${Depends}", "moatless")
    return f"{built_size(package(trial))}; it needs {came}"


def built_size(path: Path) -> str:
    """Return the size of a package in words."""
    return f"{path.stat().st_size / 1e6:.0f} MB"


def check_icon(path: Path, size: int) -> None:
    """Compare the size of a picture with the one of its place.

    Raises:
        UserError: If it is another one, or there is none.
    """
    header = path.read_bytes()[:24] if path.is_file() else b""
    if len(header) < 24 or struct.unpack(">8s8xII", header) != (b"\x89PNG\r\n\x1a\n", size, size):
        raise UserError(f"The icon of {size} pixels is missing, or is of another size.")


def selftest(trial: Trial) -> str:
    """The installed program finds itself well, for a person without rights and without a network."""
    person = inhabitant(trial.shared(clean_debian), "tester")
    return in_words(read_report(person.run(PROGRAM, "selftest")))


def window(trial: Trial) -> str:
    """The window opens on an X11 desktop and the starter model answers the first message, without a network."""
    root = trial.shared(clean_debian)
    person = inhabitant(root, "beginner")
    picture = trial.work / "first-chat.png"
    with Screen(trial.scratch / "screen", root.folder) as screen, opened(person, PROGRAM, screen):
        screen.type(_QUESTION)
        try:
            wait_until(lambda: is_answered(messages(person)), f"No answer came; what is there instead is in {picture}.")
            screen.wait_until_settled()
        finally:
            screen.picture(picture)
    (asked, (_, _, answer)) = messages(person)
    if asked[2] != _QUESTION or len(answer) < 5:
        raise UserError(f"Something else was asked or answered: {messages(person)}")
    return f"it answered “{' '.join(answer.split())[:60]}”; the picture is {picture}"
