"""The two places that models come from: the Hub, and another folder of this computer."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.transfer import WrongContent
from desktop_app.network.incoming import Incoming
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

    def open(self, file: RemoteFile, start: int) -> AbstractContextManager[Incoming]:
        return self._hub.open(self._repo, self._revision, file.path, start)


class LocalSource:
    """Files that are copied; their paths are where they lie now."""

    @contextmanager
    def open(self, file: RemoteFile, start: int) -> Iterator[Incoming]:
        """Begin at the beginning, whatever `start` is: nothing else tells whether the file is what it was."""
        path = Path(file.path)
        try:
            original = path.open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(path) from error
        with original:
            if os.fstat(original.fileno()).st_size != file.size_bytes:
                raise WrongContent(
                    f"“{shown_name(path)}” has been changed since it was chosen.",
                    "Cancel this copy, then choose the file again.",
                )
            yield Incoming(0, "", _pieces(original.read, path), file.size_bytes)


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
