"""Files on their way, on this disk: who may write one, how much of it is there, and how it gets its name at last.

One is called `<name>.part` and holds the beginning of the file, nothing else; so whatever ends the program, what is
there tells where to go on. Those that belong together get their names together.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from desktop_app.errors import TryAgain, UserError
from desktop_app.library.file_errors import shown_text

PART, LOCK = ".part", ".lock"


def part_of(target: Path) -> Path:
    """Return where a file is as long as it is on its way."""
    return target.with_name(target.name + PART)


def there_bytes(target: Path, size_bytes: int) -> int:
    """Return how much of a file is on this disk. One of another size at its place is another version of it."""
    with suppress(OSError):
        return min(part_of(target).stat().st_size, size_bytes)
    with suppress(OSError):
        return size_bytes if target.stat().st_size == size_bytes else 0
    return 0


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Keep every other Moatless from fetching this file. What the disk refuses within the block becomes a sentence.

    Raises:
        TryAgain: If somebody else is fetching it.
        UserError: If it cannot be stored.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{target}{LOCK}", timeout=0)
        with lock:
            try:
                yield
            finally:
                # Nobody takes the lock of a file that is gone. Windows deletes none that is open; there, the lock
                # itself does that when it is released.
                with suppress(OSError):
                    Path(lock.lock_file).unlink()
    except Timeout as error:
        raise TryAgain(
            f"“{shown_text(target.name)}” is being fetched by another Moatless already.", "Wait until it is done."
        ) from error
    except OSError as error:
        raise _cannot_store(target, error) from error


def give_names(targets: Sequence[Path]) -> None:
    """Give files that belong together their names, those that were received and have none yet.

    If it ends in between, one of them is missing. Old and new ones together could pass for a model.

    Raises:
        OSError: If one cannot be named, such as because an older version is in use on Windows.
    """
    received = [target for target in targets if part_of(target).exists()]
    if len(received) > 1:
        received[0].unlink(missing_ok=True)
    for target in reversed(received):
        part_of(target).replace(target)
    _sync_folder(targets[0].parent)


def _cannot_store(target: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"The disk with {target.parent} is full, so the download has stopped. What is there already is kept.",
            "Free some space, then press Resume.",
        )
    return UserError(
        f"“{shown_text(target.name)}” cannot be stored in {target.parent}.",
        "Make the folder writable, or free some space; if an older version is in use, chat with another model first. "
        "Then press Resume.",
    )


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk, too; only POSIX systems can open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
