"""What tests of the network do again and again: receive a file, have something stopped while it waits."""

import threading
from collections.abc import Callable
from contextlib import contextmanager

FILE = "tiny.Q4_0.gguf"
HANG_S = 60  # far more than anything here takes, and less than a test may


def receive(asking, revision="main", start=0, repo="small/Tiny-GGUF", path=FILE):
    """Receive a file to its end."""
    with asking.open(repo, revision, path, start) as incoming:
        return b"".join(incoming.pieces)


class Work(threading.Thread):
    """Something that is done on another thread; `wait` gives what it returned or raises what it raised."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._do = do
        self.result: object = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self._do()
        except Exception as error:
            self.error = error

    def wait(self) -> object:
        self.join(HANG_S)
        assert not self.is_alive(), "it hangs"
        if self.error is not None:
            raise self.error
        return self.result


@contextmanager
def working(do):
    """Do something on another thread meanwhile."""
    work = Work(do)
    work.start()
    yield work
    work.join(HANG_S)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what another thread brings about and sends no word of."""
    waited = threading.Event()
    for _ in range(HANG_S * 1000):
        if condition():
            return
        waited.wait(0.001)
    raise AssertionError("it has not come about")
