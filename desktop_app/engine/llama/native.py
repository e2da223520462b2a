"""The one start of the native library in this process, and what it has to say for itself."""

import collections
import ctypes
import logging

import llama_cpp.llama_cpp as api

# ggml/include/ggml.h, enum ggml_log_level. The binding's own table is shifted by one and would hide real errors.
_DEBUG, _INFO, _WARN, _ERROR, _CONT = 1, 2, 3, 4, 5
_LEVELS = {_DEBUG: logging.DEBUG, _INFO: logging.DEBUG, _WARN: logging.INFO, _ERROR: logging.ERROR}

_log = logging.getLogger(__name__)
_complaints: collections.deque[str] = collections.deque(maxlen=20)
_level = _INFO
_expected = False


@api.llama_log_callback  # type: ignore[untyped-decorator]  # a ctypes function type; the module keeps it alive for good
def _on_log(level: int, text: bytes | None, _user_data: ctypes.c_void_p) -> None:
    global _level
    if level != _CONT:
        _level = level
    line = (text or b"").decode("utf-8", errors="replace").rstrip()
    if not line.strip(". "):
        return
    if _level in (_WARN, _ERROR) and not _expected:
        _complaints.append(line)
    _log.log(logging.DEBUG if _expected else _LEVELS.get(_level, logging.DEBUG), "%s", line)


def expect_complaints(expected: bool) -> None:
    """Say whether errors are our own doing: a computation that we abort is reported as a failed one."""
    global _expected
    _expected = expected


def start() -> None:
    """Route native messages to our log and start the backends. Call once, before anything else of this package."""
    api.llama_log_set(_on_log, ctypes.c_void_p(0))
    api.llama_backend_init()


def recent_complaints() -> list[str]:
    """Return the latest warnings and errors of the native code: a failed call itself returns only NULL."""
    return list(_complaints)


def system_info() -> str:
    """Return llama.cpp's version and which CPU features the build uses."""
    return f"llama.cpp {api.llama_version().decode()} · {api.llama_print_system_info().decode().strip()}"


def devices() -> tuple[str, ...]:
    """Return the kinds of device this build can put layers on."""
    return ("CPU", "GPU") if api.llama_supports_gpu_offload() else ("CPU",)
