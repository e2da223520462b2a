"""The Teach page with the real jobs behind it; the commands they start do what a test wants."""

import hashlib

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLineEdit, QPlainTextEdit

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile, Section
from desktop_app.finetune.course_folder import create_course
from desktop_app.finetune.goals import GIVEN, PASSAGE, QUESTION, VOCABULARY
from desktop_app.gui.finetune.teach_page import TeachPage
from desktop_app.gui.theme import theme
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.chat_watch import ChatWatch
from desktop_app.jobs.course_task import CourseTask
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.memory_room import MemoryRoom
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from tests.support.scripted_commands import ScriptedCommands

LETTER = "Call me at +49 30 901820 before you come. The heating has been cold since Monday, in all rooms of the flat."


class Desk:
    """Everything that the page binds to, wired as in the window."""

    def __init__(self, qtbot, store, background, engine, session, folder, door):
        self.qtbot, self.folder, self.background = qtbot, folder, background
        self.models = ModelLibrary(store, background)
        self.preferences = Preferences(folder, background)
        room = MemoryRoom(engine, background, LoadSettings)
        self.courses = Courses(background, folder)
        self.task = CourseTask(self.courses, folder, room)
        self.training = Training(background, folder, room)
        self.measuring = Measuring(self.task, self.training, ChatWatch(session))
        self.adapters = AdapterLibrary(store, background, folder.adapters)
        self.environment = TrainingEnvironment(background, folder, self.preferences, door, None)
        self.offered, self.refused = [], []
        self.courses.undo_offered.connect(lambda words, undo: self.offered.append((words, undo)))
        self.courses.refused.connect(self.refused.append)

    def close(self):
        self.task.close()
        self.environment.close()
        self.courses.close()
        self.training.close(is_pausing=False)
        self.models.close()

    def page(self):
        return TeachPage(
            self.courses,
            self.task,
            self.measuring,
            self.training,
            self.models,
            self.adapters,
            self.environment,
            self.preferences,
            self.background,
        )

    def course(self, name="Letters", goal=VOCABULARY, n_documents=2, rows=(), **facts):
        """Write a course with documents that were read; return its folder."""
        documents = facts.pop("documents", None)
        documents = tuple(document(number) for number in range(n_documents)) if documents is None else documents
        course = Course(name, goal, sources=("/home/ada/letters",), documents=documents, created_at=1.0, **facts)
        folder = create_course(self.folder.courses, course)
        folder.save_examples(rows)
        for each in documents:
            if each.sha256:
                folder.save_text(ReadFile(each.name, each.kind, each.sha256, each.size_bytes, (Section("", LETTER),)))
        return folder

    def saved(self):
        """Wait until everything is in the files of the open course; return what they say."""
        done, folder = [], self.courses.folder
        self.courses.when_saved(lambda: done.append(True), done.append)
        self.qtbot.waitUntil(lambda: done == [True])
        return folder.load(), folder.examples()


@pytest.fixture
def scripted(data_folder, tmp_path, monkeypatch):
    return ScriptedCommands(data_folder.root, tmp_path, monkeypatch)


@pytest.fixture
def desk(qtbot, store, background, engine, session, data_folder, door, scripted, model):
    theme().apply(QApplication.instance(), "light")
    scripted(course=[0], examples=[0])
    desk = Desk(qtbot, store, background, engine, session, data_folder, door)
    with qtbot.waitSignal(desk.models.changed):
        desk.models.refresh()
    yield desk
    desk.close()


@pytest.fixture
def teach(qtbot, desk):
    """The page on the screen, with the list of what was taught."""
    page = desk.page()
    qtbot.addWidget(page)
    page.resize(800, 700)
    with qtbot.waitSignal(desk.courses.changed), qtbot.waitActive(page):
        page.show()
    return page


@pytest.fixture
def opened(qtbot, desk, teach):
    """Write a course and open it: `opened(rows=[...])` returns its page."""

    def opened(step=None, **facts):
        folder = desk.course(**facts)
        teach.open_course(folder.name)
        qtbot.waitUntil(lambda: teach.currentWidget() is not teach.list)
        if step is not None:
            teach.page.open_step(step)
        return teach.page

    return opened


def document(number, **changes):
    """A document that was read."""
    name = f"letter {number}.txt"
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return replace(
        CourseDocument(f"/home/ada/letters/{name}", name, sha256, "Text", 2_000, 1.0, 300 + number), **changes
    )


def example(number, origin=QUESTION, **changes):
    """An example from one of the documents."""
    asked = () if origin == PASSAGE else (ChatMessage("user", f"Question {number}?"),)
    said = f"Passage {number}." if origin == PASSAGE else f"Answer {number}."
    sha256 = document(number % 2).sha256
    return replace(CourseExample(f"row-{number}", origin, sha256, sha256, (said,), asked), **changes)


def given(number, **changes):
    return example(number, GIVEN, **changes)


def drop(page, *paths):
    """Hold files over the page and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))


def nameless(page):
    """Return what can be used on a page and has no name for a screen reader."""
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QAbstractItemView)
    used = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]
    assert used
    return [widget for widget in used if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)]


def reached_by_tab(qtbot, page):
    """Return what the Tab key visits on a page, in its order."""
    visited = []
    page.setFocus()
    while (widget := QApplication.focusWidget()) is not None and widget not in visited:
        visited.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    return visited
