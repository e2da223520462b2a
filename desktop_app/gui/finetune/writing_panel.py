"""Having the model write examples from the documents: what it will do, which model, how far it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.errors import UserError
from desktop_app.finetune.goals import GOALS, QUESTION, REWRITE, SUMMARY, TASK, WRITTEN
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.finetune.document_words import is_used
from desktop_app.gui.finetune.model_choice import ModelChoice
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.kept_focus import kept_focus
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.storage.records import Model

WRITE, GO_ON = "Have the model write examples", "Have it write more"
_WHAT = {
    QUESTION: "questions with their answers",
    REWRITE: "plain versions of your passages, to learn from them how you would say it",
    SUMMARY: "summaries",
    TASK: "tasks that your documents are the answers to",
}
_HOW = (
    "The model reads your documents part by part and writes {what}. Whatever has no ground in the text is dropped. It "
    "takes its time, can be stopped at any moment, and goes on where it was."
)


class WritingPanel(QWidget):
    """Hidden where the goal needs nothing written."""

    def __init__(self, courses: Courses, task: CourseTask, models: ModelLibrary) -> None:
        super().__init__()
        self._courses = courses
        self._task = task
        self._models = models
        self.how = plain_label(role="muted", wraps=True)
        self.choice = ModelChoice()
        self.button = QPushButton(WRITE)
        self.step = StepRow("Stop writing examples")
        self.news = NewsLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, scale.SPACE_8)
        column.setSpacing(scale.SPACE_8)
        for part in (self.how, self.choice, self.button, self.step, self.news):
            column.addWidget(part)
        column.setAlignment(self.button, Qt.AlignmentFlag.AlignLeft)
        self._connect()

    @property
    def has_begun(self) -> bool:
        """Whether the model has written anything for this course."""
        return any(row.origin in WRITTEN for row in self._courses.rows)

    @property
    def is_next(self) -> bool:
        """Whether this is what a person would do next."""
        course = self._courses.course
        return course is not None and bool(GOALS[course.goal].written) and not self.has_begun

    def show_course(self) -> None:
        """Show the open course as it is now."""
        course = self._courses.course
        written = GOALS[course.goal].written if course else ()
        self.setVisible(bool(written))
        if course is None or not written:
            return
        how = _HOW.format(what=" and ".join(_WHAT[each] for each in written))
        self.how.setText(how)
        self.button.setToolTip(how if self.has_begun else "")
        for part in (self.how, self.choice):  # who has seen it work needs neither
            part.setHidden(self.has_begun)
        self._show_models()
        is_locked = self._courses.is_locked
        self.choice.setEnabled(not is_locked)
        self.button.setText(GO_ON if self.has_begun else WRITE)
        self.button.setEnabled(not is_locked and bool(course.model_path) and any(map(is_used, course.documents)))
        self._show_task()

    # ------------------------------------------------------------ parts of it

    def _show_models(self) -> None:
        course = self._courses.course
        if course is not None:
            models = [model for model in self._models.models if model.id not in self._models.missing]
            chosen = next((model for model in models if model.path == course.model_path), None)
            self.choice.show_models(models, {}, chosen)

    def _show_task(self) -> None:
        is_writing = self._task.kind == Kind.WRITING
        with kept_focus(self, self.step.stop, self.button):
            self.button.setHidden(is_writing)
            self.step.setVisible(is_writing)
        if is_writing and self._task.step is not None:
            self.step.show_step(self._task.step)

    def _write(self) -> None:
        self.news.say("")
        self._task.write_examples()
        self._show_task()

    def _choose(self, model: Model) -> None:
        self._courses.set_model(model)

    def _on_progress(self, step: Step) -> None:
        if self._task.kind == Kind.WRITING:
            self._show_task()

    def _on_failed(self, error: UserError) -> None:
        if self.isVisible():
            self.news.say(str(error), "danger")

    def _connect(self) -> None:
        self.choice.chosen.connect(self._choose)
        self.button.clicked.connect(self._write)
        self.step.stop_wanted.connect(self._task.stop)
        self._models.changed.connect(self._show_models)
        self._task.progressed.connect(self._on_progress)
        self._task.ended.connect(self._show_task)
        self._task.failed.connect(self._on_failed)
