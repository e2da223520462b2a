"""What is typed and not sent: it is there again, whatever else is opened meanwhile."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from desktop_app.gui.chat.welcome import SUGGESTIONS
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from tests.gui.pages.steps import send, type_message
from tests.support.stacks import add_adapters, entry


def suggest(qtbot, app, words):
    (button,) = (button for button in app.chat.welcome.findChildren(QPushButton) if button.text() == words)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_was_typed_in_a_new_chat_is_there_when_a_new_chat_is_opened_again(qtbot, app, stored):
    ids = stored({"Foxes": ["Where do foxes live?", "In dens."]})
    app = app()
    type_message(qtbot, app, "A long letter")
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Foxes"])
    assert app.chat.composer.text() == ""
    app.chat.list.new_button.click()
    assert app.chat.composer.text() == "A long letter"
    app.chat.start_new()
    assert app.chat.composer.text() == "A long letter"


def test_what_was_typed_in_a_new_chat_is_there_after_a_restart(qtbot, app):
    start = app
    type_message(qtbot, start(), "A long letter")
    start.close()
    again = start()
    assert again.chat.composer.text() == "A long letter"
    send(qtbot, again, ", and its end")
    start.close()
    again = start()
    again.chat.start_new()
    assert again.chat.composer.text() == ""


def test_a_suggestion_takes_nothing_away_that_was_typed(qtbot, app):
    app = app()
    texts = dict(SUGGESTIONS)
    suggest(qtbot, app, "Draft a letter")
    assert app.chat.composer.text() == texts["Draft a letter"]
    suggest(qtbot, app, "Write code")
    assert app.chat.composer.text() == texts["Write code"]
    app.chat.composer.set_text("Kindly: ")
    suggest(qtbot, app, "Write code")
    assert app.chat.composer.text() == f"Kindly: {texts['Write code']}"


def test_what_was_learned_is_tried_in_a_new_chat_without_losing_what_was_typed(qtbot, app, data_folder, tmp_path):
    data_folder.create()
    database = Database.open(data_folder.database)
    (adapter,) = add_adapters(Adapters(database), tmp_path, "Letters")
    database.close()
    app = app()
    type_message(qtbot, app, "A long letter")
    app.teaching.chat_wanted.emit(adapter, app.session.model)
    assert app.session.conversation.stack == (entry(adapter),)
    assert app.chat.composer.text() == "A long letter"
