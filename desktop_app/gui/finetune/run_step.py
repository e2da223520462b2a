"""The fifth step: the run while it is trained, and the report on what it has come to."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent

from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.report import verdict
from desktop_app.finetune.run_folder import RunState, RunStatus
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.finetune.report_view import ReportView
from desktop_app.gui.finetune.run_view import RunView
from desktop_app.gui.finetune.run_words import OVER, Asked, run_words
from desktop_app.gui.finetune.step_body import StepBody
from desktop_app.gui.finetune.version_list import Version, VersionList
from desktop_app.gui.library.labels import plain_label
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.settings import options
from desktop_app.storage.records import Adapter

_NOTHING = "Nothing was taught yet. It begins in the step before."
_CLOSED = {
    options.GO_ON: "You may close the window: teaching goes on, and is found again here.",
    options.PAUSE: "When the window is closed, teaching pauses; it goes on from there when you say so.",
}
_PAUSING, _STOPPING = "Pausing", "Stopping"


class RunStep(StepBody):
    """Shows the newest run of the course, or the version that the person has chosen.

    Signals:
        chat_wanted(Adapter): Begin a conversation with what was learned.
        adapter_wanted(Adapter): Show it among the adapters.
        more_wanted(): Teach more: back to the documents.
    """

    chat_wanted = Signal(Adapter)
    adapter_wanted = Signal(Adapter)
    more_wanted = Signal()

    def __init__(
        self,
        courses: Courses,
        task: CourseTask,
        training: Training,
        adapters: AdapterLibrary,
        preferences: Preferences,
        background: Background,
    ) -> None:
        super().__init__()
        self._courses, self._task, self._training = courses, task, training
        self._adapters, self._preferences = adapters, preferences
        self._course = ""
        self._chosen = ""
        self._wish: tuple[str, str] = ("", "")  # a run, and what it was asked for
        self.nothing = plain_label(_NOTHING, "muted", wraps=True)
        self.step = StepRow("Stop preparing")
        self.news = NewsLabel()
        self.run = RunView(lambda work, done: background.run(work, done))
        self.report = ReportView(background)
        self.versions = VersionList()
        for part in (self.step, self.news, self.nothing, self.run, self.report, self.versions):
            self.column.addWidget(part)
        self._connect()

    @property
    def name(self) -> str:
        """The run that is shown; empty if there is none."""
        course = self._courses.course
        if course is None or not course.runs:
            return ""
        return self._chosen if self._chosen in course.runs else course.runs[-1]

    def show_course(self) -> None:
        course = self._courses.course
        if course is None or course.name != self._course:
            self._course, self._chosen = course.name if course else "", ""
            self.news.say("")
        self._show_task()
        status = self._training.status(self.name)
        is_preparing = self._task.kind is Kind.PREPARING
        self.nothing.setVisible(status is None and not is_preparing)
        self._show_run(None if is_preparing else status)
        self._show_versions()

    def summary(self) -> str:
        status, report = self._training.status(self.name), self._training.report(self.name)
        if status is None:
            return ""
        if report is not None and status.state in OVER:
            return verdict(report).rstrip(".")
        return run_words(status, self._asked(status)).headline.words

    # ------------------------------------------------------------ showing it

    def _show_run(self, status: RunStatus | None) -> None:
        report = self._training.report(status.name) if status and status.state in OVER else None
        self.run.setVisible(status is not None and report is None)
        if status is None:
            self.report.hide()
            return
        if report is None:
            closing = _CLOSED[self._preferences[options.TRAIN_CLOSED]]
            self.run.show_run(status, self._training.samples(status.name), self._asked(status), closing)
        adapter = self._adapters.find(status.progress.exported.get("sha256", ""))
        self.report.show_report(status, report, adapter)

    def _asked(self, status: RunStatus) -> Asked:
        run, wish = self._wish
        if run == status.name and (status.state != RunState.RUNNING or status.progress.last == events.FINISHED):
            self._wish, wish = ("", ""), ""
        return Asked(
            is_starting=self._training.is_starting(status.name),
            is_held=self._training.is_held,
            wish=wish if run == status.name else "",
        )

    def _show_versions(self) -> None:
        course = self._courses.course
        found = [(number, self._training.status(name)) for number, name in enumerate(course.runs, 1)] if course else []
        versions = [
            Version(number, status, self._training.report(status.name))
            for number, status in found
            if status is not None
        ]
        self.versions.show_versions(versions, self.name)

    def _show_task(self) -> None:
        is_preparing = self._task.kind is Kind.PREPARING
        self.step.setVisible(is_preparing)
        if is_preparing and self._task.step is not None:
            self.step.show_step(self._task.step)

    # ------------------------------------------------------------ what happens

    def _on_progress(self, _step: Step) -> None:
        if self._task.kind is Kind.PREPARING:
            self.news.say("")
            self.show_course()

    def _on_prepared(self, name: str) -> None:
        self._chosen = ""
        self._training.start(name)

    def _on_task_failed(self, error: UserError) -> None:
        if self.isVisible():
            self.news.say(str(error), "danger")

    def _on_run(self, name: str) -> None:
        if name == self.name:
            self.show_course()

    def _choose(self, name: str) -> None:
        self._chosen = name
        self.news.say("")
        self.show_course()

    def _pause(self) -> None:
        self._wish = (self.name, _PAUSING)
        self._training.pause(self.name)
        self.show_course()

    def _stop(self) -> None:
        self._wish = (self.name, _STOPPING)
        self._training.stop(self.name)
        self.show_course()

    def _resume(self) -> None:
        self.news.say("")
        self._training.resume(self.name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._training.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._training.watch(False)

    def _connect(self) -> None:
        self.step.stop_wanted.connect(self._task.stop)
        self.run.pause_wanted.connect(self._pause)
        self.run.resume_wanted.connect(self._resume)
        self.run.stop_wanted.connect(self._stop)
        for signal, own in (
            (self.report.chat_wanted, self.chat_wanted),
            (self.report.adapter_wanted, self.adapter_wanted),
            (self.report.more_wanted, self.more_wanted),
        ):
            signal.connect(own)
        self.versions.chosen.connect(self._choose)
        self._task.progressed.connect(self._on_progress)
        self._task.prepared.connect(self._on_prepared)
        self._task.ended.connect(self.show_course)
        self._task.failed.connect(self._on_task_failed)
        self._training.changed.connect(self.show_course)
        self._training.progressed.connect(self._on_run)
        self._adapters.changed.connect(self.show_course)
        self._preferences.changed.connect(lambda _option: self.show_course())
