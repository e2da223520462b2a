"""The chat by keyboard: keys do what the README says, wherever the focus is, and the focus stays with the person."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.gui.chat.message_editor import MessageEditor
from desktop_app.gui.main_window import CHAT, PAGES
from desktop_app.jobs.chat_session import Status
from desktop_app.storage.records import MessageState


@pytest.fixture
def foxes(qtbot, app, stored, monkeypatch):
    """The program with a short chat open; it writes slowly."""
    monkeypatch.setenv(PACE_VARIABLE, "20")
    ids = stored({"Foxes": ["Where do foxes live?", "In dens."], "Bread": ["Why is it flat?", "The yeast."]})
    workspace = app()
    with qtbot.waitSignal(workspace.session.opened):
        workspace.session.open(ids["Foxes"])
    rest(qtbot, workspace)
    return workspace


def rest(qtbot, app):
    """Wait until the messages have all they will have."""
    qtbot.waitUntil(lambda: not app.chat.transcript.is_busy)


def button(app, number, name):
    view = app.chat.transcript.column.entries[number].view
    view.make_ready()
    return next(button for button in view._footer._buttons if button.accessibleName() == name)


def press(qtbot, widget, key=Qt.Key.Key_Space):
    widget.setFocus()
    qtbot.keyClick(widget, key)


def focused():
    return QApplication.focusWidget().accessibleName()


@pytest.fixture
def answering(qtbot, foxes):
    """The program while it writes a long answer."""
    foxes.chat.composer.set_text("word " * 200)
    with qtbot.waitSignal(foxes.session.answering) as answering:
        foxes.chat.composer.button.click()
    qtbot.waitUntil(lambda: bool(answering.args[0].text))
    yield foxes
    foxes.session.stop()
    qtbot.waitUntil(lambda: foxes.session.status == Status.IDLE)


@pytest.mark.parametrize("place", ["messages", "list", "message box"])
def test_escape_stops_an_answer_from_all_over_the_chat(qtbot, answering, place):
    chat = answering.chat
    widget = {"messages": chat.transcript, "list": chat.list.view, "message box": chat.composer.edit}[place]
    with qtbot.waitSignal(answering.session.changed) as ended:
        press(qtbot, widget, Qt.Key.Key_Escape)
    assert ended.args[0].state == MessageState.STOPPED


def test_escape_in_a_message_that_is_edited_leaves_the_answer_alone(qtbot, answering):
    view = answering.chat.transcript.column.entries[0].view
    view.begin_edit()
    qtbot.keyClick(view.findChild(MessageEditor).field, Qt.Key.Key_Escape)
    assert not view.is_editing
    assert answering.session.status == Status.ANSWERING


def test_a_message_cannot_be_deleted_while_an_answer_is_written_and_that_is_said_until_its_end(qtbot, answering):
    count = len(answering.session.path)
    button(answering, 0, "Delete").click()
    assert "being written" in answering.chat.composer.status.text()
    answering.session.stop()
    qtbot.waitUntil(lambda: answering.session.status == Status.IDLE)
    assert answering.chat.composer.status.text() == ""
    assert len(answering.session.path) == count


def test_the_tab_key_comes_to_the_messages_before_the_message_box(qtbot, foxes):
    press(qtbot, foxes.chat.transcript, Qt.Key.Key_Tab)
    visited = []
    while focused() not in ("Message", *visited):
        visited.append(focused())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert visited[0] == "Your message, 1 of 2"
    assert "Answer, 2 of 2" in visited


def test_cancelling_an_edit_goes_back_to_where_it_began(qtbot, foxes):
    press(qtbot, button(foxes, 1, "Edit"))
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is button(foxes, 1, "Edit")


def test_stepping_through_versions_stays_at_the_buttons_for_it(qtbot, foxes):
    with qtbot.waitSignal(foxes.session.opened):
        foxes.session.edit(foxes.session.messages[1], "In holes.")
    rest(qtbot, foxes)
    for pressed, next_one in (("Earlier version", "Later version"), ("Later version", "Earlier version")):
        with qtbot.waitSignal(foxes.session.opened):
            press(qtbot, button(foxes, 1, pressed))
        assert QApplication.focusWidget() is button(foxes, 1, next_one)


def test_a_message_that_is_gone_leaves_the_focus_to_the_message_box(qtbot, foxes):
    with qtbot.waitSignal(foxes.session.opened):
        press(qtbot, button(foxes, 1, "Delete"))
    assert focused() == "Message"


def test_a_panel_that_is_closed_gives_the_focus_to_its_button(qtbot, foxes):
    toggle = foxes.chat.header.options_button
    toggle.click()
    foxes.chat.options.findChildren(type(foxes.chat.composer.edit))[0].setFocus()
    toggle.click()
    assert QApplication.focusWidget() is toggle


@pytest.mark.parametrize("page", [page for page in PAGES if page != CHAT])
def test_keys_of_the_chat_lead_there_from_every_page(qtbot, foxes, page):
    (new,) = QKeySequence.keyBindings(QKeySequence.StandardKey.New)[:1]
    for keys, name in ((new.toString(), "Message"), ("Ctrl+F", "Search all chats"), ("Ctrl+L", "Message")):
        foxes.window.show_page(page)
        foxes.window.rail.setFocus()
        qtbot.keySequence(foxes.window, keys)
        assert (foxes.window.page, focused()) == (CHAT, name)
    assert foxes.session.is_new
