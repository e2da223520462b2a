"""From a course to what a run is made of: pieces that are learned or held out as the course's rows have it.

A course that has taught a model already goes on from there: the adapter is trained further with what is new, and with
some of what it has learned before, so that this is not lost. All that was ever held out measures it.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course, CourseDocument, CourseExample
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.course_rows import effective
from desktop_app.finetune.course_runs import RunNote
from desktop_app.finetune.documents import Document, Documents
from desktop_app.finetune.goals import GOALS, OWN
from desktop_app.finetune.pieces import Passage
from desktop_app.finetune.plan import Material
from desktop_app.finetune.report import CONVERSATION, DOCUMENT, SECTION, TEXT, Outcome, read_report
from desktop_app.finetune.run_folder import RunState, RunStatus, read_status
from desktop_app.finetune.split import Split
from desktop_app.finetune.words import count
from desktop_app.trainer.contract import HELD_OUT, read_examples

OLD_SHARE = 0.4  # of what was learned before is learned again, beside what is new
ANEW_EVERY = 5  # runs; each of them has moved the adapter a little away from where it learns best

_TOO_FEW = "There is too little to hold anything out, so it cannot be measured what was learned."


@dataclass(frozen=True)
class CourseMaterial:
    """What a run of a course is made of.

    Attributes:
        material: For the plan.
        continues: The file of the adapter that is trained further, or None.
    """

    material: Material
    continues: Path | None


def material_of(folder: CourseFolder, runs: Path, model: Path, model_sha256: str, is_anew: bool) -> CourseMaterial:
    """Return what the next run of a course is made of.

    Args:
        folder: Of the course, whose rows are up to date.
        runs: Where runs are.
        model: That is to be taught.
        model_sha256: Of its first file, or empty if that is not known.
        is_anew: Leave what it has learned before, and learn all of it again.

    Raises:
        UserError: If there is nothing to learn, or nothing new.
    """
    course = folder.load()
    rows = effective(folder.examples(), course)
    learned = [row for row in rows if not row.is_held_out]
    held_out = [row for row in rows if row.is_held_out]
    if not learned:
        raise _nothing(course)
    chain = [] if is_anew else _chain(course, runs, model, model_sha256)
    notes = [] if held_out else [_TOO_FEW]
    about: dict[str, Any] = {"course": course.name, "unit": _unit(held_out)}
    continues = None
    if chain:
        last = chain[-1]
        learned = _with_old_ones(course, learned, last)
        continues = Path(last.progress.exported["path"])
        earlier = {each.group for each in read_examples(last.folder / HELD_OUT)}
        about["earlier_groups"] = sorted(earlier & {row.group for row in held_out})
        if len(chain) >= ANEW_EVERY:
            notes.append(
                f"This adapter was trained further {count(len(chain), 'time')}. It may be better by now to begin anew "
                "(on the command line: --from-scratch)."
            )
    wanted = [*learned, *held_out]
    documents = tuple(_documents(course.documents, wanted))
    parts = Split(tuple(row.piece() for row in learned), tuple(row.piece() for row in held_out))
    note = RunNote(course.created_at, tuple(row.id for row in learned))
    return CourseMaterial(Material(Documents(documents, tuple(notes)), parts, about, note), continues)


def _nothing(course: Course) -> UserError:
    has_texts = any(each.n_learned > 0 and not each.is_left_out for each in course.documents)
    if has_texts and GOALS[course.goal].written:
        return UserError(
            f"Nothing has been made yet that “{course.name}” could teach.", "Have the model write examples first."
        )
    return UserError(f"There is nothing yet that “{course.name}” could teach.", GOALS[course.goal].takes)


def _with_old_ones(course: Course, learned: Sequence[CourseExample], last: RunStatus) -> list[CourseExample]:
    """Return what is new to an adapter, and some of what was learned before, in the order of the table."""
    runs = course.runs[: course.runs.index(last.name) + 1]  # what came after it has come to nothing
    old = [row.id for row in learned if row.run in runs]
    if len(old) == len(learned):
        raise UserError(
            f"There is nothing new in “{course.name}” since “{last.name}” was trained.",
            "Add or change documents or examples, or begin anew (on the command line: --from-scratch).",
        )
    again = set(random.Random(len(course.runs)).sample(old, round(OLD_SHARE * len(old))))
    return [row for row in learned if row.run not in runs or row.id in again]


def _unit(held_out: Iterable[CourseExample]) -> str:
    """Return what is held out as a whole."""
    units = {_unit_of(row) for row in held_out}
    if SECTION in units:
        units.discard(DOCUMENT)
    return units.pop() if len(units) == 1 else TEXT


def _unit_of(row: CourseExample) -> str:
    if "#" in row.group:
        return SECTION
    return DOCUMENT if row.group == row.document else CONVERSATION


def _documents(documents: Iterable[CourseDocument], rows: Sequence[CourseExample]) -> Iterable[Document]:
    for document in documents:
        pieces = tuple(row.piece() for row in rows if row.document == document.sha256 and document.sha256)
        if pieces:
            kind = "text" if any(isinstance(each, Passage) for each in pieces) else "chat"
            yield Document(document.name, document.sha256, kind, pieces)
    if own := tuple(row.piece() for row in rows if row.origin == OWN):
        yield Document("your own examples", "", OWN, own)


# ------------------------------------------------------------ the runs before


def _chain(course: Course, runs: Path, model: Path, model_sha256: str) -> list[RunStatus]:
    """Return the runs that lead to the adapter to be trained further, oldest first; none where there is no such one."""
    chain: list[RunStatus] = []
    for name in reversed(course.runs):
        status = read_status(runs / name)
        if not can_be_continued(status, model, model_sha256):
            continue
        chain.insert(0, status)
        if status.run is None or not status.run.continues:
            break
    return chain


def can_be_continued(status: RunStatus, model: Path, model_sha256: str) -> bool:
    """Return whether the adapter of a run is there, of this model, and worth being trained further."""
    if status.run is None or status.state not in (RunState.FINISHED, RunState.STOPPED):
        return False
    base = status.run.base
    is_same = base.parts[0].sha256 == model_sha256 if model_sha256 else base.path == str(model)
    path = status.progress.exported.get("path", "")
    return is_same and Path(path).is_file() and _is_worth_it(status.folder)


def _is_worth_it(run: Path) -> bool:
    """Return whether what a run has learned is worth going on with: it is better, or that could not be measured."""
    report = read_report(run)
    return report is not None and report.outcome in (Outcome.GAIN, Outcome.NOT_MEASURED)
