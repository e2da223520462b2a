"""The Teach page in the window: there when it is wanted, told of when it is not looked at, and apart from the chat."""

import pytest
from PySide6.QtCore import Qt

from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.finetune.course import Course
from desktop_app.finetune.course_folder import create_course
from desktop_app.finetune.report import verdict
from desktop_app.finetune.run_folder import conducted
from desktop_app.gui.main_window import CHAT, TEACH
from desktop_app.jobs.notification import Notifications
from desktop_app.settings import options
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from desktop_app.trainer.contract import HOLD, PAUSE
from tests.gui.pages.steps import send
from tests.support.run_folders import FINISHED, STARTED, make_run, step, tell
from tests.support.stacks import add_adapters
from tests.support.taught_runs import report_on

EXPORTED = {"path": "/adapter.gguf", "sha256": "d" * 64}


@pytest.fixture
def run(data_folder, starter_model):
    """The folder of a run that was prepared."""
    return make_run(data_folder.runs / "mails", starter_model)


def looked(qtbot, app):
    """Look at the runs, and wait for what is seen."""
    training = app.teaching.training
    qtbot.waitUntil(lambda: not training._is_looking)
    training.look()
    qtbot.waitUntil(lambda: not training._is_looking)


def ring(app):
    return app.window.rail._buttons[TEACH].accessibleDescription()


def test_the_page_is_made_when_it_is_first_wanted(qtbot, app):
    app = app()
    assert not {"page", "courses", "task", "environment"} & vars(app.teaching).keys()
    qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: app.window.page == TEACH)
    assert app.teaching.page.isVisible()


def test_the_window_comes_back_to_the_page_it_was_closed_on(qtbot, app, data_folder):
    create_course(data_folder.courses, Course("Mails"))
    start = app
    start().window.show_page(TEACH)
    start.close()
    again = start()
    qtbot.waitUntil(lambda: again.window.page == TEACH)
    qtbot.waitUntil(lambda: [course.name for course in again.teaching.courses.courses] == ["Mails"])


def test_a_run_is_seen_in_the_rail_from_any_page(qtbot, app, run):
    with conducted(run):
        tell(run, ("started", STARTED), step(1))
        app = app()
        qtbot.waitUntil(lambda: ring(app) == "25 % learned")
        tell(run, step(2))
        looked(qtbot, app)
        qtbot.waitUntil(lambda: ring(app) == "50 % learned")
    looked(qtbot, app)
    qtbot.waitUntil(lambda: ring(app) == "")


@pytest.mark.parametrize("is_in_front", [True, False])
def test_the_end_of_a_run_is_told_in_the_window_and_by_the_system_if_that_is_not_in_front(
    qtbot, app, run, monkeypatch, is_in_front
):
    notified = []
    monkeypatch.setattr(Notifications, "show", lambda _self, _title, words: notified.append(words))
    app = app()
    monkeypatch.setattr(app.window, "isActiveWindow", lambda: is_in_front)
    with conducted(run):
        looked(qtbot, app)
        tell(run, ("started", STARTED), ("finished", FINISHED))
        report = report_on(run, None)
        tell(run, ("exported", EXPORTED))
    with qtbot.waitSignal(app.teaching.training.finished):
        looked(qtbot, app)
    words = f"“mails” has come to its end. {verdict(report)}"
    assert "stays switched off" in words
    assert app.toast._words.text() == words
    assert notified == ([] if is_in_front else [words])


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_a_click_on_a_notification_brings_the_window_to_the_front(qtbot, app):
    app = app()
    app.window.showMinimized()
    app.teaching._notifications.clicked.emit()
    assert not app.window.isMinimized()
    assert app.window.isVisible()


def test_even_of_a_run_that_has_gained_something_nothing_is_switched_on(qtbot, app, run):
    app = app()
    with conducted(run):
        looked(qtbot, app)
        tell(run, ("started", STARTED), ("finished", FINISHED))
        report_on(run)
        tell(run, ("exported", EXPORTED))
    with qtbot.waitSignal(app.adapter_library.changed):
        looked(qtbot, app)
    assert "has learned something" in app.toast._words.text()
    assert app.session.conversation.stack == ()


def test_the_system_is_left_alone_if_that_is_wished(qtbot, app, run, monkeypatch):
    notified = []
    monkeypatch.setattr(Notifications, "show", lambda _self, _title, words: notified.append(words))
    app = app()
    monkeypatch.setattr(app.window, "isActiveWindow", lambda: False)
    app.preferences.set(options.NOTIFY_TRAINED, False)
    with conducted(run):
        looked(qtbot, app)
        tell(run, ("started", STARTED), ("failed", {"sentence": "The disk is full.", "hint": ""}))
    with qtbot.waitSignal(app.teaching.training.failed):
        looked(qtbot, app)
    assert app.toast._words.text() == "The disk is full."
    assert notified == []


@pytest.mark.parametrize("choice", [options.WAIT, options.GO_ON])
def test_a_run_waits_while_an_answer_is_written_if_that_is_chosen(qtbot, app, run, monkeypatch, choice):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    app = app()
    app.preferences.set(options.TRAIN_WHILE_CHATTING, choice)
    with conducted(run):
        looked(qtbot, app)
        app.chat.composer.set_text("word " * 200)
        with qtbot.waitSignal(app.session.answering) as answering:
            app.chat.composer.button.click()
        qtbot.waitUntil(lambda: bool(answering.args[0].text))
        assert (run / HOLD).exists() == (choice == options.WAIT)
        app.session.start_new()  # it goes on, and so does the waiting
        assert app.teaching.training._is_held == (choice == options.WAIT)
        with qtbot.waitSignal(answering.args[0].ended):
            answering.args[0].stop()
        qtbot.waitUntil(lambda: not (run / HOLD).exists())


@pytest.mark.parametrize("choice", [options.PAUSE, options.GO_ON])
def test_a_run_is_paused_with_the_window_if_that_is_chosen(qtbot, app, run, choice):
    start = app
    app = start()
    app.preferences.set(options.TRAIN_CLOSED, choice)
    with conducted(run):
        looked(qtbot, app)
        start.close()
        assert (run / PAUSE).exists() == (choice == options.PAUSE)


def test_what_was_learned_is_tried_in_a_new_conversation(qtbot, app, data_folder, tmp_path):
    database = Database.open(data_folder.database)
    (adapter,) = add_adapters(Adapters(database), tmp_path, "Letters")
    database.close()
    app = app()
    send(qtbot, app, "hello")
    app.window.show_page(TEACH)
    app.teaching.page.chat_wanted.emit(adapter)
    assert app.window.page == CHAT
    assert app.session.is_new
    assert [entry.sha256 for entry in app.session.conversation.stack] == [adapter.sha256]
    assert app.chat.composer.edit.hasFocus()


@pytest.mark.parametrize("size", [0, 4, 6])
def test_the_labels_of_the_rail_are_whole_at_any_text_size(qtbot, app, size):
    app = app()
    app.preferences.set(options.TEXT_SIZE, size)
    for button in app.window.rail._buttons.values():
        words = button.fontMetrics().horizontalAdvance(button.text())
        qtbot.waitUntil(lambda button=button, words=words: button.width() >= words + 8)
