"""Whether anything works with a data folder: a window, a run, a course, a download. No kill leaves that behind.

An engine works for one of these, or reads a model for a command, which does no harm to it.
"""

import os
import sys
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.course_folder import list_courses
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.locks import is_locked
from desktop_app.finetune.run_folder import being_worked_on, is_running
from desktop_app.library.file_errors import shown_name
from desktop_app.library.unfinished import LOCK
from desktop_app.paths import DataFolder

_WAIT = "Wait until that is done."


def check_unused(folder: DataFolder) -> None:
    """Refuse to go on while something is at work.

    Raises:
        UserError: With what it is.
    """
    if is_window_open(folder.lock):
        raise UserError(f"A window of Moatless is open that works with {folder.root}.", "Close it, then try again.")
    for run in _folders(folder.runs):
        if is_running(run):
            raise being_worked_on(run)
    for course in list_courses(folder.courses):
        if course.is_held:
            raise UserError(f"The course “{shown_name(course.path)}” is being worked on.", _WAIT)
    if is_locked(Place(folder.training).lock):
        raise UserError("The training environment is being changed.", _WAIT)
    if any(is_locked(lock) for place in (folder.models, folder.adapters) for lock in place.rglob(f"*{LOCK}")):
        raise UserError("A download is going on.", _WAIT)


def is_window_open(lock: Path) -> bool:
    """Return whether a window holds its lock (`jobs.single_instance`), without changing the file.

    Qt locks it as a whole on Unix, and keeps it open for itself alone on Windows.
    """
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except PermissionError:
        return sys.platform == "win32"  # elsewhere, it is a folder that is not this person's
    except OSError:
        return False
    try:
        return _is_held(descriptor)
    finally:
        os.close(descriptor)


def _is_held(descriptor: int) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _folders(place: Path) -> list[Path]:
    try:
        return [path for path in place.iterdir() if path.is_dir()]
    except OSError:
        return []
