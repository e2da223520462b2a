"""How this program starts itself again, as an engine or a command, and the sentence for one that ended by itself."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from desktop_app.child_environment import foreign_environment, own_program, program_folder

# They redirect llama.cpp to other libraries, which would run as ours.
_FOREIGN_LIBRARIES = ("LLAMA_CPP_LIB_PATH", "GGML_BACKEND_PATH")
_MEMORY_WORDS = ("out of memory", "failed to allocate", "bad_alloc", "MemoryError")
# NumPy's products are small here, and on a busy computer several threads of OpenBLAS take ten times as long as one.
_OWN = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}
_SIGKILL = 9  # Windows' signal module has no such name


def engine_command(backend: str = "llama") -> list[str]:
    """Return program and arguments of an engine process."""
    return [*own_program(), "--engine", backend]


def engine_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of an engine process, or of a command that starts one."""
    kept = {name: value for name, value in environment.items() if name not in _FOREIGN_LIBRARIES}
    return {**kept, **_OWN}


def app_image(environment: Mapping[str, str] = os.environ, executable: str = sys.executable) -> Path | None:
    """Return the file of the AppImage that this program runs from; None if it does not.

    The variables alone do not tell, as they are also there in what another AppImage has started.
    """
    file, mounted = environment.get("APPIMAGE"), environment.get("APPDIR")
    return Path(file) if file and mounted and Path(executable).is_relative_to(mounted) else None


def detached_program(usual: list[str]) -> list[str]:
    """Return program and first arguments of a process that is to outlive this one, where `usual` would do otherwise."""
    image = app_image()
    # What an AppImage has inside is there while the process lives that it was started as.
    return [str(image)] if image else usual


def detached_environment() -> dict[str, str]:
    """Return the environment of a process that is to outlive this one."""
    # The AppImage will be somewhere else then, so that nothing may be told of where it is now.
    return engine_environment(foreign_environment(program_folder()) if app_image() else os.environ)


def crash_sentence(exit_code: int, log_tail: str = "") -> str:
    """Return what to tell a person about an engine that ended by itself.

    Args:
        exit_code: The number of the signal that ended it, as it is or negative, or its exit status.
        log_tail: The end of what the engine wrote to stderr.
    """
    if any(words in log_tail for words in _MEMORY_WORDS):
        return "The model stopped because the computer ran out of memory."
    if abs(exit_code) == signal.SIGILL:
        return "The model stopped because this computer's processor lacks instructions it was built for."
    if abs(exit_code) == _SIGKILL:
        return "The system ended the model, most likely because memory ran out."
    return "The model stopped unexpectedly."
