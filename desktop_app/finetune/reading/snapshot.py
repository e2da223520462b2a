"""One look at a file that others may change, replace or take away at the same time."""

import hashlib
import os
import stat
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.reading.found import Source, too_large
from desktop_app.library.file_errors import shown_name

READABLE = "Check that it is there and may be read."

# A pipe that nobody writes to would otherwise be waited for before it can be seen that it is one.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def take(path: Path, limit_bytes: int, is_strict: bool = False) -> Source:
    """Return all that is in a file now.

    Raises:
        UserError: If it is not there, no file, too large, or changed meanwhile.
    """
    name = shown_name(path)
    try:
        file = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise not_there(name) from error
    except (OSError, ValueError) as error:
        raise _no_file(name) if path.is_dir() else _unreadable(name) from error
    try:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise _no_file(name)
        if before.st_size > limit_bytes:
            raise too_large(name, limit_bytes)
        with os.fdopen(file, "rb", closefd=False) as opened:
            data = opened.read(limit_bytes + 1)
        after = os.fstat(file)
    except OSError as error:
        raise _unreadable(name) from error
    finally:
        os.close(file)
    if len(data) > limit_bytes:
        raise too_large(name, limit_bytes)
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size) or len(data) != after.st_size:
        raise UserError(f"“{name}” was changed while it was read.", "Wait until it is whole, then read it again.")
    folder = shown_name(path.absolute().parent)
    return Source(name, folder, data, hashlib.sha256(data).hexdigest(), is_strict)


def not_there(name: str) -> UserError:
    """Return the error for a file that is gone."""
    return UserError(f"“{name}” is not there.", "Check its name and where it lies.")


def _unreadable(name: str) -> UserError:
    return UserError(f"“{name}” could not be read.", READABLE)


def _no_file(name: str) -> UserError:
    return UserError(f"“{name}” is not a file.", "Choose a document, or the folder it lies in.")
