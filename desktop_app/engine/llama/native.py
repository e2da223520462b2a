"""The one start of the native library in this process, and what it has to say for itself."""

import collections
import ctypes
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as api

from desktop_app.engine.llama.ggml import FOLDER, ggml
from desktop_app.engine.messages import Device
from desktop_app.errors import UserError

# ggml/include/ggml.h, enum ggml_log_level. The binding's own table is shifted by one and would hide real errors.
_DEBUG, _INFO, _WARN, _ERROR, _CONT = 1, 2, 3, 4, 5
_LEVELS = {_DEBUG: logging.DEBUG, _INFO: logging.DEBUG, _WARN: logging.INFO, _ERROR: logging.ERROR}

_CPU = 0
_DEVICE_KINDS = {_CPU: "cpu", 1: "gpu", 2: "gpu"}  # ggml/include/ggml-backend.h, enum ggml_backend_dev_type

_LOADED_MODULE = re.compile(r"load_backend: loaded \S+ backend from (.+)")  # ggml/src/ggml-backend-reg.cpp

_log = logging.getLogger(__name__)
_complaints: collections.deque[str] = collections.deque(maxlen=20)
_modules: list[str] = []
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
    if loaded := _LOADED_MODULE.match(line):
        _modules.append(Path(loaded[1]).stem.removeprefix("lib").removeprefix("ggml-"))
    _log.log(logging.DEBUG if _expected else _LEVELS.get(_level, logging.DEBUG), "%s", line)


def expect_complaints(expected: bool) -> None:
    """Say whether errors are our own doing: a computation that we abort is reported as a failed one."""
    global _expected
    _expected = expected


def start() -> None:
    """Route native messages to our log and start the backends. Call once, before anything else of this package.

    Raises:
        UserError: If a part of llama.cpp is missing.
    """
    api.llama_log_set(_on_log, ctypes.c_void_p(0))
    _load_modules()
    api.llama_backend_init()


def _load_modules() -> None:
    """Load the backends of a build that has them as modules: what this computer has a use for, and the CPU's best one.

    If none were loaded, `llama_backend_init` would look for them beside the executable and in the current folder, where
    anybody may have put one.
    """
    if not _ggml("ggml_backend_reg_count", ctypes.c_size_t):
        _ggml("ggml_backend_load_all_from_path", None, os.fsencode(FOLDER))
    if not _ggml("ggml_backend_dev_by_type", ctypes.c_void_p, _CPU):
        raise UserError("A part of llama.cpp is missing, so that no model can run.", "Install Moatless again.")


def recent_complaints() -> list[str]:
    """Return the latest warnings and errors of the native code: a failed call itself returns only NULL."""
    return list(_complaints)


def system_info() -> str:
    """Return llama.cpp's version, which modules were loaded if it has any, and which CPU features it uses."""
    version, features = api.llama_version().decode(), api.llama_print_system_info().decode().strip()
    return " · ".join([f"llama.cpp {version}", *_modules, features])


def devices() -> tuple[Device, ...]:
    """Return what this build can compute on here."""
    found = []
    try:
        for index in range(_ggml("ggml_backend_dev_count", ctypes.c_size_t)):
            device = ctypes.c_void_p(_ggml("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t(index)))
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            _ggml("ggml_backend_dev_memory", None, device, ctypes.byref(free), ctypes.byref(total))
            found.append(
                Device(
                    name=_ggml("ggml_backend_dev_name", ctypes.c_char_p, device).decode(errors="replace"),
                    description=_ggml("ggml_backend_dev_description", ctypes.c_char_p, device).decode(errors="replace"),
                    kind=_DEVICE_KINDS.get(_ggml("ggml_backend_dev_type", ctypes.c_int, device), "accelerator"),
                    free_bytes=free.value,
                    total_bytes=total.value,
                )
            )
    except AttributeError:  # a build that keeps these functions to itself
        return (Device("CPU", "", "cpu"),)
    return tuple(found)


def free_gpu_bytes() -> int:
    """Return the free memory of all GPUs."""
    return sum(device.free_bytes for device in devices() if device.kind == "gpu")


def return_memory() -> None:
    """Give what was freed back to the system: the C library of Linux would keep some of it for later."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # other C libraries have none
            trim(0)


def _ggml(name: str, result: Any, *arguments: Any) -> Any:
    """Call a function of ggml."""
    function = getattr(ggml, name)
    function.restype = result
    return function(*arguments)
