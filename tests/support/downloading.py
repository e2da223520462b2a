"""All that downloads in the window, without a window; and models that are worth downloading."""

import random
from dataclasses import replace
from pathlib import Path

from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.store import Store
from desktop_app.paths import DataFolder
from desktop_app.storage.records import RemoteFile
from tests.support.gguf_files import GgufFile, Shape, llama_model, split_model
from tests.support.hub import MIB, Generated


class Downloading:
    """The jobs that take part in a download, on one data folder, made and closed in the order of the workspace."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.background = Background()
        self.preferences = Preferences(folder, self.background)
        self.store = Store(self.background)
        self.connection = HubConnection(folder, self.preferences, self.background)
        self.queue = DownloadQueue(self.store, self.background, self.connection, folder)
        self.is_open = True

    def open(self) -> None:
        """Open the data folder and go on where it was left."""
        self.store.open(self.folder, self.queue.open, _fail)

    def close(self) -> None:
        """End as the program ends; what is left of it does nothing any more."""
        if self.is_open:
            self.is_open = False
            for job in (self.queue, self.connection, self.store, self.background):
                job.close()


def _fail(error: Exception) -> None:
    raise error


def filled(seed: int) -> GgufFile:
    """Return a sound model (of 2.5 MB) whose weights are noise, so that no two are alike and no part is zeros."""
    noise = random.Random(seed)
    model = llama_model(Shape(n_embd=256, n_ff=256, n_vocab=1000))
    tensors = tuple(replace(tensor, data=noise.randbytes(tensor.size_bytes)) for tensor in model.tensors)
    return replace(model, tensors=tensors)


def split_and_filled(seed: int, folder: Path, name: str, n_parts: int) -> dict[str, bytes]:
    """Return the parts of such a model by the names of their files."""
    return {path.name: path.read_bytes() for path in split_model(filled(seed), folder, name, n_parts)}


def write_filled(path: Path, size: int) -> Path:
    """Write a sound model of at least so many bytes, as large as you like, whose weights are noise."""
    n_embd = 1024
    model = llama_model(Shape(n_embd=n_embd, n_ff=size // (3 * 4 * n_embd) + 1))
    model.write_sparse(path)
    start = len(model.header())
    noise = Generated(path.stat().st_size - start)
    with path.open("r+b") as file:
        file.seek(start)
        for offset in range(0, noise.size, MIB):
            file.write(noise.piece(offset, MIB))
    return path


def files_of(repo) -> list[RemoteFile]:
    """Return the files of a repository of the loopback hub but its card, as a download asks for them."""
    blobs = repo.commits[-1].files
    return [RemoteFile(path, blob.size, blob.sha256) for path, blob in blobs.items() if path != "README.md"]
