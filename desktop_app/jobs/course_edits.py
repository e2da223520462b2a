"""What a person does to a course, as functions of what its files say.

Each may be done again without harm: what is shown is always what was last read with all that is not written yet.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Course, CourseDocument, CourseExample
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.course_runs import take_notes
from desktop_app.finetune.goals import OWN

Rows = tuple[CourseExample, ...]
Value = int | float | str | tuple[str, ...]  # of one of `recipe.Choices`

_replace = msgspec.structs.replace


@dataclass(frozen=True)
class Content:
    """What is in a course's folder."""

    course: Course
    rows: Rows = ()


Edit = Callable[[Content], Content]


def know_runs(folder: CourseFolder, runs: Path) -> None:
    """Have a course know of a run whose command was killed before it could; one that is at work does so by itself."""
    with suppress(UserError):
        take_notes(folder, runs)


def read_content(folder: CourseFolder, runs: Path) -> Content:
    """Read a course; `runs` is where its runs are.

    Raises:
        UserError: If it cannot be read.
    """
    know_runs(folder, runs)
    return Content(folder.load(), folder.examples())


def write_edits(folder: CourseFolder, runs: Path, edits: Iterable[Edit]) -> Content:
    """Make changes to what the files say, and return what they say then.

    Raises:
        UserError: If somebody else works on the course, or it cannot be written.
    """
    with folder.held():
        before = after = read_content(folder, runs)  # a row that is changed now was learned as it was before
        for edit in edits:
            after = edit(after)
        if after.rows != before.rows:
            folder.save_examples(after.rows)
        if after.course != before.course:
            folder.save(after.course)
        if after.course.documents != before.course.documents:
            folder.forget_texts()
    return after


# ------------------------------------------------------------ the course


def settings_edit(**changes: object) -> Edit:
    """Give fields of the course other values."""
    return lambda content: Content(_replace(content.course, **changes), content.rows)


def sources_edit(paths: Iterable[Path]) -> Edit:
    """Add files and folders to those that are read."""
    added = tuple(str(path if str(path) == CHATS_SOURCE else path.absolute()) for path in paths)

    def edit(content: Content) -> Content:
        sources = tuple(dict.fromkeys((*content.course.sources, *added)))
        return Content(_replace(content.course, sources=sources), content.rows)

    return edit


def leave_out_document_edit(path: str, is_left_out: bool) -> Edit:
    """Learn nothing of a document, or learn it again."""

    def edit(content: Content) -> Content:
        documents = tuple(
            _replace(each, is_left_out=is_left_out) if each.path == path else each for each in content.course.documents
        )
        return Content(_replace(content.course, documents=documents), content.rows)

    return edit


# ------------------------------------------------------------ taking a document out


@dataclass(frozen=True)
class Removed:
    """A document that was taken out, with where it was, its examples and where they were."""

    document: CourseDocument
    place: int
    sources: tuple[str, ...]
    rows: Mapping[int, CourseExample]


def removed_from(content: Content, path: str) -> Removed:
    """Return what taking out a document takes away: examples of what another document has as well stay."""
    documents = content.course.documents
    place = next(place for place, each in enumerate(documents) if each.path == path)
    document = documents[place]
    is_elsewhere = any(each.sha256 == document.sha256 for each in documents if each.path != path)
    rows = {} if is_elsewhere else {at: row for at, row in enumerate(content.rows) if row.document == document.sha256}
    return Removed(document, place, content.course.sources, rows if document.sha256 else {})


def remove_edit(removed: Removed) -> Edit:
    """Take out a document."""
    ids = {row.id for row in removed.rows.values()}
    path = removed.document.path

    def edit(content: Content) -> Content:
        course = content.course
        documents = tuple(each for each in course.documents if each.path != path)
        sources = tuple(each for each in course.sources if each != path)
        rows = tuple(row for row in content.rows if row.id not in ids)
        return Content(_replace(course, documents=documents, sources=sources), rows)

    return edit


def bring_back_edit(removed: Removed) -> Edit:
    """Bring back a document, to where it was."""

    def edit(content: Content) -> Content:
        course = content.course
        documents, rows = list(course.documents), list(content.rows)
        if all(each.path != removed.document.path for each in documents):
            documents.insert(removed.place, removed.document)
        there = {row.id for row in rows}
        for place, row in removed.rows.items():
            if row.id not in there:
                rows.insert(place, row)
        sources = tuple(dict.fromkeys((*removed.sources, *course.sources)))
        return Content(_replace(course, documents=tuple(documents), sources=sources), tuple(rows))

    return edit


# ------------------------------------------------------------ its examples


def row_edit(row: CourseExample) -> Edit:
    """Put a row in the place of the one with its id, which then counts as edited; it stays on that one's side."""

    def changed(before: CourseExample) -> CourseExample:
        side = {"group": before.group, "is_held_out": before.is_held_out}  # a command may have settled it meanwhile
        return _replace(row, is_edited=True, run="", **side)  # as it is now, it was never learned

    def edit(content: Content) -> Content:
        return Content(content.course, tuple(changed(each) if each.id == row.id else each for each in content.rows))

    return edit


def new_row_edit(number: str, prompt: str, answer: str) -> Edit:
    """Add an example of the person's own at the end.

    Args:
        number: Its id, which no other row has.
    """
    row = CourseExample(number, OWN, "", number, (answer,), (ChatMessage("user", prompt),))

    def edit(content: Content) -> Content:
        is_there = any(each.id == number for each in content.rows)
        return content if is_there else Content(content.course, (*content.rows, row))

    return edit


def leave_out_rows_edit(ids: Collection[str], is_left_out: bool) -> Edit:
    """Take rows out of the table, or bring them back."""

    def edit(content: Content) -> Content:
        rows = (
            _replace(row, is_left_out=is_left_out) if row.id in ids and row.is_left_out != is_left_out else row
            for row in content.rows
        )
        return Content(content.course, tuple(rows))

    return edit
