"""How likely the answers of preferences were before training: computed once, kept, and used in every step.

The reference is the model with the adapters it starts from. What is computed is saved now and then, so that a long
list need not be done at once.
"""

import zipfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from .batches import pack
from .contract import Example, Recipe
from .events import Events
from .files import read_arrays, replacing, write_arrays
from .objectives import (
    Lesson,
    learned_sequences,
    mismatched_sequence,
    n_computed,
    needs_reference,
    sequence_logprobs,
)
from .trainee import Trainee
from .turns import Paused, Turns


class References:
    """The log-probabilities of all answers that need a reference.

    Args:
        path: Where they are kept; None keeps none.
        identity: Of the run; what was kept of another one is not used.
        examples: Of the run.
        recipe: Of the run.
        turns: Give out the work.
        wanted: Numbers of the examples that are needed; by default all of them.
    """

    def __init__(
        self,
        path: Path | None,
        identity: str,
        examples: Sequence[Example],
        recipe: Recipe,
        turns: Turns,
        wanted: Collection[int] | None = None,
    ) -> None:
        self._path, self._identity, self._examples, self._turns = path, identity, examples, turns
        self._answers = [
            (number, sequence)
            for number, example in enumerate(examples)
            if needs_reference(example) and (wanted is None or number in wanted)
            for sequence in (*learned_sequences(example), mismatched_sequence(example, recipe.loss))
            if sequence is not None
        ]
        sizes = [n_computed([sequence]) for _, sequence in self._answers]
        self._micro_batches = pack(sizes, recipe.micro_tokens)
        self._values = np.zeros(len(self._answers))
        self._n_done = 0
        self._load()

    @property
    def is_complete(self) -> bool:
        return self._n_done == len(self._micro_batches)

    def lessons(self) -> list[Lesson]:
        """Return the examples, each with its references."""
        found: list[list[float]] = [[] for _ in self._examples]
        for (number, _), value in zip(self._answers, self._values, strict=True):
            found[number].append(float(value))
        return [Lesson(example, tuple(values)) for example, values in zip(self._examples, found, strict=True)]

    def compute(self, model: Trainee, events: Events) -> bool:
        """Compute what is missing, with a model that is still as before training.

        Returns:
            Whether all is there; not if the person wants to stop.

        Raises:
            Paused: If the person wants a pause.
        """
        while not self.is_complete:
            turn = self._micro_batches[self._n_done : self._n_done + self._turns.ranks.size]
            outcome = self._turns.take(turn, lambda micro: self._compute(model, micro))
            self._n_done += len(turn)
            if outcome.stop:
                self._turns.stop_obeyed()
                return False
            if outcome.pause or outcome.is_due or self.is_complete:
                self._save()
            if outcome.pause:
                self._turns.pause_obeyed()
                events.add("paused", step=0)
                raise Paused
        return True

    def _compute(self, model: Trainee, micro: Sequence[int]) -> float:
        with torch.no_grad():
            found = sequence_logprobs(model, [self._answers[number][1] for number in micro])
        self._values[list(micro)] = found.tolist()
        return 0.0

    def _load(self) -> None:
        if self._path is None or not self._answers:
            return
        with suppress(OSError, ValueError, KeyError, zipfile.BadZipFile):  # then they are computed again
            kept = read_arrays(self._path)
            if str(kept["identity"]) == self._identity and kept["values"].shape == self._values.shape:
                self._values, self._n_done = kept["values"], int(kept["n_done"])
        self._forget_sum()

    def _save(self) -> None:
        """Keep what is there; on a full disk it is computed again some day."""
        self._turns.saved()
        self._values = np.array(self._turns.ranks.sums([float(value) for value in self._values]))
        if self._turns.ranks.is_first and self._path is not None:
            kept = {"identity": np.array(self._identity), "values": self._values, "n_done": np.array(self._n_done)}
            with suppress(OSError), replacing(self._path) as file:
                write_arrays(file, kept)
        self._forget_sum()

    def _forget_sum(self) -> None:
        """Leave what is summed up already to the first process, so that the next sum counts it once."""
        if not (self._turns.ranks.is_first or self.is_complete):
            self._values[:] = 0
