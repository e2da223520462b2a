"""Presets in the panel: keeping a stack under a name, using, replacing and deleting one, and all of it taken back."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt


@pytest.fixture
def section(panel, tiny, pair):
    panel.show_stack(pair, tiny)
    return panel.presets


@pytest.fixture
def save(qtbot, section, presets):
    """Save the stack under a name."""

    def save(name):
        with qtbot.waitSignal(presets.changed):
            qtbot.keyClicks(section.name, name)
            qtbot.keyClick(section.name, Qt.Key.Key_Return)

    return save


@pytest.fixture
def offered(panel):
    """What was done that can be undone: (words, undo)."""
    offered = []
    panel.undo_offered.connect(lambda words, undo: offered.append((words, undo)))
    return offered


def names(section):
    return [row.preset.name for row in section.rows]


def test_a_stack_is_kept_under_a_name(section, save, presets, pair):
    assert not section.save.isEnabled()
    save("Evening")
    assert [(preset.name, preset.stack) for preset in presets.presets] == [("Evening", pair)]
    assert names(section) == ["Evening"]
    assert section.name.text() == ""
    assert not section.rows[0].use.isEnabled()  # it is what the chat has


def test_another_stack_of_this_name_can_be_brought_back(qtbot, panel, section, save, presets, pair, tiny, offered):
    save("Evening")
    quiet = (replace(pair[0], scale=0.1),)
    panel.show_stack(quiet, tiny)
    section.name.setText("Evening")
    assert section.save.text() == "Replace"
    with qtbot.waitSignal(presets.changed):
        section.save.click()
    assert presets.presets[0].stack == quiet
    assert offered[0][0] == "The preset “Evening” was replaced."
    with qtbot.waitSignal(presets.changed):
        offered[0][1]()
    assert presets.presets[0].stack == pair


def test_a_preset_is_used(panel, section, save, pair, tiny, offered):
    wanted = []
    panel.stack_wanted.connect(wanted.append)
    save("Evening")
    panel.show_stack((), tiny)
    assert not section.name.isVisible()  # nothing to be kept
    section.rows[0].use.click()
    assert wanted == [pair]
    assert offered[0][0] == "The stack is now “Evening”."


def test_a_preset_is_deleted_and_brought_back(qtbot, section, save, presets, pair, offered):
    save("Evening")
    with qtbot.waitSignal(presets.changed):
        section.rows[0].delete.click()
    assert names(section) == []
    assert offered[0][0] == "The preset “Evening” was deleted."
    with qtbot.waitSignal(presets.changed):
        offered[0][1]()
    assert names(section) == ["Evening"]


def test_moving_a_slider_leaves_the_rows_alone(section, save, panel, pair, tiny):
    save("Evening")
    rows = list(section.rows)
    panel.show_stack((replace(pair[0], scale=0.1), pair[1]), tiny)
    assert section.rows == rows
    assert rows[0].use.isEnabled()
