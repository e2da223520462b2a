"""How the training environment stands, as its folder tells."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.place import Place, Record, is_whole, read_record
from desktop_app.finetune.locks import hold_lock, is_locked


class State(StrEnum):
    """What there is of it."""

    ABSENT = "absent"
    DOWNLOADING = "downloading"
    INSTALLING = "installing"
    VERIFYING = "verifying"
    READY = "ready"
    BROKEN = "broken"  # it was there; repairing it makes it anew
    OUTDATED = "outdated"  # it still works, but this version of the program was tested with other packages


USABLE = (State.READY, State.OUTDATED)


@dataclass(frozen=True)
class Status:
    """A state, and what is known of the environment in use."""

    state: State
    record: Record | None = None


def read_status(place: Place, locks: dict[str, Lock], is_training: bool) -> Status:
    """Return how it stands. What was interrupted is ended first, unless somebody is at work on it.

    Args:
        place: Its folder.
        locks: What this version of the program would install, by accelerator.
        is_training: A run needs the environment in use.
    """
    if not place.root.exists():
        return Status(State.ABSENT)
    if is_locked(place.lock):
        return Status(State.INSTALLING, read_record(place.environment))
    _settle(place, may_swap=not is_training)
    record = read_record(place.environment)
    if record is None:
        return Status(State.BROKEN if place.environment.exists() else State.ABSENT)
    if not is_whole(place.environment, record):
        return Status(State.BROKEN, record)
    lock = locks.get(record.accelerator)
    is_current = lock is not None and lock.sha256 == record.lock_sha256
    return Status(State.READY if is_current else State.OUTDATED, record)


def _settle(place: Place, may_swap: bool) -> None:
    try:
        held = hold_lock(place.lock)
    except OSError:  # a folder that cannot be written to is as it is
        return
    if held is None:
        return
    try:
        place.settle(may_swap)
    finally:
        held.release()


def usable_python(environment: Path) -> bool:
    """Return whether trainers can be started in an environment."""
    record = read_record(environment)
    return record is not None and is_whole(environment, record)
