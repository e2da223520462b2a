"""Puts two libraries of Visual C++ beside the program, which llama.cpp needs and no Windows comes with.

PyInstaller leaves them out, because PySide6 has some of the same names in a folder where llama.cpp does not look
(https://github.com/pyinstaller/pyinstaller/issues/9216). They come from the redistributable files of the Visual Studio
that builds llama.cpp; Microsoft allows these, and not the ones in the system folder, to be passed on.
"""

import os
import shutil
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.tools import run_tool

# Name: the part of the redistributable files it belongs to.
LIBRARIES = {"vcomp140.dll": "OpenMP", "msvcp140.dll": "CRT"}


def add_libraries(folder: Path) -> None:
    """Copy the newest ones into a frozen folder.

    Raises:
        UserError: If Visual Studio or these files of it are not installed.
    """
    programs = os.environ.get("PROGRAMFILES(X86)", r"C:\Program Files (x86)")
    finder = Path(programs, "Microsoft Visual Studio", "Installer", "vswhere.exe")
    for name, part in LIBRARIES.items():
        # The folders beside x64 are for other systems (onecore) or must not be passed on (debug_nonredist).
        where = rf"VC\Redist\MSVC\*\x64\Microsoft.VC*.{part}\{name}"
        found = run_tool(finder, "-utf8", "-products", "*", "-find", where).splitlines()
        if not found:
            raise UserError(
                f"{name} is not installed, and without it models would not run on other computers.",
                "Add “C++ redistributable update” to Visual Studio with its installer, then build again.",
            )
        shutil.copy(max(map(Path, found), key=_version), folder / name)


def _version(library: Path) -> tuple[int, ...]:
    """Return the version in its path, …/MSVC/14.44.35207/x64/Microsoft.VC143.OpenMP/vcomp140.dll."""
    return tuple(int(part) for part in library.parents[2].name.split(".") if part.isdigit())
