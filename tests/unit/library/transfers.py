"""What tests of transfers need: a file on a Hub, a source that gives what it is told, a stop that does not wait."""

from contextlib import contextmanager

from desktop_app.library.sources import HubSource
from desktop_app.library.transfer import fetch
from desktop_app.network.door import Stop
from desktop_app.network.hub import Hub
from desktop_app.network.incoming import Incoming
from desktop_app.storage.records import Model, RemoteFile
from tests.support.hub import MIB, Generated

REPO = "small/Tiny-GGUF"
NAME = "tiny.Q4_0.gguf"


def content(generated: Generated) -> bytes:
    return b"".join(bytes(generated.piece(offset, MIB)) for offset in range(0, generated.size, MIB))


def remote(generated: Generated, name: str = NAME) -> RemoteFile:
    return RemoteFile(name, generated.size, generated.sha256())


MODEL = Generated(2 * MIB + 5, seed=1)
CONTENT = content(MODEL)
FILE = remote(MODEL)


def hub_source(door, revision="main", repo=REPO, token="") -> HubSource:
    return HubSource(Hub(door, token), repo, revision)


def a_model(path, files=(), number=1, **facts) -> Model:
    """A model of the library."""
    usual = {"size_bytes": 0, "architecture": "llama", "quant_type": "Q4_0", "n_params": 1, "n_ctx_train": 128}
    known = {"source": "hub", "added_at": 0.0, "name": path.stem, **usual, **facts}
    return Model(id=number, path=str(path), files=tuple(files), **known)


class Impatient(Stop):
    """Remembers how long it should have waited, and waits no time at all."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.is_set


def get(source, file, target, stop=None, progress=lambda done: None) -> str:
    return fetch(source, file, target, progress, stop or Impatient())


class Pieces:
    """A source that gives these pieces, whatever was asked for; what is no bytes is called or raised."""

    def __init__(self, *pieces, start=0, sha256=""):
        self._pieces = pieces
        self._start = start
        self._sha256 = sha256

    @contextmanager
    def open(self, file, start):
        yield Incoming(self._start, self._sha256, self._give())

    def _give(self):
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if callable(piece):
                piece()
            else:
                yield piece
