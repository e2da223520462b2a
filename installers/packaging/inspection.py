"""What must hold for a frozen folder before anything is packed: what is inside, what is not, how large, how new.

The build says it here, where it can still be mended, and not the computer of a person.
"""

import ast
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from desktop_app.child_environment import BUNDLED_UV
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.paths import bundled
from installers.packaging.elf import Version, binaries_in, read_binary
from installers.packaging.places import ROOT, WORK, contents, program
from installers.packaging.tools import file_sha256

MOST_BYTES = 450_000_000
# Of the oldest systems that packages run on: Debian 12 and, of what is built there, Ubuntu 22.04; on ARM Ubuntu 24.04,
# because PySide6 does not run on older ones.
NEWEST_WANTED: dict[str, dict[str, Version]] = {
    "x86_64": {"GLIBC": (2, 36), "GLIBCXX": (3, 4, 30)},
    "aarch64": {"GLIBC": (2, 39), "GLIBCXX": (3, 4, 33)},
}

# Too large, or of no use to a person; readline is under the GPL.
_TESTS = {"_pytest", "pytest", "tests"}
UNWANTED = {"_tkinter", "gguf", "hf_xet", "peft", "readline", "scipy", "tkinter", "torch", "transformers"}
_NO_TESTS = "jinja2.tests"  # the tests that a template makes
_LARGEST = 12  # rows of the table
_COUNTED_APART = 2  # levels of folders
_DOUBLE_BYTES = 1_000_000  # smaller ones are Microsoft's, of which each package for Windows has its own


def inspect(folder: Path) -> str:
    """Return a table of what takes the most room.

    Raises:
        UserError: With all that is wrong.
    """
    inside = contents(folder)
    faults = [*_missing(folder, inside), *_unwanted(inside, frozen_modules()), *_doubles(inside), *_too_large(folder)]
    if sys.platform == "linux":
        faults += too_new(folder)
    if faults:
        raise UserError(f"The frozen program is not as it should be: {'; '.join(faults)}.", f"It is in {folder}.")
    return sizes(folder)


def frozen_modules(work: Path = WORK / "pyinstaller") -> set[str]:
    """Return the names of the modules that are inside the program itself, from PyInstaller's own list."""
    text = next(work.rglob("PYZ-*.toc")).read_text("utf-8")
    return {entry[0] for entry in ast.literal_eval(text)[1]}


# ------------------------------------------------------------ what is inside


def _missing(folder: Path, inside: Path) -> Iterator[str]:
    """Yield what is not there and has to be."""
    for path in (program(folder), inside / BUNDLED_UV):
        if not os.access(path, os.X_OK):
            yield f"{path.name} is missing or cannot be started"
    # Another Python runs the trainer, from its files.
    trainer = [path.relative_to(ROOT) for path in (ROOT / "desktop_app" / "trainer").rglob("*.py")]
    assets = [path.relative_to(ROOT) for path in bundled().rglob("*") if path.is_file()]
    lacking = [path for path in (*trainer, *assets) if not inside.joinpath(path).is_file()]
    if lacking:
        yield f"{len(lacking)} files are missing, the first of them {lacking[0]}"
    model = inside / "assets" / starter.starter_path().relative_to(bundled())
    if not model.is_file() or file_sha256(model) != starter.SHA256:
        yield "the starter model is missing or another one"
    libraries = {_stem(path.name) for path in inside.joinpath("llama_cpp", "lib").glob("*")}
    yield from (f"{name} is missing" for name in ("llama", "ggml", "ggml-base") if name not in libraries)


def _unwanted(inside: Path, modules: Iterable[str]) -> Iterator[str]:
    """Yield what is there and has no business to be, as a module of Python, a folder, or a native module."""
    names = set(modules)
    for path in inside.rglob("*"):
        if path.is_dir():
            names.add(".".join(path.relative_to(inside).parts))
        elif path.suffix in (".pyd", ".so"):
            names.add(path.name.partition(".")[0])
    found = {name for name in names if name.partition(".")[0] in UNWANTED or _TESTS & set(name.split("."))} - {
        _NO_TESTS
    }
    if found:
        yield f"{', '.join(sorted(found))} should not be there"


def _doubles(inside: Path) -> Iterator[str]:
    """Yield the libraries that are there more than once; a link is not another one."""
    places = defaultdict(list)
    for path in inside.rglob("*"):
        if path.is_file() and not path.is_symlink() and _is_library(path):
            places[_stem(path.name)].append(path.relative_to(inside).as_posix())
    yield from (f"{' and '.join(sorted(found))} are the same library" for found in places.values() if len(found) > 1)


def _is_library(path: Path) -> bool:
    """Tell whether this is a library that others are linked to, and a large one. Modules of Python may be alike."""
    name = path.name
    is_library = (name.startswith("lib") and ".so" in name) or name.endswith((".dylib", ".dll"))
    return is_library and path.stat().st_size > _DOUBLE_BYTES


def _stem(name: str) -> str:
    """Return what a library is called on every system: llama of libllama.so.0, libllama.dylib and llama.dll."""
    return name.removeprefix("lib").partition(".so")[0].removesuffix(".dylib").removesuffix(".dll")


# ------------------------------------------------------------ how new, how large


def too_new(folder: Path, machine: str = platform.machine()) -> list[str]:
    """Return which binaries want newer libraries of the system than the oldest one has that packages are for.

    Raises:
        UserError: If they cannot be read.
    """
    faults = []
    newest = NEWEST_WANTED[machine]
    for path in binaries_in(folder):
        for name, version in read_binary(path).versions.items():
            if version > newest[name]:
                wanted, known = (".".join(map(str, each)) for each in (version, newest[name]))
                faults.append(f"{path.relative_to(folder)} wants {name} {wanted}, and old systems have {known}")
    return faults


def _too_large(folder: Path) -> Iterator[str]:
    size = sum(bytes_of_parts(folder).values())
    if size > MOST_BYTES:
        yield f"it has {size / 1e6:,.0f} MB, and {MOST_BYTES / 1e6:,.0f} are the most"


def sizes(folder: Path) -> str:
    """Return a table of the parts that take the most room, in MB, and of all together."""
    parts = bytes_of_parts(folder)
    largest = sorted(parts, key=lambda part: parts[part], reverse=True)[:_LARGEST]
    rows = [(str(part), parts[part]) for part in largest]
    rows += [("everything else", sum(parts.values()) - sum(size for _, size in rows)), ("all", sum(parts.values()))]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {size / 1e6:7.1f} MB" for name, size in rows)


def bytes_of_parts(folder: Path) -> dict[PurePosixPath, int]:
    """Return how large the parts are: what lies in the same folder of the second level is one."""
    inside = contents(folder)
    parts: dict[PurePosixPath, int] = defaultdict(int)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            place = path.relative_to(inside if path.is_relative_to(inside) else folder)
            parts[PurePosixPath(*place.parts[:_COUNTED_APART])] += path.stat().st_size
    return parts
