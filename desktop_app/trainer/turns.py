"""Going through micro-batches: each process computes its own, and in between all of them look up together.

What one of them learns, that memory has run out or that the person wants a pause, all of them learn at the same time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .contract import PAUSE, STOP
from .out_of_memory import OutOfMemory, is_out_of_memory
from .ranks import Ranks
from .wishes import Wishes

SAVED_EVERY_S = 60.0
LOOK_EVERY_S = 0.2  # while it is held

_T = TypeVar("_T")


class Paused(Exception):
    """The person wants a pause, and everything is saved."""


@dataclass(frozen=True)
class Outcome:
    """What came of one turn.

    Attributes:
        total: Sum of what was computed.
        pause, stop: What the person wants.
        is_due: Whether the work since the last save is worth one.
    """

    total: float
    pause: bool
    stop: bool
    is_due: bool


class Turns:
    """Gives out micro-batches.

    Args:
        clock: In seconds, from anywhere.
        sleep: Passes some seconds.
    """

    def __init__(
        self,
        ranks: Ranks,
        wishes: Wishes,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ranks = ranks
        self._wishes, self._clock, self._sleep = wishes, clock, sleep
        self._held_s = 0.0
        self._saved_at = clock()

    def clock(self) -> float:
        """Return the time in seconds, from anywhere; it stands still while the work is held."""
        return self._clock() - self._held_s

    def take(self, turn: Sequence[_T], compute: Callable[[_T], float]) -> Outcome:
        """Compute one micro-batch for each process, at most as many as there are.

        Raises:
            OutOfMemory: If memory ran out in any of them.
        """
        if self.ranks.is_first:  # for which the others wait as soon as they have computed theirs
            self._wait_while_held()
        total, failed, wishes = 0.0, False, (False, False, False)
        if self.ranks.rank < len(turn):
            try:
                total = compute(turn[self.ranks.rank])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                failed = True
        if self.ranks.is_first:
            wishes = (self._wishes.pause, self._wishes.stop, self.clock() - self._saved_at >= SAVED_EVERY_S)
        total, n_failed, *counts = self.ranks.sums([total, failed, *wishes])
        if n_failed:
            raise OutOfMemory
        return Outcome(total, *(count > 0 for count in counts))

    def _wait_while_held(self) -> None:
        while self._wishes.hold and not (self._wishes.pause or self._wishes.stop):
            started = self._clock()
            self._sleep(LOOK_EVERY_S)
            self._held_s += self._clock() - started

    def saved(self) -> None:
        """Note that there was a save, or a try, so that the next one is due in a while."""
        self._saved_at = self.clock()

    def pause_obeyed(self) -> None:
        self._wishes.obeyed(PAUSE)

    def stop_obeyed(self) -> None:
        self._wishes.obeyed(STOP)
