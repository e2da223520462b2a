"""Several adapters made into one, exactly, by putting their matrices beside each other; and one made smaller.

The sum of the changes s₁·B₁A₁ + s₂·B₂A₂ is the product of [s₁B₁ | s₂B₂] and of A₁ over A₂: the ranks add up, and
nothing is lost. One product in place of several is what makes a stack fast: llama.cpp adds two matrix products, a
scaling and an addition to each changed weight for every adapter, and their number costs more than their size.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.check import MAX_RANK
from desktop_app.adapters.lora import Lora, Matrix, Pair
from desktop_app.errors import UserError

Wide = NDArray[np.float64]

_ABOUT_THE_MODEL = ("general.base_model.", "general.license", "moatless.base.")


@dataclass(frozen=True)
class OneOfMany:
    """What several adapters have become; `energy` is the share that is kept of what they do, from 0 to 1."""

    lora: Lora
    rank: int
    energy: float


def make_one(
    stack: Sequence[tuple[Lora, float]],
    rank: int | None = None,
    on_progress: Callable[[float], None] = lambda _fraction: None,
) -> OneOfMany:
    """Return one adapter that does what these do together, exactly or cut to a rank (see `truncate`).

    Raises:
        UserError: If its rank is larger than an adapter may have.
    """
    lora, energy = concatenate(stack), 1.0
    if rank is not None:
        lora, energy = truncate(lora, rank, on_progress)
    widest = max(pair.rank for pair in lora.pairs.values())
    if widest > MAX_RANK:
        raise UserError(
            f"Together these have the rank {widest:,}, and an adapter can have up to {MAX_RANK}.",
            "Choose a smaller rank, or make one of fewer adapters.",
        )
    return OneOfMany(lora, widest, energy)


def concatenate(stack: Sequence[tuple[Lora, float]]) -> Lora:
    """Return one adapter that does what these do together, and says what all of them say about their model.

    Args:
        stack: At least one adapter, each with the person's scale for it; all of the same architecture.
    """
    names = dict.fromkeys(name for lora, _ in stack for name in lora.pairs)
    pairs = {}
    for name in names:
        parts = [(lora.pairs[name], scale) for lora, scale in stack if name in lora.pairs]
        pairs[name] = Pair(_stacked(parts), _side_by_side(parts))
    first, *others = (lora for lora, _ in stack)
    metadata = {
        key: text
        for key, text in first.metadata.items()
        if key.startswith(_ABOUT_THE_MODEL) and all(other.metadata.get(key) == text for other in others)
    }
    return Lora(first.architecture, pairs, metadata)


def _stacked(parts: Sequence[tuple[Pair, float]]) -> Matrix:
    """Return the As over each other; 16 bits are kept only if all have them."""
    stacked: Matrix = np.concatenate([pair.a for pair, _ in parts], axis=-2)
    return stacked


def _side_by_side(parts: Sequence[tuple[Pair, float]]) -> Matrix:
    """Return the scaled Bs beside each other, with 32 bits: a scale is no power of two."""
    first = parts[0][0].b
    together = np.empty((*first.shape[:-1], sum(pair.rank for pair, _ in parts)), np.float32)
    at = 0
    for pair, scale in parts:
        np.multiply(pair.b, np.float32(pair.scale * scale), out=together[..., at : at + pair.rank])
        at += pair.rank
    return together


def truncate(
    lora: Lora, rank: int, on_progress: Callable[[float], None] = lambda _fraction: None
) -> tuple[Lora, float]:
    """Return an adapter of a smaller rank that does as nearly as possible the same, and how near that is.

    Each weight's change is replaced by the one of this rank that is nearest to it in the Frobenius norm: the part with
    the largest singular values. They are found without the change itself, from the small core R_B · R_Aᵀ that is left
    of it after B = Q_B · R_B and Aᵀ = Q_A · R_A. Weights of experts are cut one expert at a time.

    Args:
        lora: The adapter. Weights whose rank is no larger stay as they are.
        rank: At least 1.
        on_progress: Is told between weights which fraction is done, and may end it by raising something.

    Returns:
        The adapter, and the energy kept: the share of the squared Frobenius norm of all changes together, 0 to 1.

    Source: Eckart and Young, https://doi.org/10.1007/BF02288367.
    """
    pairs = {}
    lost = total = 0.0
    for number, (name, pair) in enumerate(lora.pairs.items()):
        on_progress(number / len(lora.pairs))
        left, values, right = _singular_parts(pair)
        total += float(np.sum(values**2))
        lost += float(np.sum(values[..., rank:] ** 2))
        pairs[name] = _first(rank, left, values, right) if pair.rank > rank else pair
    return replace(lora, pairs=pairs), 1.0 - lost / total if total else 1.0


def _singular_parts(pair: Pair) -> tuple[Wide, Wide, Wide]:
    """Return U, (out, k), the singular values, largest first, and Vᵀ, (k, in), of scale · B @ A.

    In 64 bits, because products of finite 32-bit numbers may overflow 32 bits; NumPy's QR uses them anyway.
    """
    q_b, r_b = np.linalg.qr(pair.b.astype(np.float64))
    q_a, r_a = np.linalg.qr(np.swapaxes(pair.a, -1, -2).astype(np.float64))
    left, values, right = np.linalg.svd(pair.scale * r_b @ np.swapaxes(r_a, -1, -2), full_matrices=False)
    return q_b @ left, values, right @ np.swapaxes(q_a, -1, -2)


def _first(rank: int, left: Wide, values: Wide, right: Wide) -> Pair:
    """Return the part with the largest singular values, which are split evenly between A and B."""
    roots = np.sqrt(values[..., :rank])
    b = left[..., :rank] * roots[..., None, :]
    a = roots[..., :, None] * right[..., :rank, :]
    return Pair(a.astype(np.float32), b.astype(np.float32))
