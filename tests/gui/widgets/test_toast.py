"""News at the bottom of the window: told one after the other, read out, and undone while they are shown."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.gui.theme import theme
from desktop_app.gui.widgets.toast import Toast


@pytest.fixture
def window(qapp, qtbot):
    theme().apply(qapp, "light")
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 500)
    window.show()
    qtbot.waitExposed(window)
    return window


@pytest.fixture
def toast(window):
    toast = Toast(window)
    yield toast
    toast._timer.stop()


def words(toast):
    return toast._words.text()


def test_it_is_shown_at_the_bottom_and_goes_by_itself(toast):
    toast.tell("The chat was deleted.")
    assert toast.isVisible()
    assert toast.geometry().bottom() > 400
    assert abs(toast.geometry().center().x() - 400) <= 1
    assert toast._timer.isActive()
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def test_undo_is_offered_where_there_is_one(qtbot, toast):
    undone = []
    toast.tell("The chat was deleted.", lambda: undone.append("chat"))
    qtbot.mouseClick(toast._undo, Qt.MouseButton.LeftButton)
    assert undone == ["chat"]
    assert not toast.isVisible()
    toast.tell("The model was added.")
    assert toast._undo.isHidden()


def test_news_wait_for_each_other(qtbot, toast):
    for sentence in ("One.", "Two.", "Three."):
        toast.tell(sentence)
    seen = []
    while toast.isVisible():
        seen.append(words(toast))
        qtbot.mouseClick(toast._close, Qt.MouseButton.LeftButton)
    assert seen == ["One.", "Two.", "Three."]


def test_undo_undoes_what_is_shown_and_not_what_waits(qtbot, toast):
    undone = []
    toast.tell("One.", lambda: undone.append(1))
    toast.tell("Two.", lambda: undone.append(2))
    qtbot.mouseClick(toast._undo, Qt.MouseButton.LeftButton)
    assert undone == [1]
    assert words(toast) == "Two."


def test_it_is_read_out(toast, monkeypatch):
    heard = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: heard.append(event.message()))
    toast.tell("The chat was deleted.")
    assert heard == ["The chat was deleted."]


def test_it_does_not_vanish_under_the_keyboard(qtbot, window, toast):
    toast.tell("The chat was deleted.", lambda: None)
    window.activateWindow()
    toast._undo.setFocus()
    qtbot.waitUntil(toast._undo.hasFocus)
    toast._timer.timeout.emit()
    assert toast.isVisible()


def test_it_follows_the_window(window, toast):
    toast.tell("The chat was deleted.")
    window.resize(600, 400)
    assert abs(toast.geometry().center().x() - 300) <= 1
    assert toast.geometry().bottom() < 400


def test_a_long_sentence_wraps(window, toast):
    toast.tell("word " * 40)
    assert toast.width() < window.width()
    assert toast.height() > 2 * toast.fontMetrics().height()


def test_its_buttons_have_names(toast):
    toast.tell("x.", lambda: None)
    names = [
        QAccessible.queryAccessibleInterface(button).text(QAccessible.Text.Name)
        for button in (*toast.findChildren(QPushButton), toast._close)
    ]
    assert names == ["Undo", "Close"]


def test_it_goes_up_with_what_it_leaves_free(qtbot, window):
    box = QWidget(window)
    box.setGeometry(0, 400, 800, 100)
    box.show()
    toast = Toast(window, usable=box)
    toast.tell("The chat was deleted.")
    box.setGeometry(0, 200, 800, 300)
    assert toast.geometry().bottom() < 200
    toast._timer.stop()
