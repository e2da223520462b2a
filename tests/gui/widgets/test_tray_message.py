"""Notifications by an icon in the tray, where there is one."""

import pytest
from PySide6.QtCore import QObject, Signal

from desktop_app.gui.widgets import tray_message
from desktop_app.gui.widgets.tray_message import TrayMessage


class FakeTrayIcon(QObject):
    """The icon in a tray that there is; `seen` is what a person has seen there."""

    messageClicked = Signal()
    is_there = True
    seen: list = []

    def __init__(self, _icon, parent):
        super().__init__(parent)

    @classmethod
    def isSystemTrayAvailable(cls):
        return cls.is_there

    @staticmethod
    def supportsMessages():
        return True

    def show(self):
        self.seen.append("an icon")

    def hide(self):
        self.seen.append("no icon")

    def showMessage(self, title, words, _icon, _time):
        self.seen.append((title, words))


@pytest.fixture
def tray(monkeypatch):
    monkeypatch.setattr(tray_message, "QSystemTrayIcon", FakeTrayIcon)
    monkeypatch.setattr(FakeTrayIcon, "seen", [])
    return FakeTrayIcon


@pytest.fixture
def message(qapp, tray):
    message = TrayMessage()
    yield message
    message.hide()


def test_without_a_tray_nothing_happens(message, tray, monkeypatch):
    monkeypatch.setattr(tray, "is_there", False)
    message.show("Teaching", "Done.")
    assert tray.seen == []


def test_a_message_is_shown_with_an_icon_that_goes_with_it(message, tray):
    message.show("Teaching", "Done.")
    assert tray.seen == ["an icon", ("Teaching", "Done.")]
    message._timer.timeout.emit()
    assert tray.seen[2:] == ["no icon"]


def test_who_clicks_on_a_message_wants_to_see_more(qtbot, message):
    message.show("Teaching", "Done.")
    with qtbot.waitSignal(message.clicked):
        message.findChild(FakeTrayIcon).messageClicked.emit()
