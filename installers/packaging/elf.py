"""What the binaries of a Linux program are linked to, and which versions of the system's libraries they want."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from installers.packaging.tools import run_tool

Version = tuple[int, ...]

_NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")
_VERSION = re.compile(r"Name: (GLIBC|GLIBCXX)_(\d+(?:\.\d+)+)")


@dataclass(frozen=True)
class Binary:
    """A program or library.

    Attributes:
        needed: The libraries that it is linked to.
        versions: The highest version that it wants of what the keys of this name: GLIBC (the C library) and GLIBCXX
            (that of C++).
    """

    needed: tuple[str, ...] = ()
    versions: dict[str, Version] = field(default_factory=dict)


def read_binary(path: Path) -> Binary:
    """Read what a binary says of itself.

    Raises:
        UserError: If it cannot be read, or the tool for that is not there.
    """
    return parse(run_tool("readelf", "--wide", "--dynamic", "--version-info", path))


def parse(listing: str) -> Binary:
    """Return what is in a listing of readelf."""
    versions: dict[str, Version] = {}
    for name, version in _VERSION.findall(listing):
        versions[name] = max(versions.get(name, ()), tuple(map(int, version.split("."))))
    return Binary(tuple(_NEEDED.findall(listing)), versions)


def binaries_in(folder: Path) -> list[Path]:
    """Return all binaries in a folder; links lead to what is found anyway."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if is_elf(path))


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
