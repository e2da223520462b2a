"""Turns an adapter that PEFT has saved into our own form, from which it is written as GGUF.

Only the weights in the safetensors format are read; PyTorch's own files can run code when they are opened.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from desktop_app.adapters.check import MAX_BYTES
from desktop_app.adapters.lora import Lora, Matrix, Pair, from_bf16
from desktop_app.adapters.peft_config import CHOOSE, WEIGHTS_NAME, PeftConfig, cannot_convert, read_peft_config
from desktop_app.adapters.peft_names import Base, base_of_config, base_of_model, why_not
from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, shown_name, shown_text
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.memory import readable_size
from desktop_app.library.program_folders import read_json
from desktop_app.network.door import HUB

_PICKLES = {".bin", ".pt", ".pth", ".ckpt"}
_TENSOR = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])\.weight")
_TYPES: dict[str, type[np.generic]] = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
_Stored = tuple[str, list[int], bytes]  # type, shape and data of a tensor


def import_peft(folder: Path, model: GgufHeader | None = None, base_config: Mapping[str, Any] | None = None) -> Lora:
    """Return a PEFT adapter as llama.cpp would apply it; whether it fits a model is asked of the written file.

    Args:
        folder: Has `adapter_config.json` and `adapter_model.safetensors`.
        model: The model it is for, if it is here; nothing else is asked then.
        base_config: `config.json` of the model it is for; without both, it is looked for in the folder.

    Raises:
        UserError: If it cannot be read or cannot be converted.
    """
    name = shown_name(folder)
    config = read_peft_config(folder)
    config.check(name)
    base = base_of_model(model) if model else base_of_config(base_config or read_json(folder / "config.json"))
    return Lora(base.architecture, _pairs(_read_tensors(folder, name), config, base, name), _metadata(config, name))


def _metadata(config: PeftConfig, name: str) -> dict[str, str]:
    metadata = {"general.name": name}
    if config.base_repo:
        metadata["general.base_model.0.name"] = config.base_repo.partition("/")[2]
        metadata["general.base_model.0.repo_url"] = f"{HUB}/{config.base_repo}"
    return metadata


def _read_tensors(folder: Path, name: str) -> dict[str, _Stored]:
    """Return all tensors; the library has checked that they belong together."""
    path = folder / WEIGHTS_NAME
    try:
        if not path.is_file():
            raise _no_weights(folder, name)
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"“{name}” is larger than any adapter: {readable_size(size)}.", "Choose another adapter.")
        tensors = safetensors.deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except OSError as error:
        raise UserError(
            f"The weights of “{name}” could not be read.", "Check that the file is there and may be read."
        ) from error
    except safetensors.SafetensorError as error:
        raise damaged(name, f"{WEIGHTS_NAME} in it is no sound file of that format") from error
    return {key: (value["dtype"], value["shape"], value["data"]) for key, value in tensors}


def _no_weights(folder: Path, name: str) -> UserError:
    if any(path.suffix in _PICKLES for path in folder.iterdir()):
        return UserError(
            f"“{name}” has its weights in PyTorch's own format, which can hide programs and is not opened.",
            f"Look for a version of it with {WEIGHTS_NAME}.",
        )
    return UserError(f"“{name}” has no weights: {WEIGHTS_NAME} is not there.", "Download it again.")


def _pairs(tensors: dict[str, _Stored], config: PeftConfig, base: Base, name: str) -> dict[str, Pair]:
    halves: dict[tuple[str, str], dict[str, Matrix]] = {}  # by weight and module
    for key in sorted(tensors):
        found = _TENSOR.fullmatch(key)
        weight = base.weight(found[1]) if found else None
        if found is None or weight is None:
            raise cannot_convert(name, why_not(key, base))
        # What is converted is let go of at once: there may be a gigabyte of it.
        halves.setdefault((weight, found[1]), {})[found[2]] = _matrix(*tensors.pop(key), key, name)
    if not halves:
        raise damaged(name, "it changes nothing")
    pairs: dict[str, Pair] = {}
    for (weight, module), found_halves in sorted(halves.items()):
        if weight in pairs or found_halves.keys() != {"A", "B"}:
            raise damaged(name, f"“{shown_text(module)}” is there twice, or without its other half")
        a, b = found_halves["A"], base.rows(weight, found_halves["B"])
        if len(a) != found_halves["B"].shape[1]:
            raise damaged(name, f"the halves of “{shown_text(module)}” are of different ranks")
        if b is None:
            raise UserError(f"“{name}” was made for a model with other layers or heads.", "Choose another adapter.")
        pairs[weight] = Pair(a, b, config.scale(module, len(a)))
    return pairs


def _matrix(type_name: str, shape: list[int], data: bytes, key: str, name: str) -> Matrix:
    if type_name not in _TYPES:
        raise UserError(
            f"“{name}” has weights of the type {shown_text(type_name)}, and only 16 and 32 bits are supported.", CHOOSE
        )
    if len(shape) != 2 or 0 in shape:
        raise damaged(name, f"“{shown_text(key)}” has an impossible shape")
    numbers: Matrix = from_bf16(data) if type_name == "BF16" else np.frombuffer(data, _TYPES[type_name])
    return numbers.reshape(shape)
