"""Getting the files of a model onto this disk: resumed where they were left, checked, and only then given their names.

A file on its way is called `<name>.part` and holds the beginning of the file, nothing else; so whatever ends the
program, what is there tells where to go on. Bytes that are there are never fetched again.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import psutil
from filelock import FileLock, Timeout

from desktop_app.errors import TryAgain, UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.library.memory import readable_size
from desktop_app.network.door import Stop
from desktop_app.storage.records import RemoteFile

SPARE_BYTES = 500_000_000  # of the disk; a full one troubles every program
PART, LOCK = ".part", ".lock"

_READ_BYTES = 1 << 20
_PATIENCE_S = (1, 2, 4, 8, 15)  # between tries that bring nothing new
_TAIL_BYTES = 1 << 24


class Stopped(Exception):
    """The person has paused or canceled; what is there stays."""


class WrongContent(UserError):
    """What comes is not what was announced. If that turns out at the end, it was deleted."""


@dataclass(frozen=True)
class Arriving:
    """A file that begins to come: the offset of its first byte, its hash as announced now (or empty), its bytes."""

    start: int
    sha256: str
    pieces: Iterator[bytes]


class Source(Protocol):
    """Where files come from."""

    def open(self, file: RemoteFile, start: int) -> AbstractContextManager[Arriving]:
        """Begin to receive a file from an offset on. Raises `UserError`; `TryAgain` for what may pass."""


def fetch(source: Source, file: RemoteFile, target: Path, progress: Callable[[int], None], stop: Stop) -> str:
    """Get one file and return its SHA-256. One that is there already, whole and right, is left as it is.

    Args:
        source: Where it comes from.
        file: What was announced.
        target: Where it goes; its folder is made.
        progress: Is told how many bytes are there, after each piece that comes.
        stop: Ends it at once.

    Raises:
        Stopped: If it was stopped.
        WrongContent: If what came is not what was announced.
        TryAgain: If it was tried in vain for some time, or somebody else is fetching it.
        UserError: If it cannot be had, or not be stored.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{target}{LOCK}", timeout=0)
        with lock:
            sha256 = _whole_already(file, target, stop) or _Fetching(source, file, target, progress, stop).run()
            progress(file.size_bytes)
            Path(lock.lock_file).unlink(missing_ok=True)
            return sha256
    except Timeout as error:
        raise TryAgain(
            f"“{shown_text(target.name)}” is being fetched by another Moatless already.", "Wait until it is done."
        ) from error
    except OSError as error:
        raise _cannot_store(target, error) from error


