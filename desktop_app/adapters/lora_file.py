"""Adapters as GGUF files: reading one that has been checked, and writing one that llama.cpp loads.

The format is llama.cpp's (`convert_lora_to_gguf.py` writes it, `src/llama-adapter.cpp` reads it): the metadata
`general.type` "adapter", `general.architecture`, `adapter.type` "lora" and `adapter.lora.alpha`, which must be a
32-bit float, and the tensors `<weight>.lora_a` and `<weight>.lora_b`.
"""

import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.check import A_SUFFIX, ALPHA, B_SUFFIX
from desktop_app.adapters.lora import Lora, Matrix, Pair, effective_scale, from_bf16
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import DEFAULT_ALIGNMENT, MAGIC, Tensor
from desktop_app.library.gguf_types import FLOAT32, STRING

_VERSION = 3
_TYPE_IDS = {np.dtype(np.float32): 0, np.dtype(np.float16): 1}  # GGML_TYPE_F32, GGML_TYPE_F16


def read_lora(header: GgufHeader) -> Lora:
    """Read the matrices of an adapter whose header was checked (`check.check_adapter`). BF16 becomes F32.

    Raises:
        UserError: If the file cannot be read to its end any more.
    """
    alpha = header.metadata.get(ALPHA, 0.0)
    assert isinstance(alpha, float)
    try:
        with header.path.open("rb", buffering=0) as file:
            matrices = {}
            for tensor in header.tensors:
                file.seek(header.data_offset + tensor.offset)
                data = file.read(tensor.size_bytes)
                if len(data) != tensor.size_bytes:
                    raise OSError("the file has become shorter")
                matrices[tensor.name] = _matrix(tensor, data)
    except OSError as error:
        raise UserError(
            f"The adapter “{shown_name(header.path)}” cannot be read any more.",
            "Check that its drive is connected and works, or take it out of the stack.",
        ) from error
    pairs = {}
    for name, a in matrices.items():
        if name.endswith(A_SUFFIX):
            weight = name.removesuffix(A_SUFFIX)
            pairs[weight] = Pair(a, matrices[weight + B_SUFFIX], effective_scale(alpha, a.shape[-2]))
    texts = {key: value for key, value in header.metadata.items() if isinstance(value, str)}
    return Lora(header.architecture, pairs, texts)


def _matrix(tensor: Tensor, data: bytes) -> Matrix:
    shape = tensor.shape[::-1]
    if tensor.type == "BF16":
        return from_bf16(data).reshape(shape)
    if tensor.type == "F16":
        return np.frombuffer(data, np.float16).reshape(shape)
    return np.frombuffer(data, np.float32).reshape(shape)


def write_lora(path: Path, lora: Lora, alpha: float = 0.0) -> None:
    """Write an adapter, whole or not at all: beside its place first, and renamed once it is on the disk.

    Args:
        path: Where to.
        lora: The adapter. The scale of each pair becomes part of its B, as far as alpha does not stand for it.
        alpha: 0 writes none, because ranks may differ from weight to weight. Where every scale is this alpha / rank,
            all matrices are written as they are, and those of 16 bits stay so.

    Raises:
        UserError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(".tmp", f"{path.stem}.", path.parent)
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for part in lora_parts(lora, alpha):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"The adapter “{shown_name(path)}” could not be written.",
            "Check that there is space on the disk and that the folder may be written to.",
        ) from error


def lora_parts(lora: Lora, alpha: float = 0.0) -> Iterator[bytes | memoryview]:
    """Yield the bytes of an adapter's file, piece by piece; see `write_lora`."""
    tensors: list[tuple[str, Matrix]] = []
    for weight, pair in lora.pairs.items():
        tensors += ((weight + A_SUFFIX, pair.a), (weight + B_SUFFIX, _scaled(pair, alpha)))
    header = bytearray()
    metadata = {
        **lora.metadata,
        "general.type": "adapter",
        "general.architecture": lora.architecture,
        "adapter.type": "lora",
    }
    header += MAGIC + struct.pack("<IQQ", _VERSION, len(tensors), len(metadata) + bool(alpha))
    for key, value in metadata.items():
        header += _text(key) + struct.pack("<I", STRING) + _text(value)
    if alpha:
        header += _text(ALPHA) + struct.pack("<If", FLOAT32, alpha)
    offset = 0
    for name, matrix in tensors:
        header += _text(name) + struct.pack(f"<I{matrix.ndim}Q", matrix.ndim, *matrix.shape[::-1])
        header += struct.pack("<IQ", _TYPE_IDS[matrix.dtype], offset)
        offset += _padded(matrix.nbytes)
    yield bytes(header) + bytes(_padded(len(header)) - len(header))
    for _, matrix in tensors:
        yield np.ascontiguousarray(matrix).data.cast("B")
        yield bytes(_padded(matrix.nbytes) - matrix.nbytes)


def _scaled(pair: Pair, alpha: float) -> Matrix:
    factor = pair.scale / effective_scale(alpha, pair.rank)
    if factor == 1.0:
        return pair.b
    scaled: NDArray[np.float32] = pair.b.astype(np.float32) * np.float32(factor)
    return scaled


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return struct.pack("<Q", len(data)) + data


def _padded(size: int) -> int:
    return -(-size // DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT
