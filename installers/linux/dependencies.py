"""What the frozen program needs of a Debian or Ubuntu system, read out of its own binaries.

A library that the program brings along is not asked for, and one that nobody has named a package for stops the build:
a package that installs and does not start is worse than none.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.elf import Version, binaries_in, read_binary
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


def needs(folder: Path) -> Needs:
    """Return what the binaries of a frozen folder want and do not find beside them.

    Raises:
        UserError: If a library is wanted that has no package here, or the binaries cannot be read.
    """
    users: dict[str, set[str]] = defaultdict(set)
    c_library: Version = (0,)
    for path in binaries_in(folder):
        binary = read_binary(path)
        c_library = max(c_library, binary.versions.get("GLIBC", (0,)))
        for soname in binary.needed:
            users[soname].add(str(path.relative_to(folder)))
    inside = {path.name for path in folder.rglob("*")}
    depends = {f"libc6 (>= {'.'.join(map(str, c_library))})", *_DATA}
    recommends = set(_RECOMMENDED)
    unknown = []
    for soname in sorted(users.keys() - inside):
        if soname in _OPTIONAL:
            recommends.add(_OPTIONAL[soname])
        elif package := _package(soname):
            depends.add(package)
        elif not _C_LIBRARY.fullmatch(soname):
            unknown.append(f"{soname} (for {', '.join(sorted(users[soname]))})")
    if unknown:
        raise UserError(
            f"No Debian package is known for what the program is linked to: {'; '.join(unknown)}.",
            "Name it in installers/system_check.py, or leave the part that wants it out of the program.",
        )
    return Needs(tuple(sorted(depends)), tuple(sorted(recommends)))


def _package(soname: str) -> str:
    package = _BASE.get(soname) or PACKAGES.get(soname, ("",))[_DEBIAN]
    return f"{_RENAMED[package]} | {package}" if package in _RENAMED else package
