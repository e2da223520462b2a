"""The trainer's command line: what is asked for, and what the exit status says.

0: the run is finished or paused, and its events tell which. 1: it cannot go on, and a sentence says why. Anything
else: the trainer died, by a fault of its own or by a signal.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .contract import EVENTS, MODES
from .errors import TrainerError
from .events import Events
from .lock import locked

FINE, FAILED, DIED = 0, 1, 70
_NEEDED = ("torch", "numpy", "psutil")
_TRIAL_STEPS = 3


def main(
    arguments: Sequence[str], environment: Mapping[str, str] = os.environ, load: Callable[..., Any] | None = None
) -> int:
    """Train as the arguments say; return the exit status.

    Args:
        arguments: Without the program's name.
        environment: Says whether torchrun has started this process as one of several.
        load: Opens the model; by default as `model.load_model` does.
    """
    wanted = _parser().parse_args(arguments)
    is_first = environment.get("RANK", "0") == "0"
    try:
        with ExitStack() as stack:
            if is_first:
                stack.enter_context(locked(wanted.folder))
            return _train(wanted, Events(wanted.folder / EVENTS if is_first else None), load)
    except TrainerError as error:
        print(error, file=sys.stderr)
        return FAILED


def _train(wanted: argparse.Namespace, events: Events, load: Callable[..., Any] | None) -> int:
    try:
        _run(wanted, events, load)
    except TrainerError as error:
        events.add("failed", sentence=error.sentence, hint=error.hint)
        raise
    except Exception:
        traceback.print_exc()
        return DIED
    return FINE


def _run(wanted: argparse.Namespace, events: Events, load: Callable[..., Any] | None) -> None:
    try:
        from . import machine, model, session, turns
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        raise TrainerError(
            f"Training needs {error.name}, which this Python does not have.",
            f"Install it with: {sys.executable} -m pip install {' '.join(_NEEDED)}",
        ) from error
    if wanted.nice:
        machine.be_nice(wanted.nice)
    options = session.Options(
        model=wanted.model,
        ggml=wanted.ggml,
        memory=wanted.memory,
        threads=wanted.threads,
        mode=wanted.mode or "",
        trial_steps=wanted.steps if wanted.dry_run else None,
    )
    try:
        session.train(wanted.folder, options, events, load or model.load_model)
    except turns.Paused:
        return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("trainer", description="Train as a run folder says.")
    parser.add_argument("folder", type=Path, metavar="RUN_FOLDER")
    parser.add_argument("--model", type=Path, help="the model's first file, if it is not where the run says")
    parser.add_argument("--ggml", type=Path, help="ggml's library, which unpacks weights")
    parser.add_argument("--memory", type=int, metavar="BYTES", help="how much memory is free; by default measured")
    parser.add_argument("--threads", type=int, metavar="N", help="to compute on; by default one a physical core")
    parser.add_argument("--nice", type=int, metavar="N", help="let other programs go first")
    parser.add_argument("--mode", choices=MODES, help="of using memory; by default what fits")
    parser.add_argument("--dry-run", action="store_true", help="do some steps to see how long they take, keep nothing")
    parser.add_argument("--steps", type=int, metavar="N", default=_TRIAL_STEPS, help="of a dry run; by default 3")
    return parser
