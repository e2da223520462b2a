"""How fast a run goes, and how long it will take from here."""

from collections import deque
from collections.abc import Sequence
from itertools import accumulate

CALIBRATION_STEPS = 3  # of a run that has so many

_REMEMBERED = 30  # steps; the person may begin to use the computer for something else
FORWARD_SHARE = 0.5  # of the time of a step is what a look at as many held-out tokens takes, before one was timed


class Pace:
    """Says what is left from the speed of the last steps.

    Args:
        step_tokens: Of each step of the run.
        held_out_tokens: Of one evaluation.
        evaluation_steps: After which there is one.
        n_trial: How many steps there will be, if not all of them.
    """

    def __init__(
        self, step_tokens: Sequence[int], held_out_tokens: int, evaluation_steps: frozenset[int], n_trial: int
    ) -> None:
        self._tokens_left = list(accumulate(reversed(step_tokens), initial=0))[::-1]  # after each step, and before any
        self._held_out_tokens = held_out_tokens
        self._evaluation_steps = evaluation_steps if held_out_tokens else frozenset()
        self._last: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
        self._evaluation_s: float | None = None
        self._n_needed = min(CALIBRATION_STEPS, n_trial)
        self._n_timed = 0

    def step_took(self, tokens: int, seconds: float) -> None:
        if self._n_timed == 1:
            self._last.clear()  # the first one is slower, because memory is found and code is loaded
        self._last.append((tokens, seconds))
        self._n_timed += 1

    def evaluation_took(self, seconds: float) -> None:
        self._evaluation_s = seconds

    @property
    def is_calibrated_now(self) -> bool:
        """Whether the last step was the one that makes the time left known."""
        return self._n_timed == self._n_needed

    @property
    def tokens_per_s(self) -> float:
        """Tokens of the last steps by their time; 0 before there was one."""
        seconds = sum(seconds for _, seconds in self._last)
        return sum(tokens for tokens, _ in self._last) / seconds if seconds > 0 else 0.0

    def seconds_left(self, step: int) -> float | None:
        """Return how long it takes from the end of a step on, or None before enough steps were timed."""
        speed = self.tokens_per_s
        if self._n_timed < self._n_needed or not speed:
            return None
        evaluation_s = self._evaluation_s
        if evaluation_s is None:
            evaluation_s = FORWARD_SHARE * self._held_out_tokens / speed
        n_evaluations = sum(each > step for each in self._evaluation_steps)
        return self._tokens_left[step] / speed + n_evaluations * evaluation_s
