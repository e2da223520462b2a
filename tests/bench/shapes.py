"""Files with the measures of well-known models and weights of zero, which take memory like the real ones.

The matrices that may be repacked lie behind everything else: llama.cpp then lets go of their place in the file, so that
the resident memory of a process counts them once. In other files they stay mapped, as cache that the system may take.
"""

import itertools
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.gguf_files import INT32, Q4_0, Q8_0, GgufFile, TensorSpec, Typed, sentencepiece_vocabulary

F16, Q4_K, Q6_K = 1, 12, 14
_NORMAL, _CONTROL = 1, 3


@dataclass(frozen=True)
class Measures:
    """Of one model. `extra`: names and widths of small tensors that each layer of this architecture has besides."""

    name: str
    architecture: str
    n_layer: int
    n_embd: int
    n_ff: int
    n_head: int
    n_head_kv: int
    head_width: int
    n_vocab: int
    matrices: int
    embedding: int
    extra: tuple[tuple[str, int], ...] = ()
    is_sentencepiece: bool = False
    n_swa: int = 0

    def write(self, folder: Path) -> Path:
        """Write the file, which takes next to no room on the disk."""
        return GgufFile(tuple(self.metadata().items()), self.tensors()).write_sparse(folder / f"{self.name}.gguf")

    def metadata(self) -> dict[str, Any]:
        own = {
            "block_count": self.n_layer,
            "context_length": 131_072,
            "embedding_length": self.n_embd,
            "feed_forward_length": self.n_ff,
            "attention.head_count": self.n_head,
            "attention.head_count_kv": self.n_head_kv,
            "attention.key_length": self.head_width,
            "attention.value_length": self.head_width,
            "attention.layer_norm_rms_epsilon": 1e-6,
            "rope.dimension_count": self.head_width,
        }
        if self.n_swa:
            own["attention.sliding_window"] = self.n_swa
        vocabulary = sentencepiece_vocabulary if self.is_sentencepiece else byte_pair_vocabulary
        return {
            "general.architecture": self.architecture,
            "general.type": "model",
            **{f"{self.architecture}.{key}": value for key, value in own.items()},
            **vocabulary(self.n_vocab),
        }

    def tensors(self) -> tuple[TensorSpec, ...]:
        return (*self._small_tensors(), *self._matrices())

    def _small_tensors(self) -> list[TensorSpec]:
        """Return what is not repacked: the embedding, which is the output as well, and the norms."""
        widths = (("attn_norm.weight", self.n_embd), ("ffn_norm.weight", self.n_embd), *self.extra)
        return [
            TensorSpec("token_embd.weight", (self.n_embd, self.n_vocab), self.embedding),
            TensorSpec("output_norm.weight", (self.n_embd,)),
            *(TensorSpec(f"blk.{n}.{name}", (width,)) for n in range(self.n_layer) for name, width in widths),
        ]

    def _matrices(self) -> list[TensorSpec]:
        queries, keys = self.n_head * self.head_width, self.n_head_kv * self.head_width
        shapes = {
            "attn_q": (self.n_embd, queries),
            "attn_k": (self.n_embd, keys),
            "attn_v": (self.n_embd, keys),
            "attn_output": (queries, self.n_embd),
            "ffn_gate": (self.n_embd, self.n_ff),
            "ffn_up": (self.n_embd, self.n_ff),
            "ffn_down": (self.n_ff, self.n_embd),
        }
        return [
            TensorSpec(f"blk.{n}.{name}.weight", shape, self.matrices)
            for n in range(self.n_layer)
            for name, shape in shapes.items()
        ]


def byte_pair_vocabulary(n_vocab: int) -> dict[str, Any]:
    """Return a vocabulary of bytes and of made-up words, each merged from one that came before it and a letter."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [chr(256 + number) for number in range(256 - len(printable))]  # as GPT-2 writes the other bytes
    words = (
        "".join(letters) for n in itertools.count(2) for letters in itertools.product(string.ascii_lowercase, repeat=n)
    )
    made_up = list(itertools.islice(words, n_vocab - 257))
    tokens = ["<|end|>", *map(chr, printable), *others, *made_up]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": Typed(INT32, [_CONTROL, *[_NORMAL] * (n_vocab - 1)]),
        "tokenizer.ggml.merges": [f"{word[:-1]} {word[-1]}" for word in made_up],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 0,
    }


_HEAD_NORMS = ("attn_q_norm.weight", "attn_k_norm.weight")

QWEN2 = Measures(
    *("Qwen2.5-0.5B.Q8_0", "qwen2", 24, 896, 4864, 14, 2, 64, 151_936, Q8_0, Q8_0),
    extra=(("attn_q.bias", 896), ("attn_k.bias", 128), ("attn_v.bias", 128)),
)
QWEN3 = Measures(
    *("Qwen3-0.6B.Q4_K", "qwen3", 28, 1024, 3072, 16, 8, 128, 151_936, Q4_K, Q6_K),
    extra=tuple((name, 128) for name in _HEAD_NORMS),
)
GEMMA3 = Measures(
    *("gemma-3-1b.Q4_0", "gemma3", 26, 1152, 6912, 4, 1, 256, 262_144, Q4_0, Q8_0),
    extra=(
        *((name, 256) for name in _HEAD_NORMS),
        ("post_attention_norm.weight", 1152),
        ("post_ffw_norm.weight", 1152),
    ),
    is_sentencepiece=True,
    n_swa=512,
)
LLAMA = Measures(
    *("TinyLlama-1.1B.Q4_K", "llama", 22, 2048, 5632, 32, 4, 64, 32_000, Q4_K, Q6_K), is_sentencepiece=True
)
LLAMA_F16 = Measures(*("Llama-360M.F16", "llama", 32, 960, 2560, 15, 5, 64, 49_152, F16, F16))
