"""Writes small GGUF files for tests, sound ones and, on purpose, unsound ones."""

import random
import struct
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from desktop_app.library.gguf_types import ARRAY, BOOL, NUMBERS, STRING, TENSOR_TYPES, UINT16, UINT32

INT32, FLOAT32 = 5, 6
F32, Q4_0, Q4_1, Q8_0 = 0, 2, 3, 8


@dataclass(frozen=True)
class Typed:
    """A metadata value of exactly this type; without it, the type is chosen by the Python type."""

    type_id: int
    value: Any


@dataclass(frozen=True)
class Raw:
    """A metadata value as bytes that follow this type number, true or not."""

    type_id: int
    data: bytes


@dataclass(frozen=True)
class TensorSpec:
    """A tensor to be written. `offset` and `n_dims` are lies where they are given; `data` is zeros by default."""

    name: str
    shape: tuple[int, ...] = (32,)
    type_id: int = F32
    offset: int | None = None
    n_dims: int | None = None
    data: bytes | None = None

    @property
    def size_bytes(self) -> int:
        packing = TENSOR_TYPES[self.type_id]
        weights = 1
        for length in self.shape:
            weights *= length
        return weights // packing.block_size * packing.block_bytes


@dataclass(frozen=True)
class GgufFile:
    """The parts of a file. `n_entries`, `n_tensors`, `version` and `magic` are lies where they are given."""

    metadata: tuple[tuple[str, Any], ...] = ()
    tensors: tuple[TensorSpec, ...] = ()
    magic: bytes = b"GGUF"
    version: int = 3
    n_entries: int | None = None
    n_tensors: int | None = None
    alignment: int = 32
    tail: bytes = b""

    def with_metadata(self, **changes: Any) -> "GgufFile":
        """Return a copy with entries set, or left out where the value is None. `__` in a name stands for a dot."""
        entries = dict(self.metadata)
        for name, value in changes.items():
            entries[name.replace("__", ".")] = value
        kept = tuple((name, value) for name, value in entries.items() if value is not None)
        return replace(self, metadata=kept)

    def header(self) -> bytes:
        """Return everything before the data, without the padding."""
        n_tensors = len(self.tensors) if self.n_tensors is None else self.n_tensors
        n_entries = len(self.metadata) if self.n_entries is None else self.n_entries
        out = bytearray(self.magic + struct.pack("<IQQ", self.version, n_tensors, n_entries))
        for key, value in self.metadata:
            out += _text(key) + _value(value)
        offset = 0
        for tensor in self.tensors:
            n_dims = len(tensor.shape) if tensor.n_dims is None else tensor.n_dims
            out += _text(tensor.name) + struct.pack("<I", n_dims) + struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
            start = offset if tensor.offset is None else tensor.offset
            out += struct.pack("<IQ", tensor.type_id, start % 2**64)
            if tensor.type_id in TENSOR_TYPES:
                offset += _padded(tensor.size_bytes, self.alignment)
        return bytes(out)

    def to_bytes(self) -> bytes:
        out = bytearray(self.header())
        for tensor in self.tensors:
            out += bytes(-len(out) % self.alignment)
            out += bytes(tensor.size_bytes) if tensor.data is None else tensor.data
        return bytes(out) + self.tail

    def write(self, path: Path) -> Path:
        path.write_bytes(self.to_bytes())
        return path

    def write_sparse(self, path: Path) -> Path:
        """Write a file with all its weights zero that takes next to no room on the disk, however large it is."""
        header = self.header()
        size = _padded(len(header), self.alignment)
        for tensor in self.tensors:
            size += _padded(tensor.size_bytes, self.alignment)
        with path.open("wb") as file:
            file.write(header)
            file.truncate(size)
        return path


@dataclass(frozen=True)
class Shape:
    """The measures of a llama model."""

    n_layer: int = 1
    n_embd: int = 32
    n_ff: int = 32
    n_head: int = 2
    n_head_kv: int = 1
    n_ctx_train: int = 128
    n_vocab: int = 288
    type_id: int = F32
    file_type: int | None = 0


def llama_model(shape: Shape = Shape()) -> GgufFile:
    """Return a sound model that llama.cpp loads; its weights are zeros, so each answer is noise."""
    n_kv = shape.n_embd // shape.n_head * shape.n_head_kv
    metadata: dict[str, Any] = {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": "Tiny",
        "general.license": "mit",
        "llama.block_count": shape.n_layer,
        "llama.context_length": shape.n_ctx_train,
        "llama.embedding_length": shape.n_embd,
        "llama.feed_forward_length": shape.n_ff,
        "llama.attention.head_count": shape.n_head,
        "llama.attention.head_count_kv": shape.n_head_kv,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": shape.n_embd // shape.n_head,
        **sentencepiece_vocabulary(shape.n_vocab),
    }
    if shape.file_type is not None:
        metadata["general.file_type"] = shape.file_type
    tensors = [TensorSpec("token_embd.weight", (shape.n_embd, shape.n_vocab), shape.type_id)]
    for layer in range(shape.n_layer):
        prefix = f"blk.{layer}."
        tensors += [
            TensorSpec(prefix + "attn_norm.weight", (shape.n_embd,)),
            TensorSpec(prefix + "attn_q.weight", (shape.n_embd, shape.n_embd), shape.type_id),
            TensorSpec(prefix + "attn_k.weight", (shape.n_embd, n_kv), shape.type_id),
            TensorSpec(prefix + "attn_v.weight", (shape.n_embd, n_kv), shape.type_id),
            TensorSpec(prefix + "attn_output.weight", (shape.n_embd, shape.n_embd), shape.type_id),
            TensorSpec(prefix + "ffn_norm.weight", (shape.n_embd,)),
            TensorSpec(prefix + "ffn_gate.weight", (shape.n_embd, shape.n_ff), shape.type_id),
            TensorSpec(prefix + "ffn_up.weight", (shape.n_embd, shape.n_ff), shape.type_id),
            TensorSpec(prefix + "ffn_down.weight", (shape.n_ff, shape.n_embd), shape.type_id),
        ]
    tensors.append(TensorSpec("output_norm.weight", (shape.n_embd,)))
    return GgufFile(tuple(metadata.items()), tuple(tensors))


