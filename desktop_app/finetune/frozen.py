"""The adapters that a run has from before: the frozen stack under the new one, and the one that is trained further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.lora import Lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.messages import AdapterScale, Stack
from desktop_app.errors import UserError
from desktop_app.finetune.model_file import target_weights
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, TARGETS, Recipe

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Layer:
    """An adapter of the stack: its matrices, and the person's scale for it."""

    lora: Lora
    sha256: str
    scale: float


@dataclass(frozen=True, eq=False)
class Parent:
    """The adapter that is trained further: its matrices, all of one rank, and the targets that name its weights."""

    lora: Lora
    sha256: str
    rank: int
    targets: tuple[str, ...]


def open_stack(stack: Stack, model: GgufHeader) -> tuple[Layer, ...]:
    """Read the adapters that act.

    Raises:
        UserError: If one cannot be used with this model.
    """
    return tuple(_layer(each, model) for each in stack if each.scale)


def _layer(entry: AdapterScale, model: GgufHeader) -> Layer:
    path = Path(entry.path)
    return Layer(open_lora(path, model), file_sha256(path), entry.scale)


def open_parent(path: Path, model: GgufHeader) -> Parent:
    """Read the adapter that is to be trained further.

    Raises:
        UserError: If it cannot be used with this model, or has several ranks.
    """
    lora = open_lora(path, model)
    ranks = {pair.rank for pair in lora.pairs.values()}
    if len(ranks) > 1:
        raise UserError(
            f"“{shown_name(path)}” has different ranks, from {min(ranks)} to {max(ranks)}, so it cannot be trained "
            "further.",
            "Put it into the stack under a new adapter instead.",
        )
    targets = tuple(each for each in TARGETS if any(name in lora.pairs for name in target_weights(model, (each,))))
    return Parent(lora, file_sha256(path), ranks.pop(), targets)


def check_continues(parent: Parent, rank: int | None, targets: Sequence[str] | None) -> None:
    """Refuse choices that an adapter which is trained further cannot follow.

    Raises:
        UserError: If so.
    """
    if rank not in (None, parent.rank):
        raise UserError(
            f"The adapter to be trained further has the rank {parent.rank}, and {rank} was chosen.",
            "Leave the rank out, or train a new adapter on top of this one.",
        )
    if targets is not None and not set(parent.targets) <= set(targets):
        missing = ", ".join(each for each in parent.targets if each not in targets)
        raise UserError(
            f"The adapter to be trained further changes {missing}, too.", "Add these to the targets, or choose none."
        )


def stack_arrays(layer: Layer) -> Arrays:
    """Return the matrices of a frozen adapter with its scale in B."""
    return _arrays({name: (pair.a, pair.b, pair.scale * layer.scale) for name, pair in layer.lora.pairs.items()})


def start_arrays(parent: Parent, recipe: Recipe, model: GgufHeader) -> Arrays:
    """Return the matrices to begin with: alpha / rank times their product is what the adapter did before.

    Weights of the recipe that it does not change begin as those of any new adapter: A by chance, and B with zeros.
    """
    factor = recipe.rank / recipe.alpha
    chance = np.random.Generator(np.random.PCG64(recipe.seed))
    matrices: dict[str, tuple[NDArray[np.floating], NDArray[np.floating], float]] = {}
    for name, (n_out, n_in) in target_weights(model, recipe.targets).items():
        pair = parent.lora.pairs.get(name)
        if pair is not None:
            matrices[name] = (pair.a, pair.b, pair.scale * factor)
        else:
            a = chance.standard_normal((recipe.rank, n_in)) / np.sqrt(n_in)
            matrices[name] = (a, np.zeros((n_out, recipe.rank)), 1.0)
    return _arrays(matrices)


def _arrays(matrices: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating], float]]) -> Arrays:
    arrays: Arrays = {}
    for name, (a, b, factor) in matrices.items():
        arrays[name + A_SUFFIX] = a.astype(np.float32)
        arrays[name + B_SUFFIX] = b.astype(np.float32) * np.float32(factor)
    return arrays
