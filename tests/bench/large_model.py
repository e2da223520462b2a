"""A model in the shape of Llama 3.1 8B, quantized as Q4_K_M is, whose weights are random and as large as real ones.

It takes 5 GB of disk. All its numbers come out of a few megabytes, again and again from another place, because nothing
that is measured depends on them; but they are numbers that can be computed with, so that the trainer can be held
against the engine.
"""

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from desktop_app.library.gguf_types import TENSOR_TYPES
from tests.bench.shapes import Q4_K, Q6_K, Measures
from tests.support.gguf_files import F32, GgufFile, TensorSpec

LLAMA_8B = Measures("Llama-3.1-8B.Q4_K_M", "llama", 32, 4096, 14_336, 32, 8, 128, 128_256, Q4_K, Q4_K)

_FILE_TYPE = 15  # Q4_K_M
_ROPE_BASE = 500_000.0
_BLOCKS = 50_021  # a prime, so that no two rows of a matrix begin at the same place for a long while
# A model that has learned nothing makes more of the rounding in the engine than a real one does; with smaller logits,
# it shows no more of it.
_OUTPUT_NORM = 0.3
# Of each block, the places of its scales and what they are: weights of mean 0 and with a deviation of about 0.02.
_SCALES = {Q4_K: ((0, 7.75e-5), (2, 7.5 * 7.75e-5)), Q6_K: ((208, 1.46e-5),)}


def large_model(measures: Measures = LLAMA_8B) -> GgufFile:
    """Return the file, but for the data of its tensors."""
    more = {"general.file_type": _FILE_TYPE, f"{measures.architecture}.rope.freq_base": _ROPE_BASE}
    output = TensorSpec("output.weight", (measures.n_embd, measures.n_vocab), Q6_K)
    tensors = (*(_quantized(tensor, measures.n_layer) for tensor in measures.tensors()), output)
    return GgufFile(tuple((measures.metadata() | more).items()), tensors)


def size_bytes(model: GgufFile) -> int:
    """Return about how large the file will be."""
    return len(model.header()) + sum(tensor.size_bytes for tensor in model.tensors)


def write_large_model(model: GgufFile, path: Path) -> Path:
    """Write the file, as fast as the disk can."""
    patterns = {type_id: _blocks(type_id) for type_id in _SCALES}
    places = dict.fromkeys(patterns, 0)
    with path.open("wb") as file:
        file.write(model.header())
        for tensor in model.tensors:
            file.write(bytes(-file.tell() % model.alignment))
            if tensor.type_id == F32:
                norm = _OUTPUT_NORM if tensor.name == "output_norm.weight" else 1.0
                file.write(np.full(tensor.shape, norm, np.float32).tobytes())
            else:
                pattern, place = patterns[tensor.type_id], places[tensor.type_id]
                places[tensor.type_id] = _repeat(file, pattern, place, tensor.size_bytes)
        file.write(bytes(-file.tell() % model.alignment))
    return path


def _quantized(tensor: TensorSpec, n_layer: int) -> TensorSpec:
    """Return a tensor in the type that llama.cpp gives it in Q4_K_M."""
    kind = tensor.name.removesuffix(".weight").rpartition(".")[2]
    if kind in ("attn_v", "ffn_down") and _has_more_bits(int(tensor.name.split(".")[1]), n_layer):
        return replace(tensor, type_id=Q6_K)
    return tensor


def _has_more_bits(layer: int, n_layer: int) -> bool:
    """Return whether a layer is one of the half that llama.cpp's `use_more_bits` chooses."""
    eighth = n_layer // 8
    return layer < eighth or layer >= 7 * n_layer // 8 or (layer - eighth) % 3 == 2


def _blocks(type_id: int) -> memoryview:
    blocks = np.random.default_rng(type_id).integers(0, 256, (_BLOCKS, TENSOR_TYPES[type_id].block_bytes), np.uint8)
    for at, scale in _SCALES[type_id]:
        blocks[:, at : at + 2] = np.frombuffer(np.float16(scale).tobytes(), np.uint8)
    return memoryview(blocks.tobytes())


def _repeat(file: BinaryIO, pattern: memoryview, place: int, size: int) -> int:
    """Write so many bytes of a pattern without end, from a place on; return the place behind them."""
    while size:
        piece = pattern[place : place + size]
        file.write(piece)
        size -= len(piece)
        place = (place + len(piece)) % len(pattern)
    return place
