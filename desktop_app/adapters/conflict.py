"""Whether two adapters get in each other's way: do they change the same weights, and in which direction?

The measure is the cosine between their changes of a weight, seen as one long vector each: 1 is the same change, 0 has
nothing to do with the other, -1 undoes it. The changes themselves, large as the weights, are never computed:
⟨B₁A₁, B₂A₂⟩ = tr((B₁ᵀB₂)(A₂A₁ᵀ)) takes products of thin matrices only. It is a hint; what two adapters really do
together is measured on text.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.lora import Lora, Pair

# Two changes of the same size and cosine c have a sum of the squared size 2 + 2c: at 0.2 it is a fifth larger than if
# they had nothing to do with each other, at -0.2 a fifth smaller. Chance alone gives about 1/√(in · out), under 0.01.
SAME_DIRECTION = 0.2
OPPOSITE_DIRECTION = -0.2


class Harmony(Enum):
    """How two adapters get along, in a word; from best to worst."""

    FITS = "Fits"
    OVERLAPS = "Overlaps"
    PULLS_AGAINST = "Pulls against"


@dataclass(frozen=True)
class Conflict:
    """How the changes of two adapters lie to each other, where both change something.

    Attributes:
        cosine: Over all weights that both change; 0 if there are none.
        by_layer: The cosine of each layer with such weights, in order.
        shared_weights: How many these are.
    """

    cosine: float
    by_layer: Mapping[int, float]
    shared_weights: int

    @property
    def opposite_layers(self) -> tuple[int, ...]:
        """Where one undoes part of what the other does."""
        return tuple(layer for layer, cosine in self.by_layer.items() if cosine <= OPPOSITE_DIRECTION)

    @property
    def same_layers(self) -> tuple[int, ...]:
        """Where both do part of the same."""
        return tuple(layer for layer, cosine in self.by_layer.items() if cosine >= SAME_DIRECTION)

    @property
    def harmony(self) -> Harmony:
        if self.opposite_layers:
            return Harmony.PULLS_AGAINST
        return Harmony.OVERLAPS if self.same_layers else Harmony.FITS

    @property
    def badness(self) -> tuple[int, float]:
        """What orders conflicts from the least to the worst."""
        return list(Harmony).index(self.harmony), abs(self.cosine)


def conflict(first: Lora, second: Lora) -> Conflict:
    """Compare what two adapters for the same model do to its weights, each at a person's scale above 0.

    Other scales above 0 give the same: a cosine does not depend on sizes.
    """
    shared = [name for name in first.pairs if name in second.pairs]
    layers: defaultdict[int, NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for name in shared:
        one, other = first.pairs[name], second.pairs[name]
        layers[_layer(name)] += (_inner(one, other), _inner(one, one), _inner(other, other))
    by_layer = {layer: _cosine(layers[layer]) for layer in sorted(layers)}
    return Conflict(_cosine(sum(layers.values(), np.zeros(3))), by_layer, len(shared))


def _layer(weight: str) -> int:
    """Return the layer of a weight; adapters that were checked change nothing outside layers."""
    return int(weight.split(".")[1])


def _inner(one: Pair, other: Pair) -> float:
    """Return the inner product of two changes of a weight, over all experts where it has some.

    Computed in 64 bits, where no finite values of the matrices can overflow.
    """
    b = np.swapaxes(one.b, -1, -2).astype(np.float64) @ other.b.astype(np.float64)
    a = one.a.astype(np.float64) @ np.swapaxes(other.a, -1, -2).astype(np.float64)
    return one.scale * other.scale * float(np.sum(b * a))


def _cosine(products: NDArray[np.float64]) -> float:
    """Return the cosine from ⟨Δ₁,Δ₂⟩, ⟨Δ₁,Δ₁⟩ and ⟨Δ₂,Δ₂⟩; 0 if one of the changes is none."""
    inner, one, other = products.tolist()
    if one <= 0 or other <= 0:
        return 0.0
    cosine: float = inner / one**0.5 / other**0.5
    return max(-1.0, min(1.0, cosine))


def conflict_sentence(conflict: Conflict, first_name: str, second_name: str) -> str:
    """Say in a sentence what is to be expected of two adapters together."""
    both = f"“{first_name}” and “{second_name}”"
    opposite, same = len(conflict.opposite_layers), len(conflict.same_layers)
    total = len(conflict.by_layer)
    if not conflict.shared_weights:
        return f"{both} change different things and do not touch each other."
    if opposite and same:
        return (
            f"{both} pull in opposite directions in {opposite} of {total} layers and in the same direction in {same}."
        )
    if opposite:
        return f"{both} pull in opposite directions in {opposite} of {total} layers and may undo part of each other."
    if same:
        return f"{both} pull in the same direction in {same} of {total} layers: together they may overdo it."
    return f"{both} change the same weights in different ways and hardly touch each other."
