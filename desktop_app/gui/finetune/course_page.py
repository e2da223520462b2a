"""The page of one course: five steps below each other, one of them open."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop_app.finetune.course import Course
from desktop_app.gui.finetune.document_words import is_used
from desktop_app.gui.finetune.documents_step import DocumentsStep
from desktop_app.gui.finetune.examples_step import ExamplesStep
from desktop_app.gui.finetune.goal_step import GoalStep
from desktop_app.gui.finetune.plan_step import PlanStep
from desktop_app.gui.finetune.run_step import RunStep
from desktop_app.gui.finetune.step import Step, StepState
from desktop_app.gui.library.labels import name_label
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.storage.records import Adapter

GOAL, DOCUMENTS, EXAMPLES, PLAN, RUN = range(5)
_STEPS = (
    ("Goal", "What the model is to learn. It decides what is made of your documents."),
    ("Documents", "Files and folders to learn from. A part of them is kept back, to measure what was learned."),
    ("Examples", "What the model will see: look it over, and take out what it should not learn."),
    ("Plan", "How long and how thorough, and whether this computer has room for it."),
    ("Run", "Training, and then a report that says honestly what came of it."),
)
_NEW = "Teach something new"


class CoursePage(PageColumn):
    """Shows the course that is open, or a new one until it has a goal.

    Attributes:
        steps: The cards.
        bodies: What is in them.
        is_new: There is no course yet.

    Signals:
        back_wanted(): The list of all courses.
        chat_wanted(Adapter): Chat with what a course has made.
        adapter_wanted(Adapter): Show it among the adapters.
    """

    back_wanted = Signal()
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
        super().__init__("Teach")
        self._courses = courses
        self._task = task
        self._models = models
        self._name = ""  # of the course that is shown
        self._open_step = GOAL
        self._reached = GOAL  # the last step that the person has seen open
        self._waiting: tuple[Path, ...] = ()  # to be added to the course that is about to be made
        self.is_new = False
        self.goal = GoalStep(courses)
        self.documents = DocumentsStep(courses, task, background)
        self.examples = ExamplesStep(courses, task, models)
        self.plan = PlanStep(courses, task, measuring, training, models, environment, background)
        self.run = RunStep(courses, task, training, adapter_library, preferences, background)
        self.bodies = (self.goal, self.documents, self.examples, self.plan, self.run)
        self.back_button = BackButton("All that is taught")
        self.title = name_label("", "title")
        self.steps = [Step(number, title, about) for number, (title, about) in enumerate(_STEPS, 1)]
        self._lay_out()
        self._connect()

    def begin(self, name: str, paths: Sequence[Path]) -> None:
        """Ask what a new course is to be about; these files and folders are added to it then."""
        self.is_new, self._name, self._waiting = True, "", tuple(paths)
        self.title.setText(_NEW)
        self.goal.begin(name, paths)
        self.goal.show_course()
        self._reached = GOAL
        self.open_step(GOAL)

    def take(self, paths: Sequence[Path]) -> None:
        """Take files and folders that were dropped on the page."""
        if self.is_new:
            self._waiting += tuple(paths)
            self.goal.begin(self.goal.name.text(), self._waiting)
        else:
            self.open_step(DOCUMENTS)
            self.documents.add(paths)

    def leave(self) -> None:
        """Keep what is being typed, before another course is opened."""
        self.examples.editor.save()
        self.is_new, self._name, self._waiting = False, "", ()

    # ------------------------------------------------------------ which step

    def open_step(self, number: int) -> None:
        """Open a step and fold the others."""
        focused = QApplication.focusWidget()
        had_focus = focused is not None and self.isAncestorOf(focused)
        self._open_step = number
        self._reached = max(self._reached, number)
        with self.laid_out_once():
            self._show_steps()
        if had_focus:
            self.steps[number].focus_first()
        QTimer.singleShot(0, self, self._scroll)  # once everything has its place

    def _show_steps(self) -> None:
        last = max(self._reached, _last_step(self._courses))
        for number, (step, body) in enumerate(zip(self.steps, self.bodies, strict=True)):
            if number <= last and number != self._open_step:
                step.set_summary(body.summary())
            state = StepState.DONE if number <= last else StepState.WAITING
            step.set_state(StepState.OPEN if number == self._open_step else state)

    def _scroll(self) -> None:
        """Let the open step begin at the top; the first one begins where the page does."""
        top = self.steps[self._open_step].y() - scale.SPACE_8
        self.verticalScrollBar().setValue(0 if self._open_step == GOAL else top)

    # ------------------------------------------------------------ the course

    def show_course(self) -> None:
        """Show the course that is open as it is now."""
        course = self._courses.course
        if course is None:
            return
        is_other = course.name != self._name
        self._name = course.name
        self.title.setText(course.name)
        was_new, self.is_new = self.is_new, False
        with self.laid_out_once():
            for body in self.bodies:
                body.show_course()
        if not is_other:
            self._show_steps()
        elif was_new:
            self._reached = GOAL
            self._begin_with(course)
        else:
            self._reached = GOAL
            self.open_step(self._first_step(course))

    def _begin_with(self, course: Course) -> None:
        """Give a course that was just made what is there for it already."""
        paths, self._waiting = self._waiting, ()
        if not course.model_path and self._models.models:
            self._courses.set_model(self._models.models[0])
        self.open_step(DOCUMENTS)
        self.documents.add(paths)

    def _first_step(self, course: Course) -> int:
        """Return where a person goes on who comes back to a course."""
        if self._courses.is_locked and self._task.kind in (Kind.READING, Kind.WRITING):
            return DOCUMENTS if self._task.kind == Kind.READING else EXAMPLES
        return _last_step(self._courses)

    # ------------------------------------------------------------ the parts

    def _connect(self) -> None:
        self.back_button.clicked.connect(self.back_wanted)
        self.plan.time_told.connect(self.examples.show_time)
        self.run.chat_wanted.connect(self.chat_wanted)
        self.run.adapter_wanted.connect(self.adapter_wanted)
        self.run.more_wanted.connect(lambda: self.open_step(DOCUMENTS))
        self.goal.create_wanted.connect(self._courses.create)
        self._courses.course_changed.connect(self.show_course)
        for number, (step, body) in enumerate(zip(self.steps, self.bodies, strict=True)):
            step.opened.connect(lambda number=number: self.open_step(number))
            if number < RUN:
                body.done.connect(lambda number=number: self.open_step(number + 1))

    def _lay_out(self) -> None:
        self.column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.title)
        self.column.addSpacing(scale.SPACE_8)
        for step, body in zip(self.steps, self.bodies, strict=True):
            step.body.addWidget(body)
            self.column.addWidget(step)
        self.column.addStretch(1)


def _last_step(courses: Courses) -> int:
    """Return the last step that there is something for."""
    course = courses.course
    if course is None:
        return GOAL
    if course.runs:
        return RUN
    return EXAMPLES if courses.rows or any(map(is_used, course.documents)) else DOCUMENTS
