"""The training itself: steps, looks at the held-out examples, and everything that is kept for going on later.

Between micro-batches the gradients are only added up, so a run can be left and taken up again there; its steps are
then the same ones, bit for bit, as without an interruption.
"""

import math
from collections.abc import Callable, Sequence

import torch

from .batches import Schedule, evaluation_steps, pack
from .checkpoint import ADAPTER, Arrays, Checkpoint, Checkpoints, Place
from .contract import A_SUFFIX, B_SUFFIX, DIVERGED, DONE, EARLY, STOPPED, Example, Recipe
from .errors import TrainerError
from .events import Events
from .files import is_full
from .lora import Adapter
from .objectives import (
    Lesson,
    Share,
    learned_sequences,
    micro_distance,
    micro_loss,
    mismatched_sequence,
    n_computed,
    step_share,
)
from .optimizer import Optimizer
from .out_of_memory import is_out_of_memory
from .pace import Pace
from .trainee import Trainee
from .turns import Outcome, Paused, Turns

# Groups of arrays in a checkpoint, besides the adapter.
_BEST, _GOOD, _FIRST, _SECOND, _GRADIENTS = "best", "good", "first", "second", "gradients"


def n_tokens(example: Example, recipe: Recipe) -> int:
    """Return how many tokens of an example go through the model in a step."""
    mismatched = mismatched_sequence(example, recipe.loss)
    return n_computed(learned_sequences(example)) + (n_computed([mismatched]) if mismatched else 0)


