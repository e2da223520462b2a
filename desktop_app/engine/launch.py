"""How this program starts itself as an engine, and the sentence for an engine that ended by itself."""

import os
import signal
import sys
from collections.abc import Mapping

# They redirect llama.cpp to other libraries, which would run as ours.
_FOREIGN_LIBRARIES = ("LLAMA_CPP_LIB_PATH", "GGML_BACKEND_PATH")


def engine_command(backend: str = "llama") -> list[str]:
    """Return program and arguments of an engine process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--engine", backend]
    # -P: the current folder must not be able to offer modules of its own.
    return [sys.executable, "-P", "-m", "desktop_app", "--engine", backend]


def engine_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of an engine process."""
    kept = {name: value for name, value in environment.items() if name not in _FOREIGN_LIBRARIES}
    return {**kept, "PYTHONUTF8": "1"}


def crash_sentence(exit_code: int, log_tail: str) -> str:
    """Return what to tell a person about an engine that ended by itself.

    Args:
        exit_code: As the operating system gave it; negative or a signal's number for a signal.
        log_tail: The end of what the engine wrote to stderr.
    """
    if "out of memory" in log_tail or "failed to allocate" in log_tail or abs(exit_code) == signal.SIGTERM + 122:
        return "The model stopped because the computer ran out of memory."
    return "The model stopped unexpectedly."
