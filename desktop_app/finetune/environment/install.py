"""Setting the training environment up, repairing and removing it; nothing that is half done is ever in its place.

Whatever ends it, the environment in use stays as it was: the new one is made beside it and takes its place at the end.
What uv has downloaded stays in its cache, so that the next try goes on from there.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.environment.installation import Installation, Means, Step, is_training
from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.place import Place, Record
from desktop_app.finetune.environment.plan import check_space
from desktop_app.finetune.environment.process import Workshop
from desktop_app.finetune.environment.status import usable_python
from desktop_app.finetune.environment.troubles import Damaged, not_writable
from desktop_app.finetune.locks import hold_lock
from desktop_app.network.door import Stop


def install(place: Place, lock: Lock, means: Means, stop: Stop, tell: Callable[[Step], None]) -> Record:
    """Set an environment up, in the place of the one that is there.

    Raises:
        UserError: If it cannot be; the one that was there is still in use.
        Stopped: If the person has stopped it.
    """
    means.supply.check()
    _refuse_while_training(means.runs)
    with _changing(place):
        check_space(place, lock)
        place.log.unlink(missing_ok=True)
        place.settle(may_swap=False)
        had_downloads = place.cache.exists()
        installation = Installation(place, lock, means, Workshop(place.log, stop, means.door), tell)
        try:
            return installation.run()
        except Damaged:
            if not had_downloads:
                raise
            # Files have the same place on the disk here and in the cache, so that one is damaged with the other.
            shutil.rmtree(place.cache, ignore_errors=True)
            return installation.run()


def repair(place: Place, lock: Lock, means: Means, stop: Stop, tell: Callable[[Step], None]) -> Record:
    """Set an environment up in the place of one that is damaged, with another Python; one that works stays till then.

    Raises:
        UserError, Stopped: As `install`.
    """
    _refuse_while_training(means.runs)
    with _changing(place):
        if not usable_python(place.environment):
            shutil.rmtree(place.environment, ignore_errors=True)
            shutil.rmtree(place.pythons, ignore_errors=True)
    return install(place, lock, means, stop, tell)


def remove(place: Place, runs: Path) -> None:
    """Remove everything.

    Raises:
        UserError: If it is in use, or something cannot be removed.
    """
    _refuse_while_training(runs)
    if place.root.exists():
        with _changing(place):
            place.remove()
        shutil.rmtree(place.root, ignore_errors=True)  # the lock in it


def _refuse_while_training(runs: Path) -> None:
    if is_training(runs):
        raise UserError(
            "A run is being trained, and it needs the training environment as it is.",
            "Wait until it is done, or pause it first.",
        )


@contextmanager
def _changing(place: Place) -> Iterator[None]:
    """Keep others from changing the environment.

    Raises:
        UserError: If somebody else does, or the folder cannot be written to.
    """
    try:
        place.root.mkdir(parents=True, exist_ok=True)
        held = hold_lock(place.lock)
    except OSError as error:
        raise not_writable(place.root) from error
    if held is None:
        raise UserError("The training environment is being changed already.", "Wait until that is done.")
    try:
        yield
    except OSError as error:
        raise not_writable(place.root) from error
    finally:
        held.release()
