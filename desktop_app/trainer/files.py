"""Files that are either the old or the new one, whatever happens while they are written, and arrays in them."""

import errno
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

UNFINISHED = ".unfinished"

Arrays = Mapping[str, NDArray[Any]]


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes the place of `path` once all of it is on the disk.

    Raises:
        OSError: If it cannot be written; the old file is then still there.
    """
    beside = path.with_name(path.name + UNFINISHED)
    try:
        with beside.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_arrays(file: BinaryIO, arrays: Arrays) -> None:
    """Write arrays as NumPy's `savez` does, without a copy of all of them in memory."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return all arrays of a file.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: If it is missing or damaged.
    """
    with np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def is_full(error: OSError) -> bool:
    """Return whether there is no room left for a file."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk, too; only POSIX systems can open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
