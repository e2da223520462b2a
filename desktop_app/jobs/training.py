"""The runs as their folders tell: looked at now and then, and asked for something by a file.

Training goes on in processes that outlive the window. They are started here and never waited for.
"""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.errors import UserError
from desktop_app.finetune.report import Report
from desktop_app.finetune.run_folder import (
    RunState,
    RunStatus,
    ask_all_to_pause,
    ask_to_hold,
    ask_to_pause,
    ask_to_stop,
    withdraw_requests,
)
from desktop_app.finetune.samples import Sample
from desktop_app.jobs.background import Background
from desktop_app.jobs.command import start_detached
from desktop_app.jobs.memory_room import MemoryRoom
from desktop_app.jobs.run_looks import Ended, Look, Seen, look
from desktop_app.paths import DataFolder
from desktop_app.trainer.contract import LOG

WATCHED_MS, RUNNING_MS, IDLE_MS = 500, 2_000, 5_000  # between two looks
ASK_AGAIN_MS = 10_000  # to hold; a trainer that is not asked again goes on by itself (`contract.HELD_S`)
_REST_PER_WORK = 20  # looks may take a twentieth of a core

_ENDED = (RunState.FINISHED, RunState.STOPPED)


@dataclass
class _Started:
    """A command that was started here and has not ended. `is_heard_of`: its run was seen running."""

    log: Path
    log_start: int
    process: "subprocess.Popen[bytes] | None" = None
    is_heard_of: bool = False


