"""The Adapters page in the window: the way there, and from there into the chat."""

import pytest
from PySide6.QtCore import Qt

from desktop_app.gui.main_window import ADAPTERS, CHAT
from tests.support.stacks import add_adapters


@pytest.fixture
def filled(qtbot, app, tmp_path):
    """The program with two adapters in its library."""
    workspace = app()
    got = []
    workspace.store.ask(lambda r: add_adapters(r.adapters, tmp_path, "Pirate", "Haiku"), got.append)
    qtbot.waitUntil(lambda: bool(got))
    workspace.adapter_library.refresh()
    qtbot.waitUntil(lambda: len(workspace.adapter_library.adapters) == 2)
    return workspace


def cards(qtbot, app):
    here = app.adapters.local_page
    qtbot.waitUntil(lambda: len(here.cards) == 2 and not here._to_show)
    return {card.adapter.name: card for card in here.cards}


def test_the_page_is_reached_by_its_keys_and_from_the_stack(qtbot, filled):
    qtbot.keyClick(filled.chat.composer.edit, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: filled.window.page == ADAPTERS)  # a button that is pressed by keys shows it for a moment
    filled.window.show_page(CHAT)
    filled.chat.composer.stack.adapters_wanted.emit()
    assert filled.window.page == ADAPTERS


def test_add_to_chat_puts_it_on_the_open_chat_and_goes_there(qtbot, filled):
    filled.window.show_page(ADAPTERS)
    shown = cards(qtbot, filled)
    # The starter model is of another shape than these.
    assert not shown["Pirate"].chat_button.isEnabled()
    filled.adapters.chat_wanted.emit(shown["Pirate"].adapter)
    assert filled.window.page == CHAT
    assert [entry.name for entry in filled.session.conversation.stack] == ["Pirate"]
    assert [chip.entry.name for chip in filled.chat.composer.stack.chips] == ["Pirate"]
    assert filled.chat.composer.edit.hasFocus()


def test_what_happens_to_adapters_is_told(qtbot, filled, tmp_path):
    (tmp_path / "letter.gguf").write_bytes(b"Dear reader")
    with qtbot.waitSignal(filled.adapter_library.refused):
        filled.adapter_library.add(tmp_path / "letter.gguf")
    assert "letter.gguf" in filled.toast._words.text()
