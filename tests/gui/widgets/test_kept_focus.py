"""The keyboard stays where it is when the button that was pressed cannot be pressed any more."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop_app.gui.widgets.kept_focus import kept_focus


class Panel(QWidget):
    """A part of a window: between two other buttons, one to begin and one to stop."""

    def __init__(self, window):
        super().__init__()
        self.whole = window  # which lives as long as this
        self.begin, self.stop = QPushButton("Begin"), QPushButton("Stop")
        inside, outside = QHBoxLayout(self), QHBoxLayout(window)
        for button in (self.begin, self.stop):
            inside.addWidget(button)
        self.other = QPushButton("Before")
        for part in (self.other, self, QPushButton("After")):
            outside.addWidget(part)
        self.stop.hide()

    def show_busy(self, is_busy, can_stop=True):
        with kept_focus(self, self.stop, self.begin):
            self.begin.setHidden(is_busy)
            self.stop.setVisible(is_busy and can_stop)


@pytest.fixture
def panel(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    panel = Panel(window)
    window.show()
    window.activateWindow()
    panel.begin.setFocus()
    qtbot.waitUntil(panel.begin.hasFocus)
    return panel


def test_what_takes_its_place_gets_the_focus(panel):
    panel.show_busy(True)
    assert panel.stop.hasFocus()
    panel.show_busy(False)
    assert panel.begin.hasFocus()


def test_while_nothing_can_be_pressed_the_part_has_it_and_gives_it_back(panel):
    panel.show_busy(True, can_stop=False)
    assert panel.hasFocus()
    panel.show_busy(False)
    assert panel.begin.hasFocus()


def test_who_is_elsewhere_stays_there(qtbot, panel):
    qtbot.keyClick(panel.begin, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(panel.other.hasFocus)
    panel.show_busy(True)
    assert panel.other.hasFocus()
