"""Which examples make up a step, in which order, and which of them are computed at the same time.

All of it follows from the recipe and its seed alone, so that a run can be continued anywhere in it.
"""

import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .contract import Recipe


class Schedule:
    """The steps of a run. Each epoch is a new order of all examples, cut into steps of nearly equal size."""

    def __init__(self, n_examples: int, recipe: Recipe) -> None:
        self._n_examples = n_examples
        self._seed = recipe.seed
        self._steps_an_epoch = -(-n_examples // recipe.batch)
        self.n_steps = recipe.epochs * self._steps_an_epoch
        if recipe.max_steps:
            self.n_steps = min(self.n_steps, recipe.max_steps)
        self._epoch = -1
        self._batches: list[NDArray[np.intp]] = []

    def examples(self, step: int) -> list[int]:
        """Return the numbers of the examples of a step, counted from 0."""
        epoch, place = divmod(step, self._steps_an_epoch)
        if epoch != self._epoch:
            order = np.random.Generator(np.random.PCG64([self._seed, epoch])).permutation(self._n_examples)
            self._batches = list(np.array_split(order, self._steps_an_epoch))
            self._epoch = epoch
        return [int(number) for number in self._batches[place]]


def pack(sizes: Sequence[int], limit: int) -> list[list[int]]:
    """Return which items are taken together, as few groups as a quick search finds.

    The longest come first, so that memory that does not suffice is noticed early.

    Args:
        sizes: In tokens; an item above the limit makes a group of its own.
        limit: Of the sum of a group.
    """
    groups: list[list[int]] = []
    room: list[tuple[int, int]] = []  # what is left in each group, and its number
    for item in sorted(range(len(sizes)), key=lambda item: (-sizes[item], item)):
        place = bisect.bisect_left(room, (sizes[item], 0))
        if place == len(room):
            groups.append([item])
            left, group = limit, len(groups) - 1
        else:
            left, group = room.pop(place)
            groups[group].append(item)
        bisect.insort(room, (left - sizes[item], group))
    return groups


def evaluation_steps(n_steps: int, evaluations: int) -> frozenset[int]:
    """Return after which steps the held-out examples are looked at: evenly, and at the end."""
    return frozenset(round(n_steps * number / evaluations) for number in range(1, evaluations + 1)) | {n_steps}
