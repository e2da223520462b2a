"""How a course comes to know its runs: each run folder brings a note for its course, which stays until it was taken.

The note appears with the folder, so whoever is killed when, no run is lost to its course; and as a course knows a run
only by its note, it knows none that was never there.
"""

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from desktop_app.engine.messages import Struct
from desktop_app.finetune.course_folder import CourseFolder

NOTE = "for_course.json"  # in the run folder


class RunNote(Struct, frozen=True):
    """What a course is to know of a run.

    Attributes:
        course: When it was created, which tells it from every other one, whatever they are called.
        learned: The ids of its rows that the run learns.
    """

    course: float
    learned: tuple[str, ...]


def write_note(run: Path, note: RunNote) -> None:
    """Write a note into a run folder that nobody sees yet.

    Raises:
        OSError: If it cannot be written.
    """
    (run / NOTE).write_bytes(msgspec.json.encode(note))


def take_notes(folder: CourseFolder, runs: Path) -> None:
    """Have a course know of the runs that have appeared, and of what they learn; nothing is done where there is none.

    Args:
        folder: Of the course.
        runs: Where runs are.

    Raises:
        UserError: If somebody else works on the course, or it cannot be read or saved. The notes are still there then.
    """
    if not _notes_for(folder, runs):
        return
    with folder.held():
        for run, note in _notes_for(folder, runs):  # somebody else may have taken them meanwhile
            _take(folder, run.name, note)
            with suppress(OSError):
                (run / NOTE).unlink(missing_ok=True)


def _notes_for(folder: CourseFolder, runs: Path) -> list[tuple[Path, RunNote]]:
    # A run that is still being prepared has a name that begins with a dot.
    places = [path.parent for path in sorted(runs.glob(f"*/{NOTE}")) if not path.parent.name.startswith(".")]
    if not places:
        return []
    created_at = folder.load().created_at
    notes = [(run, _read(run)) for run in places]
    return [(run, note) for run, note in notes if note is not None and note.course == created_at]


def _read(run: Path) -> RunNote | None:
    try:
        return msgspec.json.decode((run / NOTE).read_bytes(), type=RunNote)
    except (OSError, ValueError):
        return None


def _take(folder: CourseFolder, run: str, note: RunNote) -> None:
    """Note a run, also if that has been done in part."""
    rows, learned = folder.examples(), set(note.learned)
    noted = tuple(replace(row, run=run) if row.id in learned and not row.run else row for row in rows)
    if noted != rows:
        folder.save_examples(noted)
    course = folder.load()
    known = (*(each for each in course.runs if each != run), run)  # one of this name may have been deleted
    if known != course.runs:
        folder.save(replace(course, runs=known))
