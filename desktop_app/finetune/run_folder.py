"""What a run folder tells of its run: how far it is, how it goes, and whether a trainer is at work on it.

Everything is read from the files, so that it is the same for whoever asks, at any time, after any accident.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.library.file_errors import shown_name
from desktop_app.storage.finding import Words, find_one
from desktop_app.trainer.contract import LOCK, PAUSE, RESULT, RUN, STOP, Run, read_events, read_run

_WORDS = Words("run", "runs", "Give more of the name, or the path of its folder.", "here")


class RunState(StrEnum):
    """How far a run is."""

    PREPARED = "prepared"
    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"  # its trainer was killed, or the computer went off
    TRAINED = "trained"  # the adapter is there, but not in the library yet
    FINISHED = "finished"
    STOPPED = "stopped"  # by the person, and what was best is kept
    FAILED = "failed"
    DAMAGED = "damaged"


RESUMABLE = (RunState.PREPARED, RunState.PAUSED, RunState.INTERRUPTED, RunState.FAILED)


@dataclass
class Progress:
    """What the events of a run say.

    Attributes:
        losses, held_out: By step; of what was done twice, as after a kill, the second time.
        tokens, seconds: Of the steps in `losses`.
        started, calibrated, finished, proved, exported, failed: The last event of this name, or an empty one.
        last: The last event that says how far the run is.
    """

    losses: dict[int, float] = field(default_factory=dict)
    held_out: dict[int, float] = field(default_factory=dict)
    tokens: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    started: events.Event = field(default_factory=dict)
    calibrated: events.Event = field(default_factory=dict)
    finished: events.Event = field(default_factory=dict)
    proved: events.Event = field(default_factory=dict)
    exported: events.Event = field(default_factory=dict)
    failed: events.Event = field(default_factory=dict)
    last: str = ""
    mode: str = ""
    seconds_left: float | None = None
    time: float = 0.0

    @property
    def step(self) -> int:
        return max(self.losses, default=0)

    @property
    def tokens_per_s(self) -> float:
        """How fast it trained, as a whole; 0 before the first step."""
        seconds = sum(self.seconds.values())
        return sum(self.tokens.values()) / seconds if seconds else 0.0

    def note(self, event: events.Event) -> None:
        """Take in the next event."""
        name = event.get("event")
        self.time = event.get("time", self.time)
        if name in _MILESTONES:
            self.last = name
            if name in _REMEMBERED:
                setattr(self, name, event)
        if name == events.STARTED:
            self.mode = event["mode"]
            self._forget_after(event["step"])
        elif name == events.STEP:
            step = event["step"]
            self.losses[step] = event["loss"]
            self.tokens[step], self.seconds[step] = event["tokens"], event["seconds"]
            self.seconds_left = event["seconds_left"]
        elif name == events.EVALUATED:
            self.held_out[event["step"]] = event["loss"]
        elif name == events.CALIBRATED:
            self.calibrated, self.seconds_left = event, event["seconds_left"]
        elif name == events.LEANER:
            self.mode = event["mode"]

    def _forget_after(self, step: int) -> None:
        """Drop what is about to be done again."""
        for values in (self.losses, self.held_out, self.tokens, self.seconds):
            for later in [each for each in values if each > step]:
                del values[later]


_REMEMBERED = (events.STARTED, events.FINISHED, events.PROVED, events.EXPORTED, events.FAILED)
_MILESTONES = (*_REMEMBERED, events.PAUSED)


@dataclass(frozen=True)
class RunStatus:
    """A run as its folder has it; of a damaged one `run` is None and `sentence` says why."""

    folder: Path
    state: RunState
    run: Run | None
    progress: Progress
    sentence: str = ""

    @property
    def name(self) -> str:
        """What it is found by, which is what its folder is called."""
        return self.folder.name

    @property
    def path(self) -> str:
        return str(self.folder)


def read_status(folder: Path) -> RunStatus:
    """Return what a folder tells; one that is damaged is no error."""
    try:
        run, progress = read_run(folder), read_progress(folder)
    except (OSError, ValueError, KeyError, TypeError):
        sentence = f"The run “{shown_name(folder)}” is damaged, or was made by another version of Moatless."
        return RunStatus(folder, RunState.DAMAGED, None, Progress(), sentence)
    sentence = progress.failed.get("sentence", "") if progress.last == events.FAILED else ""
    return RunStatus(folder, _state(folder, progress), run, progress, sentence)


def read_progress(folder: Path) -> Progress:
    """Return what the events of a run say.

    Raises:
        OSError, KeyError, TypeError: If they cannot be read, or lack something.
    """
    progress = Progress()
    for event in read_events(folder):
        progress.note(event)
    return progress


def _state(folder: Path, progress: Progress) -> RunState:
    if is_running(folder):
        return RunState.RUNNING
    match progress.last:
        case "":
            return RunState.PREPARED
        case events.PAUSED:
            return RunState.PAUSED
        case events.FAILED:
            return RunState.FAILED
        case events.STARTED:
            return RunState.INTERRUPTED
    if (folder / RESULT).is_file() and progress.last != events.EXPORTED:
        return RunState.TRAINED
    return RunState.STOPPED if progress.finished.get("reason") == events.STOPPED else RunState.FINISHED


def is_running(folder: Path) -> bool:
    """Return whether a trainer is at work on the folder: whether it holds the lock, which no kill leaves behind."""
    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # nobody trains in a folder that cannot be written to
        return False


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep trainers, and other commands, off a run folder while something of the program's own is done to it.

    Raises:
        UserError: If one is at work on it, or it cannot be written to.
    """
    try:
        lock = FileLock(folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise being_worked_on(folder) from error
    except OSError as error:
        raise _not_writable(folder) from error
    try:
        yield
    finally:
        lock.release()


def being_worked_on(folder: Path) -> UserError:
    """Return what to say where a run can be left alone only."""
    return UserError(
        f"The run “{shown_name(folder)}” is being worked on already.", "Wait until it is done, or pause it first."
    )


def _not_writable(folder: Path) -> UserError:
    return UserError(f"The run folder {folder} cannot be written to.", "Make it writable, or free some space.")


def list_runs(runs: Path) -> tuple[RunStatus, ...]:
    """Return all runs, the one that something happened in last first."""
    try:
        folders = [folder for folder in runs.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    except OSError:
        return ()
    return tuple(sorted(map(read_status, folders), key=lambda status: status.progress.time, reverse=True))


def find_run(runs: Path, name_or_path: str) -> RunStatus:
    """Return a run by the path of its folder or its name.

    Raises:
        UserError: If there is no such run, or it is damaged.
    """
    path = Path(name_or_path)
    status = read_status(path.absolute()) if (path / RUN).is_file() else _find(list_runs(runs), name_or_path)
    if status.state == RunState.DAMAGED:
        raise UserError(status.sentence, "Remove its folder, or bring back a copy of it.")
    return status


def _find(known: Sequence[RunStatus], name: str) -> RunStatus:
    if not known:
        raise UserError(f"There is no run “{name}”; there are no runs yet.", "Start one first.")
    return find_one(known, name, _WORDS)


# ------------------------------------------------------------ asking the trainer for something


def ask_to_pause(folder: Path) -> None:
    """Have the trainer save its work and end; without one, nothing happens."""
    _ask(folder, PAUSE)


def ask_to_stop(folder: Path) -> None:
    """Have the trainer end and keep what was best."""
    _ask(folder, STOP)


def _ask(folder: Path, what: str) -> None:
    try:
        (folder / what).touch()
    except OSError as error:
        raise _not_writable(folder) from error


def withdraw_requests(folder: Path) -> None:
    """Forget what was asked of a trainer that has ended without seeing it, before the next one starts."""
    for what in (PAUSE, STOP):
        with suppress(OSError):
            (folder / what).unlink(missing_ok=True)


def as_facts(status: RunStatus) -> dict[str, Any]:
    """Return a run as plain data, for programs."""
    run, progress = status.run, status.progress
    return {
        "name": status.name,
        "path": status.path,
        "state": status.state.value,
        "sentence": status.sentence,
        "model": run.base.name if run else "",
        "step": progress.step,
        "steps": progress.started.get("steps", 0),
        "loss": progress.losses.get(progress.step),
        "loss_before": progress.finished.get("loss_before"),
        "loss_after": progress.finished.get("loss_after"),
        "mode": progress.mode,
        "adapter": progress.exported.get("path", ""),
        "sha256": progress.exported.get("sha256", ""),
    }
