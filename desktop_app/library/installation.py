"""How this program was installed, and getting the package of a newer version that fits: into the person's downloads.

A package is given its name only once its size and SHA-256 are those of the signed release. Nothing is installed here.
"""

import os
import platform
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from desktop_app.child_environment import program_folder
from desktop_app.library.places import is_safe_name
from desktop_app.library.transfer import WrongContent, check_space, fetch
from desktop_app.library.unfinished import part_of, there_bytes
from desktop_app.network.door import Door, Stop
from desktop_app.network.incoming import Incoming
from desktop_app.network.release import APPIMAGE, DEB, DMG, SETUP, TARBALL, Package, Release
from desktop_app.storage.records import RemoteFile

SOURCE, FLATPAK = "source", "flatpak"  # of these there is nothing to download

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"AMD64": "x86_64", "ARM64": "arm64"}  # as Windows calls them
_OF_DEBIAN = Path("/opt/moatless")  # where that package puts it


@dataclass(frozen=True)
class Installation:
    """What decides which package is the right one; see `network.release.Package`."""

    system: str
    machine: str
    kind: str

    def package(self, release: Release) -> Package | None:
        """Return the package of a release that would take this one's place, if there is one that can be stored."""
        wanted = (self.system, self.machine, self.kind)
        found = (each for each in release.files if (each.system, each.machine, each.kind) == wanted)
        return next((each for each in found if is_safe_name(each.name)), None)


def this_installation() -> Installation:
    """Return how this program is here."""
    machine = platform.machine()
    return Installation(
        _SYSTEMS.get(sys.platform, sys.platform),
        _MACHINES.get(machine, machine),
        kind_of(program_folder(), sys.platform, os.environ),
    )


def kind_of(program: Path | None, system: str, environment: Mapping[str, str]) -> str:
    """Return how a program was installed.

    Args:
        program: Where it has its libraries; None in a source checkout.
        system: As in `sys.platform`.
        environment: Of this process.
    """
    if program is None:
        return SOURCE
    if system in ("darwin", "win32"):
        return DMG if system == "darwin" else SETUP
    if environment.get("FLATPAK_ID"):
        return FLATPAK
    # Children of any AppImage inherit where that one lies.
    if (mounted := environment.get("APPDIR")) and program.is_relative_to(mounted):
        return APPIMAGE
    return DEB if program.is_relative_to(_OF_DEBIAN) else TARBALL


def there(package: Package, folder: Path) -> int:
    """Return how many bytes of a package are there already."""
    return there_bytes(folder / package.name, package.size_bytes)


def fetch_package(door: Door, package: Package, folder: Path, progress: Callable[[int], None], stop: Stop) -> Path:
    """Get a package, or the rest of it, and return where it is.

    Args:
        door: The way to the network.
        package: As it was announced and signed.
        folder: Where it goes.
        progress: Is told how many bytes are there.
        stop: Ends it at once; what is there stays.

    Raises:
        Stopped: If it was stopped.
        WrongContent: If what came is not what was announced; then nothing of that is left.
        UserError: If it cannot be had or stored.
    """
    path = folder / package.name
    check_space(folder, package.size_bytes - there(package, folder))
    file = RemoteFile(package.name, package.size_bytes, package.sha256)
    try:
        fetch(_PackageSource(door, package), file, path, progress, stop)
    except WrongContent:
        if not there(package, folder):
            part_of(path).unlink(missing_ok=True)
        raise
    return path


class _PackageSource:
    def __init__(self, door: Door, package: Package) -> None:
        self._door = door
        self._package = package

    def open(self, file: RemoteFile, start: int) -> AbstractContextManager[Incoming]:
        from desktop_app.network.updates import open_package  # loads the HTTP client, which the window never does

        return open_package(self._door, self._package, start)
