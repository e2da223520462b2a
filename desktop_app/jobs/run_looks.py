"""A look at all runs, for another thread than the window's; only what has changed since the last one is read again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.report import REPORT, Report, read_report
from desktop_app.finetune.run_folder import RunStatus, is_running, read_status, run_folders
from desktop_app.finetune.samples import SAMPLES, Sample, read_samples
from desktop_app.jobs.command import error_of
from desktop_app.trainer.contract import EVENTS, PAUSE, RUN

_TELLING = (RUN, EVENTS, SAMPLES, REPORT, PAUSE)
_TAIL_BYTES = 4_000

_Stamp = tuple[object, ...]


@dataclass(frozen=True)
class Seen:
    """A run as it was when it was looked at; `stamp` changes with it."""

    stamp: _Stamp
    status: RunStatus
    samples: tuple[Sample, ...]
    report: Report | None


@dataclass(frozen=True)
class Ended:
    """A command that has worked on a run, and has come to its end.

    Attributes:
        exit_code: Its exit status; negative, the signal that has ended it.
        log: What it has written to.
        log_start: How long that was before.
    """

    exit_code: int
    log: Path
    log_start: int


@dataclass(frozen=True)
class Look:
    """What was seen: the runs by name, what is to be told of commands that have ended badly, and how long it took."""

    runs: Mapping[str, Seen]
    errors: Mapping[str, UserError]
    took_s: float


def look(folder: Path, known: Mapping[str, Seen], ended: Mapping[str, Ended]) -> Look:
    """Look at all runs of a folder.

    Args:
        folder: Where they are.
        known: What was seen the last time.
        ended: Commands that have ended since then, by the name of their run.
    """
    began = time.monotonic()
    runs = {}
    for path in run_folders(folder):
        before = known.get(path.name)
        # Taken before reading, so that what changes meanwhile is read the next time.
        stamp = _stamp(path)
        runs[path.name] = before if before and before.stamp == stamp else _read(path, stamp)
    errors = {name: _error(each) for name, each in ended.items() if each.exit_code != 0}
    return Look(runs, errors, time.monotonic() - began)


def _stamp(folder: Path) -> _Stamp:
    parts: list[object] = [is_running(folder)]
    for name in _TELLING:
        try:
            status = (folder / name).stat()
            parts.append((status.st_size, status.st_mtime_ns, status.st_ino))
        except OSError:
            parts.append(None)
    return tuple(parts)


def _read(folder: Path, stamp: _Stamp) -> Seen:
    return Seen(stamp, read_status(folder), read_samples(folder), read_report(folder))


def _error(ended: Ended) -> UserError:
    try:
        with ended.log.open("rb") as log:
            log.seek(max(ended.log_start, ended.log.stat().st_size - _TAIL_BYTES))
            tail = log.read().decode("utf-8", "replace")
    except OSError:
        tail = ""
    return error_of(ended.exit_code, tail, is_crash=ended.exit_code < 0)
