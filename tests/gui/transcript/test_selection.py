"""Selecting over the parts of one message, as if it were one text."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

TEXT = "First paragraph.\n\n```python\nx = 1\ny = 2\n```\n\nLast paragraph."


@pytest.fixture
def answer(transcript, message, settled):
    transcript.show_messages((message(1, "user", "Q"), message(2, text=TEXT)), 2, 0)
    settled(transcript)
    return transcript.view(2).body


def point_in(view, position):
    """Return where a text position is, in the view's viewport."""
    cursor = view.textCursor()
    cursor.setPosition(position)
    return view.cursorRect(cursor).center()


def mouse(kind, view, point, button=Qt.MouseButton.LeftButton, buttons=Qt.MouseButton.LeftButton):
    viewport = view.viewport()
    event = QMouseEvent(
        kind,
        QPointF(point),
        QPointF(viewport.mapToGlobal(point)),
        button,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)


def drag(first, start, last, end):
    """Drag from a position of one view to a position of another; the first one gets all events, as with a mouse."""
    mouse(QEvent.Type.MouseButtonPress, first, point_in(first, start))
    target = first.viewport().mapFromGlobal(last.viewport().mapToGlobal(point_in(last, end)))
    mouse(QEvent.Type.MouseMove, first, target, Qt.MouseButton.NoButton)
    mouse(QEvent.Type.MouseButtonRelease, first, target, buttons=Qt.MouseButton.NoButton)


def test_dragging_down_selects_from_one_view_into_the_next(answer):
    first, code, last = answer._text_views()
    drag(first, 6, last, 4)
    assert answer.selection.text() == "paragraph.\n\nx = 1\ny = 2\n\nLast"
    assert code.textCursor().selectedText() == "x = 1\u2029y = 2"


def test_dragging_up_works_as_well(answer):
    first, _code, last = answer._text_views()
    drag(last, 4, first, 6)
    assert answer.selection.text() == "paragraph.\n\nx = 1\ny = 2\n\nLast"


def test_going_back_leaves_only_what_is_still_between(answer):
    first, code, last = answer._text_views()
    mouse(QEvent.Type.MouseButtonPress, first, point_in(first, 6))
    for view, position in ((last, 4), (code, 5)):
        target = first.viewport().mapFromGlobal(view.viewport().mapToGlobal(point_in(view, position)))
        mouse(QEvent.Type.MouseMove, first, target, Qt.MouseButton.NoButton)
    assert answer.selection.text() == "paragraph.\n\nx = 1"
    mouse(QEvent.Type.MouseButtonRelease, first, QPoint(0, 0), buttons=Qt.MouseButton.NoButton)


def test_the_copy_key_copies_all_of_it_as_plain_text(qtbot, answer):
    first, _code, last = answer._text_views()
    drag(first, 6, last, 4)
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(first, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "paragraph.\n\nx = 1\ny = 2\n\nLast"
    assert not QGuiApplication.clipboard().mimeData().hasHtml()


def test_select_all_takes_the_whole_message(qtbot, answer):
    first = answer._text_views()[0]
    qtbot.keyClick(first, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert answer.selection.text() == "First paragraph.\n\nx = 1\ny = 2\n\nLast paragraph."


def test_a_new_selection_ends_the_one_before(answer):
    first, _code, last = answer._text_views()
    drag(first, 0, last, 4)
    drag(last, 0, last, 4)
    assert not first.textCursor().hasSelection()


def test_a_selection_in_another_message_ends_it(transcript, answer):
    first, _code, last = answer._text_views()
    drag(first, 0, last, 4)
    question = transcript.view(1).body._view
    mouse(QEvent.Type.MouseButtonPress, question, point_in(question, 0))
    mouse(QEvent.Type.MouseButtonRelease, question, point_in(question, 0), buttons=Qt.MouseButton.NoButton)
    assert not answer.selection.has_text()


def test_a_click_beside_the_messages_ends_it(qtbot, transcript, answer):
    first, _code, last = answer._text_views()
    drag(first, 0, last, 4)
    qtbot.mouseClick(transcript.column, Qt.MouseButton.LeftButton, pos=QPoint(2, transcript.column.top + 2))
    assert not answer.selection.has_text()


def test_dragging_beyond_the_page_scrolls_and_goes_on_selecting(qtbot, transcript, conversation, settled):
    transcript.show_messages(conversation(10), 10, 0)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.minimum())
    settled(transcript)
    view = transcript.view(2)
    text = view.body._text_views()[0]
    before = bar.value()
    mouse(QEvent.Type.MouseButtonPress, text, QPoint(2, 2))
    below = transcript.viewport().mapToGlobal(QPoint(200, transcript.viewport().height() + 60))
    mouse(QEvent.Type.MouseMove, text, text.viewport().mapFromGlobal(below), Qt.MouseButton.NoButton)
    qtbot.waitUntil(lambda: bar.value() > before + 100)
    mouse(QEvent.Type.MouseButtonRelease, text, QPoint(2, 2), buttons=Qt.MouseButton.NoButton)
    assert view.body.selection.has_text()
    assert not transcript._drag._timer.isActive()


def test_copying_a_selection_in_the_menu_copies_all_of_it(qtbot, answer):
    first, _code, last = answer._text_views()
    drag(first, 6, last, 4)
    answer.selection.copy()
    assert QGuiApplication.clipboard().text().endswith("Last")
