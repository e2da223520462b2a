"""The window as a person uses it, with mouse and keyboard."""

import os
import signal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.gui.chat.message_editor import MessageEditor
from desktop_app.gui.main_window import CHAT, PAGES, SETTINGS
from desktop_app.gui.theme import theme
from desktop_app.gui.trouble_page import TroublePage
from desktop_app.settings import options
from desktop_app.storage.records import MessageState
from tests.gui.pages.steps import answer_questions_with, send, titles, type_message


def test_a_first_start_is_ready_to_chat(app):
    app = app()
    assert app.window.page == CHAT
    assert app.chat.welcome.isVisible()
    assert app.chat.composer.edit.hasFocus()
    assert "small model" in app.chat.welcome._model.text()


def test_typing_and_enter_send_and_the_answer_is_shown(qtbot, app):
    app = app()
    message = send(qtbot, app, "hello old friend")
    assert message.content == "hello old friend"
    assert app.chat.composer.text() == ""
    assert [each.content for each in app.chat.transcript.messages()] == ["hello old friend"] * 2
    qtbot.waitUntil(lambda: titles(app) == ["hello old friend"])


def test_shift_enter_begins_a_new_line(qtbot, app):
    app = app()
    type_message(qtbot, app, "one")
    qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    type_message(qtbot, app, "two")
    assert app.chat.composer.text() == "one\ntwo"
    assert app.session.is_new


def test_the_send_key_can_be_changed(qtbot, app):
    app = app()
    app.preferences.set(options.SEND_KEY, "ctrl_enter")
    type_message(qtbot, app, "one")
    qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Return)
    assert app.session.is_new
    with qtbot.waitSignal(app.session.changed):
        qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_escape_stops_an_answer(qtbot, app, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    app = app()
    app.chat.composer.set_text("word " * 200)
    with qtbot.waitSignal(app.session.answering) as answering:
        qtbot.mouseClick(app.chat.composer.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(answering.args[0].text))
    assert app.chat.composer.button.accessibleName() == "Stop"
    with qtbot.waitSignal(app.session.changed) as ended:
        qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Escape)
    assert ended.args[0].state == MessageState.STOPPED


def test_a_message_too_long_stays_in_the_message_box_with_the_reason(qtbot, app):
    app = app()
    app.chat.composer.set_text("word " * 5000)
    with qtbot.waitSignal(app.session.refused):
        qtbot.mouseClick(app.chat.composer.button, Qt.MouseButton.LeftButton)
    assert app.chat.composer.text().startswith("word")
    assert "5,000 tokens" in app.chat.composer.status.text()
    assert app.chat.composer.status.isVisible()


def test_a_killed_engine_is_said_and_the_next_message_is_answered(qtbot, app):
    app = app()
    with qtbot.waitSignal(app.engine.crashed):
        os.kill(app.engine.process_id, signal.SIGKILL)
    assert "memory ran out" in app.toast._words.text()
    assert send(qtbot, app, "still there").content == "still there"


def test_a_stored_conversation_opens_and_the_window_comes_back_to_it(qtbot, app, stored):
    ids = stored({"Foxes": ["Where do foxes live?", "In dens."], "Bread": ["Why is it flat?", "The yeast."]})
    start = app
    first = start()
    qtbot.waitUntil(lambda: set(titles(first)) == {"Foxes", "Bread"})
    with qtbot.waitSignal(first.session.opened):
        first.chat.list.chosen.emit(ids["Foxes"], None)
    assert first.chat.header.title.text() == "Foxes"
    start.close()

    again = start()
    qtbot.waitUntil(lambda: again.session.conversation.id == ids["Foxes"])
    assert [m.content for m in again.chat.transcript.messages()] == ["Where do foxes live?", "In dens."]


def test_a_last_chat_that_is_gone_is_no_trouble(qtbot, app, stored, data_folder):
    from desktop_app.settings.window_state import WindowState, save_window_state

    save_window_state(data_folder.window_state, WindowState(conversation_id=99))
    app = app()
    assert app.session.is_new
    assert not app.toast.isVisible()


def test_nothing_can_be_sent_before_the_last_chat_is_open_again(qtbot, app, stored, data_folder):
    from desktop_app.settings.window_state import WindowState, save_window_state

    ids = stored({"Foxes": ["Where do foxes live?", "In dens."]})
    save_window_state(data_folder.window_state, WindowState(conversation_id=ids["Foxes"]))
    app = app(ready=False)
    with qtbot.waitSignal(app.session.model_changed):
        app.chat.composer.send_requested.emit("too early")
    assert app.session.conversation.id == ids["Foxes"]
    assert len(app.session.path) == 2


