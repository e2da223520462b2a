"""Merging adapters into a model with llama.cpp's own packing of weights, so that each weight keeps its type."""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.merge import check_mergeable, merge_into
from desktop_app.adapters.open_lora import open_lora
from desktop_app.adapters.stack import check_stack
from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.llama.ggml import ggml
from desktop_app.engine.messages import Merge
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import read_header
from desktop_app.library.gguf_types import TENSOR_TYPES
from desktop_app.library.hardware import physical_cores
from desktop_app.library.inspect import file_sha256
from desktop_app.library.model_check import check_model


def merge(command: Merge, on_progress: Callable[[float], None], is_stopped: IsStopped) -> tuple[int, int]:
    """Write the model with the adapters in its weights; see `engine.backend.Backend.merge`."""
    model = read_header(Path(command.model))
    check_model(model)
    acting = [each for each in command.stack if each.scale]
    check_stack([each.scale for each in acting])
    if not acting:
        raise UserError("There is no adapter to be merged.", "Name at least one with a scale other than 0.")
    if Path(command.out).exists():
        raise UserError(f"There is a file “{shown_name(Path(command.out))}” already.", "Choose another name.")
    loras: list[tuple[Lora, float]] = []
    merged = []
    for each in acting:
        path = Path(each.path)
        loras.append((open_lora(path, model), each.scale))
        merged.append((file_sha256(path), each.scale))

    def pairs_of(weight: str) -> tuple[Pair, ...]:
        found = ((lora.pairs[weight], scale) for lora, scale in loras if weight in lora.pairs)
        return tuple(Pair(pair.a, pair.b, pair.scale * scale) for pair, scale in found)

    def progress(fraction: float) -> bool:
        on_progress(fraction)
        return not is_stopped()

    changes = [pairs_of(tensor.name) for tensor in model.tensors]
    with NativePacking() as packing:
        changed = [tensor for tensor, pairs in zip(model.tensors, changes, strict=True) if pairs]
        check_mergeable(model, changed, packing)
        if not merge_into(model, changes, Path(command.out), packing, progress, merged):
            raise Stopped
    return len(changed), Path(command.out).stat().st_size


class _TypeTraits(ctypes.Structure):
    """The beginning of `struct ggml_type_traits` of ggml.h (ggml 0.25.3)."""

    _fields_ = [
        ("type_name", ctypes.c_char_p),
        ("blck_size", ctypes.c_int64),
        ("blck_size_interleave", ctypes.c_int64),
        ("type_size", ctypes.c_size_t),
        ("is_quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
    ]


class NativePacking:
    """See `adapters.merge.Packing`. Packs the parts of its rows on all cores; use it in a `with` statement."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(physical_cores(), thread_name_prefix="packing")

    def __enter__(self) -> "NativePacking":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown()

    def can_pack(self, type_name: str) -> bool:
        requires_imatrix = ggml.ggml_quantize_requires_imatrix
        requires_imatrix.argtypes, requires_imatrix.restype = [ctypes.c_int], ctypes.c_bool
        return not requires_imatrix(_type_id(type_name))

    def unpack(self, type_name: str, data: bytes, n_weights: int) -> NDArray[np.float32]:
        if type_name == "F32":
            return np.frombuffer(data, np.float32)
        traits = ggml.ggml_get_type_traits
        traits.argtypes, traits.restype = [ctypes.c_int], ctypes.POINTER(_TypeTraits)
        numbers = np.empty(n_weights, np.float32)
        traits(_type_id(type_name)).contents.to_float(data, numbers.ctypes.data, n_weights)
        return numbers

    def pack(self, type_name: str, rows: NDArray[np.float32]) -> bytes:
        parts = [part for part in np.array_split(rows, self._pool._max_workers) if len(part)]
        return b"".join(self._pool.map(lambda part: _pack(type_name, part), parts))


def _pack(type_name: str, rows: NDArray[np.float32]) -> bytes:
    quantize = ggml.ggml_quantize_chunk
    quantize.argtypes = [
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_int64,
        ctypes.c_void_p,
    ]
    quantize.restype = ctypes.c_size_t
    packing = TENSOR_TYPES[_type_id(type_name)]
    packed = ctypes.create_string_buffer(rows.size // packing.block_size * packing.block_bytes)
    quantize(_type_id(type_name), rows.ctypes.data, packed, 0, len(rows), rows.shape[1], None)
    return packed.raw


@cache
def _type_id(type_name: str) -> int:
    return next(number for number, packing in TENSOR_TYPES.items() if packing.name == type_name)
