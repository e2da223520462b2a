"""What a run folder gives the trainer, read and checked as a whole before anything heavy begins."""

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import (
    HELD_OUT,
    PROBE_LOGPROBS,
    STACK,
    START,
    TRAIN,
    Example,
    ModelFile,
    Run,
    read_examples,
    read_model_file,
    read_probe,
    read_run,
)
from .errors import TrainerError
from .files import read_arrays
from .objectives import check_examples

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Material:
    """The contents of a run folder.

    Attributes:
        probe: Tokens; recorded: the engine's ln p after each of them, which stay in the file until they are looked at.
        stack: Adapters under the new one.
        start: The adapter to be continued, or None.
        identity: Of all that decides what comes of the run, wherever it is trained.
    """

    run: Run
    file: ModelFile
    train: list[Example]
    held_out: list[Example]
    probe: tuple[int, ...]
    recorded: NDArray[Any]
    stack: list[Arrays]
    start: Arrays | None
    identity: str


def read_material(folder: Path) -> Material:
    """Read a run folder.

    Raises:
        TrainerError: If something in it is missing or damaged, or there is nothing to learn.
    """
    try:
        run = read_run(folder)
        stack = [folder / STACK.format(number) for number in range(run.n_stack)]
        start = folder / START if run.continues else None
        material = Material(
            run=run,
            file=read_model_file(folder),
            train=read_examples(folder / TRAIN),
            held_out=read_examples(folder / HELD_OUT),
            probe=read_probe(folder).tokens,
            recorded=np.load(folder / PROBE_LOGPROBS, mmap_mode="r", allow_pickle=False),
            stack=[read_arrays(path) for path in stack],
            start=read_arrays(start) if start else None,
            identity=_identity(run, [folder / TRAIN, folder / HELD_OUT, *stack, *([start] if start else [])]),
        )
        n_vocab = _n_vocab(material.file)
        if len(material.recorded) != len(material.probe) or max(material.probe) >= n_vocab:
            raise ValueError("the probe is damaged")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise TrainerError(
            f"The run folder {folder} is incomplete, damaged or made by another version of Moatless.",
            "Copy it again, or prepare a new run.",
        ) from error
    if not material.train:
        raise TrainerError("There is nothing to learn from in this run.", "Prepare a new one with some examples.")
    for examples in (material.train, material.held_out):
        check_examples(examples, run.recipe.loss, n_vocab)
    return material


def _n_vocab(file: ModelFile) -> int:
    return next(tensor.shape[0] for tensor in file.tensors if tensor.name == "token_embd.weight")


def _identity(run: Run, files: list[Path]) -> str:
    """Return a digest of everything that is learned, and of how; not of names, nor of what a computer can choose."""
    told = asdict(run)
    for what, names in (
        (told, ("name", "about")),
        (told["base"], ("name", "path")),
        (told["recipe"], ("mode", "precision")),
    ):
        for name in names:
            del what[name]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
