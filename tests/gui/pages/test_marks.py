"""A mark that the person gives an answer in the window is stored, and is there again."""

import pytest
from PySide6.QtCore import Qt

from desktop_app.errors import UserError
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import Rating


@pytest.fixture
def open_chat(qtbot, stored, app):
    """Start the program and open the chat; return the workspace and, once they are there, the buttons of an answer."""
    ids = stored({"Foxes": ["Where do foxes live?", "In dens."]})

    def open_chat():
        started = app()
        with qtbot.waitSignal(started.session.opened):
            started.session.open(ids["Foxes"])
        qtbot.waitUntil(lambda: bool(buttons(started)))
        return started

    return open_chat


def buttons(app):
    shown = app.chat.transcript.view(2)
    found = shown.findChildren(IconButton) if shown else []
    return {each.accessibleName(): each for each in found if each.isVisible()}


def test_it_is_stored_and_is_there_again(qtbot, app, open_chat, data_folder):
    started = open_chat()
    qtbot.mouseClick(buttons(started)["Good answer"], Qt.MouseButton.LeftButton)
    assert buttons(started)["Good answer"].isChecked()
    app.close()
    database = Database.open(data_folder.database)
    assert Chats(database).messages((2,))[0].rating is Rating.GOOD
    database.close()
    again = open_chat()
    assert buttons(again)["Good answer"].isChecked()
    assert not buttons(again)["Bad answer"].isChecked()


def test_one_that_cannot_be_stored_is_taken_back_and_told(qtbot, open_chat, monkeypatch):
    app = open_chat()

    def refuse(*_values):
        raise UserError("The disk is full, so the last change was not saved.")

    monkeypatch.setattr(Chats, "set_rating", refuse)
    bad = buttons(app)["Bad answer"]
    qtbot.mouseClick(bad, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bad.isChecked())
    assert "The disk is full" in app.chat.composer.status.text()
