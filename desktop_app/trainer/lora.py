"""The adapter that is trained: for each of the chosen weights two thin matrices, whose product is added to it."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Parameter

from .contract import A_SUFFIX, B_SUFFIX

Arrays = Mapping[str, NDArray[np.floating]]


class Adapter:
    """A and B of each weight, in order; `scale` (alpha / rank) multiplies their product.

    Args:
        shapes: (out, in) of each weight.
        rank, alpha: See `Recipe`.
        device: Where it is trained.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, int]], rank: int, alpha: float, device: torch.device) -> None:
        self.names = tuple(shapes)
        self.scale = alpha / rank
        self.a = {name: Parameter(torch.zeros(rank, shapes[name][1], device=device)) for name in self.names}
        self.b = {name: Parameter(torch.zeros(shapes[name][0], rank, device=device)) for name in self.names}

    @classmethod
    def new(
        cls,
        shapes: Mapping[str, tuple[int, int]],
        rank: int,
        alpha: float,
        seed: int,
        device: torch.device = torch.device("cpu"),  # noqa: B008  # a plain value
    ) -> "Adapter":
        """Return one that changes nothing yet: A is random, with variance 1 / in, and B is zero (LoRA, 2106.09685)."""
        adapter = cls(shapes, rank, alpha, device)
        chance = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for a in adapter.a.values():
                a.copy_(torch.randn(a.shape, generator=chance) / math.sqrt(a.shape[1]))
        return adapter

    def parameters(self) -> list[Parameter]:
        """Return A and B of each weight in turn."""
        return [each for name in self.names for each in (self.a[name], self.b[name])]

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of all matrices by their names in files."""
        found = {}
        for name in self.names:
            found[name + A_SUFFIX] = _array(self.a[name])
            found[name + B_SUFFIX] = _array(self.b[name])
        return found

    def load(self, arrays: Arrays) -> None:
        """Take over matrices of the same names and shapes.

        Raises:
            KeyError, RuntimeError: If they are others.
        """
        with torch.no_grad():
            for name in self.names:
                self.a[name].copy_(torch.from_numpy(np.array(arrays[name + A_SUFFIX], np.float32)))
                self.b[name].copy_(torch.from_numpy(np.array(arrays[name + B_SUFFIX], np.float32)))


def stacked(stack: Iterable[Arrays], name: str, device: torch.device) -> tuple[Tensor, Tensor] | None:
    """Return A and B of all frozen adapters that change this weight, one above and beside the other, or None."""
    chosen = [adapter for adapter in stack if name + A_SUFFIX in adapter]
    if not chosen:
        return None
    a = np.concatenate([np.asarray(adapter[name + A_SUFFIX], np.float32) for adapter in chosen], axis=0)
    b = np.concatenate([np.asarray(adapter[name + B_SUFFIX], np.float32) for adapter in chosen], axis=1)
    return torch.from_numpy(a).to(device), torch.from_numpy(b).to(device)


def _array(parameter: Parameter) -> NDArray[np.float32]:
    array: NDArray[np.float32] = parameter.detach().cpu().numpy().copy()
    return array
