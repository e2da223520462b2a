"""A setting of one line is taken over when the person is done with it, not at every letter."""

from PySide6.QtCore import Qt

from desktop_app.gui.settings.fields import make_field
from desktop_app.settings import options


def test_an_address_is_taken_over_as_a_whole(qtbot):
    taken = []
    field = make_field(options.TRAINING_INDEX, "https://old.example.org", taken.append)
    qtbot.addWidget(field)
    assert field.text() == "https://old.example.org"
    assert field.accessibleName() == "Package index"
    field.clear()
    qtbot.keyClicks(field, " https://packages.example.org/simple ")
    assert taken == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert taken == ["https://packages.example.org/simple"]