class Training:
    """A run from wherever it is to its end, with one model or, when memory runs out, several one after the other.

    Args:
        recipe: How to train.
        train, held_out: What on, and what its success is measured by.
        adapter: Is trained; it is as at the start of the run.
        turns: Give out the work.
        events: Are told what happens.
        checkpoints: Where the run is saved; None for a trial, of which nothing is kept and nothing is measured, and
            whose seconds left are those of the whole run.
        last_step: Of a trial.
    """

    def __init__(
        self,
        recipe: Recipe,
        train: Sequence[Lesson],
        held_out: Sequence[Lesson],
        adapter: Adapter,
        turns: Turns,
        events: Events,
        checkpoints: Checkpoints | None,
        last_step: int | None = None,
    ) -> None:
        self.place = Place()
        self._recipe, self._train, self._adapter = recipe, train, adapter
        self._held_out = held_out if checkpoints else ()
        self._turns, self._events, self._checkpoints = turns, events, checkpoints
        self._is_trial = checkpoints is None
        self._schedule = Schedule(len(train), recipe)
        self.n_steps = self._schedule.n_steps
        self._last_step = self.n_steps if last_step is None else min(last_step, self.n_steps)
        names = [name + suffix for name in adapter.names for suffix in (A_SUFFIX, B_SUFFIX)]
        self._optimizer = Optimizer(names, adapter.parameters(), recipe, self.n_steps)
        self._evaluation_steps = evaluation_steps(self.n_steps, recipe.evaluations)
        self._is_saved = False
        self._best: Arrays | None = None
        self._good: Arrays | None = None
        sizes = [n_tokens(lesson.example, recipe) for lesson in train]
        self._pace = Pace(
            [sum(sizes[number] for number in self._schedule.examples(step)) for step in range(self.n_steps)],
            sum(n_tokens(lesson.example, recipe) for lesson in held_out),
            self._evaluation_steps,
            self._last_step,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Be where a checkpoint was saved."""
        self.place = checkpoint.place
        groups = checkpoint.groups
        self._adapter.load(groups[ADAPTER])
        self._best, self._good = groups.get(_BEST), groups.get(_GOOD)
        self._optimizer.load_moments(groups[_FIRST], groups[_SECOND])
        if self._turns.ranks.is_first:  # whose gradients were saved, after those of the others were added to them
            self._optimizer.load_gradients(groups.get(_GRADIENTS, {}))

    def run(self, model: Trainee) -> None:
        """Go on until the end of the training.

        Raises:
            Paused: If the person wants a pause; everything is saved.
            OutOfMemory: If memory ran out; after `redo_step` it can go on with a leaner model.
            TrainerError: If the person wants a pause and it cannot be saved.
        """
        self._evaluate_if_due(model)
        while not self.place.ended:
            if self.place.step >= self._last_step:
                self.place.ended = DONE
            else:
                self._step(model)
                self._evaluate_if_due(model)
        if not self._is_saved:
            self._save()

    def stop(self) -> None:
        """End before the first step."""
        self.place.ended = STOPPED

    def redo_step(self) -> None:
        """Forget what has been computed of the step that is not done yet."""
        self._optimizer.clear_gradients()
        self.place.micro, self.place.loss, self.place.seconds, self.place.distance = 0, 0.0, 0.0, None

    def kept(self) -> tuple[Arrays, int]:
        """Return the adapter that is the result, and after which step it was: the best or, unmeasured, the last."""
        if self._best is not None:
            return self._best, self.place.best_step
        if self.place.ended == DIVERGED and self._good is not None:
            return self._good, self.place.good_step
        return self._adapter.arrays(), self.place.step

    # ------------------------------------------------------------ steps

    def _step(self, model: Trainee) -> None:
        place = self.place
        lessons = self._lessons()
        share = step_share([lesson.example for lesson in lessons], self._recipe)
        started = self._turns.clock()
        if place.distance is None:
            place.distance = self._distance(model, lessons)
        share = share.at(place.distance)
        micro_batches = self._packed(lessons)
        while place.micro < len(micro_batches) and not place.ended:
            turn = micro_batches[place.micro : place.micro + self._turns.ranks.size]
            outcome = self._turns.take(turn, lambda micro: self._learn(model, micro, share))
            place.micro += len(turn)
            place.loss += outcome.total
            place.seconds += self._turns.clock() - started
            started = self._turns.clock()
            self._is_saved = False
            if not math.isfinite(place.loss):
                place.ended = DIVERGED
            else:
                self._look_up(outcome)
        if not place.ended:
            self._finish_step(model, lessons, started)
        if place.ended:
            self.redo_step()

    def _lessons(self) -> list[Lesson]:
        """Return what the next step learns from: of a trial as much as is computed at once, which tells as much."""
        lessons = [self._train[number] for number in self._schedule.examples(self.place.step)]
        if not self._is_trial:
            return lessons
        return [lesson for micro in self._packed(lessons)[: self._turns.ranks.size] for lesson in micro]

    def _learn(self, model: Trainee, lessons: Sequence[Lesson], share: Share) -> float:
        loss = micro_loss(model, lessons, share, self._recipe)
        loss.backward()
        return float(loss.detach())

    def _finish_step(self, model: Trainee, lessons: Sequence[Lesson], started: float) -> None:
        """Change the adapter by the gradients of all micro-batches."""
        place = self.place
        self._is_saved = False
        self._turns.ranks.add_up_gradients(self._adapter.parameters())
        norm = self._optimizer.clip()
        if not math.isfinite(norm):
            place.ended = DIVERGED
            return
        if self._best is None:
            self._good, place.good_step = self._adapter.arrays(), place.step
        rate = self._change(place.step + 1)
        place.step += 1
        model.refresh()
        tokens = sum(n_tokens(lesson.example, self._recipe) for lesson in lessons)
        seconds = place.seconds + self._turns.clock() - started
        loss = place.loss
        self.redo_step()
        self._pace.step_took(tokens, seconds)
        seconds_left = self._pace.seconds_left(0 if self._is_trial else place.step)
        self._events.add(
            "step",
            step=place.step,
            steps=self.n_steps,
            loss=loss,
            learning_rate=rate,
            norm=norm,
            tokens=tokens,
            seconds=seconds,
            seconds_left=seconds_left,
        )
        if self._pace.is_calibrated_now:
            self._events.add("calibrated", tokens_per_s=self._pace.tokens_per_s, seconds_left=seconds_left)

    def _change(self, number: int) -> float:
        """Do the step of the optimizer; half of one cannot be done again."""
        try:
            return self._optimizer.step(number)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise TrainerError(
                "There is too little memory for changing the adapter.",
                "Close other programs, then resume the run; it goes on from where it was last saved.",
            ) from error

    def _distance(self, model: Trainee, lessons: Sequence[Lesson]) -> float:
        """Return KTO's z of a step: how much likelier mismatched answers have become, on the mean; never below 0."""
        mismatched = [lesson for lesson in lessons if mismatched_sequence(lesson.example, self._recipe.loss)]
        if not mismatched:
            return 0.0
        sizes = [n_computed([lesson.example.sequences[1]]) for lesson in mismatched]
        micro_batches = [[mismatched[number] for number in group] for group in pack(sizes, self._recipe.micro_tokens)]
        return max(0.0, self._sum(micro_batches, lambda micro: micro_distance(model, micro)) / len(mismatched))

    def _packed(self, lessons: Sequence[Lesson]) -> list[list[Lesson]]:
        sizes = [n_computed(learned_sequences(lesson.example)) for lesson in lessons]
        return [[lessons[number] for number in group] for group in pack(sizes, self._recipe.micro_tokens)]

    def _sum(self, micro_batches: Sequence[Sequence[Lesson]], compute: Callable[[Sequence[Lesson]], float]) -> float:
        """Return the sum of what is computed, without gradients, of all micro-batches."""
        total = 0.0
        size = self._turns.ranks.size
        for start in range(0, len(micro_batches), size):
            outcome = self._turns.take(micro_batches[start : start + size], compute)
            total += outcome.total
            self._look_up(outcome)
        return total

    # ------------------------------------------------------------ held-out examples

    def _is_evaluation_due(self) -> bool:
        place = self.place
        if not self._held_out or any(step == place.step for step, _ in place.held_out):
            return False
        if place.ended:
            return place.ended == STOPPED and place.step > 0  # what is best may never have been looked at
        return place.step == 0 or place.step in self._evaluation_steps

    def _evaluate_if_due(self, model: Trainee) -> None:
        place = self.place
        if not self._is_evaluation_due():
            return
        started = self._turns.clock()
        loss = self._held_out_loss(model)
        self._pace.evaluation_took(self._turns.clock() - started)
        if not math.isfinite(loss):
            place.ended = DIVERGED
            return
        best = min((loss for step, loss in place.held_out if step > 0), default=math.inf)
        place.held_out.append((place.step, loss))
        is_best = place.step > 0 and loss < best
        if is_best:
            self._best, place.best_step = self._adapter.arrays(), place.step
            self._good = None
        self._events.add("evaluated", step=place.step, loss=loss, is_best=is_best)
        n_worse = sum(step > place.best_step for step, _ in place.held_out)
        if place.step and not place.ended and 0 < self._recipe.patience <= n_worse:
            place.ended = EARLY
        self._save()

    @torch.no_grad()
    def _held_out_loss(self, model: Trainee) -> float:
        """Return the loss of all held-out examples, as if they were one step."""
        share = step_share([lesson.example for lesson in self._held_out], self._recipe)
        share = share.at(self._distance(model, self._held_out))
        return self._sum(
            self._packed(self._held_out), lambda micro: float(micro_loss(model, micro, share, self._recipe))
        )

    # ------------------------------------------------------------ between micro-batches

    def _look_up(self, outcome: Outcome) -> None:
        """Do what the person wants, or save if it is time."""
        if outcome.stop and not self.place.ended:
            self._turns.stop_obeyed()
            self.place.ended = STOPPED
        elif outcome.pause:
            self._save(is_needed=True)
            self._turns.pause_obeyed()
            self._events.add("paused", step=self.place.step)
            raise Paused
        elif outcome.is_due:
            self._save()

    def _save(self, is_needed: bool = False) -> None:
        """Save everything; without room for it, go on and try again later.

        Raises:
            TrainerError: If it is needed and there is no room.
        """
        self._turns.saved()
        if self._checkpoints is None:
            return
        ranks = self._turns.ranks
        if self.place.micro and ranks.size > 1:
            ranks.add_up_gradients(self._adapter.parameters())
            if not ranks.is_first:
                self._optimizer.clear_gradients()
        if not ranks.is_first:
            return
        try:
            self._checkpoints.save(Checkpoint(self.place, self._groups()))
        except OSError as error:
            why = "the disk is full" if is_full(error) else "its folder cannot be written to"
            sentence = f"The run could not be saved, because {why}. What was saved before is still there."
            if is_needed:
                raise TrainerError(sentence, "Free some space, then resume the run.") from error
            self._events.add("unsaved", sentence=sentence)
        else:
            self._is_saved = True
            self._events.add("saved", step=self.place.step, micro=self.place.micro)

    def _groups(self) -> dict[str, Arrays]:
        """Return all arrays, without copies of those that are in RAM."""
        first, second = self._optimizer.moments()
        groups: dict[str, Arrays | None] = {
            ADAPTER: self._optimizer.values(),
            _BEST: self._best,
            _GOOD: self._good,
            _FIRST: first,
            _SECOND: second,
            _GRADIENTS: self._optimizer.gradients(),
        }
        return {name: arrays for name, arrays in groups.items() if arrays}
