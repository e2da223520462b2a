"""The two places that models come from: the Hub, and another folder of this computer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.transfer import Arriving
from desktop_app.storage.records import RemoteFile

if TYPE_CHECKING:  # it takes its time to load, and the window starts without it
    from desktop_app.network.hub import Hub

_PIECE_BYTES = 1 << 20


class HubSource:
    """One commit of a repository."""

    def __init__(self, hub: "Hub", repo: str, revision: str) -> None:
        self._hub = hub
        self._repo = repo
        self._revision = revision

    @contextmanager
    def open(self, file: RemoteFile, start: int) -> Iterator[Arriving]:
        with self._hub.open(self._repo, self._revision, file.path, start) as incoming:
            yield Arriving(incoming.start, incoming.sha256, incoming.pieces)


class LocalSource:
    """Files that are copied; their paths are where they lie now."""

    @contextmanager
    def open(self, file: RemoteFile, start: int) -> Iterator[Arriving]:
        path = Path(file.path)
        try:
            original = path.open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(path) from error
        with original:
            original.seek(start)
            yield Arriving(start, "", _pieces(original.read, path))


def _pieces(read: Callable[[int], bytes | None], path: Path) -> Iterator[bytes]:
    while True:
        try:
            piece = read(_PIECE_BYTES)
        except OSError as error:
            raise _unreadable(path) from error
        if not piece:
            return
        yield piece


def _unreadable(path: Path) -> UserError:
    return UserError(f"“{shown_name(path)}” cannot be read any more.", "Check that its drive is connected and works.")
