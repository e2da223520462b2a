"""The settings fit the window, whatever the size of the text."""

import pytest
from PySide6.QtWidgets import QApplication

from desktop_app.gui.main_window import SETTINGS
from desktop_app.settings import options


@pytest.mark.parametrize("step", [0, 4])
def test_nothing_is_beyond_the_right_edge_of_a_narrow_window(qtbot, app, step):
    app = app(ready=False)
    app.preferences.set(options.TEXT_SIZE, step)
    app.window.resize(640, 480)
    app.window.show_page(SETTINGS)
    page = app.settings_view.settings
    qtbot.waitUntil(page.isVisible)
    QApplication.processEvents()
    assert page.horizontalScrollBar().maximum() == 0
