"""The two calls of llama.cpp that adapters need: load one, and let it act."""

import ctypes
import os
from pathlib import Path

import llama_cpp.llama_cpp as api

from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native import recent_complaints
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name


def load_adapter(model: LlamaModel, path: Path) -> api.llama_adapter_lora_p:
    """Load an adapter's file, which was checked; it belongs to the model and ends with it.

    Raises:
        UserError: If llama.cpp refuses it.
    """
    handle: api.llama_adapter_lora_p = api.llama_adapter_lora_init(model.handle, os.fsencode(path))
    if not handle:
        said = next(iter(reversed(recent_complaints())), "nothing about it")
        raise UserError(
            f"llama.cpp could not load the adapter “{shown_name(path)}”; it said: {said.rstrip('.')}.",
            "The file may be damaged or made for another model; take it out of the stack.",
        )
    return handle


def apply_adapter(context: ctypes.c_void_p, handle: api.llama_adapter_lora_p | None, scale: float) -> None:
    """Let an adapter act on what this context decodes from now on, and none besides it; None lets none act.

    The context's KV cache stays as it is and is wrong for what comes: whoever calls this sees to that.
    """
    if handle is None:
        api.llama_set_adapters_lora(context, None, 0, None)
    else:
        handles = (api.llama_adapter_lora_p_ctypes * 1)(ctypes.cast(handle, api.llama_adapter_lora_p_ctypes))
        api.llama_set_adapters_lora(context, handles, 1, (ctypes.c_float * 1)(scale))
