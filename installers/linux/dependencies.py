"""What the frozen program needs of a Debian or Ubuntu system, read out of its own binaries.

A library that the program brings along is not asked for, and one that nobody has named a package for stops the build:
a package that installs and does not start is worse than none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.tools import run_tool
from installers.system_check import PACKAGES

_DEBIAN = 0  # the column of `PACKAGES`
_BASE = {"libgcc_s.so.1": "libgcc-s1", "libstdc++.so.6": "libstdc++6"}
_C_LIBRARY = re.compile(r"(libc|libm|libdl|libpthread|librt|libutil|libresolv|ld-linux-[\w-]+)\.so\.\d+")
# With the change to 64-bit time the packages of these got new names in Debian 13 and Ubuntu 24.04.
_RENAMED = {"libglib2.0-0": "libglib2.0-0t64"}
# Read, not linked: whom connections believe, where fonts are, and what keys mean.
_DATA = ("ca-certificates", "fontconfig-config", "xkb-data")

# Linked to by parts that are left alone where it is missing.
_OPTIONAL = {"libvulkan.so.1": "libvulkan1"}
_RECOMMENDED = ("xdg-desktop-portal", "xdg-utils")  # file dialogs of the desktop, links opened in the browser
_SUGGESTED = ("gnome-keyring",)  # or any other keychain: for the token of the Hugging Face Hub


@dataclass(frozen=True)
class Needs:
    """What a package asks for, as the fields of its control file have it."""

    depends: tuple[str, ...]
    recommends: tuple[str, ...]
    suggests: tuple[str, ...] = _SUGGESTED


@dataclass
class _Wanted:
    """What binaries are linked to.

    Attributes:
        libraries: For each soname the files that want it.
        c_library: The highest version of glibc.
    """

    libraries: dict[str, set[str]] = field(default_factory=dict)
    c_library: tuple[int, ...] = (0,)


def needs(folder: Path) -> Needs:
    """Return what the binaries of a frozen folder want and do not find beside them.

    Raises:
        UserError: If a library is wanted that has no package here, or the binaries cannot be read.
    """
    binaries = sorted(path for path in folder.rglob("*") if path.is_file() and _is_elf(path))
    wanted = _read(binaries, folder)
    inside = {path.name for path in folder.rglob("*")}
    depends = {f"libc6 (>= {'.'.join(map(str, wanted.c_library))})", *_DATA}
    recommends = set(_RECOMMENDED)
    unknown = []
    for soname in sorted(wanted.libraries.keys() - inside):
        if soname in _OPTIONAL:
            recommends.add(_OPTIONAL[soname])
        elif package := _package(soname):
            depends.add(package)
        elif not _C_LIBRARY.fullmatch(soname):
            unknown.append(f"{soname} (for {', '.join(sorted(wanted.libraries[soname]))})")
    if unknown:
        raise UserError(
            f"No Debian package is known for what the program is linked to: {'; '.join(unknown)}.",
            "Name it in installers/system_check.py, or leave the part that wants it out of the program.",
        )
    return Needs(tuple(sorted(depends)), tuple(sorted(recommends)))


def _package(soname: str) -> str:
    package = _BASE.get(soname) or PACKAGES.get(soname, ("",))[_DEBIAN]
    return f"{_RENAMED[package]} | {package}" if package in _RENAMED else package


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _read(binaries: Iterable[Path], folder: Path) -> _Wanted:
    wanted = _Wanted()
    for path in binaries:
        listing = run_tool("readelf", "--wide", "--dynamic", "--version-info", path)
        for soname in re.findall(r"\(NEEDED\).*\[(.+)\]", listing):
            wanted.libraries.setdefault(soname, set()).add(str(path.relative_to(folder)))
        versions = re.findall(r"Name: GLIBC_(\d+(?:\.\d+)+)", listing)
        wanted.c_library = max([wanted.c_library, *(tuple(map(int, version.split("."))) for version in versions)])
    return wanted
