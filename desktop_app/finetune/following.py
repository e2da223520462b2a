"""Waiting for a trainer, for the command line: its events as they come, until it ends, with less memory if need be."""

import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.run_folder import read_progress
from desktop_app.finetune.trainer_process import Start, start_trainer
from desktop_app.trainer.contract import FAST, LOG
from desktop_app.trainer.memory import leaner

_LOOK_EVERY_S = 0.2
_TAIL_BYTES = 4000
_MEMORY_WORDS = ("out of memory", "MemoryError", "bad_alloc", "t allocate memory", "not enough memory")
_SIGKILL = 9  # Windows' signal module has no such name
_KILLED = "The system ended the trainer, most likely because memory ran out."
_NO_MEMORY = "The computer ran out of memory."

Starter = Callable[[Path, Start], "subprocess.Popen[bytes]"]


def train(run: Path, start: Start, starter: Starter = start_trainer) -> Iterator[events.Event]:
    """Train until the trainer is done or paused, and yield each event.

    Where memory runs out and the trainer dies of it, it is started again in the next leaner mode. Whoever stops
    listening leaves the trainer at work, unless it is a trial.

    Raises:
        UserError: If it fails, or dies of anything else.
    """
    while reason := (yield from _follow(run, start, starter)):
        mode = _leaner_mode(run, start)
        if not mode:
            raise UserError(
                f"{reason} There is not enough of it to train this model, not even in the leanest way.",
                "Close other programs, or choose shorter texts, a lower rank or a smaller model.",
            )
        yield events.add_event(run, events.LEANER, mode=mode, reason=reason)
        start = replace(start, mode=mode)


def _follow(run: Path, start: Start, starter: Starter) -> Generator[events.Event, None, str]:
    """Yield the events of one trainer; return in a sentence how memory ran out, or nothing if it did not."""
    tail, logged = events.EventTail(run), _size(run / LOG)
    process = starter(run, start)
    failed: UserError | None = None
    try:
        has_ended = False
        while not has_ended:
            has_ended = _ends(process)  # asked before reading, so that what it has written last is read
            for event in tail.read():
                if event.get("event") == events.FAILED:
                    failed = UserError(event["sentence"], event.get("hint", ""))
                yield event
    finally:
        if start.is_trial and process.poll() is None:
            process.kill()  # it keeps nothing, and whoever stops it wants the computer now
            process.wait()
    if failed:
        raise failed
    return _how_memory_ran_out(process.returncode, run, logged) if process.returncode else ""


def _ends(process: "subprocess.Popen[bytes]") -> bool:
    """Wait a moment and return whether the process has ended."""
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _how_memory_ran_out(status: int, run: Path, logged: int) -> str:
    """Return in a sentence what a trainer that has died lacked.

    Args:
        status: What it ended with.
        run: Its folder.
        logged: How long the log was before.

    Raises:
        UserError: If it was not memory.
    """
    if any(words in _log_since(run, logged) for words in _MEMORY_WORDS):
        return _NO_MEMORY
    if status == -_SIGKILL:
        return _KILLED
    raise UserError(
        "The trainer ended unexpectedly; what it had done up to its last checkpoint is kept.",
        f"Resume the run to go on. Why it ended may be told by {run / LOG}",
    )


def _leaner_mode(run: Path, start: Start) -> str:
    """Return the mode after the one that was too much, or nothing after the last."""
    known = read_progress(run).mode or start.mode or FAST  # before it told its mode, it cannot have been a lean one
    return leaner(known) or ""


def _log_since(run: Path, start: int) -> str:
    try:
        with (run / LOG).open("rb") as log:
            log.seek(max(start, _size(run / LOG) - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
