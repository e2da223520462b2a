"""Where everything in a frozen folder is from: the Python packages, Python, the packages of the system.

Runs with the Python of the packaging environment, which is what the folder was made of.
"""

import filecmp
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from desktop_app.child_environment import BUNDLED_UV
from desktop_app.errors import UserError
from desktop_app.licenses import normalized
from installers.packaging import debian
from installers.packaging.places import contents, program

# PyInstaller's start-up code is in every program that it makes, and some of what its hooks bring.
_ALWAYS_INSIDE = ("pyinstaller", "pyinstaller-hooks-contrib")
_OURS = {"desktop_app", "_pyi_rth_utils"}
_MICROSOFT = re.compile(r"(api-ms-win-.*|concrt140.*|msvcp140.*|ucrtbase|vccorlib140|vcomp140|vcruntime140.*)\.dll")
# How libraries and programs begin: on Linux, on Windows, and on macOS for one processor and for several.
_NATIVE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass
class Origins:
    """What a frozen folder consists of.

    Attributes:
        packages: Names of Python packages.
        system: Names of the system's packages, where it has such.
        has_microsoft_runtime: Whether there are libraries of Microsoft's C++ compiler.
        unknown: Files and modules that are from none of these.
    """

    packages: set[str] = field(default_factory=lambda: set(_ALWAYS_INSIDE))
    system: set[str] = field(default_factory=set)
    has_microsoft_runtime: bool = False
    unknown: list[str] = field(default_factory=list)


def find_origins(folder: Path) -> Origins:
    """Return where all of a frozen folder is from.

    Raises:
        UserError: If that is not known of a library or a module.
    """
    origins = Origins()
    _sort_modules(_frozen_modules(folder), origins)
    _sort_files(contents(folder), origins)
    if origins.unknown:
        raise UserError(
            f"It is not known where this in the package is from: {', '.join(sorted(origins.unknown))}.",
            "Leave it out, or let installers/packaging/origins.py know it: its license has to be told.",
        )
    return origins


# ------------------------------------------------------------ modules


def _frozen_modules(folder: Path) -> list[str]:
    """Return the names of all modules inside the program itself, where Python code is kept."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(program(folder)))
    return [
        name for inner in archive.toc if inner.endswith(".pyz") for name in archive.open_embedded_archive(inner).toc
    ]


def _sort_modules(modules: Iterable[str], origins: Origins) -> None:
    packages = metadata.packages_distributions()
    for name in {module.partition(".")[0] for module in modules}:
        if name in packages:
            origins.packages.update(map(normalized, packages[name]))
        elif name not in sys.stdlib_module_names | _OURS and not name.startswith("_sysconfigdata"):
            origins.unknown.append(name)
    origins.packages.discard("moatless")


# ------------------------------------------------------------ files


def _sort_files(root: Path, origins: Origins) -> None:
    installed = _InstalledFiles()
    of_nobody = []
    for file in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        place = file.relative_to(root)
        if package := installed.package_of(place, file):
            origins.packages.add(package)
        elif place.with_suffix("") == BUNDLED_UV.with_suffix(""):
            origins.packages.add("uv")
        elif _is_native(file) and not _is_of_python(file):
            if _MICROSOFT.fullmatch(file.name.lower()):
                origins.has_microsoft_runtime = True
            else:
                of_nobody.append(file)
    found = debian.packages_of(of_nobody) if sys.platform == "linux" else {}
    origins.system.update(found.values())
    origins.unknown += [str(file.relative_to(root)) for file in of_nobody if file not in found]


class _InstalledFiles:
    """The files of all installed packages."""

    def __init__(self) -> None:
        self._by_place: dict[str, str] = {}
        self._by_name: dict[str, list[tuple[str, Path]]] = {}
        for package in metadata.distributions():
            name = normalized(package.name)
            for file in (package.files or ()) if name != "moatless" else ():
                self._by_place[file.as_posix()] = name
                self._by_name.setdefault(file.name, []).append((name, Path(str(file.locate()))))

    def package_of(self, place: Path, file: Path) -> str | None:
        """Return whose file this is; PyInstaller puts some of them elsewhere than pip does."""
        if package := self._by_place.get(place.as_posix()):
            return package
        same_names = self._by_name.get(file.name, ()) if _is_native(file) else ()
        return next((package for package, original in same_names if is_same(original, file)), None)


def _is_native(file: Path) -> bool:
    with file.open("rb") as start:
        return start.read(4).startswith(_NATIVE)


def _is_of_python(file: Path) -> bool:
    base = Path(sys.base_prefix)
    # Those that Python was built with, where it says so; on Windows it does not.
    told = [Path(folder) for name in ("LIBDIR", "DESTSHARED") if (folder := sysconfig.get_config_var(name))]
    return any(is_same(folder / file.name, file) for folder in (base, base / "DLLs", base / "lib", *told))


def is_same(original: Path, file: Path) -> bool:
    """Tell whether a file in a frozen folder is the copy of another one."""
    if not original.is_file():
        return False
    # On macOS each library is signed anew.
    return sys.platform == "darwin" or filecmp.cmp(original, file, shallow=False)
