"""The last two steps of Teach with real courses, runs and libraries behind them; only what trains is a stand-in."""

from functools import partial

import msgspec
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox

from desktop_app.adapters.catalog import enter, inspect_adapter
from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.course import CourseExample
from desktop_app.finetune.course_folder import find_course
from desktop_app.finetune.environment.status import State
from desktop_app.finetune.expert import Matter, recipe_of
from desktop_app.finetune.goals import GIVEN, STYLE
from desktop_app.finetune.paces import PACES, Pace
from desktop_app.finetune.recipe import Choices
from desktop_app.finetune.whole_files import as_lines
from desktop_app.gui.finetune.plan_step import PlanStep
from desktop_app.gui.finetune.run_step import RunStep
from desktop_app.gui.theme import theme
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.course_task import Kind
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.library.catalog import SOURCE_FILE, add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import FAST, FLOAT32
from tests.support.gguf_files import Shape, llama_model, lora_adapter

NAME = "Letters"


class TaskStandIn(QObject):
    """Does nothing of what it is asked; a test says how far it is."""

    progressed = Signal(Step)
    ended = Signal()
    prepared = Signal(str)
    failed = Signal(UserError)

    def __init__(self):
        super().__init__()
        self.kind = self.step = None
        self.asked = []

    @property
    def is_busy(self):
        return self.kind is not None

    @property
    def is_free(self):
        return self.kind is None

    def estimate(self, is_anew=False, is_asked=True):
        self.asked.append(("estimate", is_asked))
        self.begin(Kind.ESTIMATING, Step("Training three steps", 0.4, 20.0))

    def give_up_estimating(self):
        self.asked.append("give up")
        self.end()

    def prepare(self, choices, is_anew=False):
        self.asked.append(("prepare", is_anew))
        self.begin(Kind.PREPARING, Step("Turning the documents into examples", 0.3))

    def stop(self):
        self.asked.append("stop")
        self.end()

    def begin(self, kind, step):
        self.kind, self.step = kind, step
        self.progressed.emit(step)

    def end(self):
        self.kind = self.step = None
        self.ended.emit()

    def fail(self, error):
        self.end()
        self.failed.emit(error)


class ChatStandIn(QObject):
    """Somebody who waits for an answer, or not."""

    changed = Signal()
    is_busy = False

    def answer(self, is_busy):
        self.is_busy = is_busy
        self.changed.emit()


class RoomStandIn(QObject):
    """Has room, and starts nothing."""

    told = Signal(str)

    def __init__(self):
        super().__init__()
        self.asked = []

    def for_trainer(self, run, then):
        self.asked.append(run.name)


