"""Packed weights of every type: such as a file could have, and such as ggml makes of given numbers."""

import ctypes
from pathlib import Path

import numpy as np

from desktop_app.library.gguf_types import TENSOR_TYPES

_TYPES = {packing.name: (number, packing) for number, packing in TENSOR_TYPES.items()}

# Where the blocks of each type have a float16, or the upper half of a longer number. That of IQ1_M is in four pieces,
# the highest of them here.
_HALVES = {
    "F32": (2,),
    "F16": (0,),
    "BF16": (0,),
    "Q4_1": (0, 2),
    "Q5_1": (0, 2),
    "Q2_K": (80, 82),
    "Q3_K": (108,),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208,),
    "IQ1_M": (54,),
    "TQ1_0": (52,),
    "TQ2_0": (64,),
    "MXFP4": (),
    "NVFP4": (),
}


def random_rows(type_name: str, rows: int, columns: int) -> np.ndarray:
    """Return bytes, (rows, bytes of a row), of which each is possible at its place, and so that all weights are finite.

    Scales may be negative, or denormal.
    """
    _, packing = _TYPES[type_name]
    blocks = rows * columns // packing.block_size
    packed = np.random.default_rng(1).integers(0, 256, (blocks, packing.block_bytes), np.uint8)
    for at in _HALVES.get(type_name, (0,)):
        packed[:, at + 1] &= 0b1011_1111  # the highest bit of an exponent
    if type_name == "MXFP4":
        packed[:, 0] = np.minimum(packed[:, 0], 250)
    return packed.reshape(rows, -1)


def quantized(library: Path, type_name: str, weights: np.ndarray) -> np.ndarray:
    """Return 32-bit floats, (rows, columns), as ggml quantizes them when all count the same."""
    quantize = ctypes.CDLL(str(library)).ggml_quantize_chunk
    pointer, length = ctypes.c_void_p, ctypes.c_int64
    quantize.argtypes = [ctypes.c_int, pointer, pointer, length, length, length, pointer]
    quantize.restype = ctypes.c_size_t
    number, packing = _TYPES[type_name]
    rows, columns = weights.shape
    packed = np.empty((rows, columns // packing.block_size * packing.block_bytes), np.uint8)
    importance = np.ones(columns, np.float32)
    written = quantize(number, weights.ctypes.data, packed.ctypes.data, 0, rows, columns, importance.ctypes.data)
    assert written == packed.nbytes
    return packed
