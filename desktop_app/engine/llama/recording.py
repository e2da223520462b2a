"""What a model expects after each token of a text, in a file: the trainer is held against it."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.scoring import N_ROWS, N_WINDOW, Reader, log_softmax
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name

_FORM = "<f2"
_LOWEST = float(np.finfo(_FORM).min)  # also stands for what a model rules out


def check_recordable(model: LlamaModel, tokens: Sequence[int]) -> None:
    """Look at tokens that come from elsewhere: llama.cpp would read memory behind its tables.

    Raises:
        UserError: If they are too few, too many for one window or not of this model's vocabulary.
    """
    if not 2 <= len(tokens) <= N_WINDOW:
        raise UserError(
            f"A text to be recorded has from 2 to {N_WINDOW:,} tokens, and this one has {len(tokens):,}.",
            "Choose another text.",
        )
    if not all(0 <= token < model.n_vocab for token in tokens):
        raise UserError(
            "This text was turned into tokens for another model.",
            "Do that again with the model that is loaded.",
        )


def record(reader: Reader, tokens: Sequence[int], out: Path, is_stopped: IsStopped) -> None:
    """Write the file whole or not at all: beside its place first, and renamed once it is on the disk.

    Raises:
        UserError: If it cannot be written, or what the model computes are no numbers.
        Stopped: If `is_stopped` said so before the end.
    """
    try:
        handle, name = tempfile.mkstemp(".tmp", f"{out.stem}.", out.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, reader, tokens, is_stopped)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(out)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"What the model expects of the text could not be written to “{shown_name(out)}”.",
            "Check that there is space on the disk and that the folder may be written to.",
        ) from error


def _write(file: BinaryIO, reader: Reader, tokens: Sequence[int], is_stopped: IsStopped) -> None:
    shape = (len(tokens), reader.model.n_vocab)
    np.lib.format.write_array_header_1_0(file, {"descr": _FORM, "fortran_order": False, "shape": shape})
    for at in range(0, len(tokens), N_ROWS):
        if is_stopped():
            raise Stopped
        logp = log_softmax(reader.read(at, tokens[at : at + N_ROWS]))
        file.write(np.maximum(logp, _LOWEST).astype(_FORM).data)
