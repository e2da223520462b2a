"""Locks that no kill leaves behind: files that are locked for as long as a process holds them open."""

from pathlib import Path

from filelock import FileLock, Timeout

# Whoever asks whether a lock is held holds it for a moment.
WAIT_S, BETWEEN_TRIES_S = 1.0, 0.05


def is_locked(path: Path) -> bool:
    """Return whether somebody holds a lock; a file that was never locked is not even made."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # nobody holds anything in a folder that cannot be written to
        return False


def hold_lock(path: Path) -> FileLock | None:
    """Return a lock that is held, or None if somebody else holds it.

    Raises:
        OSError: If the file cannot be written.
    """
    lock = FileLock(path, timeout=WAIT_S)
    try:
        lock.acquire(poll_interval=BETWEEN_TRIES_S)
    except Timeout:
        return None
    return lock