class Training(QObject):
    """Lives in the GUI thread.

    Args:
        room: Makes room for a trainer.

    Attributes:
        runs: All of them, the one that something happened in last first.
        place: The folder that they are in.

    Signals:
        changed(): There are other runs, or the state of one is another.
        progressed(str): The run of this name has new events, samples or a report.
        finished(RunStatus): A run has come to its end, with an adapter in the library.
        failed(UserError): A run has ended without one, or something could not be asked of it.
    """

    changed = Signal()
    progressed = Signal(str)
    finished = Signal(RunStatus)
    failed = Signal(UserError)

    def __init__(
        self, background: Background, folder: DataFolder, room: MemoryRoom, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._data = folder
        self._room = room
        self._seen: dict[str, Seen] = {}
        self._started: dict[str, _Started] = {}
        self._is_first = True
        self._n_watching = 0
        self._is_looking = self._is_held = self._is_closed = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        self._hold = QTimer(self, interval=ASK_AGAIN_MS)
        self._hold.timeout.connect(self._ask_to_hold)
        self.runs: tuple[RunStatus, ...] = ()
        self.place = folder.runs

    # ------------------------------------------------------------ what there is

    def status(self, name: str) -> RunStatus | None:
        """Return how far a run is; None if there is none of this name, or it has not been looked at yet."""
        seen = self._seen.get(name)
        return seen.status if seen else None

    def samples(self, name: str) -> tuple[Sample, ...]:
        """Return what the model said to a few questions on the way, in the order of the steps."""
        seen = self._seen.get(name)
        return seen.samples if seen else ()

    def report(self, name: str) -> Report | None:
        """Return what a run has come to; None as long as nothing was proved."""
        seen = self._seen.get(name)
        return seen.report if seen else None

    def is_starting(self, name: str) -> bool:
        """Return whether a run was started a moment ago, and nothing is heard of it yet."""
        started = self._started.get(name)
        return started is not None and not started.is_heard_of

    @property
    def running(self) -> tuple[RunStatus, ...]:
        """The runs that are being worked on."""
        return tuple(run for run in self.runs if run.state == RunState.RUNNING)

    @property
    def is_busy(self) -> bool:
        """Whether a run is being worked on, or was started."""
        return bool(self.running or self._started)

    @property
    def is_held(self) -> bool:
        """Whether all of them wait for an answer that is being written."""
        return self._is_held

    # ------------------------------------------------------------ looking

    def watch(self, is_shown: bool) -> None:
        """Look often because somebody is looking at the runs; each who has said so says when that is over."""
        self._n_watching = max(0, self._n_watching + (1 if is_shown else -1))
        if is_shown:
            self.look()

    def look(self) -> None:
        """Look at the runs now, and then again and again."""
        self._timer.stop()
        if self._is_looking or self._is_closed:
            return
        self._is_looking = True
        ended = {name: ended for name, each in self._started.items() if (ended := _ended(each)) is not None}
        known, folder = dict(self._seen), self._data.runs
        self._background.run(lambda: look(folder, known, ended), partial(self._show, ended))

    def _show(self, ended: Mapping[str, Ended], looked: Look) -> None:
        self._is_looking = False
        before, self._seen = self._seen, dict(looked.runs)
        active = {name for name in (*before, *self._started) if self._is_active(name, before)}
        states = _states(before)
        for name in ended:
            del self._started[name]
        for name, started in self._started.items():
            seen = self._seen.get(name)
            started.is_heard_of |= seen is not None and seen.status.state == RunState.RUNNING
        statuses = (seen.status for seen in self._seen.values())
        self.runs = tuple(sorted(statuses, key=lambda status: status.progress.time, reverse=True))
        is_first, self._is_first = self._is_first, False
        if is_first or ended or states != _states(self._seen):
            self.changed.emit()
        for name, seen in self._seen.items():
            if before.get(name) is not seen:
                self.progressed.emit(name)
        if not is_first:
            for name in {**self._seen, **looked.errors}:
                if not self._is_active(name, self._seen):
                    self._tell_end(name, before.get(name), name in active, looked.errors.get(name))
        self._plan_look(looked.took_s)

    def _is_active(self, name: str, seen: Mapping[str, Seen]) -> bool:
        return self.is_starting(name) or (name in seen and seen[name].status.state == RunState.RUNNING)

    def _tell_end(self, name: str, before: Seen | None, was_active: bool, error: UserError | None) -> None:
        """Tell of a run that nobody works on, if it has ended since the last look.

        Args:
            name: Of the run.
            before: What was seen the last time.
            was_active: Whether somebody worked on it then.
            error: What the command has said at its end, if that was a bad one.
        """
        status = self.status(name)
        if status is not None and status.state in _ENDED:
            if before.status.state not in _ENDED if before else was_active:
                self.finished.emit(status)
        elif was_active:
            failed = status.progress.failed if status else {}
            if failed and failed != (before.status.progress.failed if before else {}):
                self.failed.emit(UserError(failed["sentence"], failed.get("hint", "")))
            elif error is not None:
                self.failed.emit(error)
            elif status is not None and status.state in (RunState.INTERRUPTED, RunState.TRAINED):
                sentence = f"The run “{name}” was interrupted; what was saved is kept."
                self.failed.emit(UserError(sentence, "Resume it to go on."))

    def _plan_look(self, took_s: float) -> None:
        if self._is_closed:
            return
        usual = (WATCHED_MS if self._n_watching else RUNNING_MS) if self.is_busy else IDLE_MS
        self._timer.start(max(usual, round(took_s * 1000 * _REST_PER_WORK)))

    # ------------------------------------------------------------ what is asked

    def start(self, name: str, is_background: bool = True) -> None:
        """Train a run, prove what it learned and enter the adapter in the library; goes on when the window is closed.

        Args:
            name: Of a run that was prepared, paused or interrupted, or that only has to be finished.
            is_background: The person goes on working beside it.
        """
        if name in self._started:
            return
        run = self._data.runs / name
        log = run / LOG
        self._started[name] = started = _Started(log, _size(log))
        self.changed.emit()
        gently = ("--background",) if is_background else ()
        arguments = ("finetune", "resume", str(run), "--unless-paused", *gently)
        # Here and not by the command, so that what is asked from now on is heard, however far that is by then.
        self._background.run_in_order(partial(withdraw_requests, run))

        def begin() -> None:
            self._background.run(
                lambda: start_detached(self._data.root, arguments, log), partial(self._on_started, started), refuse
            )

        def refuse(error: UserError) -> None:
            self._started.pop(name, None)
            self.changed.emit()
            self.failed.emit(error)

        self._room.for_trainer(run, begin)

    def resume(self, name: str) -> None:
        """Go on with a run from wherever it is."""
        self.start(name)

    def pause(self, name: str) -> None:
        """Have a run save its work and end, to go on later."""
        self._ask(name, ask_to_pause)

    def stop(self, name: str) -> None:
        """Have a run end and keep what was best."""
        self._ask(name, ask_to_stop)

    def hold(self, is_held: bool) -> None:
        """Have all runs wait while the person needs the computer for an answer, or go on."""
        if is_held == self._is_held:
            return
        self._is_held = is_held
        self._ask_to_hold()
        if is_held:
            self._hold.start()
        else:
            self._hold.stop()

    def close(self, is_pausing: bool = False) -> None:
        """Look no more, and have all runs pause if that is wished; for the end of the program."""
        self.hold(False)
        self._is_closed = True
        self._timer.stop()
        if is_pausing:
            started = [name for name, each in self._started.items() if _ended(each) is None]
            self._background.run_in_order(lambda: ask_all_to_pause(self._data.runs, started))

    def _on_started(self, started: _Started, process: "subprocess.Popen[bytes]") -> None:
        started.process = process
        self.look()

    def _ask(self, name: str, ask: Callable[[Path], None]) -> None:
        self._background.run_in_order(partial(ask, self._data.runs / name), on_error=self.failed.emit)

    def _ask_to_hold(self) -> None:
        for run in self.running:
            self._background.run_in_order(partial(ask_to_hold, run.folder, self._is_held), on_error=self.failed.emit)


def _states(seen: Mapping[str, Seen]) -> dict[str, RunState]:
    return {name: each.status.state for name, each in seen.items()}


def _ended(started: _Started) -> Ended | None:
    """Return how a command has ended, if it has."""
    code = started.process.poll() if started.process else None
    return None if code is None else Ended(code, started.log, started.log_start)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
