"""How many threads compute: as many as there are cores that nothing else keeps busy.

llama.cpp's threads wait for each other after every node of the graph. One that has to share its core with another
program holds up all, and two threads are then several times slower than one alone. What the others use is measured,
not guessed from our own speed: it is known before the first token, and known again as soon as they are done.
"""

import threading
import time

import psutil

INTERVAL_S = 0.25
# Below this share of a core the others (our own window while it shows an answer, say) do less harm than a thread less.
TOLERATED_CORES = 0.3


class ThreadGovernor:
    """Watches the machine from a thread of its own, to the end of the process; `count` is how many to use now.

    Args:
        most: Cores this process may use.
    """

    def __init__(self, most: int) -> None:
        self.count = self._most = most
        self._own = psutil.Process()
        self._last = self._sample()
        if most > 1:
            threading.Thread(target=self._watch, name="thread governor", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(INTERVAL_S)
            before, self._last = self._last, self._sample()
            elapsed, busy, own = (now - then for now, then in zip(self._last, before, strict=True))
            self.count = threads_for(self._most, (busy - own) / max(elapsed, 1e-3))

    def _sample(self) -> tuple[float, float, float]:
        """Return (time, seconds all cores were busy, seconds this process computed) so far."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts guests' time twice: in `user` and by itself.
        busy = sum(times) - idle - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        own = self._own.cpu_times()
        return time.monotonic(), busy, own.user + own.system


def threads_for(most: int, others_cores: float) -> int:
    """Return how many threads to use where other programs keep so many cores busy."""
    return max(1, most - int(others_cores + 1 - TOLERATED_CORES))
