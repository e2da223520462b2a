"""The Teach page: what is taught, or one course of it. Documents may be dropped anywhere on it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QStackedWidget

from desktop_app.errors import UserError
from desktop_app.gui.finetune.course_list import CourseList
from desktop_app.gui.finetune.drop_area import DropArea, dropped_paths
from desktop_app.gui.finetune.environment_panel import EnvironmentPanel
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_task import CourseTask
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.storage.records import Adapter

if TYPE_CHECKING:  # it draws curves with NumPy, which takes its time to load
    from desktop_app.gui.finetune.course_page import CoursePage


class TeachPage(QStackedWidget):
    """Signals:
    chat_wanted(Adapter): Chat with what a course has made, in a new conversation.
    adapter_wanted(Adapter): Show it among the adapters.
    """

    chat_wanted = Signal(Adapter)
    adapter_wanted = Signal(Adapter)

    def __init__(
        self,
        courses: Courses,
        task: CourseTask,
        measuring: Measuring,
        training: Training,
        models: ModelLibrary,
        adapter_library: AdapterLibrary,
        environment: TrainingEnvironment,
        preferences: Preferences,
        background: Background,
    ) -> None:
        super().__init__()
        self._courses = courses
        self._task = task
        self._measuring = measuring
        self._training = training
        self._models = models
        self._adapter_library = adapter_library
        self._environment = environment
        self._preferences = preferences
        self._background = background
        self._is_coming = False  # a course that the person wants to see is being read
        self.setAccessibleName("Teach")
        self.setAcceptDrops(True)
        self.list = CourseList(courses, training, models)
        self.environment_panel = EnvironmentPanel(environment)
        self.list.notice.addWidget(self.environment_panel)
        self.addWidget(self.list)
        self._area = DropArea(self)
        self.list.open_wanted.connect(self.open_course)
        self.list.new_wanted.connect(self.begin)
        courses.course_changed.connect(self._on_course)
        courses.refused.connect(self._on_refused)
        task.failed.connect(self._on_failed)

    # The window is at work sooner if this is loaded and made when it is first wanted.

    @cached_property
    def page(self) -> "CoursePage":
        from desktop_app.gui.finetune.course_page import CoursePage

        page = CoursePage(
            self._courses,
            self._task,
            self._measuring,
            self._training,
            self._models,
            self._adapter_library,
            self._environment,
            self._preferences,
            self._background,
        )
        page.back_wanted.connect(self.show_list)
        page.chat_wanted.connect(self.chat_wanted)
        page.adapter_wanted.connect(self.adapter_wanted)
        self.addWidget(page)
        return page

    def open_course(self, name: str) -> None:
        """Show a course as soon as it has been read."""
        if self._is_page:
            self.page.leave()
        self._is_coming = True
        self._courses.open(name)

    def begin(self, name: str = "", paths: Sequence[Path] = ()) -> None:
        """Ask for a new course, which gets these files and folders."""
        self._courses.close_course()
        self.page.begin(name, paths)
        self.setCurrentWidget(self.page)

    def show_list(self) -> None:
        """Go back to all that is taught; what is being done with the open course goes on."""
        course = self._courses.course
        self.page.leave()
        self._courses.close_course()
        self.setCurrentWidget(self.list)
        if course is not None:
            self.list.return_to(course.name)

    @property
    def _is_page(self) -> bool:
        return self.currentWidget() is not self.list

    def _on_course(self) -> None:
        if self._courses.course is None:
            if self._is_page and not self.page.is_new:  # it was removed
                self.setCurrentWidget(self.list)
        elif self._is_coming:
            self._is_coming = False
            self.page.show_course()
            self.setCurrentWidget(self.page)

    def _on_refused(self, _error: UserError) -> None:
        """Stay where the person is if a course cannot be read."""
        self._is_coming = False

    def _on_failed(self, error: UserError) -> None:
        if self.list.isVisible():  # the steps tell it by themselves
            self.list.news.say(str(error), "danger")

    # ------------------------------------------------------------ dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            course = self._courses.course
            self._area.invite(f"Drop to add to “{course.name}”" if course else "Drop to teach something new")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._area.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._area.hide()
        event.acceptProposedAction()
        paths = dropped_paths(event.mimeData())
        if self._is_page:
            self.page.take(paths)
        elif paths:
            self.begin(paths[0].stem, paths)
