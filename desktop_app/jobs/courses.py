"""The courses as the window shows them, and what a person does with the one that is open.

Files are read and written on the storage lane, so that nothing overtakes anything and all of it is done before the
program ends. A change is shown at once and written soon; those that come while one is being written are written
together, so that never more than one of them stands before what else is to be stored.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_folder import (
    CourseFolder,
    create_course,
    empty_trash,
    find_course,
    list_courses,
    remove,
    restore,
)
from desktop_app.finetune.words import count
from desktop_app.jobs import course_edits
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_edits import Content, Edit, Rows, Value, know_runs, read_content, write_edits
from desktop_app.paths import DataFolder
from desktop_app.storage.records import Model

_Listed = dict[str, tuple[CourseFolder, Course | UserError]]


class Courses(QObject):
    """Lives in the GUI thread.

    Attributes:
        courses: All of them, the one that was changed last first.
        damaged: Those that cannot be read: what their folders are called, and why.
        course: The one that is open, or None.
        rows: Its examples in the order of the table, with those that were left out.
        folder: Where it is kept, or None.

    Signals:
        changed(): `courses` or `damaged` is different.
        course_changed(): `course`, `rows` or `is_locked` is different.
        undo_offered(str, Callable): What was done, and how to undo it.
        refused(UserError): Something could not be done, or not be saved yet; it is tried again with the next change.
    """

    changed = Signal()
    course_changed = Signal()
    undo_offered = Signal(str, object)
    refused = Signal(UserError)

    def __init__(self, background: Background, folder: DataFolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._place, self._runs = folder.courses, folder.runs
        self._folders: dict[str, CourseFolder] = {}
        self._unsaved: list[Edit] = []
        self._saving: list[Edit] = []  # what is being written now
        self._waiting: list[tuple[Callable[[], None], Callable[[UserError], None]]] = []
        self._n_opened = 0  # counts what the person wanted to see; what comes back for an earlier wish is not shown
        self._is_reading = False
        self._is_stale = False  # the files have changed since the reading that is going on began
        self._locked: Path | None = None
        self.courses: tuple[Course, ...] = ()
        self.damaged: Mapping[str, UserError] = {}
        self.course: Course | None = None
        self.rows: Rows = ()
        self.folder: CourseFolder | None = None

    @property
    def is_locked(self) -> bool:
        """Whether a command works on the open course: what is done to it now is refused."""
        return self.folder is not None and self.folder.path == self._locked

    # ------------------------------------------------------------ which there are

    def refresh(self) -> None:
        """Read the list again."""
        self._background.run_in_order(lambda: _list(self._place, self._runs), self._show_list, self.refused.emit)

    def tidy(self) -> None:
        """Delete for good what was removed long ago."""
        self._background.run_in_order(lambda: empty_trash(self._place))

    def create(self, name: str, goal: str) -> None:
        """Begin a course, and open it; one of this name that is there already gets company with a number."""
        self._open(lambda: create_course(self._place, Course(name, goal)))
        self.refresh()

    def open(self, name: str) -> None:
        """Open a course; `course_changed` tells when it is there."""
        known = self._folders.get(name)
        self._open(lambda: known or find_course(self._place, name))

    def close_course(self) -> None:
        """Have none open. A command that works on it goes on."""
        self._turn_to(None, None)

    def remove(self, name: str) -> None:
        """Remove a course with all that was put into it, and offer to undo that. Its runs and adapters stay."""
        known = self._folders.get(name)
        if self.course is not None and self.course.name == name:
            if self._is_refused():
                return
            known = self.folder
            self.close_course()

        def removed(place: Path) -> None:
            self.refresh()
            self.undo_offered.emit(f"“{name}” was removed.", partial(bring_back, place))

        def bring_back(place: Path) -> None:
            self._background.run_in_order(lambda: restore(place), lambda _folder: self.refresh(), self.refused.emit)

        def take() -> Path:
            return remove(known or find_course(self._place, name))

        self._background.run_in_order(take, removed, self.refused.emit)

    def _show_list(self, listed: _Listed) -> None:
        courses = {name: (folder, found) for name, (folder, found) in listed.items() if isinstance(found, Course)}
        self._folders = {name: folder for name, (folder, _) in courses.items()}
        self.courses = tuple(course for _, course in courses.values())
        self.damaged = {name: error for name, (_, error) in listed.items() if isinstance(error, UserError)}
        self.changed.emit()

    def _open(self, find: Callable[[], CourseFolder]) -> None:
        self._n_opened = this_opening = self._n_opened + 1

        def read() -> tuple[CourseFolder, Content]:
            folder = find()
            return folder, read_content(folder, self._runs)

        def show(found: tuple[CourseFolder, Content]) -> None:
            if this_opening == self._n_opened:
                self._turn_to(*found)

        self._background.run_in_order(read, show, self.refused.emit)

    def _turn_to(self, folder: CourseFolder | None, content: Content | None) -> None:
        self._n_opened += 1
        self._flush()
        self._is_reading = self._is_stale = False
        self.folder = folder
        self.course, self.rows = (content.course, content.rows) if content else (None, ())
        self.course_changed.emit()

    # ------------------------------------------------------------ what is done to the open one

    def set_goal(self, goal: str) -> None:
        """Teach this, one of `goals.GOALS`."""
        self._change(course_edits.settings_edit(goal=goal))

    def set_model(self, model: Model) -> None:
        """Teach this model."""
        self._change(course_edits.settings_edit(model_sha256=model.sha256, model_path=model.path))

    def add_sources(self, paths: Sequence[Path]) -> None:
        """Add files and folders; `CourseTask.read` reads what is in them."""
        self._change(course_edits.sources_edit(paths))

    def remove_document(self, document: CourseDocument) -> None:
        """Take out a document with its examples, and offer to undo that.

        One that lies in a folder of the course would be found there again: it is left out.
        """
        if self.course is None or all(each.path != document.path for each in self.course.documents):
            return
        words = f"“{document.name}” was taken out."
        if document.path not in self.course.sources:
            if self._change(course_edits.leave_out_document_edit(document.path, True)):
                self.undo_offered.emit(words, lambda: self.leave_out_document(document, False))
            return
        removed = course_edits.removed_from(Content(self.course, self.rows), document.path)
        put_back, undo = self._keep_text(document), self._undoing(course_edits.bring_back_edit(removed))
        if self._change(course_edits.remove_edit(removed)):
            self.undo_offered.emit(words, lambda: (put_back(), undo()))

    def leave_out_document(self, document: CourseDocument, is_left_out: bool) -> None:
        """Keep a document with its examples, but learn nothing of it; or learn it again."""
        self._change(course_edits.leave_out_document_edit(document.path, is_left_out))

    def set_private_out(self, kinds: Collection[str]) -> None:
        """Leave these kinds of private data out of everything that is learned."""
        self._change(course_edits.settings_edit(private_out=tuple(kinds)))

    def change_row(self, row: CourseExample) -> None:
        """Put this row in the place of the one with its id."""
        self._change(course_edits.row_edit(row))

    def add_row(self, prompt: str, answer: str) -> None:
        """Add an example of the person's own."""
        self._change(course_edits.new_row_edit(uuid4().hex, prompt, answer))

    def leave_out_rows(self, ids: Collection[str]) -> None:
        """Take rows out of the table, and offer to undo that."""
        those = frozenset(ids)
        if those and self._change(course_edits.leave_out_rows_edit(those, True)):
            words = f"{count(len(those), 'example')} {'was' if len(those) == 1 else 'were'} left out."
            self.undo_offered.emit(words, self._undoing(course_edits.leave_out_rows_edit(those, False)))

    def set_plan(self, preset: str, choices: Mapping[str, Value]) -> None:
        """Train in this way: a preset, and what was chosen besides, names and values of `recipe.Choices`."""
        self._change(course_edits.settings_edit(preset=preset, choices=dict(choices)))

    def _undoing(self, edit: Edit) -> Callable[[], None]:
        """Return what undoes something, if the course it was done to is still open."""
        folder, runs = self.folder, self._runs

        def undo() -> None:
            if self.folder is folder:
                self._change(edit)
            elif folder is not None:
                self._background.run_in_order(lambda: write_edits(folder, runs, [edit]), on_error=self.refused.emit)

        return undo

    def _keep_text(self, document: CourseDocument) -> Callable[[], None]:
        """Return what writes again what was read in a document, which goes from the disk with it."""
        folder = self.folder
        kept: list[ReadFile | None] = []

        def put_back() -> None:
            if folder is not None and kept and kept[0] is not None:
                folder.save_text(kept[0])

        if folder is not None:
            self._background.run_in_order(lambda: kept.append(folder.text(document.sha256)))
        return lambda: self._background.run_in_order(put_back, on_error=self.refused.emit)

    def _change(self, edit: Edit) -> bool:
        """Show a change and have it written soon; return whether it was taken."""
        if self.course is None or self._is_refused():
            return False
        self._unsaved.append(edit)
        self._show(edit(Content(self.course, self.rows)))
        self._save()
        return True

    def _is_refused(self) -> bool:
        if self.is_locked:
            self.refused.emit(UserError("This course is being worked on.", "Wait until that is done, or stop it."))
        return self.is_locked

    # ------------------------------------------------------------ while a command works on it

    def lock(self, folder: CourseFolder | None) -> None:
        """Refuse changes to this course from now on; None takes them again."""
        before, self._locked = self.is_locked, folder.path if folder else None
        if self.is_locked != before:
            self.course_changed.emit()

    def reload(self) -> None:
        """Read the open course again, soon: a command has changed it."""
        folder, runs = self.folder, self._runs
        if folder is None:
            return
        if self._is_reading:
            self._is_stale = True
            return
        self._is_reading = True
        self._background.run_in_order(
            lambda: read_content(folder, runs), partial(self._on_read, folder), partial(self._on_unreadable, folder)
        )

    def when_saved(self, then: Callable[[], None], on_error: Callable[[UserError], None]) -> None:
        """Call `then` once all that was done to the open course is in its files, or `on_error` if that cannot be."""
        self._waiting.append((then, on_error))
        self._save()

    def close(self) -> None:
        """Have written what is not yet; for the end of the program."""
        self._flush()

    # ------------------------------------------------------------ files

    def _save(self) -> None:
        folder, runs = self.folder, self._runs
        if self._saving:
            return
        if folder is None or not self._unsaved:
            waiting, self._waiting = self._waiting, []
            for then, _ in waiting:
                then()
            return
        self._saving, self._unsaved = edits, _ = self._unsaved, []
        self._background.run_in_order(
            lambda: write_edits(folder, runs, edits), partial(self._on_saved, folder), partial(self._on_unsaved, folder)
        )

    def _on_saved(self, folder: CourseFolder, content: Content) -> None:
        if folder is self.folder:
            self._saving = []
            self._take(content)
            self._save()

    def _on_unsaved(self, folder: CourseFolder, error: UserError) -> None:
        """Keep what could not be written on the screen; it is tried again with the next change."""
        if folder is not self.folder:
            self.refused.emit(error)
            return
        self._unsaved, self._saving = [*self._saving, *self._unsaved], []
        waiting, self._waiting = self._waiting, []
        for _, on_error in waiting:
            on_error(error)
        if not waiting:
            self.refused.emit(error)

    def _flush(self) -> None:
        """Have everything written, for the course will not be open any more."""
        folder, edits, waiting = self.folder, self._unsaved, self._waiting
        self._unsaved, self._saving, self._waiting = [], [], []

        def write() -> None:
            if folder is not None and edits:
                write_edits(folder, self._runs, edits)

        def written(_none: None) -> None:
            for then, _ in waiting:
                then()

        def fail(error: UserError) -> None:
            for _, on_error in waiting:
                on_error(error)
            if not waiting:
                self.refused.emit(error)

        if edits or waiting:
            self._background.run_in_order(write, written, fail)

    def _on_read(self, folder: CourseFolder, content: Content) -> None:
        if folder is self.folder:
            is_stale, self._is_reading, self._is_stale = self._is_stale, False, False
            self._take(content)
            if is_stale:
                self.reload()

    def _on_unreadable(self, folder: CourseFolder, error: UserError) -> None:
        if folder is self.folder:
            self._is_reading = self._is_stale = False
            self.refused.emit(error)

    def _take(self, content: Content) -> None:
        """Show what the files say, with all that is not written yet."""
        for edit in (*self._saving, *self._unsaved):
            content = edit(content)
        self._show(content)

    def _show(self, content: Content) -> None:
        before = self.course
        if before is None or content == Content(before, self.rows):
            return
        self.course, self.rows = content.course, content.rows
        self.course_changed.emit()
        if before != content.course:
            self.courses = tuple(content.course if each.name == before.name else each for each in self.courses)
            self.changed.emit()


def _list(courses: Path, runs: Path) -> _Listed:
    found: _Listed = {}
    for folder in list_courses(courses):
        know_runs(folder, runs)
        try:
            course = folder.load()
            found.setdefault(course.name, (folder, course))
        except UserError as error:
            found[folder.name] = (folder, error)
    return found
