"""The page about the program: every license can be found and read, by keyboard too."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop_app import __version__, licenses
from desktop_app.errors import UserError
from desktop_app.gui.main_window import SETTINGS
from desktop_app.gui.settings.about_page import AboutPage
from desktop_app.gui.settings.license_text import PIECE_LINES
from desktop_app.licenses import Notice

LONG = "\n".join(f"Line {number}" for number in range(5 * PIECE_LINES + 1))
PARTS = (
    Notice("How to exchange Qt", "6.11.3", "LGPL-3.0-only", "Put your libraries there.", "https://doc.qt.io"),
    Notice("Moatless", "1.0", "MIT", "Ours", ""),
    Notice("Qt", "6.11.3", "LGPL-3.0-only", LONG, "https://www.qt.io"),
    Notice("zlib", "in lxml 6", "Zlib", "", ""),
)


@pytest.fixture
def page(qtbot, background, monkeypatch):
    """The page, shown, with four parts."""
    monkeypatch.setattr(licenses, "read", lambda: PARTS)
    page = AboutPage(background)
    qtbot.addWidget(page)
    page.resize(900, 700)
    with qtbot.waitExposed(page):
        page.show()
    page.refresh()
    qtbot.waitUntil(lambda: bool(page.list.parts))
    return page


def names(page):
    return [part.name for part in page.list.parts]


def test_it_is_reached_from_the_settings_and_left_again(qtbot, app):
    app = app()
    app.window.show_page(SETTINGS)
    app.settings_view.settings.search.setText("license")
    assert app.settings_view.settings.about_button.isVisible()
    qtbot.keyClick(app.settings_view.settings.about_button, Qt.Key.Key_Space)
    about = app.settings_view.about
    assert about.isVisible()
    assert about.search.hasFocus()
    qtbot.waitUntil(lambda: len(about.list.parts) > 30)  # of the packages that are really installed
    assert about.name.text() == "How to exchange Qt"
    about.back_wanted.emit()
    assert app.settings_view.settings.isVisible()


def test_how_to_exchange_qt_is_what_one_sees_first(page):
    assert page.list.current is PARTS[0]
    assert page.text.toPlainText() == "Put your libraries there."
    assert page.facts.text().splitlines() == ["Version 6.11.3  ·  LGPL-3.0-only", "https://doc.qt.io"]


def test_it_says_what_the_program_is(page):
    words = " ".join(label.text() for label in page.findChildren(QWidget) if hasattr(label, "text"))
    assert f"Moatless {__version__}" in words
    assert "MIT license" in words


def test_the_arrow_keys_go_from_part_to_part(qtbot, page):
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert (page.name.text(), page.text.toPlainText()) == ("Moatless", "Ours")
    assert page.text.accessibleName() == "License of Moatless"
    qtbot.keyClick(page.list, Qt.Key.Key_End)
    assert page.name.text() == "zlib"
    assert page.facts.text() == "in lxml 6  ·  Zlib"
    assert "no text" in page.text.toPlainText()


def test_a_long_text_comes_whole_and_is_read_from_its_beginning(qtbot, page):
    page.search.setText("lgpl")
    page.list.setCurrentIndex(page.list.model().index(1, 0))
    qtbot.waitUntil(lambda: page.text.is_whole)
    assert page.text.toPlainText() == LONG
    assert page.text.verticalScrollBar().value() == 0


def test_nothing_of_a_long_text_comes_after_another_was_chosen(qtbot, page):
    page.search.setText("Qt")
    page.list.setCurrentIndex(page.list.model().index(1, 0))
    assert not page.text.is_whole
    page.list.setCurrentIndex(page.list.model().index(0, 0))
    assert page.text.is_whole
    assert page.text.toPlainText() == "Put your libraries there."


def test_parts_are_found_by_name_and_by_license(page):
    for words, found in (("ZLIB", ["zlib"]), ("qt lgpl", ["How to exchange Qt", "Qt"]), ("mit", ["Moatless"])):
        page.search.setText(words)
        assert names(page) == found
        assert page.name.text() == found[0]


def test_what_is_chosen_stays_chosen_while_it_is_among_the_found(page):
    page.list.setCurrentIndex(page.list.model().index(3, 0))
    page.search.setText("z")
    assert page.list.current is PARTS[3]
    page.search.clear()
    assert page.list.current is PARTS[3]


def test_words_that_no_part_has(page):
    page.search.setText("nothing of this")
    assert page.nothing.isVisible()
    assert not page.text.isVisible()
    assert page.name.text() == ""
    page.search.clear()
    assert not page.nothing.isVisible()
    assert page.list.current is PARTS[0]
    assert page.text.isVisible()


def test_trouble_is_said_and_the_next_look_tries_again(qtbot, background, monkeypatch):
    def refuse():
        raise UserError("The list cannot be read.", "Install it again.")

    monkeypatch.setattr(licenses, "read", refuse)
    page = AboutPage(background)
    qtbot.addWidget(page)
    page.refresh()
    qtbot.waitUntil(lambda: page.summary.text() == "The list cannot be read. Install it again.")
    monkeypatch.setattr(licenses, "read", lambda: PARTS)
    page.refresh()
    qtbot.waitUntil(lambda: len(page.list.parts) == len(PARTS))
    assert "cannot" not in page.summary.text()


def test_screen_readers_are_told_what_each_thing_is(page):
    focusable = [
        widget
        for widget in (page.search, page.list, page.text)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.isVisible()
    ]
    assert len(focusable) == 3
    assert all(widget.accessibleName() for widget in focusable)
    row = page.list.model().index(2, 0)
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "Qt, 6.11.3, LGPL-3.0-only"


def test_in_a_narrow_window_the_text_is_below_the_list(qtbot, page):
    def left_and_top(widget):
        return widget.mapTo(page, widget.rect().topLeft())

    assert left_and_top(page.text).x() > left_and_top(page.list).x()
    page.resize(500, 900)
    qtbot.waitUntil(lambda: left_and_top(page.text).x() == left_and_top(page.list).x())
    assert left_and_top(page.text).y() > left_and_top(page.list).y()
    assert page.text.width() == page.list.width()
