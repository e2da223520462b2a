"""What is asked of a trainer while it works: to pause or to stop, by a file in its folder or by a signal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from .contract import PAUSE, STOP


class Wishes:
    """What has been asked for, until it is obeyed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_signaled = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT for the wish to pause."""
        signals = [signal.SIGTERM, signal.SIGINT]
        if hasattr(signal, "SIGBREAK"):  # Windows asks a group of processes by this one
            signals.append(signal.SIGBREAK)
        before = {each: signal.signal(each, self._signaled) for each in signals}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    @property
    def pause(self) -> bool:
        """Whether the work is to be saved and to end."""
        return self._is_signaled or (self._folder / PAUSE).exists()

    @property
    def stop(self) -> bool:
        """Whether the training is to end and to keep what was best."""
        return (self._folder / STOP).exists()

    def obeyed(self, name: str) -> None:
        """Forget the wish of this name, PAUSE or STOP."""
        if name == PAUSE:
            self._is_signaled = False
        with suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)

    def _signaled(self, _number: int, _frame: FrameType | None) -> None:
        self._is_signaled = True
