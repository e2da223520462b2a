"""Saved states of a run, from which it goes on as if it had never been interrupted.

A checkpoint is an archive of arrays as NumPy writes it, with the SHA-256 of all that behind it. It takes its name only
when it is whole and on the disk; the last two are kept, because a disk may still lose or change what it was given.
"""

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .contract import CHECKPOINTS
from .errors import TrainerError
from .events import Events
from .files import UNFINISHED, read_arrays, replacing, write_arrays

KEPT = 2
ADAPTER = "adapter"  # the group of the matrices

_NAME = re.compile(r"(\d{6,})\.npz")
_ABOUT = "about"
_DIGEST_CHARACTERS = 64

Arrays = Mapping[str, NDArray[Any]]


@dataclass
class Place:
    """How far a run is.

    Attributes:
        step: Steps that are done.
        micro: Micro-batches of the next step that are in the gradients already.
        loss, seconds: What they added to the loss, and took.
        distance: KTO's z of this step, once it is known.
        held_out: Held-out losses by step, in order.
        best_step: Whose held-out loss is the smallest, not counting step 0; -1 before there is one.
        good_step: Until there is a best one, the last one whose adapter gave a loss that is a number.
        ended: Why no more steps are done; empty while they are.
    """

    step: int = 0
    micro: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    distance: float | None = None
    held_out: list[tuple[int, float]] = field(default_factory=list)
    best_step: int = -1
    good_step: int = -1
    ended: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a run goes on from: where it is, and arrays by name in groups, such as gradients."""

    place: Place
    groups: Mapping[str, Arrays]


class Checkpoints:
    """The checkpoints in a run folder.

    Args:
        folder: Of the run.
        identity: Of the run; a checkpoint of another one is refused.
        events: Are told what is damaged.
    """

    def __init__(self, folder: Path, identity: str, events: Events) -> None:
        self._folder = folder / CHECKPOINTS
        self._identity = identity
        self._events = events

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint beside the one before it, and remove older ones.

        Raises:
            OSError: If it cannot be written; those before it are still there.
        """
        self._folder.mkdir(exist_ok=True)
        numbered = _numbered(self._folder)
        about = json.dumps({"identity": self._identity, **asdict(checkpoint.place)})
        arrays = {
            f"{group}/{name}": array for group, found in checkpoint.groups.items() for name, array in found.items()
        }
        with replacing(self._folder / f"{max(numbered, default=0) + 1:06}.npz") as file:
            write_arrays(file, {_ABOUT: np.array(about), **arrays})
            size = file.tell()
            file.write(_digest(file, size).encode())
        for number in sorted(numbered)[: 1 - KEPT]:
            with suppress(OSError):
                numbered[number].unlink()

    def load(self) -> Checkpoint | None:
        """Return the last whole checkpoint, or None; damaged ones are removed, so that they count no more.

        Raises:
            TrainerError: If it belongs to another run.
        """
        if not self._folder.is_dir():
            return None
        for left_over in self._folder.glob(f"*{UNFINISHED}"):
            left_over.unlink(missing_ok=True)
        for _, path in sorted(_numbered(self._folder).items(), reverse=True):
            try:
                return self._read(path)
            except OSError:
                self._events.add("damaged", sentence=f"The saved state {path.name} cannot be read.")
            except (ValueError, KeyError, TypeError, zipfile.BadZipFile):
                self._events.add("damaged", sentence=f"The saved state {path.name} is damaged.")
                path.unlink(missing_ok=True)
        return None

    def _read(self, path: Path) -> Checkpoint:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END) - _DIGEST_CHARACTERS
            if _digest(file, size).encode() != file.read():
                raise ValueError("the digest is another one")
        arrays = read_arrays(path)
        about = json.loads(str(arrays.pop(_ABOUT)))
        if about.pop("identity") != self._identity:
            raise TrainerError(
                "What was saved of this run belongs to another recipe, other examples or another model.",
                f"Remove the folder {self._folder} to start from the beginning, or bring back what was changed.",
            )
        about["held_out"] = [(step, loss) for step, loss in about["held_out"]]
        groups: dict[str, dict[str, NDArray[Any]]] = {}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            groups.setdefault(group, {})[rest] = array
        return Checkpoint(Place(**about), groups)


def read_adapter(folder: Path) -> tuple[int, Arrays]:
    """Return after how many steps a run was saved last, and the adapter of then; for whoever looks on.

    Raises:
        OSError, ValueError, KeyError, zipfile.BadZipFile: If nothing was saved yet, or it is being removed just now.
    """
    numbered = _numbered(folder / CHECKPOINTS)
    with np.load(numbered[max(numbered)], allow_pickle=False) as found:
        step = json.loads(str(found[_ABOUT]))["step"]
        start = f"{ADAPTER}/"
        return step, {name.removeprefix(start): found[name] for name in found.files if name.startswith(start)}


def _numbered(folder: Path) -> dict[int, Path]:
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1]): path for match, path in found if match}


def _digest(file: BinaryIO, size: int) -> str:
    """Return the digest of the first bytes of a file, which is left behind them."""
    file.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (piece := file.read(min(size, 1 << 20))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()