def test_a_link_opens_only_after_showing_where_it_goes(app, monkeypatch):
    opened = []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", opened.append)
    asked = answer_questions_with(monkeypatch, "Stay here", "Open in the browser")
    app = app()
    app.chat.transcript.link_activated.emit("https://example.org/a<b>?q=1")
    assert opened == []
    assert asked == [("This link goes to example.org.", "https://example.org/a%3Cb%3E?q=1")]
    app.chat.transcript.link_activated.emit("https://example.org/a")
    assert [url.toString() for url in opened] == ["https://example.org/a"]


@pytest.mark.parametrize("link", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ftp://example.org"])
def test_other_links_do_nothing(app, monkeypatch, link):
    asked = answer_questions_with(monkeypatch)
    app = app()
    app.chat.transcript.link_activated.emit(link)
    assert asked == []


def test_a_deleted_message_is_undone_from_the_toast(qtbot, app):
    app = app()
    send(qtbot, app, "one")
    send(qtbot, app, "two")
    second = app.chat.transcript.messages()[2]
    with qtbot.waitSignal(app.session.deleted):
        app.chat.transcript.delete_requested.emit(second.id)
    qtbot.waitUntil(lambda: len(app.chat.transcript.messages()) == 2)
    qtbot.mouseClick(app.toast._undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(app.chat.transcript.messages()) == 4)


def test_an_answer_written_elsewhere_leaves_what_is_said_here_alone(qtbot, app, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    app = app()
    app.chat.composer.set_text("word " * 200)
    with qtbot.waitSignal(app.session.answering) as answering:
        qtbot.mouseClick(app.chat.composer.button, Qt.MouseButton.LeftButton)
    answer = answering.args[0]
    app.chat.start_new()
    app.chat.composer.show_status("Said here.", "danger")
    length = len(answer.text)
    qtbot.waitUntil(lambda: len(answer.text) > length)
    assert app.chat.composer.status.text() == "Said here."
    with qtbot.waitSignal(answer.ended):
        answer.stop()


def test_an_answer_written_in_a_version_that_is_not_shown_is_no_new_text_below(qtbot, app, stored, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    ids = stored({"Foxes": ["word " * 100, "Paragraph.\n\n" * 60]})
    app = app()
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Foxes"])
    with qtbot.waitSignal(app.session.answering) as answering:
        app.session.regenerate(app.session.messages[1])
    answer = answering.args[0]
    with qtbot.waitSignal(app.session.opened):
        app.session.step_version(answer.message, -1)
    bar = app.chat.transcript.verticalScrollBar()
    bar.setValue(bar.minimum())
    length = len(answer.text)
    qtbot.waitUntil(lambda: len(answer.text) > length)
    assert not app.chat.transcript._below.isVisible()
    with qtbot.waitSignal(answer.ended):
        app.session.stop()


def test_a_draft_is_there_again_when_its_chat_is_opened(qtbot, app):
    app = app()
    send(qtbot, app, "hello")
    first = app.session.conversation.id
    type_message(qtbot, app, "not yet")
    app.chat.start_new()
    assert app.chat.composer.text() == ""
    with qtbot.waitSignal(app.session.opened):
        app.session.open(first)
    assert app.chat.composer.text() == "not yet"


def test_editing_an_older_message_leaves_the_draft_in_the_message_box(qtbot, app):
    app = app()
    send(qtbot, app, "hello")
    type_message(qtbot, app, "not yet")
    first = app.chat.transcript.messages()[0]
    with qtbot.waitSignal(app.session.changed):
        app.chat.transcript.edited.emit(first.id, "good morning")
    assert app.chat.composer.text() == "not yet"


def test_an_edit_that_comes_while_an_answer_is_written_is_refused_and_not_lost(qtbot, app, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    app = app()
    send(qtbot, app, "hello")
    first = app.chat.transcript.messages()[0]
    type_message(qtbot, app, "word " * 100)
    with qtbot.waitSignal(app.session.answering):
        app.chat.composer.button.click()
    app.chat.transcript.edited.emit(first.id, "good morning")
    assert "being written" in app.chat.composer.status.text()
    editor = app.chat.transcript.view(first.id).findChild(MessageEditor)
    assert editor.field.toPlainText() == "good morning"
    with qtbot.waitSignal(app.session.changed):
        app.session.stop()


def test_settings_of_a_chat_are_kept_with_it(qtbot, app):
    app = app()
    send(qtbot, app, "hello")
    app.chat.header.options_button.click()
    prompt = app.chat.options.findChild(QPlainTextEdit)
    prompt.setPlainText("Be brief.")
    assert app.session.conversation.system_prompt == "Be brief."


def test_settings_of_a_chat_fit_in_their_panel_at_every_size_of_the_text(qtbot, app):
    app = app()
    app.chat.header.options_button.click()
    assert app.chat.options.findChild(QPlainTextEdit).accessibleName() == "System prompt"
    for step in (0, 1, 3, 6):
        app.preferences.set(options.TEXT_SIZE, step)
        bar = app.chat.options.horizontalScrollBar()
        qtbot.waitUntil(lambda bar=bar: bar.maximum() == 0)
    app.preferences.set(options.TEXT_SIZE, 0)


@pytest.mark.parametrize("step", [0, 4])
@pytest.mark.parametrize("width", [640, 720, 1280])
def test_a_panel_is_whole_in_a_small_window_and_leads_back(qtbot, app, width, step):
    app = app()
    app.preferences.set(options.TEXT_SIZE, step)
    app.window.resize(width, 480)
    frame = app.chat.frame
    for toggle, panel in (
        (app.chat.header.options_button, app.chat.options),
        (app.chat.composer.stack.mix, app.chat.mix),
    ):
        toggle.setChecked(True)
        edge = lambda panel=panel: panel.mapTo(app.window, panel.rect().bottomRight()).x()  # noqa: E731
        qtbot.waitUntil(lambda panel=panel, edge=edge: panel.isVisible() and panel.width() <= edge() < width)
        if width > 1000:
            assert frame.splitter.isVisible()
        if not frame.splitter.isVisible():
            qtbot.mouseClick(panel.parentWidget().back, Qt.MouseButton.LeftButton)
        toggle.setChecked(False)
        assert frame.splitter.isVisible()
    app.preferences.set(options.TEXT_SIZE, 0)


def test_an_empty_chat_can_be_read_whole_in_a_small_window_with_large_text(qtbot, app):
    app = app()
    app.window.resize(640, 480)
    app.preferences.set(options.TEXT_SIZE, 4)
    words = app.chat.welcome._model
    qtbot.waitUntil(lambda: words.height() >= words.heightForWidth(words.width()))
    app.chat.welcome.better_button.setFocus()
    assert app.chat.welcome.better_button.visibleRegion().boundingRect().size() == app.chat.welcome.better_button.size()
    app.preferences.set(options.TEXT_SIZE, 0)


def test_what_went_wrong_is_said_in_the_color_of_the_look(app):
    app = app()
    app.chat.composer.show_status("That did not work.", "danger")
    for look in ("dark", "light"):
        app.preferences.set(options.THEME, look)
        app.chat.composer.status.ensurePolished()
        assert app.chat.composer.status.palette().windowText().color().name() == theme().tokens.danger.lower()
    app.preferences.set(options.THEME, "system")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_look_follows_the_setting(app, look):
    app = app()
    app.preferences.set(options.THEME, look)
    assert theme().is_dark == (look == "dark")
    app.preferences.set(options.THEME, "system")


def test_settings_can_be_searched(app):
    app = app()
    app.window.show_page(SETTINGS)
    app.settings_view.settings.search.setText("temperature")
    shown = [words for row, _, words in app.settings_view.settings._rows if row.isVisible()]
    assert len(shown) == 1
    assert "likely words" in shown[0]


def test_a_file_that_is_no_model_is_refused_with_a_sentence(qtbot, app, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear reader")
    app = app()
    with qtbot.waitSignal(app.library.refused):
        app.library.add(tmp_path / "letter.txt")
    assert "letter.txt" in app.toast._words.text()


def test_a_database_of_a_newer_version_is_a_page_with_a_sentence(qtbot, app, data_folder):
    import sqlite3

    connection = sqlite3.connect(data_folder.database)
    connection.execute("PRAGMA user_version = 99900")
    connection.close()
    app = app(ready=False)
    qtbot.waitUntil(lambda: isinstance(app.window.stack.currentWidget(), TroublePage))


def test_a_data_folder_that_cannot_be_written_is_a_page_with_a_sentence(qtbot, app, data_folder, monkeypatch):
    import shutil

    shutil.rmtree(data_folder.root)
    data_folder.root.write_text("a file where the folder should be")
    app = app(ready=False)
    qtbot.waitUntil(lambda: isinstance(app.window.stack.currentWidget(), TroublePage))


INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)


def test_everything_a_person_can_use_has_a_name(qtbot, app, stored):
    ids = stored({"Foxes": ["Where do foxes live?", "In dens.\n\n```python\nprint('den')\n```\n"]})
    app = app()
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Foxes"])
    app.chat.header.options_button.click()
    nameless = []
    for page in PAGES:
        app.window.show_page(page)
        for widget in app.window.findChildren(QWidget):
            is_part = isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_")
            if not isinstance(widget, INTERACTIVE) or is_part or not widget.isVisible():
                continue
            accessible = QAccessible.queryAccessibleInterface(widget)
            if not accessible.text(QAccessible.Text.Name):
                nameless.append(f"{page}: {widget}")
    assert nameless == []


def test_the_message_box_lets_the_tab_key_through(qtbot, app):
    app = app()
    assert app.chat.composer.edit.hasFocus()
    qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Tab)
    assert not app.chat.composer.edit.hasFocus()
    assert app.chat.composer.text() == ""
