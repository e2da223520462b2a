"""Writes an adapter as PEFT would have saved it, for whoever goes on with it in the world of PyTorch.

What `peft.import_peft` reads is written here; names, and the order of rows, are those of `peft_names`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from desktop_app.adapters.lora import Lora
from desktop_app.adapters.peft_config import CONFIG_NAME, WEIGHTS_NAME
from desktop_app.adapters.peft_names import Base
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name, shown_text


def export_peft(lora: Lora, alpha: float, base: Base, base_name: str, folder: Path) -> None:
    """Write an adapter into a folder that is not there yet, or is empty.

    Args:
        lora: The adapter. All its pairs have one rank, and alpha divided by it as their scale.
        alpha: What it was trained with.
        base: What has to be known of the model that it fits.
        base_name: Of that model on the Hub, as owner/name, or another name.
        folder: Where to.

    Raises:
        UserError: If there is something in the folder, it cannot be written, or PEFT has no such adapters.
    """
    tensors, modules = _tensors(lora, base)
    config = _config(next(iter(lora.pairs.values())).rank, alpha, sorted(modules), base_name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"There is something in the folder “{shown_name(folder)}” already.", "Choose another one.")
        (folder / WEIGHTS_NAME).write_bytes(save(tensors, {"format": "pt"}))
        (folder / CONFIG_NAME).write_text(json.dumps(config, indent=2), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The adapter could not be written into the folder “{shown_name(folder)}”.",
            "Check that there is space on the disk and that the folder may be written to.",
        ) from error


def _tensors(lora: Lora, base: Base) -> tuple[dict[str, NDArray[Any]], set[str]]:
    """Return the matrices by PEFT's names, and which modules of a layer they belong to."""
    tensors: dict[str, NDArray[Any]] = {}
    modules: set[str] = set()
    for weight, pair in lora.pairs.items():
        module = base.module(weight)
        if module is None:
            raise UserError(
                f"PEFT has no name for “{shown_text(weight)}” of models of the architecture “{base.architecture}”.",
                "Use the adapter as the GGUF file that it is.",
            )
        modules.add(module.rpartition(".")[2])
        tensors[f"base_model.model.{module}.lora_A.weight"] = np.ascontiguousarray(pair.a)
        tensors[f"base_model.model.{module}.lora_B.weight"] = np.ascontiguousarray(base.rows_of_module(weight, pair.b))
    return tensors, modules


def _config(rank: int, alpha: float, modules: list[str], base_name: str) -> Mapping[str, Any]:
    return {
        "base_model_name_or_path": base_name,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": rank,
        "target_modules": modules,
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }
