"""The Teach page and the jobs behind it, put together; all but the look at the runs is made when it is first wanted."""

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_app.errors import UserError
from desktop_app.finetune.report import verdict
from desktop_app.finetune.run_folder import RunStatus
from desktop_app.gui.widgets.lazy_page import LazyPage
from desktop_app.gui.widgets.tray_message import TrayMessage
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.chat_watch import ChatWatch
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.memory_room import MemoryRoom
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.notification import Notifications
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.jobs.training_hold import TrainingHold
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.storage.records import Adapter, Model

if TYPE_CHECKING:
    from desktop_app.gui.finetune.teach_page import TeachPage
    from desktop_app.jobs.course_task import CourseTask
    from desktop_app.jobs.courses import Courses
    from desktop_app.jobs.environment import TrainingEnvironment
    from desktop_app.jobs.measuring import Measuring


class Teaching(QObject):
    """Lives in the GUI thread.

    Args:
        window: Whose being in front makes notifications superfluous.

    Signals:
        chat_wanted(Adapter, object): A new conversation with this adapter, and its `Model`, or None where it is not
            known.
        adapter_wanted(Adapter): Show it among the adapters.
        told(str), undo_offered(str, Callable), refused(UserError): To be told in the window.
        progressed(object): How much of a run is done, from 0 to 1; None while nothing is taught.
        front_wanted(): The person has clicked on a notification.
    """

    chat_wanted = Signal(Adapter, object)
    adapter_wanted = Signal(Adapter)
    told = Signal(str)
    undo_offered = Signal(str, object)
    refused = Signal(UserError)
    progressed = Signal(object)
    front_wanted = Signal()

    def __init__(
        self,
        window: QWidget,
        folder: DataFolder,
        background: Background,
        preferences: Preferences,
        engine: Engine,
        session: ChatSession,
        models: ModelLibrary,
        adapters: AdapterLibrary,
        connection: HubConnection,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._background = background
        self._preferences = preferences
        self._models = models
        self._adapters = adapters
        self._connection = connection
        self._room = MemoryRoom(engine, background, preferences.load_settings, self)
        self._room.told.connect(self.told)
        self.training = Training(background, folder, self._room, self)
        self.training.changed.connect(self._show_progress)
        self.training.progressed.connect(lambda _name: self._show_progress())
        self.training.finished.connect(self._on_finished)
        self.training.failed.connect(self._on_failed)
        self._chat_watch = ChatWatch(session, self)
        self._hold = TrainingHold(self.training, self._chat_watch, preferences, self)
        self._notifications = Notifications(background, self)
        self._tray = TrayMessage(self)
        self._notifications.unheard.connect(self._tray.show)
        for way in (self._notifications, self._tray):
            way.clicked.connect(self.front_wanted)
        self.place = LazyPage(lambda: self.page)
        self.place.shown.connect(self.training.watch)

    def open(self) -> None:
        """Begin to look at the runs: one may have gone on while there was no window."""
        self.training.look()

    def close(self) -> None:
        """End what ends with the window; for the end of the program."""
        self._tray.hide()
        self._notifications.close()
        made = vars(self)
        for job in (made.get("task"), made.get("environment"), made.get("courses")):
            if job is not None:
                job.close()
        self.training.close(is_pausing=self._preferences[options.TRAIN_CLOSED] == options.PAUSE)

    # The window is at work sooner if these are loaded and made when they are first wanted.

    @cached_property
    def courses(self) -> "Courses":
        from desktop_app.jobs.courses import Courses

        courses = Courses(self._background, self._folder, self)
        courses.undo_offered.connect(self.undo_offered)
        courses.refused.connect(self.refused)
        courses.tidy()
        courses.refresh()
        return courses

    @cached_property
    def task(self) -> "CourseTask":
        from desktop_app.jobs.course_task import CourseTask

        task = CourseTask(self.courses, self._folder, self._room, self)
        task.failed.connect(self._on_task_failed)
        return task

    @cached_property
    def measuring(self) -> "Measuring":
        from desktop_app.jobs.measuring import Measuring

        return Measuring(self.task, self.training, self._chat_watch, self)

    @cached_property
    def environment(self) -> "TrainingEnvironment":
        from desktop_app.finetune.environment.outlook import this_program
        from desktop_app.jobs.environment import TrainingEnvironment

        return TrainingEnvironment(
            self._background, self._folder, self._preferences, self._connection.door, this_program(), self
        )

    @cached_property
    def page(self) -> "TeachPage":
        from desktop_app.gui.finetune.teach_page import TeachPage

        page = TeachPage(
            self.courses,
            self.task,
            self.measuring,
            self.training,
            self._models,
            self._adapters,
            self.environment,
            self._preferences,
            self._background,
        )
        page.chat_wanted.connect(self._chat)
        page.adapter_wanted.connect(self.adapter_wanted)
        return page

    # ------------------------------------------------------------ runs

    def _show_progress(self) -> None:
        fractions = [_fraction(run) for run in self.training.running]
        self.progressed.emit(sum(fractions) / len(fractions) if fractions else None)

    def _on_finished(self, run: RunStatus) -> None:
        self._adapters.refresh()
        report = self.training.report(run.name)
        words = f"“{run.name}” has come to its end."
        self._tell(f"{words} {verdict(report)}" if report is not None else words)

    def _on_failed(self, error: UserError) -> None:
        self._tell(str(error))

    def _on_task_failed(self, error: UserError) -> None:
        if not self.place.isVisible():  # where it is told in its place
            self._tell(str(error))

    def _tell(self, words: str) -> None:
        self.told.emit(words)
        if self._preferences[options.NOTIFY_TRAINED] and not self._window.isActiveWindow():
            self._notifications.show("Teaching", words)

    # ------------------------------------------------------------ trying what was learned

    def _chat(self, adapter: Adapter) -> None:
        self.chat_wanted.emit(adapter, self._model_of(adapter))

    def _model_of(self, adapter: Adapter) -> Model | None:
        runs = (run for run in self.training.runs if run.progress.exported.get("sha256") == adapter.sha256)
        taught = {run.run.base.parts[0].sha256 for run in runs if run.run}
        return next((model for model in self._models.models if model.sha256 in taught), None)


def _fraction(run: RunStatus) -> float:
    """Return how much of a run is done; what comes after the training counts for nothing."""
    steps: int = run.progress.started.get("steps", 0)
    return min(1.0, run.progress.step / max(1, steps))
