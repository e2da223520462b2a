"""The one way from an adapter's file to its matrices: nothing is believed, and nothing native has seen it by then."""

from pathlib import Path

import numpy as np

from desktop_app.adapters.check import check_adapter, check_fits
from desktop_app.adapters.lora import Lora
from desktop_app.adapters.lora_file import read_lora
from desktop_app.library.file_errors import damaged, shown_name, shown_text
from desktop_app.library.gguf import GgufHeader, read_header


def open_lora(path: Path, model: GgufHeader | None = None) -> Lora:
    """Read an adapter that is safe to use, with this model if one is given.

    Raises:
        UserError: If it is missing, damaged, no adapter, or not made for the model.
    """
    header = read_header(path)
    check_adapter(header)
    if model is not None:
        check_fits(header, model)
    lora = read_lora(header)
    check_values(lora, shown_name(path))
    return lora


def check_values(lora: Lora, name: str) -> None:
    """Refuse an adapter with values that are not numbers: one of them makes every answer noise.

    Args:
        lora: The adapter.
        name: What it is called in the sentence.

    Raises:
        UserError: If so.
    """
    for weight, pair in lora.pairs.items():
        if not (np.isfinite(pair.a).all() and np.isfinite(pair.b).all()):
            raise damaged(name, f"some of what it adds to “{shown_text(weight)}” is not a number")
