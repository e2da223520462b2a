"""From a plan to a run folder, which appears whole or not at all.

It is built beside its place and renamed at the end, so that nobody takes a folder for a run that is not ready. What is
in it says nothing of where things lay on this computer, but for the path of the model.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.messages import Record, Recorded, Stack
from desktop_app.errors import UserError
from desktop_app.finetune.course_runs import write_note
from desktop_app.finetune.encoder import Encoder, Engine, EngineEncoder
from desktop_app.finetune.events import add_event
from desktop_app.finetune.frozen import stack_arrays, start_arrays
from desktop_app.finetune.lessons import Lessons, make_lessons
from desktop_app.finetune.locks import hold_lock, is_locked
from desktop_app.finetune.model_file import base_of, model_file
from desktop_app.finetune.paces import SIZE, size_of
from desktop_app.finetune.plan import Plan
from desktop_app.finetune.replay import replay_examples
from desktop_app.finetune.source_texts import write_source_texts
from desktop_app.library.places import is_safe_name
from desktop_app.trainer.contract import (
    HELD_OUT,
    LEAST_PROBE_TOKENS,
    MODEL,
    PROBE,
    PROBE_LOGPROBS,
    RUN,
    STACK,
    START,
    TRAIN,
    Example,
    Probe,
    Run,
    write_examples,
    write_json,
)

PREPARED = "prepared"  # the first event of a run
UNREADY = ".preparing-"

_TRIAL, _AT_WORK = f"{UNREADY}estimate-", "at-work.lock"
_MOST_PROBE_TOKENS = 1024
_MOST_OF_ONE_NAME = 1000
_TRIED_ANSWERS = 2  # that the model gives for a trial; they stand for all the others
_LEFT_BEHIND_S = 24 * 3600  # nothing takes so long to prepare; whoever did was killed

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """A run that can be trained."""

    folder: Path
    run: Run


def prepare(runs: Path, plan: Plan, engine: Engine, tell: Tell, is_trial: bool = False) -> Prepared:
    """Write a run folder.

    Args:
        runs: Where runs are.
        plan: What is to be trained.
        engine: Has loaded the plan's model.
        tell: Is told in a sentence what is being done.
        is_trial: It is only to be seen how long the training takes, and that soon.

    Raises:
        UserError: If nothing can be learned, the model not be read any more, or the folder not be written.
    """
    encoder = EngineEncoder(engine)
    tell("Turning the documents into examples.")
    lessons = make_lessons(plan, encoder)
    replay: list[Example] = []
    if lessons.n_replay:
        tell("Having the model answer some general questions, so that it stays what it is.")
        seed, length = lessons.recipe.seed, lessons.recipe.length
        n_answers = min(lessons.n_replay, _TRIED_ANSWERS) if is_trial else lessons.n_replay
        replay = replay_examples(engine, encoder, plan.acting, n_answers, length, seed)
        if is_trial:
            replay = list(islice(cycle(replay), lessons.n_replay))
    tell("Reading the model.")
    run = _run(plan, lessons, len(replay))
    with _whole_or_not(runs, plan.order.name) as (building, finish):
        write_json(building / RUN, run)
        write_json(building / MODEL, model_file(plan.header))
        (building / TRAIN).parent.mkdir()
        write_examples(building / TRAIN, [*lessons.learned, *replay])
        write_examples(building / HELD_OUT, lessons.held_out)
        write_source_texts(building, lessons.parts.learned, lessons.parts.held_out)
        _write_adapters(building, plan, run)
        if plan.settled is not None:
            write_note(building, plan.settled.note)
        tell("Recording what the model expects of a text, to compare the trainer with it.")
        _write_probe(building, engine, encoder, plan.acting, plan.header.n_ctx_train)
        facts = {name: run.about[name] for name in ("learned", "held_out", "replay", "notes")}
        add_event(building, PREPARED, **facts)
        return Prepared(finish(), run)


def _run(plan: Plan, lessons: Lessons, n_replay: int) -> Run:
    return Run(
        name=plan.order.name,
        base=base_of(plan.header, plan.order.model_sha256),
        recipe=lessons.recipe,
        n_stack=len(plan.stack),
        continues=plan.parent is not None,
        n_ctx=plan.order.n_ctx,
        about=_about(plan, lessons, n_replay),
    )


def _about(plan: Plan, lessons: Lessons, n_replay: int) -> dict[str, Any]:
    return {
        "preset": plan.choices.preset,
        "documents": [
            {"name": each.name, "sha256": each.sha256, "kind": each.kind, "rows": len(each.pieces)}
            for each in plan.documents.documents
        ],
        "learned": _counts(lessons.learned),
        "held_out": _counts(lessons.held_out),
        "replay": n_replay,
        SIZE: size_of(lessons.parts.learned, n_replay),
        "stack": [{"sha256": each.sha256, "scale": each.scale} for each in plan.stack],
        "parent": {"sha256": plan.parent.sha256} if plan.parent else None,
        "notes": list(lessons.notes),
        **(plan.settled.about if plan.settled else {}),
    }


def _counts(examples: tuple[Example, ...]) -> dict[str, int]:
    return {
        "examples": len(examples),
        "groups": len({each.group for each in examples}),
        "tokens": sum(sequence.n_learned for each in examples for sequence in each.sequences),
    }


def _write_adapters(building: Path, plan: Plan, run: Run) -> None:
    for number, layer in enumerate(plan.stack):
        np.savez(building / STACK.format(number), allow_pickle=False, **stack_arrays(layer))
    if plan.parent is not None:
        np.savez(building / START, allow_pickle=False, **start_arrays(plan.parent, run.recipe, plan.header))


def _write_probe(building: Path, engine: Engine, encoder: Encoder, stack: Stack, n_ctx_train: int) -> None:
    [text] = encoder.texts([probe_text()])
    start = () if encoder.bos is None else (encoder.bos,)
    tokens = (*start, *text * -(-LEAST_PROBE_TOKENS // len(text)))
    tokens = tokens[: max(LEAST_PROBE_TOKENS, min(_MOST_PROBE_TOKENS, n_ctx_train, len(start) + len(text)))]
    write_json(building / PROBE, Probe(tokens))
    engine.ask(Record(engine.next_request(), tokens, stack, str(building / PROBE_LOGPROBS)), Recorded)


# ------------------------------------------------------------ the folder


@contextmanager
def _whole_or_not(runs: Path, name: str) -> Iterator[tuple[Path, Callable[[], Path]]]:
    """Give a folder to write in, and a function that makes it the run's and returns where that is.

    Raises:
        UserError: If it cannot be written. Nothing is left then.
    """
    building: Path | None = None
    try:
        runs.mkdir(parents=True, exist_ok=True)
        _clear(runs)
        building = Path(tempfile.mkdtemp(prefix=UNREADY, dir=runs)).absolute()
        made = building
        yield made, lambda: _finish(made, runs, name)
    except OSError as error:
        raise UserError(
            f"The run could not be written to {runs}.",
            "Check that there is space on the disk and that the folder may be written to.",
        ) from error
    finally:
        if building is not None:
            shutil.rmtree(building, ignore_errors=True)


@contextmanager
def trial_folder(runs: Path) -> Iterator[Path]:
    """Give a folder for a run that is only tried, and remove it, with those of others who were killed."""
    for folder in runs.glob(f"{_TRIAL}*"):
        if (folder / _AT_WORK).exists() and not is_locked(folder / _AT_WORK):
            shutil.rmtree(folder, ignore_errors=True)
    _clear(runs)
    with tempfile.TemporaryDirectory(prefix=_TRIAL, dir=runs) as name:
        folder = Path(name)
        held = hold_lock(folder / _AT_WORK)
        try:
            yield folder
        finally:
            if held is not None:
                held.release()


def _clear(runs: Path) -> None:
    """Remove what somebody left behind who was killed."""
    for folder in runs.glob(f"{UNREADY}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_S:
                shutil.rmtree(folder)


def _finish(building: Path, runs: Path, name: str) -> Path:
    for path in building.rglob("*"):
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
    name = name if is_safe_name(name) else "run"
    for path in (runs / name, *(runs / f"{name} {number}" for number in range(2, _MOST_OF_ONE_NAME))):
        if path.exists():  # on some systems an empty folder would be replaced
            continue
        try:
            return building.rename(path).absolute()
        except OSError:
            if not path.exists():
                raise
    raise UserError(f"There are too many runs called “{name}”.", "Choose another name.")
