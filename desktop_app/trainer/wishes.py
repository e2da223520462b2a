"""What is asked of a trainer while it works: to pause, to stop or to wait, by a file in its folder or by a signal."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from .contract import HELD_S, HOLD, PAUSE, STOP


class Wishes:
    """What has been asked for, until it is obeyed.

    Args:
        folder: Of the run.
        now: Unix time in seconds, as files have it.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now
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

    @property
    def hold(self) -> bool:
        """Whether to wait for a moment, because the person waits for something else on this computer."""
        try:
            touched_at = (self._folder / HOLD).stat().st_mtime
        except OSError:
            return False
        return abs(self._now() - touched_at) < HELD_S  # a clock may have been set back since

    def obeyed(self, name: str) -> None:
        """Forget the wish of this name, PAUSE or STOP."""
        if name == PAUSE:
            self._is_signaled = False
        with suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)

    def _signaled(self, _number: int, _frame: FrameType | None) -> None:
        self._is_signaled = True
