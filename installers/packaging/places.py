"""Where packages are made, and what they are called: the same names for who builds, tries, signs and publishes them."""

import platform
import sys
from collections.abc import Callable
from pathlib import Path

from desktop_app import __version__
from desktop_app.child_environment import CONSOLE_PROGRAM
from desktop_app.paths import APPLICATION_NAME

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "package"
DIST = WORK / "dist"
ENVIRONMENT = WORK / "venv"
ICONS = WORK / "icons"
WHEELS = WORK / "wheels"

# The frozen program: a folder with its program, or on macOS a bundle.
_FROZEN = WORK / "folder"
FOLDER = _FROZEN / (f"{APPLICATION_NAME}.app" if sys.platform == "darwin" else "moatless")

_DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}
_UNUSUAL = {"arm64": "-arm64"}
_ONE_NAME_EACH = {"AMD64": "x86_64", "x64": "x86_64", "ARM64": "arm64"}

_NAMES: dict[str, Callable[[str, str], str]] = {
    "deb": lambda version, machine: f"moatless_{version}_{_DEBIAN.get(machine, machine)}.deb",
    "tarball": lambda version, machine: f"moatless-{version}-linux-{machine}.tar.gz",
    "appimage": lambda version, machine: f"{APPLICATION_NAME}-{version}-{machine}.AppImage",
    "dmg": lambda version, machine: f"{APPLICATION_NAME}-{version}-{machine}.dmg",
    "setup": lambda version, machine: f"{APPLICATION_NAME}-{version}-setup{_UNUSUAL.get(machine, '')}.exe",
}


def file_name(kind: str, version: str = __version__, machine: str | None = None) -> str:
    """Return what a package is called.

    Args:
        kind: One of deb, tarball, appimage, dmg and setup.
        version: Of the program.
        machine: The processor it is for, as systems call it; by default this one's.
    """
    machine = machine or platform.machine()
    return _NAMES[kind](version, _ONE_NAME_EACH.get(machine, machine))


def program(folder: Path, system: str = sys.platform) -> Path:
    """Return the program that the command line starts in a frozen folder."""
    if system == "darwin":
        return folder / "Contents" / "MacOS" / APPLICATION_NAME
    return folder / (CONSOLE_PROGRAM if system == "win32" else "moatless")


def contents(folder: Path, system: str = sys.platform) -> Path:
    """Return where a frozen folder has its libraries and data, which the running program knows as `sys._MEIPASS`."""
    return folder / "Contents" / "Frameworks" if system == "darwin" else folder / "_internal"
