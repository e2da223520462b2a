"""What the self-test looks at of the window: whether letters, icons and the colors of code are really drawn."""

import sys

import pytest
from PySide6.QtGui import QFontDatabase, QIcon
from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.errors import UserError
from desktop_app.gui import self_check
from desktop_app.gui.chat import lexing
from desktop_app.gui.finetune.curve_plot import CurvePlot
from desktop_app.gui.self_check import check_drawing
from desktop_app.paths import bundled


@pytest.fixture(autouse=True)
def window_icon(qapp):
    qapp.setWindowIcon(QIcon(str(bundled("moatless.svg"))))
    yield
    qapp.setWindowIcon(QIcon())


@pytest.fixture
def window(qtbot):
    window = QLabel("Some words that are drawn")
    qtbot.addWidget(window)
    return window


def test_where_all_is_drawn_its_colors_are_counted(window, background):
    found = check_drawing(window, background)
    assert set(found) == {"window", "answer", "curve"}
    assert min(found.values()) > 8


def test_a_window_that_stays_blank_is_noticed(qtbot, background):
    blank = QWidget()
    qtbot.addWidget(blank)
    with pytest.raises(UserError, match="Nothing is drawn"):
        check_drawing(blank, background)


def test_missing_fonts_and_icons_are_noticed(qapp, window, background, monkeypatch):
    qapp.setWindowIcon(QIcon())
    with pytest.raises(UserError, match="Icons"):
        check_drawing(window, background)
    monkeypatch.setattr(QFontDatabase, "families", list)
    with pytest.raises(UserError, match="no font"):
        check_drawing(window, background)


def test_code_that_stays_without_colors_is_noticed(window, background, monkeypatch):
    monkeypatch.setattr(self_check, "_PATIENCE_S", 0)
    monkeypatch.setattr("desktop_app.gui.chat.highlight.lex", lambda _language, _text: lexing.Lexed((), 0.0))
    with pytest.raises(UserError, match="Code gets no colors"):
        check_drawing(window, background)


def test_a_curve_without_its_line_is_noticed(window, background, monkeypatch):
    monkeypatch.setattr(CurvePlot, "show_values", lambda _plot, _values, _token: None)
    with pytest.raises(UserError, match="The curve of the loss cannot be drawn"):
        check_drawing(window, background)


def test_what_the_curve_lacks_is_named(window, background, monkeypatch):
    monkeypatch.delitem(sys.modules, CurvePlot.__module__)
    monkeypatch.setitem(sys.modules, "pyqtgraph", None)
    with pytest.raises(ModuleNotFoundError, match="pyqtgraph"):
        check_drawing(window, background)
