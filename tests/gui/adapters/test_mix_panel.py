"""The panel with a mix: what it shows of a stack with none, one or several adapters, and what can be done in it."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

from desktop_app.gui.adapters.mix_panel import WIDTH
from desktop_app.storage.records import StackEntry

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenadapter"


def shown(panel):
    sections = {
        "nothing": panel.nothing,
        "conflicts": panel.conflicts,
        "trial": panel.trial,
        "making": panel.making,
        "merging": panel.merging,
        "presets": panel.presets,
    }
    return [name for name, section in sections.items() if section.isVisible()]


def test_without_adapters_it_says_what_to_do(panel, tiny):
    panel.show_stack((), tiny)
    assert shown(panel) == ["nothing"]
    assert "No adapter acts on this chat." in panel.nothing.text()


def test_what_is_off_or_at_nothing_does_not_act(panel, tiny, pair):
    panel.show_stack((replace(pair[0], is_on=False), replace(pair[1], scale=0.0)), tiny)
    assert shown(panel) == ["nothing", "presets"]


def test_one_adapter_can_be_tried_and_merged(panel, tiny, pair):
    panel.show_stack(pair[:1], tiny)
    assert shown(panel) == ["trial", "merging", "presets"]


def test_with_several_everything_is_there(panel, tiny, pair):
    panel.show_stack(pair, tiny)
    assert shown(panel) == ["conflicts", "trial", "making", "merging", "presets"]


def test_without_a_model_they_can_only_be_kept_for_later(panel, pair):
    panel.show_stack(pair, None)
    assert shown(panel) == ["nothing", "conflicts", "presets"]
    assert "Choose a model" in panel.nothing.text()


def test_hidden_it_does_nothing_until_it_is_shown(qtbot, panel, tiny, pair, adapters, monkeypatch):
    compared = []
    monkeypatch.setattr(adapters, "conflict", lambda *what: compared.append(what[:2]))
    panel.hide()
    panel.show_stack(pair, tiny)
    assert compared == []
    panel.show()
    assert len(compared) == 1
    panel.hide()
    panel.show()
    assert len(compared) == 1


def test_an_adapter_that_comes_back_is_compared(qtbot, panel, tiny, put):
    first, second = put("Letters", seed=1), StackEntry("0" * 64, "Gone")
    panel.show_stack((first, second), tiny)
    assert not panel.conflicts.isVisible()
    found = put("Tone", seed=2)
    panel.show_stack((first, found), tiny)
    qtbot.waitUntil(lambda: len(panel.conflicts.rows) == 1)


# ------------------------------------------------------------ how it is used


def interactive(widget):
    kinds = (QAbstractButton, QComboBox, QLineEdit)
    return [each for each in widget.findChildren(QWidget) if isinstance(each, kinds) and each.isVisible()]


def test_everything_has_a_name_and_can_be_reached_by_tab(qtbot, panel, tiny, pair, presets):
    with qtbot.waitSignal(presets.changed):
        presets.save("Evening", pair[:1])
    panel.show_stack(pair, tiny)
    panel.trial.choice.show_text(None)
    for widget in interactive(panel):
        name = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        assert name, widget
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_long_names_make_nothing_wider(qtbot, panel, tiny, put):
    stack = (put(LONG, seed=1), put(LONG + " the second", seed=2))
    panel.show_stack(stack, replace(tiny, name=LONG))
    qtbot.waitUntil(lambda: len(panel.conflicts.rows) == 1)
    assert panel.width() == WIDTH
    assert panel.widget().width() <= WIDTH
    assert not panel.horizontalScrollBar().isVisible()
    panel.making.news.say(f"“{LONG}” is made.")
    assert panel.widget().minimumSizeHint().width() <= WIDTH - panel.verticalScrollBar().width()


@pytest.mark.parametrize("undone", [True, False])
def test_a_stack_that_was_taken_can_be_taken_back_as_long_as_it_is_the_one(qtbot, panel, tiny, pair, undone):
    wanted, offered = [], []
    panel.stack_wanted.connect(wanted.append)
    panel.undo_offered.connect(lambda words, undo: offered.append((words, undo)))
    panel.show_stack(pair, tiny)
    panel._use(pair[:1], "The stack is now “Letters” alone.")
    assert (wanted, offered[0][0]) == ([pair[:1]], "The stack is now “Letters” alone.")
    panel.show_stack(pair[:1] if undone else (), tiny)  # else another chat was opened
    offered[0][1]()
    assert wanted[1:] == ([pair] if undone else [])