@cache
def lora_adapter(shape: Shape = Shape(), rank: int = 4, alpha: float = 8.0, seed: int = 1) -> GgufFile:
    """Return a sound adapter for the `llama_model` of this shape that changes all seven weights of each layer."""
    metadata = {
        "general.type": "adapter",
        "general.architecture": "llama",
        "general.name": "Pirate",
        "adapter.type": "lora",
        "adapter.lora.alpha": alpha,
    }
    chance = random.Random(seed)
    tensors = []
    for weight in llama_model(shape).tensors:
        if weight.name.startswith("blk.") and len(weight.shape) == 2:
            inputs, outputs = weight.shape
            for half, measures in (("a", (inputs, rank)), ("b", (rank, outputs))):
                n = measures[0] * measures[1]
                data = struct.pack(f"<{n}f", *(chance.gauss(0, 0.1) for _ in range(n)))
                tensors.append(TensorSpec(f"{weight.name}.lora_{half}", measures, data=data))
    return GgufFile(tuple(metadata.items()), tuple(tensors))


def mamba_model(n_embd: int = 32, n_vocab: int = 288) -> GgufFile:
    """Return a sound recurrent model that llama.cpp loads; its weights are zeros."""
    inner, state, rank, kernel = 2 * n_embd, 16, 2, 4
    metadata: dict[str, Any] = {
        "general.architecture": "mamba",
        "general.type": "model",
        "general.name": "Tiny Mamba",
        "mamba.block_count": 1,
        "mamba.context_length": 2048,
        "mamba.embedding_length": n_embd,
        "mamba.feed_forward_length": 0,
        "mamba.attention.head_count": 0,
        "mamba.attention.layer_norm_rms_epsilon": 1e-5,
        "mamba.ssm.conv_kernel": kernel,
        "mamba.ssm.inner_size": inner,
        "mamba.ssm.state_size": state,
        "mamba.ssm.time_step_rank": rank,
        **sentencepiece_vocabulary(n_vocab),
    }
    shapes = {
        "token_embd.weight": (n_embd, n_vocab),
        "blk.0.attn_norm.weight": (n_embd,),
        "blk.0.ssm_in.weight": (n_embd, 2 * inner),
        "blk.0.ssm_conv1d.weight": (kernel, inner),
        "blk.0.ssm_conv1d.bias": (inner,),
        "blk.0.ssm_x.weight": (inner, rank + 2 * state),
        "blk.0.ssm_dt.weight": (rank, inner),
        "blk.0.ssm_dt.bias": (inner,),
        "blk.0.ssm_a": (state, inner),
        "blk.0.ssm_d": (inner,),
        "blk.0.ssm_out.weight": (inner, n_embd),
        "output_norm.weight": (n_embd,),
    }
    return GgufFile(tuple(metadata.items()), tuple(TensorSpec(name, shape) for name, shape in shapes.items()))


def sentencepiece_vocabulary(n_vocab: int) -> dict[str, Any]:
    """Return a vocabulary that can write every byte."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [2, 3, 3, *[6] * 256]  # unknown, control, byte
    for number in range(n_vocab - len(tokens)):
        tokens.append(f"word{number}")
        kinds.append(1)
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": Typed(INT32, kinds),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


def split_model(model: GgufFile, folder: Path, name: str, n_parts: int) -> list[Path]:
    """Write a model as the parts of a split one, with the metadata in the first."""
    paths = []
    for number in range(n_parts):
        split = (
            ("split.no", Typed(UINT16, number)),
            ("split.count", Typed(UINT16, n_parts)),
            ("split.tensors.count", Typed(INT32, len(model.tensors))),
        )
        part = GgufFile((*(model.metadata if number == 0 else ()), *split), model.tensors[number::n_parts])
        paths.append(part.write(folder / f"{name}-{number + 1:05d}-of-{n_parts:05d}.gguf"))
    return paths


def _value(value: Any) -> bytes:
    match value:
        case Raw(type_id, data):
            return struct.pack("<I", type_id) + data
        case Typed(type_id, list() as items):
            return struct.pack("<IIQ", ARRAY, type_id, len(items)) + b"".join(_item(type_id, item) for item in items)
        case Typed(type_id, item):
            return struct.pack("<I", type_id) + _item(type_id, item)
        case list() as items:
            return _value(Typed(_type_of(items[0]), items))
        case _:
            return _value(Typed(_type_of(value), value))


def _type_of(value: Any) -> int:
    return {bool: BOOL, int: UINT32, float: FLOAT32, str: STRING}[type(value)]


def _item(type_id: int, value: Any) -> bytes:
    return _text(value) if type_id == STRING else NUMBERS[type_id].pack(value)


def _text(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def _padded(size: int, alignment: int) -> int:
    return (size + alignment - 1) // alignment * alignment
