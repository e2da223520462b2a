"""A person teaches the starter model in the window: from documents that are dropped to a chat with what it learned."""

import pytest

from desktop_app.app import App
from desktop_app.engine.choices import SamplerSettings
from desktop_app.finetune.goals import STYLE
from desktop_app.gui.main_window import CHAT
from desktop_app.jobs.engine import EngineState
from desktop_app.paths import DataFolder
from desktop_app.storage.records import MessageState
from tests.support.angler import write_angler, write_random_words
from tests.support.teacher import Teacher

pytestmark = pytest.mark.e2e
HANG_MS = 1_500_000


@pytest.fixture
def teacher(qtbot, tmp_path, starter_model):
    """Somebody in front of the real program, whose starter model is ready."""

    def wait_for(condition):
        qtbot.waitUntil(lambda: bool(condition()), timeout=HANG_MS)

    with App(DataFolder(tmp_path / "data")) as started:
        app = started.assemble()
        started.window.resize(1280, 800)
        started.window.show()
        app.open()
        wait_for(lambda: app.engine.state == EngineState.READY)
        yield Teacher(app, wait_for)


def say(teacher, qtbot, text):
    """Send a message and return the answer."""
    session = teacher.app.session
    session.set_options("", SamplerSettings(temperature=0, max_tokens=24))
    answers = []
    session.changed.connect(answers.append)
    session.send(text)
    qtbot.waitUntil(lambda: bool(answers), timeout=HANG_MS)
    return answers[0]


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_twenty_pages_are_taught_and_chatted_with(qtbot, tmp_path, teacher):
    paths = write_angler(tmp_path / "Angler")
    assert {path.suffix for path in paths} == {".pdf", ".docx", ".epub", ".txt"}
    teacher.drop([tmp_path / "Angler"])
    teacher.choose_goal(STYLE)
    assert {document.name for document in teacher.course.documents} == {path.name for path in paths}
    assert not any(document.trouble for document in teacher.course.documents)
    teacher.go_on_to_examples()
    teacher.have_written()
    left_out = teacher.written[0]
    teacher.teaching.courses.leave_out_rows([left_out.id])
    teacher.go_on_to_plan()
    teacher.choose_preset("quick")
    teacher.wait_for_time()
    teacher.start()
    report = teacher.wait_for_end()
    assert report.held_out.high < 0
    assert report.is_gain
    teacher.click(teacher.steps.run.report.use_button)
    assert teacher.app.window.page == CHAT
    assert [entry.name for entry in teacher.app.session.conversation.stack] == ["Angler"]
    answer = say(teacher, qtbot, "How do I catch a Pike?")
    assert answer.state == MessageState.DONE, answer.note
    assert answer.content
    assert [entry.name for entry in answer.stack] == ["Angler"]


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_documents_of_nothing_teach_nothing_and_it_is_said(tmp_path, teacher):
    write_random_words(tmp_path / "Nothing", n_documents=14, n_words=300)
    teacher.drop([tmp_path / "Nothing"])
    teacher.choose_goal(STYLE)
    teacher.go_on_to_examples()
    teacher.go_on_to_plan()
    teacher.choose_preset("quick")
    teacher.start()
    report = teacher.wait_for_end()
    assert not report.is_gain
    assert "no measurable gain" in teacher.steps.run.report.verdict.text()
    assert not teacher.steps.run.report.use_button.isVisible()
    assert teacher.app.session.conversation.stack == ()