class _Fetching:
    """One file on its way."""

    def __init__(
        self, source: Source, file: RemoteFile, target: Path, progress: Callable[[int], None], stop: Stop
    ) -> None:
        self._source = source
        self._file = file
        self._target = target
        self._part = target.with_name(target.name + PART)
        self._progress = progress
        self._stop = stop
        self._digest = hashlib.sha256()
        self._done = 0

    def run(self) -> str:
        with self._part.open("r+b" if self._part.exists() else "w+b", buffering=0) as part:
            self._take_up(part)
            tries = 0
            while self._done < self._file.size_bytes:
                before = self._done
                error = self._receive(part)
                tries = 0 if self._done > before else tries + 1
                if error is not None:
                    self._wait_after(error, tries)
            os.fsync(part.fileno())
        return self._finish()

    def _take_up(self, part: BinaryIO) -> None:
        """Read what is there already."""
        status = os.fstat(part.fileno())
        size = status.st_size
        if size > self._file.size_bytes:  # of another version of the file
            size = 0
        if status.st_mtime < psutil.boot_time():
            # Where the power was cut, some file systems have zeros in place of what was written last.
            size = _without_zeros_at_the_end(part, size)
        part.truncate(size)
        part.seek(0)
        while self._done < size and (piece := part.read(_READ_BYTES)):
            self._check_stop()
            self._take(piece)
        self._progress(self._done)

    def _receive(self, part: BinaryIO) -> TryAgain | None:
        """Receive until the end or until the connection is lost; return the trouble that may pass, if there is any."""
        before = self._done
        try:
            with self._source.open(self._file, self._done) as arriving:
                self._check_announced(arriving)
                if arriving.start != self._done:
                    self._begin_again(part, arriving.start)
                for piece in arriving.pieces:
                    self._check_stop()
                    room = self._file.size_bytes - self._done
                    _write(part, piece[:room])
                    self._take(piece[:room])
                    self._progress(self._done)
                    if len(piece) >= room:
                        break
        except TryAgain as error:
            self._check_stop()
            return error
        self._check_stop()
        if self._done == before:
            raise WrongContent(
                f"“{shown_text(self._target.name)}” is shorter than the {self._file.size_bytes:,} bytes announced.",
                "Choose another file or another source.",
            )
        return None

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._done += len(piece)

    def _begin_again(self, part: BinaryIO, start: int) -> None:
        if start:
            raise UserError("The other side sends another part of the file than was asked for.", "Try again later.")
        part.seek(0)
        part.truncate(0)
        self._digest, self._done = hashlib.sha256(), 0

    def _check_announced(self, arriving: Arriving) -> None:
        if arriving.sha256 and self._file.sha256 and arriving.sha256 != self._file.sha256:
            raise WrongContent(
                f"“{shown_text(self._target.name)}” has been replaced by another version while it was fetched.",
                "Cancel this download and start it again to get the new version.",
            )

    def _wait_after(self, error: TryAgain, tries: int) -> None:
        """Wait for trouble to pass.

        Raises:
            TryAgain: If it has lasted too long.
        """
        if tries > len(_PATIENCE_S):
            done, size = readable_size(self._done), readable_size(self._file.size_bytes)
            raise TryAgain(
                f"The download stopped at {done} of {size}. {error.sentence}",
                "It continues from there when you press Resume.",
            ) from error
        if self._stop.wait(_PATIENCE_S[max(0, tries - 1)] if error.wait_s is None else error.wait_s):
            raise Stopped

    def _check_stop(self) -> None:
        if self._stop.is_set:
            raise Stopped

    def _finish(self) -> str:
        sha256 = self._digest.hexdigest()
        if self._file.sha256 and sha256 != self._file.sha256:
            self._part.unlink()
            raise WrongContent(
                f"“{shown_text(self._target.name)}” came whole, but it is not the file that was announced. "
                "It is damaged, or somebody has changed it on the way, so it was deleted.",
                "Fetch it again; if that happens twice, choose another source.",
            )
        self._part.replace(self._target)
        _sync_folder(self._target.parent)
        return sha256


def check_space(folder: Path, needed_bytes: int, reserved_bytes: int = 0) -> None:
    """Refuse what would fill the disk, of which some may be reserved.

    Raises:
        UserError: If so many bytes do not fit. Names the numbers.
    """
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = max(0, shutil.disk_usage(existing).free - reserved_bytes)
    if free < needed_bytes + SPARE_BYTES:
        beside = " beside what is being downloaded" if reserved_bytes else ""
        raise UserError(
            f"This needs {readable_size(needed_bytes)} more, and the disk has {readable_size(free)} free{beside}, of "
            f"which {readable_size(SPARE_BYTES)} should stay free.",
            "Free some space, or choose a smaller file.",
        )


def there_bytes(target: Path, size_bytes: int) -> int:
    """Return how much of a file is on this disk. One of another size at its place is another version of it."""
    with suppress(OSError):
        return min(target.with_name(target.name + PART).stat().st_size, size_bytes)
    with suppress(OSError):
        return size_bytes if target.stat().st_size == size_bytes else 0
    return 0


def _write(part: BinaryIO, piece: bytes) -> None:
    """Write all of it: a disk that is nearly full takes only a part, and says so only the next time."""
    rest = memoryview(piece)
    while rest:
        rest = rest[part.write(rest) :]


def _whole_already(file: RemoteFile, target: Path, stop: Stop) -> str | None:
    """Return the hash of the target if it is what is wanted, or None."""
    if not target.is_file() or target.stat().st_size != file.size_bytes:
        return None
    digest = hashlib.sha256()
    with target.open("rb", buffering=0) as existing:
        while piece := existing.read(_READ_BYTES):
            if stop.is_set:
                raise Stopped
            digest.update(piece)
    return digest.hexdigest() if file.sha256 in ("", digest.hexdigest()) else None


def _without_zeros_at_the_end(part: BinaryIO, size: int) -> int:
    """Return the size without the zeros at the end, of which at most the last 16 MB are looked at."""
    start = max(0, size - _TAIL_BYTES)
    part.seek(start)
    tail = part.read(size - start)
    return start + len(tail.rstrip(b"\0"))


def _cannot_store(target: Path, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError(
            f"The disk with {target.parent} is full, so the download has stopped. What is there already is kept.",
            "Free some space, then press Resume.",
        )
    return UserError(
        f"“{shown_text(target.name)}” cannot be stored in {target.parent}.",
        "Make the folder writable, or free some space, then press Resume.",
    )


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk, too; only POSIX systems can open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
