"""How fast a model will write here, told from one that was measured here.

A token is written by reading every weight that takes part in it once, so the time of a token goes with their bytes:
with the speed at which memory is read where that is what holds things up, with the processor's where that is. Both
are of this computer, and a model that was measured on it knows them. Some work of a layer does not grow with its
weights; it takes about as long as reading `LAYER_BYTES` more of them (four models of 0.5 to 1.1 billion parameters were
compared with one of 0.1 billion: `make bench ARGS=speed`). Of several measured models the nearest in size is taken.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from desktop_app.library.gguf import GgufHeader

LAYER_BYTES = 1_000_000

_EXPERT_MARK = "_exps"
_EXPERT_SHARE = 0.9  # of all weights, where single tensors are not known


@dataclass(frozen=True)
class Measured:
    """A model that has written here: `bytes_a_token` of its header, and tokens a second."""

    bytes_a_token: int
    tokens_per_s: float


def active_bytes(header: GgufHeader) -> int:
    """Return how many bytes of weights take part in a token: of a mixture of experts, those of the chosen ones."""
    total = sum(tensor.size_bytes for tensor in header.tensors)
    experts = header.integer("expert_count")
    used = max(header.per_layer("expert_used_count"), default=0)
    if experts < 1 or not 0 < used <= experts:
        return total
    in_experts = sum(tensor.size_bytes for tensor in header.tensors if _EXPERT_MARK in tensor.name)
    in_experts = in_experts or round(total * _EXPERT_SHARE)
    return total - in_experts + in_experts * used // experts


def bytes_a_token(header: GgufHeader) -> int:
    """Return what a token costs, in bytes that are read: those of the active weights, and what stands for the rest."""
    return active_bytes(header) + LAYER_BYTES * header.n_layer


def expected_tokens_per_s(cost: int, measured: Iterable[Measured]) -> float | None:
    """Return how many tokens a second are to be expected, or None as long as nothing was measured."""
    usable = [each for each in measured if each.bytes_a_token > 0 and each.tokens_per_s > 0]
    if not usable or cost <= 0:
        return None
    nearest = min(usable, key=lambda each: abs(math.log(each.bytes_a_token / cost)))
    return nearest.tokens_per_s * nearest.bytes_a_token / cost


def readable_speed(tokens_per_s: float) -> str:
    """Return a speed as people read it: about 12 tokens/s."""
    if tokens_per_s < 0.1:
        return "less than 0.1 tokens/s"
    if tokens_per_s < 1:
        return f"about {tokens_per_s:.1f} tokens/s"
    digits = 1 if tokens_per_s < 10 else 2
    step = 10 ** max(0, math.floor(math.log10(tokens_per_s)) + 1 - digits)
    return f"about {round(tokens_per_s / step) * step:,.0f} tokens/s"
