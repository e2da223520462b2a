"""Commands that do what a test wants, courses with something in them, and runs without a trainer."""

import pytest
from msgspec.structs import replace

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseDocument, CourseExample
from desktop_app.finetune.course_folder import create_course
from desktop_app.finetune.goals import GIVEN
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.memory_room import MemoryRoom
from tests.support.scripted_commands import ScriptedCommands

LETTERS, NOTES = "a" * 64, "b" * 64


@pytest.fixture
def no_patience(monkeypatch):
    """Nobody here holds a course for a moment only."""
    monkeypatch.setattr("desktop_app.finetune.course_folder.WAIT_S", 0)


@pytest.fixture
def scripted(data_folder, tmp_path, monkeypatch):
    return ScriptedCommands(data_folder.root, tmp_path, monkeypatch)


@pytest.fixture
def room(engine, background):
    return MemoryRoom(engine, background, LoadSettings)


@pytest.fixture
def courses(background, data_folder):
    courses = Courses(background, data_folder)
    yield courses
    courses.close()


@pytest.fixture
def mails(data_folder):
    """The folder of a course about mails: a document of its own, one of a folder, and two examples of each."""
    documents = (
        CourseDocument("/home/letters.pdf", "letters.pdf", LETTERS),
        CourseDocument("/home/notes/notes.txt", "notes.txt", NOTES),
    )
    folder = create_course(
        data_folder.courses,
        Course("Mails", sources=("/home/letters.pdf", "/home/notes"), documents=documents, created_at=1.0),
    )
    folder.save_examples([row(number, LETTERS if number < 2 else NOTES) for number in range(4)])
    return folder


@pytest.fixture
def opened(qtbot, courses, mails):
    """The courses, with that one open."""
    with qtbot.waitSignal(courses.course_changed):
        courses.open("Mails")
    return courses


@pytest.fixture
def saved(qtbot, background, courses):
    """Wait until all that was asked for is in the files; return what a course folder says then."""

    def read(folder):
        done = []
        courses.when_saved(lambda: done.append(True), done.append)
        qtbot.waitUntil(lambda: bool(done))
        background.run_in_order(lambda: None, lambda _none: done.append(True))
        qtbot.waitUntil(lambda: len(done) == 2)
        return folder.load(), folder.examples()

    return read


def row(number, document=LETTERS, **changes):
    """An example that was found in a document."""
    prompt = (ChatMessage("user", f"Question {number}?"),)
    return replace(CourseExample(f"row-{number}", GIVEN, document, document, (f"Answer {number}.",), prompt), **changes)
