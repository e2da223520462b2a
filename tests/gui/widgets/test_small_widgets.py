"""The small shared widgets keep what they promise."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from desktop_app.gui.theme import theme
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton


@pytest.fixture(autouse=True)
def look(qapp):
    theme().apply(qapp, "light")


def test_an_icon_button_has_a_name_and_a_tooltip(qtbot):
    button = IconButton("copy", "Copy")
    qtbot.addWidget(button)
    assert QAccessible.queryAccessibleInterface(button).text(QAccessible.Text.Name) == "Copy"
    assert button.toolTip() == "Copy"
    button.set_icon("check", "Copied")
    assert button.accessibleName() == "Copied"


def test_a_label_that_is_cut_tells_the_whole_in_its_tooltip(qtbot):
    label = ElidedLabel("A rather long title of a conversation")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.toolTip() == "A rather long title of a conversation"
    label.resize(600, 20)
    assert label.toolTip() == ""
    label.set_details("More.")
    assert label.toolTip() == "More."
    assert not label.grab().isNull()


def test_a_label_never_takes_its_text_for_html(qtbot):
    label = ElidedLabel("<b>x</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
