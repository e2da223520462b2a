"""The proof that an environment works: the trainer trains two steps in it, on a tiny model that ships with the program.

That imports torch, finds the device, compares what it computes with the engine, and learns; nothing less is “ready”.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.child_environment import foreign_environment, program_folder
from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.environment.lock import CPU, CUDA, MPS
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.environment.process import Workshop
from desktop_app.finetune.environment.troubles import gpu_not_used, not_writable, trainer_trouble
from desktop_app.finetune.trainer_process import trainer_words
from desktop_app.paths import bundled
from desktop_app.trainer.contract import read_events
from desktop_app.trainer.ggml_library import find_ggml

MODEL = "model.gguf"
_STEPS = 2


@dataclass(frozen=True)
class Proof:
    """What the trainer found: the device in its words, and how much of its memory is free."""

    device: str
    free_bytes: int


def try_training(python: Path, accelerator: str, place: Place, workshop: Workshop) -> Proof:
    """Train two steps.

    Args:
        python: Of the environment.
        accelerator: What it is to compute on.
        place: Where a run folder can be written.
        workshop: Runs it.

    Raises:
        UserError: If it does not work; `Damaged` if nobody knows why.
        Stopped: If the person has stopped it.
    """
    try:
        run = place.new_trial()
        _copy(bundled("training", "tiny-run"), run)
    except OSError as error:
        raise not_writable(place.root) from error
    try:
        command = [*trainer_words(python, run), "--model", str(run / MODEL), "--dry-run", "--steps", str(_STEPS)]
        if ggml := find_ggml():
            command += ["--ggml", str(ggml)]
        status, said = workshop.run(command, foreign_environment(program_folder()))
        told = {event["event"]: event for event in read_events(run) if "event" in event}
    finally:
        shutil.rmtree(run, ignore_errors=True)
    if (failed := told.get(events.FAILED)) is not None:
        raise UserError(failed["sentence"], failed.get("hint", ""))
    if status or told.get(events.STEP, {}).get("step") != _STEPS:
        raise trainer_trouble(said, place.log, status)
    started = told[events.STARTED]
    if not _is_it(started["device"], accelerator):
        raise gpu_not_used()
    return Proof(started["device"], started["free_bytes"])


def _copy(source: Path, target: Path) -> None:
    """Copy a folder without its permissions: what the program is installed in may be closed to writing."""
    for path in source.rglob("*"):  # folders come before what is in them
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir()
        else:
            shutil.copyfile(path, copy)


def _is_it(device: str, accelerator: str) -> bool:
    """Return whether the trainer has chosen what was meant; GPUs of NVIDIA have names."""
    return device not in (CPU, MPS) if accelerator == CUDA else accelerator in (CPU, device)
