"""One trainer a run folder: whoever works on it holds a lock that no kill leaves behind."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .contract import LOCK
from .errors import TrainerError

# Whoever asks whether a trainer is at work holds the lock for a moment.
_TRIES, _BETWEEN_TRIES_S = 20, 0.05


class Busy(TrainerError):
    """Another trainer works on the run, and nothing may be written to its folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder.

    Raises:
        Busy: If another trainer has it.
        TrainerError: If the folder cannot be written to.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise TrainerError(
            f"The run folder {folder} cannot be written to.", "Make it writable, then start the run again."
        ) from error
    try:
        for attempt in range(_TRIES):
            if _lock(descriptor):
                break
            if attempt < _TRIES - 1:
                time.sleep(_BETWEEN_TRIES_S)
        else:
            raise Busy("Another trainer is working on this run already.", "Wait until it has ended, or pause it first.")
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Return whether the lock was free and is ours now, until the file is closed."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
