"""What a run folder tells of its run: how far it is, how it goes, and whether a trainer is at work on it.

Everything is read from the files, so that it is the same for whoever asks, at any time, after any accident.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError, unexpected_error
from desktop_app.finetune import events
from desktop_app.finetune.locks import hold_lock, is_locked
from desktop_app.library.file_errors import shown_name
from desktop_app.storage.finding import Words, find_one
from desktop_app.trainer.contract import HOLD, LOCK, PAUSE, RESULT, RUN, STOP, STOPPED, Run, read_events, read_run

CONDUCTOR = "conductor.lock"  # in the run folder, held by whoever starts the trainer and proves what it has learned

_WORDS = Words("run", "runs", "Give more of the name, or the path of its folder.", "here")


class RunState(StrEnum):
    """How far a run is."""

    PREPARED = "prepared"
    RUNNING = "running"
    PAUSED = "paused"  # perhaps before its first step
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
        proving: How much of the proof is done, from 0 to 1; None while nothing is being proved.
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
    proving: float | None = None
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
        self.proving = event["fraction"] if name == events.PROVING else None
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

    @property
    def is_trained(self) -> bool:
        """Whether there is nothing left to be trained, but something to be proved or entered in the library."""
        has_result = bool(self.progress.finished) and (self.folder / RESULT).is_file()
        return has_result and self.progress.last != events.EXPORTED


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
            return RunState.PAUSED if is_pause_wanted(folder) else RunState.PREPARED
        case events.PAUSED:
            return RunState.PAUSED
        case events.FAILED:
            return RunState.FAILED
        case events.STARTED:
            return RunState.INTERRUPTED
    if (folder / RESULT).is_file() and progress.last != events.EXPORTED:
        return RunState.TRAINED
    return RunState.STOPPED if progress.finished.get("reason") == STOPPED else RunState.FINISHED


def is_running(folder: Path) -> bool:
    """Return whether the run is being worked on: by a trainer, or by whoever waits for it and finishes the run."""
    return is_locked(folder / CONDUCTOR) or is_locked(folder / LOCK)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep trainers off a run folder while something of the program's own is done to it.

    Raises:
        UserError: If one is at work on it, or it cannot be written to.
    """
    with _locked(folder, LOCK):
        yield


@contextmanager
def conducted(folder: Path) -> Iterator[None]:
    """Keep other commands off a run, from before its training until what was learned is in the library.

    What goes wrong meanwhile is noted in the folder, because that is all that some people see.

    Raises:
        UserError: If another one is at work on it, or it cannot be written to.
    """
    with _locked(folder, CONDUCTOR):
        try:
            yield
        except UserError as error:
            _note_failure(folder, error)
            raise
        except Exception:
            _note_failure(folder, unexpected_error())
            raise


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    try:
        lock = hold_lock(folder / name)
    except OSError as error:
        raise _not_writable(folder) from error
    if lock is None:
        raise being_worked_on(folder)
    try:
        yield
    finally:
        lock.release()


def _note_failure(folder: Path, error: UserError) -> None:
    """Have the events tell why nothing goes on, unless the trainer has told that already, or is still at work."""
    if is_locked(folder / LOCK):
        return
    with suppress(OSError, KeyError, TypeError):
        progress = read_progress(folder)
        if progress.last == events.FAILED and progress.failed.get("sentence") == error.sentence:
            return
        events.add_event(folder, events.FAILED, sentence=error.sentence, hint=error.hint)


def being_worked_on(folder: Path) -> UserError:
    """Return what to say where a run can be left alone only."""
    return UserError(
        f"The run “{shown_name(folder)}” is being worked on already.", "Wait until it is done, or pause it first."
    )


def _not_writable(folder: Path) -> UserError:
    return UserError(f"The run folder {folder} cannot be written to.", "Make it writable, or free some space.")


def list_runs(runs: Path) -> tuple[RunStatus, ...]:
    """Return all runs, the one that something happened in last first."""
    return tuple(sorted(map(read_status, run_folders(runs)), key=lambda status: status.progress.time, reverse=True))


def run_folders(runs: Path) -> list[Path]:
    """Return the folders of all runs, also of damaged ones, in no order."""
    try:
        return [folder for folder in runs.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    except OSError:
        return []


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


def is_pause_wanted(folder: Path) -> bool:
    """Return whether a pause was asked for that no trainer has obeyed yet."""
    return (folder / PAUSE).exists()


def ask_all_to_pause(runs: Path, started: Collection[str]) -> None:
    """Have all trainers save their work and end.

    Args:
        runs: Where the runs are.
        started: Runs whose commands may be just about to begin.
    """
    for folder in run_folders(runs):
        if folder.name in started or is_running(folder):
            with suppress(UserError):  # and the others all the same
                ask_to_pause(folder)


def ask_to_stop(folder: Path) -> None:
    """Have the trainer end and keep what was best."""
    _ask(folder, STOP)


def ask_to_hold(folder: Path, is_wanted: bool) -> None:
    """Have the trainer wait for a moment, and ask again within `contract.HELD_S` for another; or have it go on."""
    if is_wanted:
        _ask(folder, HOLD)
        return
    with suppress(OSError):
        (folder / HOLD).unlink(missing_ok=True)


def _ask(folder: Path, what: str) -> None:
    try:
        (folder / what).touch()
    except OSError as error:
        raise _not_writable(folder) from error


def withdraw_requests(folder: Path) -> None:
    """Forget what was asked of a trainer that has ended without seeing it: the person wants the next one to start."""
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
