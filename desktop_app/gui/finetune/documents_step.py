"""The second step: what the model is to learn from."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Course, CourseDocument
from desktop_app.finetune.goals import CHATS, GOALS
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.finetune.document_details import DocumentDetails
from desktop_app.gui.finetune.document_list import DocumentList
from desktop_app.gui.finetune.document_words import all_private, is_used, totals
from desktop_app.gui.finetune.drop_target import DropTarget
from desktop_app.gui.finetune.private_panel import PrivatePanel
from desktop_app.gui.finetune.private_places import Place, find_places
from desktop_app.gui.finetune.step_body import StepBody
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.mixing import Step


class DocumentsStep(StepBody):
    """Files come in, each says what was read in it, and each can be left out."""

    def __init__(self, courses: Courses, task: CourseTask, background: Background) -> None:
        super().__init__()
        self._courses = courses
        self._task = task
        self._background = background
        self.takes = plain_label(role="muted", wraps=True)
        self.target = DropTarget()
        self.step = StepRow("Stop reading")
        self.news = NewsLabel()
        self.totals = plain_label(role="heading", wraps=True)
        self.refresh_button = QPushButton("Look for changes")
        self.refresh_button.setToolTip("Read what is new or has changed in the files and folders that were added")
        self.list = DocumentList()
        self.details = DocumentDetails()
        self.private = PrivatePanel()
        self.next_button = QPushButton("Go on to the examples")
        self.next_button.setProperty("kind", "primary")
        self._lay_out()
        self._connect()

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders to the open course, and read them."""
        if self._courses.is_locked:
            self.news.say("Nothing can be added while something is being done with this course. Stop that first.")
        elif paths:
            self.news.say("")
            self._courses.add_sources(paths)
            self._task.read()

    def show_course(self) -> None:
        course = self._courses.course
        if course is None:
            self.private.hide_places()
            return
        is_locked = self._courses.is_locked
        documents = course.documents
        self.takes.setText(GOALS[course.goal].takes)
        self.takes.setVisible(not documents)
        self.target.show_state(is_empty=not documents, with_chats=course.goal == CHATS)
        self.target.setEnabled(not is_locked)
        self.list.documents.set_locked(is_locked)
        self.list.show_documents(documents)
        self.details.show_document(self.list.current, is_locked)
        self._frame.setVisible(bool(documents))
        self._head.setVisible(bool(documents or course.sources))
        self.totals.setText(totals(documents))
        self.refresh_button.setEnabled(not is_locked)
        self.private.show_found(all_private(documents), course.private_out, is_locked)
        has_some = any(map(is_used, documents)) or bool(self._courses.rows)
        self.next_button.setEnabled(has_some)
        self._show_task()

    def summary(self) -> str:
        course = self._courses.course
        return totals(course.documents) if course else ""

    # ------------------------------------------------------------ reading

    def _show_task(self) -> None:
        is_reading = self._task.kind == Kind.READING
        self.step.setVisible(is_reading)
        if is_reading and self._task.step is not None:
            self.step.show_step(self._task.step)

    def _on_progress(self, step: Step) -> None:
        if self._task.kind == Kind.READING:
            self.step.show_step(step)

    def _on_failed(self, error: UserError) -> None:
        if self.isVisible():
            self.news.say(str(error), "danger")

    # ------------------------------------------------------------ private data

    def _find_places(self) -> None:
        course, folder = self._courses.course, self._courses.folder
        if course is None or folder is None:
            return
        kinds = tuple(all_private(course.documents))
        work = partial(find_places, folder, course.documents, kinds)
        self._background.run(work, partial(self._show_places, course), self._on_no_places)

    def _show_places(self, course: Course, places: tuple[Place, ...]) -> None:
        if isValid(self) and self._courses.course is not None and self._courses.course.name == course.name:
            self.private.show_places(places)

    def _on_no_places(self, error: UserError) -> None:
        if isValid(self):
            self.private.hide_places()
            self.news.say(str(error), "danger")

    # ------------------------------------------------------------ the parts

    def _remove(self, document: CourseDocument) -> None:
        if not self._courses.is_locked:
            self._courses.remove_document(document)

    def _connect(self) -> None:
        self.target.chosen.connect(self.add)
        self.target.chats_wanted.connect(lambda: self.add([Path(CHATS_SOURCE)]))
        self.step.stop_wanted.connect(self._task.stop)
        self.refresh_button.clicked.connect(self._task.read)
        self.list.chosen.connect(lambda document: self.details.show_document(document, self._courses.is_locked))
        for part in (self.list.documents, self.details):
            part.switched.connect(self._courses.leave_out_document)
        for asking in (self.list, self.details):
            asking.remove_wanted.connect(self._remove)
        self.private.kinds_chosen.connect(self._courses.set_private_out)
        self.private.places_wanted.connect(self._find_places)
        self.next_button.clicked.connect(self.done)
        self._task.progressed.connect(self._on_progress)
        self._task.ended.connect(self._show_task)
        self._task.failed.connect(self._on_failed)

    def _lay_out(self) -> None:
        self._head = QFrame()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.totals, 1)
        head.addWidget(self.refresh_button)
        self._frame = QFrame()
        self._frame.setProperty("panel", "card")
        frame = QVBoxLayout(self._frame)
        frame.setContentsMargins(scale.SPACE_4, scale.SPACE_4, scale.SPACE_4, scale.SPACE_4)
        frame.setSpacing(0)
        frame.addWidget(self.list)
        frame.addWidget(self.details)
        for part in (self.takes, self.target, self.step, self.news, self._head, self._frame, self.private):
            self.column.addWidget(part)
        self.column.addSpacing(scale.SPACE_4)
        self.column.addWidget(self.next_button, 0, Qt.AlignmentFlag.AlignLeft)
