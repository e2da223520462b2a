"""The theme in Qt: it reaches every widget, icons follow it, and the system's wish is heard."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPalette, QStyleHints
from PySide6.QtWidgets import QLabel, QPushButton

from desktop_app.gui.theme import DARK, LIGHT, icon, theme
from desktop_app.paths import bundled

ICONS = sorted(path.stem for path in bundled("icons").glob("*.svg"))


@pytest.fixture(autouse=True)
def light_afterwards(qapp):
    theme().apply(qapp, "light")
    yield
    theme().apply(qapp, "light")


def colors(picture):
    image = picture.toImage()
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in points if image.pixelColor(x, y).alpha() == 255}


def test_the_dark_theme_is_dark_everywhere(qapp, qtbot):
    theme().apply(qapp, "dark")
    label = QLabel("x")
    qtbot.addWidget(label)
    assert theme().is_dark
    assert label.palette().color(QPalette.ColorRole.Window).name() == DARK.base.lower()
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == DARK.text.lower()
    assert DARK.surface in qapp.styleSheet()
    assert LIGHT.surface not in qapp.styleSheet()


def test_a_system_that_says_nothing_is_light(qapp):
    theme().apply(qapp, "dark")
    theme().apply(qapp, "system")
    assert not theme().is_dark


def test_a_change_of_the_system_is_followed_until_the_person_chooses(qapp, qtbot, monkeypatch):
    theme().apply(qapp, "system")
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _hints: Qt.ColorScheme.Dark)
    with qtbot.waitSignal(theme().changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme().is_dark
    theme().apply(qapp, "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert not theme().is_dark


def test_the_same_look_again_changes_nothing(qapp):
    seen = []
    theme().changed.connect(lambda: seen.append(1))
    theme().apply(qapp, "light")
    assert not seen


def test_larger_text_reaches_all_sizes(qapp):
    theme().apply(qapp, "light", 0)
    before, font_before = theme().type_scale, qapp.font().pointSizeF()
    measure = theme().measure()
    theme().apply(qapp, "light", 3)
    after = theme().type_scale
    assert qapp.font().pointSizeF() == font_before + 3
    assert all(
        getattr(after, size) == getattr(before, size) + 3
        for size in ("body", "transcript", "small", "section", "title", "code")
    )
    assert theme().measure() > measure


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_drawn_in_its_color(qapp, name):
    picture = icon(name, "accent").pixmap(QSize(20, 20), 2.0)
    assert picture.size() == QSize(40, 40)
    assert picture.devicePixelRatio() == 2.0
    assert LIGHT.accent.lower() in colors(picture)


def test_icons_follow_the_theme_without_being_set_again(qapp):
    copy = icon("square", "text")
    light = colors(copy.pixmap(QSize(20, 20), 4.0))
    theme().apply(qapp, "dark")
    dark = colors(copy.pixmap(QSize(20, 20), 4.0))
    assert LIGHT.text.lower() in light
    assert DARK.text.lower() in dark
    assert DARK.text.lower() not in light


def test_a_disabled_icon_is_faint_and_a_checked_one_may_have_another_color(qapp):
    panel = icon("square", "text", "accent")
    assert LIGHT.faint.lower() in colors(panel.pixmap(QSize(20, 20), 4.0, QIcon.Mode.Disabled))
    assert LIGHT.accent.lower() in colors(panel.pixmap(QSize(20, 20), 4.0, QIcon.Mode.Normal, QIcon.State.On))


def test_an_icon_survives_being_copied(qapp, qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    button.setIcon(QIcon(icon("copy")))
    button.show()
    assert not button.grab().isNull()


def test_focus_can_be_seen(qapp, qtbot):
    button = QPushButton("Save")
    qtbot.addWidget(button)
    button.show()
    without = colors(button.grab())
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus)
    assert LIGHT.accent.lower() in colors(button.grab()) - without
