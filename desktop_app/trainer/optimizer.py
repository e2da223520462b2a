"""AdamW on A and B, with gradients clipped by their common norm and a learning rate that rises and falls.

The formulas are those of `torch.optim.AdamW`. They are written out here because the first use of that class loads
torch's compiler, which takes two seconds and 75 MB, and because one matrix after the other needs no copies of all.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Parameter

from .contract import Recipe

_LAST_SHARE = 0.1  # of the highest learning rate
_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.999  # of the moments, a step
_EPSILON = 1e-8

Arrays = dict[str, NDArray[np.float32]]


def learning_rate(step: int, n_steps: int, recipe: Recipe) -> float:
    """Return the rate of a step, counted from 1: up along a line, then down along half a cosine."""
    n_rising = max(1, round(n_steps * recipe.warm_up))
    if step <= n_rising:
        return recipe.learning_rate * step / n_rising
    fallen = (step - n_rising) / (n_steps - n_rising)
    return recipe.learning_rate * (_LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * fallen)) / 2)


class Optimizer:
    """Changes parameters by their gradients.

    Args:
        names: Of the parameters, in their order.
    """

    def __init__(self, names: Sequence[str], parameters: Sequence[Parameter], recipe: Recipe, n_steps: int) -> None:
        self._recipe = recipe
        self._n_steps = n_steps
        self._parameters = dict(zip(names, parameters, strict=True))
        self._first = {name: torch.zeros_like(each) for name, each in self._parameters.items()}
        self._second = {name: torch.zeros_like(each) for name, each in self._parameters.items()}

    def clip(self) -> float:
        """Scale the gradients down to the recipe's norm; return what it was."""
        limit = self._recipe.clip or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self._parameters.values(), limit))

    @torch.no_grad()
    def step(self, number: int) -> float:
        """Do the step of this number, counted from 1; return its learning rate.

        Source: AdamW, https://arxiv.org/abs/1711.05101, algorithm 2.
        """
        rate = learning_rate(number, self._n_steps, self._recipe)
        first_sum, second_sum = 1 - _FIRST_DECAY**number, 1 - _SECOND_DECAY**number
        for name, parameter in self._parameters.items():
            if parameter.grad is None:
                continue
            first = self._first[name].lerp_(parameter.grad, 1 - _FIRST_DECAY)
            second = self._second[name].mul_(_SECOND_DECAY)
            second.addcmul_(parameter.grad, parameter.grad, value=1 - _SECOND_DECAY)
            divisor = second.sqrt().div_(math.sqrt(second_sum)).add_(_EPSILON)
            parameter.mul_(1 - rate * self._recipe.weight_decay)
            parameter.addcdiv_(first, divisor, value=-rate / first_sum)
        return rate

    def values(self) -> Arrays:
        """Return the parameters by name."""
        return {name: _array(each) for name, each in self._parameters.items()}

    def clear_gradients(self) -> None:
        for parameter in self._parameters.values():
            parameter.grad = None

    def gradients(self) -> Arrays:
        """Return the gradients by name, where there are any."""
        return {name: _array(each.grad) for name, each in self._parameters.items() if each.grad is not None}

    def load_gradients(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.clear_gradients()
        for name, array in arrays.items():
            self._parameters[name].grad = _tensor(array).to(self._parameters[name].device)

    def moments(self) -> tuple[Arrays, Arrays]:
        """Return the first and the second moments by name."""
        return (
            {name: _array(each) for name, each in self._first.items()},
            {name: _array(each) for name, each in self._second.items()},
        )

    def load_moments(self, first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]]) -> None:
        for name in self._parameters:
            self._first[name].copy_(_tensor(first[name]))
            self._second[name].copy_(_tensor(second[name]))


def _array(tensor: Tensor) -> NDArray[np.float32]:
    """Return what is in a tensor, and changes with it where it is in RAM."""
    array: NDArray[np.float32] = tensor.detach().cpu().numpy()
    return array


def _tensor(array: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))
