"""Run folders as they are when a trainer has been at work, made without one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.adapters.lora import Lora
from desktop_app.finetune.model_file import base_of, model_file
from desktop_app.library.gguf import read_header
from desktop_app.trainer import contract
from desktop_app.trainer.contract import Example, Probe, Recipe, Run

STARTED = {"mode": "fast", "precision": "float32", "device": "cpu", "threads": 2, "steps": 4, "step": 0}
FINISHED = {"step": 4, "reason": "done", "best_step": 3, "loss_before": 3.0, "loss_after": 2.5}


def make_run(folder: Path, model: Path, **changes: Any) -> Path:
    """Make the folder of a run that was prepared for a model: no examples, and no probe yet."""
    (folder / contract.TRAIN).parent.mkdir(parents=True)
    header = read_header(model)
    run = replace(Run(folder.name, base_of(header), Recipe()), **changes)
    contract.write_json(folder / contract.RUN, run)
    contract.write_json(folder / contract.MODEL, model_file(header))
    for name in (contract.TRAIN, contract.HELD_OUT):
        contract.write_examples(folder / name, ())
    return folder


def tell(folder: Path, *events: tuple[str, dict[str, Any]], time: float = 1000.0) -> None:
    """Add events, one a second."""
    with (folder / contract.EVENTS).open("a", encoding="utf-8") as file:
        for number, (event, facts) in enumerate(events):
            file.write(json.dumps({"time": time + number, "event": event, **facts}) + "\n")


def step(number: int, loss: float = 1.0, tokens: int = 100, seconds: float = 2.0) -> tuple[str, dict[str, Any]]:
    return "step", {"step": number, "loss": loss, "tokens": tokens, "seconds": seconds, "seconds_left": 8.0}


def write_npz(path: Path, lora: Lora, numbers: type[np.floating[Any]] = np.float32) -> None:
    """Write the matrices of an adapter as the trainer would."""
    arrays = {}
    for weight, pair in lora.pairs.items():
        arrays[weight + contract.A_SUFFIX] = pair.a.astype(numbers)
        arrays[weight + contract.B_SUFFIX] = pair.b.astype(numbers)
    np.savez(path, **arrays)  # type: ignore[arg-type]


def finish(folder: Path, lora: Lora, reason: str = "done") -> None:
    """Have a run learned this."""
    write_npz(folder / contract.RESULT, lora, np.float16)
    tell(folder, ("started", STARTED), step(1), ("finished", {**FINISHED, "reason": reason}))


def write_probe(folder: Path, tokens: Sequence[int]) -> None:
    contract.write_json(folder / contract.PROBE, Probe(tuple(tokens)))


def write_held_out(folder: Path, examples: Sequence[Example]) -> None:
    contract.write_examples(folder / contract.HELD_OUT, examples)
