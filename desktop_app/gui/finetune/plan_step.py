"""The fourth step: which model, how thoroughly, and what that takes on this computer."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.finetune.expert import Learned, Value, learned_of
from desktop_app.finetune.recipe import PRESETS
from desktop_app.finetune.training_needs import about, disk_sentence
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.finetune.environment_panel import EnvironmentPanel
from desktop_app.gui.finetune.expert_form import ExpertForm
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.finetune.model_choice import ModelChoice
from desktop_app.gui.finetune.plan_needs import PlanNeeds, time_words
from desktop_app.gui.finetune.plan_prospects import Looked, Prospects, look, prospects_of
from desktop_app.gui.finetune.preset_cards import PresetCards, PresetFacts
from desktop_app.gui.finetune.refresh_choice import RefreshChoice
from desktop_app.gui.finetune.step_body import StepBody
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.jobs.background import Background
from desktop_app.jobs.course_edits import Rows
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.training import Training
from desktop_app.storage.records import Model

START = "Start teaching"
_NEXT = "The examples are prepared, then the model learns. You can pause it at any time and go on chatting meanwhile."
_NO_ROWS = "There is nothing to learn yet. Bring documents or examples first."
_NOTHING_NEW = "Nothing is new. Bring documents or examples, or teach everything from scratch."
_NO_MODEL = "Choose the model that is to be taught."
_LOOKING = "It is being looked at whether this computer can train."
_BUSY = {
    Kind.READING: "The documents are still being read.",
    Kind.WRITING: "The model is still writing examples.",
    Kind.PREPARING: "The run is being prepared.",
}


class PlanStep(StepBody):
    """Everything that is decided before training, on one screen.

    Signals:
        time_told(object): How many seconds a run takes as it is planned; None as long as that is not known.
    """

    time_told = Signal(object)

    def __init__(
        self,
        courses: Courses,
        task: CourseTask,
        measuring: Measuring,
        training: Training,
        models: ModelLibrary,
        environment: TrainingEnvironment,
        background: Background,
    ) -> None:
        super().__init__()
        self._courses, self._task, self._measuring, self._training = courses, task, measuring, training
        self._models, self._environment, self._background = models, environment, background
        self._looked = Looked()
        self._look_key: object = None
        self._learned: tuple[Rows | None, object, Learned] = (None, None, Learned())
        self._name = ""  # of the course that is shown
        self._is_anew = False
        self.prospects: Prospects | None = None
        self._make_parts()
        self._lay_out()
        self._connect()

    def show_course(self) -> None:
        course = self._courses.course
        if course is None or course.name != self._name:
            self._name, self._is_anew, self.prospects = course.name if course else "", False, None
        if course is None:
            return
        self._look()
        learned, looked = self._learn(), self._looked
        is_same = looked.path == course.model_path
        continued = looked.continued if is_same else None
        self.prospects = prospects_of(
            course,
            learned,
            looked.ground if is_same else None,
            self._models.machine.free.ram,
            looked.paces if is_same else (),
            None if self._is_anew else continued,
            looked.old_share,
        )
        self.refresh.show_run(continued, learned.n_new, self._is_anew)
        self._show_models()
        self._show_prospects(self.prospects, course.preset)
        self.expert.show_choices(self.prospects.choices, course.choices, self.prospects.matter)
        n_own = len(course.choices)
        self.fold.set_title(f"Expert values ({n_own} of your own)" if n_own else "Expert values")
        self._show_start()
        self._measuring.wish(self._unmeasured(), self._is_anew)
        self._show_time()
        self.time_told.emit(self.prospects.seconds.get(course.preset))

    def summary(self) -> str:
        course, model = self._courses.course, self._model()
        if course is None:
            return ""
        preset = course.preset.capitalize()
        seconds = self.prospects.seconds.get(course.preset) if self.prospects else None
        parts = (printable(model.name) if model else "", preset, about(seconds).lower() if seconds else "")
        return ", ".join(filter(None, parts))

    # ------------------------------------------------------------ what is known

    def _usable(self) -> list[Model]:
        return [model for model in self._models.models if model.id not in self._models.missing]

    def _model(self) -> Model | None:
        course = self._courses.course
        return next((each for each in self._usable() if course and each.path == course.model_path), None)

    def _learn(self) -> Learned:
        """Return what is learned of the rows, counted once."""
        course, rows = self._courses.course, self._courses.rows
        assert course is not None
        if self._learned[0] is not rows or self._learned[1] is not course.documents:
            self._learned = rows, course.documents, learned_of(course, rows)
        return self._learned[2]

    def _look(self) -> None:
        """Read the headers of the models, if other ones are there or another one is taught."""
        course, folder = self._courses.course, self._courses.folder
        if course is None or folder is None:
            return
        models = self._usable()
        runs = [run for name in course.runs if (run := self._training.status(name)) is not None]
        known = [(each.path, each.sha256) for each in models]
        model = (course.model_path, course.model_sha256)
        key = (known, model, str(folder.path), [(run.name, run.state) for run in runs])
        if key != self._look_key:
            self._look_key = key
            work = partial(look, models, course, runs, folder.path, self._training.place)
            self._background.run(work, partial(self._on_looked, key))

    def _on_looked(self, key: object, looked: Looked) -> None:
        if not isValid(self) or key != self._look_key:
            return
        self._looked = looked
        course = self._courses.course
        if course is not None and not course.model_path and not self._courses.is_locked:
            trainable = [model for model in self._usable() if model.id not in looked.reasons]
            if trainable:  # the one in use, for that was used last
                self._courses.set_model(max(trainable, key=lambda model: model.last_used_at or 0))
                return  # which comes back here
        self.show_course()

    def _unmeasured(self) -> object:
        """Return whose pace is to be found out unasked; None if it is known, nobody looks or it cannot be trained."""
        course, prospects, looked = self._courses.course, self.prospects, self._looked
        is_known = prospects is None or prospects.memory is None or bool(prospects.seconds)
        if course is None or is_known or not looked.sha256 or not self.isVisible() or self._obstacle():
            return None
        return course.name, looked.sha256

    # ------------------------------------------------------------ showing it

    def _show_models(self) -> None:
        self.models.show_models(self._usable(), self._looked.reasons, self._model())
        self.models.setEnabled(not self._courses.is_locked)

    def _show_prospects(self, prospects: Prospects, preset: str) -> None:
        times = {name: about(seconds) for name, seconds in prospects.seconds.items()}
        facts = {name: PresetFacts(recipe, times.get(name, "")) for name, recipe in prospects.recipes.items()}
        self.presets.show_presets(facts, preset)
        self.presets.setEnabled(not self._courses.is_locked)
        self.expert.setEnabled(not self._courses.is_locked)
        self.trouble.say(prospects.trouble, "danger")
        self._takes.setVisible(prospects.recipe is not None)
        self.needs.show_memory(prospects.memory)
        disk = disk_sentence(prospects.disk_bytes, self._looked.free_disk) if prospects.disk_bytes else (True, "")
        self.needs.show_disk(*disk)

    def _show_time(self) -> None:
        course, prospects = self._courses.course, self.prospects
        if course is None or prospects is None:
            return
        seconds = prospects.seconds.get(course.preset)
        is_measuring, is_waiting = self._task.kind is Kind.ESTIMATING, self._measuring.is_waiting
        is_settled = seconds is not None or is_waiting or self._task.kind is not None
        words = time_words(seconds, prospects.is_measured, is_measuring, is_waiting)
        self.needs.show_time(words, can_measure=not is_settled and not self._obstacle())
        self.needs.show_step(self._task.step if is_measuring else None)

    def _show_start(self) -> None:
        is_missing = self._is_missing()
        self.environment.setVisible(is_missing)
        self.start_button.setVisible(not is_missing)
        obstacle = self._obstacle()
        self.start_button.setEnabled(not obstacle)
        self.start_button.setAccessibleDescription(obstacle or _NEXT)
        self.next.setText(obstacle or _NEXT)
        self.next.setVisible(not is_missing)

    def _is_missing(self) -> bool:
        """Return whether this computer cannot train yet, as far as that is known."""
        environment = self._environment
        return not environment.is_ready and (environment.state is not None or environment.trouble is not None)

    def _obstacle(self) -> str:
        """Return in a sentence why it cannot begin, or nothing if it can."""
        prospects = self.prospects
        if self._task.kind in _BUSY:
            return _BUSY[self._task.kind]
        if not self._environment.is_ready:
            return _LOOKING
        if prospects is None or not self._learn().n_rows:
            return _NO_ROWS
        if self._model() is None:
            return _NO_MODEL
        if (reason := self._looked.reasons.get(getattr(self._model(), "id", 0))) is not None:
            return reason
        if self._looked.continued is not None and not self._is_anew and not self._learn().n_new:
            return _NOTHING_NEW
        if not prospects.fits:
            return "Mend what is marked above first."
        if prospects.disk_bytes > self._looked.free_disk:
            return "There is too little space on the disk."
        return ""

    # ------------------------------------------------------------ what the person does

    def _choose_preset(self, preset: str) -> None:
        if (course := self._courses.course) is not None and preset in PRESETS and preset != course.preset:
            self._courses.set_plan(preset, course.choices)

    def _choose_values(self, values: dict[str, Value]) -> None:
        if (course := self._courses.course) is not None:
            self._courses.set_plan(course.preset, values)

    def _choose_anew(self, is_anew: bool) -> None:
        self._is_anew = is_anew
        self.show_course()

    def _measure(self) -> None:
        self._task.estimate(self._is_anew)
        self._show_time()

    def _start(self) -> None:
        if not self._obstacle():
            is_anew = self._is_anew
            self.done.emit()  # before its button is disabled, so that the focus goes on with the person
            self._task.prepare({}, is_anew)

    def _on_progress(self, _step: Step) -> None:
        self._show_time()

    def _on_task(self) -> None:
        if self._courses.course is not None:
            self.show_course()

    def _on_ended(self) -> None:
        self._look_key = None  # what was done may have told something new
        self._on_task()

    def _on_failed(self, error: UserError) -> None:
        if self.isVisible():
            self.trouble.say(str(error), "danger")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._models.look()  # what is free in memory changes all the time

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._measuring.wish(None)

    # ------------------------------------------------------------ the parts

    def _make_parts(self) -> None:
        self.refresh = RefreshChoice()
        self.models = ModelChoice()
        self.presets = PresetCards()
        self.needs = PlanNeeds()
        self.trouble = NewsLabel()
        self.fold = Fold("Expert values")
        self.expert = ExpertForm()
        self.fold.body.addWidget(self.expert)
        self.environment = EnvironmentPanel(self._environment)
        self.start_button = QPushButton(START)
        self.start_button.setProperty("kind", "primary")
        self.next = plain_label(_NEXT, "small", wraps=True)

    def _lay_out(self) -> None:
        self._takes = _titled("What it takes", self.needs)
        parts: tuple[QWidget, ...] = (
            self.refresh,
            _titled("Model", self.models),
            _titled("How thoroughly", self.presets),
            self._takes,
            self.trouble,
            self.fold,
            self.environment,
        )
        self.column.setSpacing(scale.SPACE_16)
        for part in parts:
            self.column.addWidget(part)
        end = QVBoxLayout()
        end.setSpacing(scale.SPACE_4)
        end.addWidget(self.start_button, 0, Qt.AlignmentFlag.AlignLeft)
        end.addWidget(self.next)
        self.column.addLayout(end)

    def _connect(self) -> None:
        self.refresh.chosen.connect(self._choose_anew)
        self.models.chosen.connect(self._courses.set_model)
        self.presets.chosen.connect(self._choose_preset)
        self.expert.changed.connect(self._choose_values)
        self.needs.measure_wanted.connect(self._measure)
        self.needs.stop_wanted.connect(self._measuring.stop)
        self.start_button.clicked.connect(self._start)
        for signal in (self._models.changed, self._models.looked, self._training.changed, self._environment.changed):
            signal.connect(self._on_task)
        self._task.progressed.connect(self._on_progress)
        self._task.ended.connect(self._on_ended)
        self._task.failed.connect(self._on_failed)


def _titled(title: str, part: QWidget) -> QWidget:
    titled = QWidget()
    column = QVBoxLayout(titled)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(scale.SPACE_8)
    column.addWidget(plain_label(title, "heading"))
    column.addWidget(part)
    return titled
