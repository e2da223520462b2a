"""Starting foreign programs (another Python, uv, a driver's tool) with nothing of ours that could disturb them.

A frozen program has its own libraries and packages in variables that its children inherit, and a foreign one would load
them in the place of its own: torch then fails with symbols that nobody has heard of. Processes of this program's own
are started with `own_program`; see also `engine.launch`. `OWN_FILE` tells whether it still is the same program.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError

_OURS = ("PYTHON", "_PYI_", "QT_PLUGIN_PATH", "QML2_IMPORT_PATH", "LLAMA_CPP_LIB_PATH", "GGML_BACKEND_PATH")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


# On Windows a console belongs to a program, not to a process. The window's has none, and what runs without a window
# needs its streams.
CONSOLE_PROGRAM = "moatless-cli.exe"
# uv, which sets the training environment up, within the folder of a frozen program.
BUNDLED_UV = Path("bin", "uv.exe" if os.name == "nt" else "uv")


def own_program() -> list[str]:
    """Return program and first arguments of another process of this program; what it is to be follows them."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name(CONSOLE_PROGRAM)) if sys.platform == "win32" else sys.executable]
    # -P: the current folder must not be able to offer modules of its own.
    return [sys.executable, "-P", "-m", "desktop_app"]


def program_folder() -> Path | None:
    """Return where a frozen program has its libraries; None in a source checkout."""
    return Path(sys._MEIPASS) if getattr(sys, "frozen", False) else None  # type: ignore[attr-defined]


class ProgramFile:
    """The file that a frozen program was started from, which a package may replace while the program runs.

    What is started from it then is of another version, and what is loaded from it may be anything.

    Args:
        path: None for a source checkout.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._was = self._stamp()

    def updated_meanwhile(self) -> UserError | None:
        """Return what to tell if it is the file of another version by now."""
        if self._stamp() in (None, self._was):
            return None
        return UserError("Moatless was updated while it was open.", "Restart it to use the new version.")

    def _stamp(self) -> tuple[int, int] | None:
        """All Python code is in that file and packages bring its time along: no two versions have both in common."""
        try:
            found = self._path.stat() if self._path is not None else None
        except OSError:  # it was removed
            return None
        return (found.st_size, found.st_mtime_ns) if found else None


OWN_FILE = ProgramFile(Path(sys.executable) if getattr(sys, "frozen", False) else None)


def foreign_environment(
    program: Path | None = None, environment: Mapping[str, str] | None = None, **own: str
) -> dict[str, str]:
    """Return the environment of a foreign program.

    Args:
        program: What `program_folder` gives.
        environment: That of this process.
        own: Variables to be added.
    """
    inherited = os.environ if environment is None else environment
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OURS)}
    for name in _LIBRARY_PATHS:
        original = kept.pop(f"{name}_ORIG", None)  # what it was before the frozen program changed it
        if original is not None:
            kept[name] = original
        elif program is not None:
            kept.pop(name, None)
    if program is not None and "PATH" in kept:
        folders = kept["PATH"].split(os.pathsep)
        kept["PATH"] = os.pathsep.join(each for each in folders if not each or not Path(each).is_relative_to(program))
    return {**kept, **own}


def start_foreign(
    command: Sequence[str], environment: Mapping[str, str], program: Path | None = None, **options: Any
) -> "subprocess.Popen[bytes]":
    """Start a foreign program without a console window of its own; nobody can be asked anything.

    Args:
        command: Program and arguments; the program by its full path.
        environment: As `foreign_environment` gives it.
        program: What `program_folder` gives.
        options: Of `subprocess.Popen`.

    Raises:
        OSError: If it cannot be started.
    """
    flags = options.pop("creationflags", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows'
    with _our_libraries_hidden(program):
        return subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, creationflags=flags, **options
        )


@contextmanager
def _our_libraries_hidden(program: Path | None) -> Iterator[None]:
    """On Windows, children also inherit where a frozen program has its libraries looked for."""
    if sys.platform == "win32" and program is not None:
        look_in = ctypes.WinDLL("kernel32").SetDllDirectoryW
        look_in(None)
        try:
            yield
        finally:
            look_in(str(program))
    else:
        yield
