"""A LoRA adapter in memory: for each weight it changes, two thin matrices whose product is added to it.

Shapes are NumPy's: of a weight that maps `in` numbers to `out`, A is (rank, in) and B is (out, rank), and the weight,
(out, in), is changed by scale · B @ A. Weights of experts have one more dimension in front. A GGUF file lists the
same shapes from the last to the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Pair:
    """The change of one weight; `scale` is what llama.cpp multiplies B·A by when the person's own scale is 1."""

    a: Matrix
    b: Matrix
    scale: float = 1.0

    @property
    def rank(self) -> int:
        return int(self.a.shape[-2])


@dataclass(frozen=True, eq=False)
class Lora:
    """An adapter. `pairs` by the name of the changed weight, such as `blk.0.attn_q.weight`.

    Attributes:
        architecture: Of the model it is for, as GGUF files have it.
        metadata: What its file says besides, as text.
    """

    architecture: str
    pairs: Mapping[str, Pair]
    metadata: Mapping[str, str] = field(default_factory=dict)


def from_bf16(data: bytes) -> NDArray[np.float32]:
    """Return numbers of the type BF16, which is the upper half of a 32-bit float."""
    return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)


def effective_scale(alpha: float, rank: int) -> float:
    """Return the factor of B·A at a person's scale of 1.

    Args:
        alpha: `adapter.lora.alpha` of the file; 0 means "not set".
        rank: Inner dimension of A and B, at least 1.

    Source: LoRA, https://arxiv.org/abs/2106.09685, section 4.1; same rule as llama.cpp `src/llama-adapter.h`.
    """
    return alpha / rank if alpha else 1.0
