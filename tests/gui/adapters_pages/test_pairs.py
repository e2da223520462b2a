"""Comparing one adapter of the list with another: from its menu, and by dropping one on the other."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from desktop_app.gui.adapters.adapter_card import ADAPTER_MIME
from desktop_app.gui.adapters.pair_row import PairRow
from tests.gui.adapters_pages.conftest import action, plain


def test_two_are_compared_from_the_menu(qtbot, desk, here):
    desk.add("Pirate", 1)
    desk.add("Haiku", 2)
    haiku, pirate = here.wait()
    menu = action(haiku, "Compare with").menu()
    menu.aboutToShow.emit()
    (other,) = menu.actions()
    assert other.text() == "Pirate"
    other.trigger()
    qtbot.waitUntil(lambda: haiku.findChild(PairRow) is not None)
    assert "“Haiku” and “Pirate”" in plain(haiku.findChild(PairRow).sentence.text())
    pirate.pair_wanted.emit(pirate.adapter, haiku.adapter.sha256)
    qtbot.waitUntil(lambda: pirate.findChild(PairRow) is not None)
    assert haiku.findChild(PairRow) is None or not haiku.findChild(PairRow).isVisible()


def test_a_comparison_that_fails_says_why(qtbot, desk, here):
    adapter = desk.add("Pirate", 1)
    desk.add("Haiku", 2)
    haiku, _pirate = here.wait()
    Path(adapter.path).write_bytes(b"GGUF")
    haiku.pair_wanted.emit(haiku.adapter, adapter.sha256)
    qtbot.waitUntil(lambda: haiku.findChild(PairRow) is not None)
    assert "is truncated" in haiku.findChild(PairRow).sentence.text()


def test_alone_it_can_be_compared_with_nothing(desk, here):
    desk.add("Pirate")
    (card,) = here.wait()
    menu = action(card, "Compare with").menu()
    menu.aboutToShow.emit()
    assert [(each.text(), each.isEnabled()) for each in menu.actions()] == [("There is no other adapter", False)]


def drop(card, data, source=None):
    """Drop something on a card, and return whether it would take it."""
    where = QPoint(20, 20)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, buttons, keys)
    if source is not None:
        enter.source = lambda: source
    card.dragEnterEvent(enter)
    if enter.isAccepted():
        card.dropEvent(QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, buttons, keys))
    return enter.isAccepted()


def test_one_dropped_on_another_is_compared_with_it(qtbot, desk, here):
    desk.add("Pirate", 1)
    desk.add("Haiku", 2)
    haiku, pirate = here.wait()
    data = QMimeData()
    data.setData(ADAPTER_MIME, pirate.adapter.sha256.encode())
    assert drop(haiku, data)
    qtbot.waitUntil(lambda: haiku.findChild(PairRow) is not None)
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile("/a.gguf")])
    assert not drop(haiku, files)  # the page takes it


def test_a_card_is_dragged_and_not_opened(qtbot, desk, here, monkeypatch):
    dragged = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, _action: dragged.append(drag.mimeData().data(ADAPTER_MIME).data()))
    adapter = desk.add("Pirate")
    (card,) = here.wait()
    far = QPointF(20 + 2 * QApplication.startDragDistance(), 20)
    with qtbot.assertNotEmitted(here.details_wanted):
        qtbot.mousePress(card, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
        for place in (QPointF(21, 20), far, far):
            buttons = Qt.MouseButton.LeftButton
            keys = Qt.KeyboardModifier.NoModifier
            move = QMouseEvent(QMouseEvent.Type.MouseMove, place, card.mapToGlobal(place), buttons, buttons, keys)
            QApplication.sendEvent(card, move)
        qtbot.mouseRelease(card, Qt.MouseButton.LeftButton, pos=far.toPoint())
    assert dragged == [adapter.sha256.encode()]
