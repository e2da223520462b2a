"""How fast something goes and how long it will take, from looking at it now and then."""

from collections import deque
from collections.abc import Callable

WINDOW_S = 8.0  # long enough to be calm, short enough to follow what the network does
SETTLE_S = 1.0


class Pace:
    """Bytes a second over the last seconds. `clock` gives seconds that only ever grow, whatever the calendar does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, done: int) -> None:
        """Take in how much is done now. Going back (begun anew) starts from nothing."""
        now = self._clock()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while self._seen[0][0] < now - WINDOW_S:
            self._seen.popleft()

    @property
    def bytes_per_s(self) -> float:
        """0 until enough was seen."""
        if not self._seen:
            return 0.0
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_at - first_at) if last_at - first_at >= SETTLE_S else 0.0

    def seconds_left(self, bytes_left: int) -> float | None:
        """None where nothing moves."""
        return bytes_left / self.bytes_per_s if self.bytes_per_s > 0 else None