class Desk:
    """Everything that the two steps bind to; the model is called Tiny, the course Letters."""

    def __init__(self, qtbot, store, background, folder):
        self.qtbot, self.store, self.background, self.folder = qtbot, store, background, folder
        self.preferences = Preferences(folder, background)
        self.courses = Courses(background, folder)
        self.task = TaskStandIn()
        self.room = RoomStandIn()
        self.training = Training(background, folder, self.room)
        self.chat = ChatStandIn()
        self.measuring = Measuring(self.task, self.training, self.chat)
        self.models = ModelLibrary(store, background)
        self.adapters = AdapterLibrary(store, background, folder.adapters)
        self.environment = TrainingEnvironment(background, folder, self.preferences, None, None)
        self.asked = []
        for name in ("pause", "stop"):  # there is no trainer that would do it
            setattr(self.training, name, partial(lambda wish, run: self.asked.append((wish, run)), name))

    def close(self):
        self.training.close()
        self.courses.close()
        self.models.close()

    def set_environment(self, state, trouble=None):
        """Have this computer be able to train, or not."""
        self.environment.state, self.environment.trouble = state, trouble
        self.environment._is_usable = state is State.READY
        self.environment.changed.emit()

    def ask(self, work):
        """Ask the storage thread and wait for the answer."""
        got = []
        self.store.ask(work, got.append, got.append)
        self.qtbot.waitUntil(lambda: bool(got))
        return got[0]

    def add_model(self, name="Tiny", **metadata):
        """Write a model, take it into the library and return it."""
        path = self.folder.models / f"{name}.gguf"
        path.parent.mkdir(parents=True, exist_ok=True)
        llama_model(Shape()).with_metadata(general__name=name, **metadata).write(path)
        model = self.ask(lambda r: add_model(r.models, path, SOURCE_FILE, file_sha256(path)))
        with self.qtbot.waitSignals([self.models.changed, self.models.looked]):
            self.models.refresh()
        return model

    def add_adapter(self, name=NAME, seed=1):
        """Write an adapter, take it into the library and return it."""
        path = self.folder.adapters / f"{name}.gguf"
        path.parent.mkdir(parents=True, exist_ok=True)
        lora_adapter(Shape(), seed=seed).with_metadata(general__name=name).write(path)
        adapter = self.ask(lambda r: enter(r.adapters, inspect_adapter(path), SOURCE_FILE, name))
        with self.qtbot.waitSignals([self.adapters.changed, self.adapters.looked]):
            self.adapters.refresh()
        return adapter

    def begin(self, rows=40, model=None):
        """Make the course, with so many examples, and open it."""
        with self.qtbot.waitSignal(self.courses.course_changed):
            self.courses.create(NAME, STYLE)
        found = find_course(self.folder.courses, NAME)
        found.save_examples([example(number) for number in range(rows)])
        if model is not None:
            self.courses.set_model(model)
        self.reload()

    def remember(self, preset="balanced", text_per_s=100.0):
        """Have the model been trained by this preset on this computer, so fast."""
        recipe = recipe_of(Choices(preset), Matter(40, n_ctx_train=Shape().n_ctx_train))
        facts = ("cpu", FLOAT32, FAST, recipe.loss, recipe.rank, recipe.length, NAME, text_per_s, 1.0)
        self.folder.runs.mkdir(parents=True, exist_ok=True)
        (self.folder.runs / PACES).write_bytes(as_lines([Pace(self.model.sha256, *facts)]))

    def have_runs(self, *names):
        """Have the course been taught so many times."""
        found = find_course(self.folder.courses, NAME)
        found.save(msgspec.structs.replace(found.load(), runs=names))
        self.reload()
        self.look()

    def learn_rows(self, run, n_new):
        """Have all rows but so many been learned by a run."""
        found = find_course(self.folder.courses, NAME)
        rows = found.examples()
        old = [msgspec.structs.replace(row, run=run) for row in rows[n_new:]]
        found.save_examples([*rows[:n_new], *old])

    def reload(self):
        """Read the course as its files are."""
        done = []
        self.courses.when_saved(lambda: done.append(True), done.append)
        self.qtbot.waitUntil(lambda: bool(done))
        self.courses.reload()
        self.qtbot.waitUntil(lambda: not self.courses._is_reading)

    def look(self):
        """Look at the runs once more."""
        self.qtbot.waitUntil(lambda: not self.training._is_looking)
        self.training.look()
        self.qtbot.waitUntil(lambda: not self.training._is_looking)


def example(number, **changes):
    """Return a row of the table."""
    question = f"What did I write on day {number}?"
    facts = {"prompt": (ChatMessage("user", question),), "answers": (f"On day {number} I wrote a letter.",), **changes}
    return CourseExample(id=f"row-{number}", origin=GIVEN, document="", group=f"row-{number}", **facts)


@pytest.fixture
def desk(qtbot, store, background, data_folder, monkeypatch):
    monkeypatch.setattr("desktop_app.jobs.environment.check_environment", lambda _folder: None)
    theme().apply(QApplication.instance(), "light")
    desk = Desk(qtbot, store, background, data_folder)
    yield desk
    desk.close()


@pytest.fixture
def unmeasured(qtbot, desk):
    """The plan on the screen, of a course that can be taught; the model was never trained on this computer."""
    return show_plan(qtbot, desk)


@pytest.fixture
def plan(qtbot, desk):
    """The same of a model that was trained before, by the preset quick: nothing is measured unasked."""
    return show_plan(qtbot, desk, lambda: desk.remember("quick"))


def show_plan(qtbot, desk, before=lambda: None):
    desk.model = desk.add_model()
    before()
    desk.begin(model=desk.model)
    step = PlanStep(
        desk.courses, desk.task, desk.measuring, desk.training, desk.models, desk.environment, desk.background
    )
    desk.courses.course_changed.connect(step.show_course)
    qtbot.addWidget(step)
    step.resize(720, 700)
    step.show_course()
    step.show()
    qtbot.waitUntil(lambda: step.prospects is not None and step.prospects.memory is not None)
    return step


@pytest.fixture
def run(qtbot, desk):
    """The run on the screen, of a course that was not taught yet."""
    desk.model = desk.add_model()
    desk.begin(model=desk.model)
    step = RunStep(desk.courses, desk.task, desk.training, desk.adapters, desk.preferences, desk.background)
    desk.courses.course_changed.connect(step.show_course)
    qtbot.addWidget(step)
    step.resize(720, 900)
    step.show_course()
    step.show()
    return step


def nameless(page):
    """Return what can be used on a page and has no name for a screen reader."""
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox)
    used = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]
    assert used
    return [widget for widget in used if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)]


def reached_by_tab(page):
    """Return what the Tab key visits on a page, from its first part on."""
    visited = []
    page.window().activateWindow()
    page.setFocus()
    while page.focusNextChild():
        focused = QApplication.focusWidget()
        if focused is None or focused in visited or not page.isAncestorOf(focused):
            break
        visited.append(focused)
    return visited
