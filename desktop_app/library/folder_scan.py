"""Finds the models in a folder, however strange the folder is.

What counts as a model:

- A name that ends in .gguf and a content that begins with "GGUF". What is still being downloaded has another ending
  (.part, .incomplete, .downloadInProgress) or, in GPT4All, "incomplete-" before its name.
- A model in several files counts once, by its first part, and only if all parts are there.
- A file with "mmproj" in its name lets a model see pictures and is none itself.
"""

import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from desktop_app.library.gguf_reader import MAGIC

MAX_DEPTH = 6  # folders below the one that is searched; programs use at most three
MAX_ENTRIES = 20_000  # in one search; half a second even if each of them is a model

_SUFFIX = ".gguf"
_UNFINISHED = "incomplete-"
_PART = re.compile(r"(?P<prefix>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})(?P<suffix>\.gguf)", re.IGNORECASE)


@dataclass(frozen=True)
class ModelFile:
    """A model on the disk. `path` is its first part, `size_bytes` counts all of them."""

    path: Path
    size_bytes: int

    @property
    def title(self) -> str:
        """Its file's name without what every model has; bytes that are no text become question marks."""
        found = _PART.fullmatch(self.path.name)
        return shown(found["prefix"] if found else self.path.stem)


class Search:
    """Looks into folders and stops after `MAX_ENTRIES` entries, all folders together.

    Links to folders are followed, because people keep models on another disk that way; each folder is entered once, so
    that links in a circle come to an end. What may not be read is passed over.
    """

    def __init__(self) -> None:
        self._left = MAX_ENTRIES

    def entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """Return what is directly in a folder, by name."""
        try:
            with os.scandir(folder) as iterator:
                found = list(islice(iterator, self._left))
        except OSError:
            return []
        self._left -= len(found)
        return sorted(found, key=lambda entry: entry.name)

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders directly in a folder, by name."""
        return [Path(entry.path) for entry in self.entries(folder) if _is_folder(entry)]

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield what is in a folder and below it and no folder itself, the upper ones first."""
        waiting, entered = deque([(folder, 0)]), set()
        while waiting and self._left > 0:
            current, depth = waiting.popleft()
            real = os.path.realpath(current)
            if real in entered:
                continue
            entered.add(real)
            for entry in self.entries(current):
                if not _is_folder(entry):
                    yield Path(entry.path)
                elif depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))

    def models(self, folder: Path) -> list[ModelFile]:
        """Return the models in a folder and below it, by path."""
        return models_among(self.files(folder))


def find_in_folder(folder: Path) -> tuple[Path, ...]:
    """Return the models in a folder and below it, by path; of a model in several files, the first."""
    return tuple(model.path for model in Search().models(folder))


def models_among(files: Iterable[Path]) -> list[ModelFile]:
    """Return the models among some files, by path. One that is found twice, through a link, counts once."""
    found: dict[str, ModelFile] = {}
    for path in sorted(files):
        if model := model_at(path):
            found.setdefault(os.path.realpath(path), model)
    return list(found.values())


def model_at(path: Path) -> ModelFile | None:
    """Return the model whose file, or whose first part, this is; None if it is something else or not whole."""
    name = path.name.lower()
    if not name.endswith(_SUFFIX) or name.startswith(_UNFINISHED) or "mmproj" in name:
        return None
    size_bytes = 0
    for part in part_paths(path):
        size = gguf_size(part)
        if size is None:
            return None
        size_bytes += size
    return ModelFile(path, size_bytes) if size_bytes else None


def gguf_size(path: Path) -> int | None:
    """Return the bytes of a file that begins as a GGUF file does, whatever it is called; None for any other."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its other end
            return None
        with path.open("rb", buffering=0) as file:
            return status.st_size if file.read(len(MAGIC)) == MAGIC else None
    except OSError:
        return None


def shown(text: str) -> str:
    """Return a name for a person; bytes that are no text (possible on Linux) become question marks."""
    return text.encode("utf-8", errors="replace").decode()


def part_paths(path: Path) -> Iterator[Path]:
    """Yield the files of the model that begins with this one; none if it is another part than the first."""
    found = _PART.fullmatch(path.name)
    if found is None:
        yield path
    elif int(found["number"]) == 1:
        for number in range(1, int(found["count"]) + 1):
            yield path.with_name(f"{found['prefix']}-{number:05d}-of-{found['count']}{found['suffix']}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
