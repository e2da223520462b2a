"""The third step: the person looks over what the model will learn from, and has the model write more of it."""

from collections.abc import Collection

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.finetune.course import Course, CourseExample
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.example_editor import ExampleEditor
from desktop_app.gui.finetune.example_table import ExampleTable
from desktop_app.gui.finetune.example_words import FILTERS, is_learned, totals
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.finetune.step_body import StepBody
from desktop_app.gui.finetune.writing_panel import WritingPanel
from desktop_app.gui.library.download_row import readable_time
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.choice import Choice
from desktop_app.gui.widgets.kept_focus import kept_focus
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.course_task import CourseTask
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.model_library import ModelLibrary

SEARCH_DELAY_MS = 120  # a search for each letter typed quickly would only be thrown away
_LOCKED = "Something is being done with this course. The examples can be read meanwhile, and changed once it is done."
_EMPTY = "They come from your documents, from the model, or from you: add some of your own."
_NOT_FOUND = "No example has these words."


class ExamplesStep(StepBody):
    """A table with a search, and below it the chosen example in full."""

    def __init__(self, courses: Courses, task: CourseTask, models: ModelLibrary) -> None:
        super().__init__()
        self._courses = courses
        self._task = task
        self._shown = ""  # the name of the course that was shown last
        self.writing = WritingPanel(courses, task, models)
        self.totals = plain_label(role="heading", wraps=True)
        self.time = plain_label(role="small", wraps=True)
        self.add_button = QPushButton("Add an example")
        self.search = SearchField("Search the examples")
        self.filter = Choice("Which examples")
        for each in FILTERS:
            self.filter.addItem(each.words, each)
        self.locked = ToldLine("small")
        self.table = ExampleTable()
        self.editor = ExampleEditor()
        self.note = plain_label(role="muted", wraps=True)
        self.notes = Fold("")
        self._notes = plain_label(role="small", wraps=True)
        self.next_button = QPushButton("Go on to the plan")
        self._timer = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._lay_out()
        self._connect()

    def show_course(self) -> None:
        course, rows = self._courses.course, self._courses.rows
        if course is None or course.name != self._shown:
            self._begin(course.name if course else "")
        if course is None:
            return
        is_locked = self._courses.is_locked
        self.writing.show_course()
        self.table.is_locked = is_locked
        self.table.examples.show_rows(rows, course)
        self._show_row(self.table.current)
        self.totals.setText(totals(rows, course))
        self.locked.setVisible(is_locked)
        self.add_button.setEnabled(not is_locked)
        self._show_notes(course)
        self._show_whether_empty()
        self._show_next()

    def show_time(self, seconds: float | None) -> None:
        """Say how long training on these will take as it is planned; None if that is not known."""
        self.time.setText(f"Training on them takes about {readable_time(seconds)} as it is planned." if seconds else "")
        self.time.setVisible(bool(seconds))

    def summary(self) -> str:
        course = self._courses.course
        return totals(self._courses.rows, course) if course else ""

    def _begin(self, name: str) -> None:
        """Forget what was looked for in another course."""
        self._shown = name
        self.editor.show_row(None)
        self.search.clear()
        self.filter.setCurrentIndex(0)
        self._narrow()

    # ------------------------------------------------------------ what is shown

    def _narrow(self) -> None:
        self._timer.stop()
        self.table.examples.narrow(self.search.text(), FILTERS[self.filter.currentIndex()])
        self._show_whether_empty()

    def _show_row(self, row: CourseExample | None) -> None:
        course = self._courses.course
        if self.editor.is_new or course is None:
            return
        names = {document.sha256: document.name for document in course.documents}
        self.editor.show_row(row, names.get(row.document, "") if row else "", self._courses.is_locked)

    def _show_whether_empty(self) -> None:
        has_rows = any(not row.is_left_out for row in self._courses.rows)
        for part in (self._tools, self.table):
            part.setVisible(has_rows)
        self._frame.setVisible(has_rows or self.editor.is_new)
        is_found = bool(self.table.examples.rows)
        self.note.setText(_NOT_FOUND if has_rows else _EMPTY)
        self.note.setHidden(is_found)

    def _show_notes(self, course: Course) -> None:
        self.notes.setVisible(bool(course.notes))
        self.notes.set_title(f"What was left out ({len(course.notes)})")
        self._notes.setText("\n".join(course.notes))

    def _show_next(self) -> None:
        """Let the one button stand out that leads on from here."""
        has_some = any(map(is_learned, self._courses.rows))
        is_writing_next = self.writing.is_next
        self.next_button.setEnabled(has_some)
        for button, is_primary in ((self.writing.button, is_writing_next), (self.next_button, not is_writing_next)):
            kind = "primary" if is_primary else ""
            if button.property("kind") != kind:
                button.setProperty("kind", kind)
                button.style().polish(button)

    # ------------------------------------------------------------ what the person does

    def _add(self) -> None:
        self.table.clearSelection()
        self.editor.begin_new()
        self._show_whether_empty()

    def _on_added(self, question: str, answer: str) -> None:
        self._courses.add_row(question, answer)
        self.search.clear()
        self.filter.setCurrentIndex(0)
        self._narrow()
        if self._courses.rows:
            self.table.choose(self._courses.rows[-1].id)
        self.add_button.setFocus()

    def _leave_out(self, ids: Collection[str]) -> None:
        """Leave rows out and go on to the next, so that one after the other can be looked over."""
        successor = self.table.after(ids)
        with kept_focus(self, self.editor.leave_out_button, self.table):
            self._courses.leave_out_rows(ids)
            self.table.choose(successor)

    def _go_on(self) -> None:
        self.editor.save()
        self.done.emit()

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self._timer.timeout.connect(self._narrow)
        self.filter.currentIndexChanged.connect(lambda _index: self._narrow())
        self.table.chosen.connect(self._show_row)
        self.table.leave_out_wanted.connect(self._leave_out)
        self.editor.changed.connect(self._courses.change_row)
        self.editor.added.connect(self._on_added)
        self.editor.leave_out_wanted.connect(lambda row_id: self._leave_out([row_id]))
        self.editor.cancel_button.clicked.connect(self._show_whether_empty)
        self.add_button.clicked.connect(self._add)
        self.next_button.clicked.connect(self._go_on)
        self._task.ended.connect(self._show_next)

    # ------------------------------------------------------------ the parts

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.totals, 1)
        head.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignTop)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(scale.SPACE_8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.filter)
        self._frame = QFrame()
        self._frame.setProperty("panel", "card")
        frame = QVBoxLayout(self._frame)
        frame.setContentsMargins(scale.SPACE_4, scale.SPACE_4, scale.SPACE_4, scale.SPACE_4)
        frame.setSpacing(0)
        frame.addWidget(self.table)
        frame.addWidget(self.editor)
        self.notes.body.addWidget(self._notes)
        self.column.addWidget(self.writing)
        self.column.addLayout(head)
        for part in (self.time, self.locked, self._tools, self._frame, self.note, self.notes):
            self.column.addWidget(part)
        self.locked.tell(Told("lock", "muted", _LOCKED))
        self.column.addSpacing(scale.SPACE_4)
        self.column.addWidget(self.next_button, 0, Qt.AlignmentFlag.AlignLeft)
