"""Getting the files of a model onto this disk: resumed where they were left, checked, and only then given their names.

Bytes that are there (see `unfinished`) are never fetched again.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

import psutil

from desktop_app.errors import TryAgain, UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.library.memory import readable_size
from desktop_app.library.unfinished import give_names, locked, part_of
from desktop_app.network.door import Stop
from desktop_app.network.incoming import Incoming
from desktop_app.storage.records import RemoteFile

SPARE_BYTES = 500_000_000  # of the disk; a full one troubles every program

_READ_BYTES = 1 << 20
_PATIENCE_S = (1, 2, 4, 8, 15)  # between tries that bring nothing new
_TAIL_BYTES = 1 << 24


class Stopped(Exception):
    """The person has paused or canceled; what is there stays."""


class WrongContent(UserError):
    """What comes is not what was announced. If that turns out at the end, it was deleted."""


class Source(Protocol):
    """Where files come from."""

    def open(self, file: RemoteFile, start: int) -> AbstractContextManager[Incoming]:
        """Begin to receive a file from an offset on, or else from its beginning.

        Raises:
            UserError: If it cannot be had; `TryAgain` for what may pass.
        """


def fetch(source: Source, file: RemoteFile, target: Path, progress: Callable[[int], None], stop: Stop) -> str:
    """Get one file that stands for itself and return its SHA-256; see `receive` and `give_names`."""
    with locked(target):
        sha256 = receive(source, file, target, progress, stop)
        give_names((target,))
        return sha256


def receive(source: Source, file: RemoteFile, target: Path, progress: Callable[[int], None], stop: Stop) -> str:
    """Get one file, all but its name, and return its SHA-256. One that is there, whole and right, is left as it is.

    Args:
        source: Where it comes from.
        file: What was announced.
        target: What `give_names` shall call it; `locked`.
        progress: Is told how many bytes are there, after each piece that comes.
        stop: Ends it at once.

    Raises:
        Stopped: If it was stopped.
        WrongContent: If what came is not what was announced.
        TryAgain: If it was tried in vain for some time.
        UserError: If it cannot be had.
        OSError: If it cannot be stored.
    """
    sha256 = _whole_already(file, target, stop)
    if sha256 is None:
        return _Fetching(source, file, target, progress, stop).run()
    part_of(target).unlink(missing_ok=True)  # of another version
    progress(file.size_bytes)
    return sha256


class _Fetching:
    """One file on its way."""

    def __init__(
        self, source: Source, file: RemoteFile, target: Path, progress: Callable[[int], None], stop: Stop
    ) -> None:
        self._source = source
        self._file = file
        self._target = target
        self._part = part_of(target)
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
            with self._source.open(self._file, before) as incoming:
                self._check_announced(incoming)
                for piece in self._new_pieces(incoming, part):
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
        # Where nobody says how long it is, its end is taken for the end of all of it.
        is_short = incoming.size_bytes is None and self._done < self._file.size_bytes
        if is_short or self._done == before:
            part.truncate(before)
            raise self._something_else()
        return None

    def _new_pieces(self, incoming: Incoming, part: BinaryIO) -> Iterator[bytes]:
        """Yield what is not there yet. What comes from the beginning on is first compared with what is there."""
        if incoming.start not in (0, self._done):
            raise UserError("The other side sends another part of the file than was asked for.", "Try again later.")
        left, beginning = self._done - incoming.start, hashlib.sha256()
        for piece in incoming.pieces:
            self._check_stop()
            known, new = piece[:left], piece[left:]
            beginning.update(known)
            left -= len(known)
            if known and not left and beginning.digest() != self._digest.digest():
                part.seek(0)
                part.truncate(0)
                self._digest, self._done = hashlib.sha256(), 0
                raise TryAgain(f"“{shown_text(self._target.name)}” is not what it was before.", wait_s=0.0)
            yield new

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._done += len(piece)

    def _check_announced(self, incoming: Incoming) -> None:
        if incoming.sha256 and self._file.sha256 and incoming.sha256 != self._file.sha256:
            raise WrongContent(
                f"“{shown_text(self._target.name)}” has been replaced by another version while it was fetched.",
                "Cancel this download and start it again to get the new version.",
            )
        if incoming.size_bytes not in (None, self._file.size_bytes):
            raise self._something_else()

    def _something_else(self) -> WrongContent:
        return WrongContent(
            f"What came in place of “{shown_text(self._target.name)}” is not the file of "
            f"{self._file.size_bytes:,} bytes that was announced, so nothing of it was kept.",
            "If this network asks people to log in, do that in a browser, then press Resume; else choose another "
            "source.",
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
