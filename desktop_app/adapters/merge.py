"""Adapters put into the weights of a model, as a new file: all but the changed weights is copied byte by byte.

Where each weight lies stays as it is, because each keeps its type. What was merged is written into the new file's
header, so that nobody puts the same adapter on top of it unawares.
"""

import json
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.check import MERGED
from desktop_app.adapters.lora import Pair
from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, shown_name
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import DEFAULT_ALIGNMENT, Tensor
from desktop_app.library.gguf_types import STRING

_COUNTS = struct.Struct("<4sIQQ")
_COPY_BYTES = 1 << 22
_ROWS_WEIGHTS = 1 << 20  # weights that are unpacked at the same time, in whole rows


class Packing(Protocol):
    """How weights of the types of GGUF files become numbers and back; llama.cpp's own, where it is there."""

    def can_pack(self, type_name: str) -> bool:
        """Return whether numbers can become weights of this type without anything else being known."""

    def unpack(self, type_name: str, data: bytes, n_weights: int) -> NDArray[np.float32]:
        """Return so many numbers."""

    def pack(self, type_name: str, rows: NDArray[np.float32]) -> bytes:
        """Return numbers, (rows, length of a row), as weights."""


def check_mergeable(model: GgufHeader, changed: Sequence[Tensor], packing: Packing) -> None:
    """Refuse what cannot be written anew.

    Raises:
        UserError: If so.
    """
    name = shown_name(model.path)
    if len(model.parts) > 1:
        raise UserError(
            f"“{name}” consists of several files, and Moatless merges adapters only into models of one file.",
            "Use the adapter beside the model, or choose a smaller quantization that comes as one file.",
        )
    stubborn = next((tensor.type for tensor in changed if not packing.can_pack(tensor.type)), None)
    if stubborn:
        raise UserError(
            f"“{name}” has weights of the type {stubborn}, which cannot be written anew without the data that its "
            "maker had.",
            "Merge into another quantization of this model, such as Q4_K_M.",
        )


def merge_into(
    model: GgufHeader,
    changes: Sequence[tuple[Pair, ...]],
    out: Path,
    packing: Packing,
    progress: Callable[[float], bool],
    merged: Sequence[tuple[str, float]],
) -> bool:
    """Write the model with changed weights.

    Args:
        model: Of one file.
        changes: For each tensor of the model the pairs whose products are added to it, their `scale` included.
        out: The new file; it is there only once it is whole and on the disk.
        packing: For the weights.
        progress: Is told the fraction that is done and says whether to go on.
        merged: SHA-256 and scale of each adapter, to be noted.

    Returns:
        False if it was stopped; nothing is left behind then.

    Raises:
        UserError: If the model cannot be read or the file cannot be written.
    """
    tensors = sorted(zip(model.tensors, changes, strict=True), key=lambda each: each[0].offset)
    with _whole_or_not(model.path, out) as (old, new, finish):
        new.write(_noted(_read(old, model.data_offset), model, merged))
        n_done = 0
        for tensor, pairs in tensors:
            _copy(old, new, model.data_offset + tensor.offset - old.tell())
            if pairs:
                for data in _changed(old, tensor, pairs, packing):
                    new.write(data)
            else:
                _copy(old, new, tensor.size_bytes)
            n_done += tensor.size_bytes
            if not progress(n_done / max(1, model.file_size)):
                return False
        _copy(old, new, model.file_size - old.tell())
        finish()
    return True


def _noted(header: bytes, model: GgufHeader, merged: Sequence[tuple[str, float]]) -> bytes:
    """Return all that stands before the data with a note of what is merged, as far from the data as it was.

    Raises:
        UserError: If there is a note already that is none of ours: a name that is there twice would spoil the file.
    """
    before, earlier = b"", []
    if MERGED in model.metadata:
        try:
            before, earlier = _entry(model.text(MERGED)), list(json.loads(model.text(MERGED)))
            header.index(before)
        except (ValueError, TypeError) as error:
            raise damaged(shown_name(model.path), "what it says of merged adapters cannot be read") from error
    magic, version, n_tensors, n_entries = _COUNTS.unpack_from(header)
    counts = _COUNTS.pack(magic, version, n_tensors, n_entries + (not before))
    alignment = model.metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    assert isinstance(alignment, int)
    text = json.dumps([*earlier, *merged])
    padding = " " * ((len(before) - len(_entry(text))) % alignment)
    return counts + _entry(text + padding) + header[_COUNTS.size :].replace(before, b"", 1 if before else 0)


def _entry(text: str) -> bytes:
    key, data = MERGED.encode(), text.encode()
    return struct.pack("<Q", len(key)) + key + struct.pack("<IQ", STRING, len(data)) + data


def _changed(old: BinaryIO, tensor: Tensor, pairs: Sequence[Pair], packing: Packing) -> Iterator[bytes]:
    """Yield the changed weight's data, some rows at a time; experts lie one after the other."""
    width = tensor.shape[0]
    n_rows = tensor.n_weights // width
    step = max(1, _ROWS_WEIGHTS // width)
    row_bytes = tensor.size_bytes // n_rows
    for start in range(0, n_rows, step):
        count = min(step, n_rows - start)
        rows = packing.unpack(tensor.type, _read(old, count * row_bytes), count * width).reshape(count, width)
        for pair in pairs:
            rows = rows + _product(pair, start, count)
        yield packing.pack(tensor.type, np.ascontiguousarray(rows, np.float32))


def _product(pair: Pair, start: int, count: int) -> NDArray[np.float32]:
    """Return these rows of scale · B @ A, without the others."""
    scale = np.float32(pair.scale)
    if pair.a.ndim == 2:
        rows: NDArray[np.float32] = (pair.b[start : start + count] * scale) @ pair.a.astype(np.float32)
        return rows
    per_expert = pair.b.shape[1]
    places = (divmod(row, per_expert) for row in range(start, start + count))
    return np.stack([(pair.b[expert, row] * scale) @ pair.a[expert].astype(np.float32) for expert, row in places])


@contextmanager
def _whole_or_not(source: Path, out: Path) -> Iterator[tuple[BinaryIO, BinaryIO, Callable[[], None]]]:
    """Open the model and a file beside the new one's place, which takes that place if what is yielded last was called.

    Otherwise nothing of it is left.
    """
    unfinished, finished = out.with_name(f"{out.name}.part"), False

    def finish() -> None:
        nonlocal finished
        new.flush()
        os.fsync(new.fileno())
        finished = True

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as old, unfinished.open("wb") as new:
            yield old, new, finish
        if finished:  # Windows renames no file that is open
            unfinished.replace(out)
    except OSError as error:
        raise UserError(
            f"The merged model “{shown_name(out)}” could not be written.",
            "Check that there is space for another copy of the model and that the folder may be written to.",
        ) from error
    finally:
        with suppress(OSError):  # a folder that may not be written to refuses even this
            unfinished.unlink()


def _read(file: BinaryIO, n_bytes: int) -> bytes:
    data = file.read(n_bytes)
    if len(data) != n_bytes:
        raise OSError("the model has become shorter")
    return data


def _copy(old: BinaryIO, new: BinaryIO, n_bytes: int) -> None:
    while n_bytes:
        n_bytes -= new.write(_read(old, min(n_bytes, _COPY_BYTES)))
