"""The transcript as a whole: it shows a window of a conversation and never moves what the person is reading."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit, QTextEdit

from desktop_app.gui.chat.message_column import SLACK_MESSAGES, WINDOW_MESSAGES
from desktop_app.gui.chat.message_view import MessageView
from desktop_app.gui.theme import theme
from desktop_app.storage.records import MessageState, Role

MOST = WINDOW_MESSAGES + SLACK_MESSAGES


class Store:
    """Stands for the database: gives messages when the transcript asks."""

    def __init__(self, view, messages):
        self.view, self.messages = view, messages
        view.earlier_wanted.connect(self.earlier)
        view.later_wanted.connect(self.later)

    def open(self, tail=60):
        total = len(self.messages)
        self.view.show_messages(self.messages[-tail:], total, max(0, total - tail))

    def earlier(self):
        first = self.view.first_index
        self.view.prepend(self.messages[max(0, first - 30) : first])

    def later(self):
        last = self.view.first_index + len(self.view.messages())
        self.view.append_later(self.messages[last : last + 30])


def views(view):
    return [child for child in view.column.findChildren(MessageView) if not child.isHidden()]


def at_top(view):
    """Return which message is at the top of the page, and how far it is scrolled away."""
    entry = view.in_sight()[0]
    return entry.message.id, view.verticalScrollBar().value() - entry.top


def at_end(view):
    bar = view.verticalScrollBar()
    return bar.value() == bar.maximum()


def test_a_conversation_opens_at_its_end(transcript, conversation, settled):
    transcript.show_messages(conversation(40), 40, 0)
    assert at_end(transcript)
    assert transcript.in_sight()[-1].message.id == 40
    settled(transcript)
    assert at_end(transcript)


def test_the_page_is_full_at_once_and_the_rest_comes_later(transcript, conversation, settled):
    transcript.show_messages(conversation(60), 10_000, 9_940)
    at_once = len(views(transcript))
    assert transcript.column.bottom - transcript.column.top >= transcript.viewport().height()
    settled(transcript)
    assert at_once < 20
    assert len(views(transcript)) == 60


def test_a_short_conversation_needs_no_scroll_bar(transcript, conversation, settled):
    transcript.show_messages(conversation(1), 1, 0)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    assert bar.minimum() == bar.maximum()
    assert transcript.view(1).y() + transcript.column.y() < 60


@pytest.mark.long
def test_while_scrolling_through_a_thousand_messages_few_exist(qtbot, transcript, conversation, settled):
    store = Store(transcript, conversation(1_000))
    store.open()
    settled(transcript)
    bar = transcript.verticalScrollBar()
    most, seen = 0, set()
    while transcript.in_sight()[0].message.id > 1:
        seen.update(entry.message.id for entry in transcript.in_sight())
        first = at_top(transcript)[0]
        bar.setValue(bar.value() - 560)
        QApplication.processEvents()
        settled(transcript)
        most = max(most, len(views(transcript)))
        assert at_top(transcript)[0] <= first
    seen.update(entry.message.id for entry in transcript.in_sight())
    assert seen == set(range(1, 1_001))
    assert most <= MOST
    while transcript.in_sight()[-1].message.id < 1_000:
        bar.setValue(bar.value() + 5_000)
        QApplication.processEvents()
        settled(transcript)
        most = max(most, len(views(transcript)))
    assert most <= MOST
    assert at_end(transcript)


def test_earlier_messages_do_not_move_what_is_read(transcript, conversation, settled):
    messages = conversation(120)
    transcript.show_messages(messages[-60:], 120, 60)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.minimum() + 200)
    settled(transcript)
    place = at_top(transcript)
    transcript.prepend(messages[30:60])
    assert at_top(transcript) == place
    settled(transcript)
    assert at_top(transcript) == place
    assert transcript.first_index < 40
    assert len(transcript.messages()) == WINDOW_MESSAGES


def test_messages_of_another_conversation_that_come_late_are_dropped(transcript, conversation, message, settled):
    transcript.show_messages(conversation(10, first=101), 10, 0)
    transcript.prepend(conversation(5))
    transcript.append_later((message(500, parent_id=499),))
    assert [m.id for m in transcript.messages()] == list(range(101, 111))
    settled(transcript)


def test_another_width_does_not_move_what_is_read(qtbot, transcript, conversation, settled):
    transcript.show_messages(conversation(60), 60, 0)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue((bar.minimum() + bar.maximum()) // 2)
    settled(transcript)
    place = at_top(transcript)
    for width in (500, 420, 900):
        transcript.resize(width, 600)
        settled(transcript)
        assert at_top(transcript) == place
    assert transcript.column.nearest_stale(0) is None


def test_who_is_at_the_end_stays_there_in_another_width(transcript, conversation, settled):
    transcript.show_messages(conversation(30), 30, 0)
    settled(transcript)
    transcript.resize(420, 500)
    settled(transcript)
    assert at_end(transcript)


# ------------------------------------------------------------ answers being written


@pytest.fixture
def streaming(transcript, conversation, message, settled):
    messages = (*conversation(20), message(21, Role.USER, "Go on"), message(22, text="", state=MessageState.STREAMING))
    transcript.show_messages(messages, 22, 0)
    settled(transcript)
    yield transcript.streaming_view(22, "")
    transcript.view(22).body.finish()
    settled(transcript)


def render(transcript):
    transcript.view(22).body._render()


def test_who_is_at_the_end_is_taken_along(transcript, streaming):
    for number in range(30):
        streaming.append(f"Paragraph {number}.\n\n")
        render(transcript)
        assert at_end(transcript)
    assert transcript._below.isHidden()


def test_who_reads_further_up_is_left_alone_and_told(qtbot, transcript, streaming, settled):
    streaming.append("First.\n\n")
    render(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.value() - 300)
    place = at_top(transcript)
    for number in range(30):
        streaming.append(f"Paragraph {number}.\n\n")
        render(transcript)
    assert at_top(transcript) == place
    assert transcript._below.isVisible()
    qtbot.mouseClick(transcript._below, Qt.MouseButton.LeftButton)
    assert at_end(transcript)
    assert transcript._below.isHidden()
    streaming.append("More.")
    render(transcript)
    assert at_end(transcript)


def test_an_own_message_is_always_brought_into_sight(transcript, conversation, message, settled):
    transcript.show_messages(conversation(20), 20, 0)
    settled(transcript)
    transcript.verticalScrollBar().setValue(transcript.verticalScrollBar().minimum())
    transcript.append_message(message(21, Role.USER, "New"))
    assert at_end(transcript)
    assert transcript.in_sight()[-1].message.id == 21
    settled(transcript)


def test_an_answer_goes_on_while_its_message_is_out_of_the_window(transcript, conversation, message, settled):
    messages = (*conversation(119), message(120, text="", state=MessageState.STREAMING))
    store = Store(transcript, messages)
    store.open()
    settled(transcript)
    live = transcript.streaming_view(120, "")
    live.append("Begin. ")
    bar = transcript.verticalScrollBar()
    while transcript.view(120) is not None:
        bar.setValue(bar.minimum())
        QApplication.processEvents()
        settled(transcript)
    live.append("Middle. ")
    while transcript.view(120) is None:
        bar.setValue(bar.maximum())
        QApplication.processEvents()
        settled(transcript)
    live.append("End.")
    transcript.view(120).body._render()
    assert transcript.view(120).body.text == "Begin. Middle. End."
    transcript.update_message(message(120, text="Begin. Middle. End."))
    settled(transcript)


def test_the_end_of_an_answer_keeps_its_text_and_shows_its_buttons(transcript, streaming, message, settled):
    streaming.append("All of it.")
    transcript.update_message(message(22, text="All of it."))
    settled(transcript)
    assert not transcript.view(22).is_streaming
    assert transcript.message(22).state == MessageState.DONE


# ------------------------------------------------------------ other changes


def test_another_version_keeps_what_is_the_same(transcript, conversation, message, settled):
    messages = conversation(12)
    transcript.show_messages(messages, 12, 0)
    settled(transcript)
    kept = transcript.view(10)
    other = (
        *messages[:10],
        message(31, Role.USER, "Other question", parent_id=10),
        message(32, text="Other", parent_id=31),
    )
    transcript.show_messages(other, 12, 0)
    settled(transcript)
    assert transcript.view(10) is kept
    assert transcript.view(12) is None
    assert [m.id for m in transcript.messages()][-2:] == [31, 32]
    assert transcript.view(32).accessibleName() == "Answer, 12 of 12"


def test_going_to_a_message_brings_it_to_the_top(transcript, conversation, settled):
    transcript.show_messages(conversation(60), 60, 0)
    transcript.scroll_to(30)
    assert transcript.in_sight()[0].message.id in (29, 30)
    settled(transcript)
    assert transcript.in_sight()[0].message.id in (29, 30)
    assert transcript.view(30)._is_flashing


def test_a_message_that_is_edited_is_not_dropped(transcript, conversation, settled):
    store = Store(transcript, conversation(200))
    store.open()
    settled(transcript)
    transcript.view(199).begin_edit()
    bar = transcript.verticalScrollBar()
    for _ in range(6):
        bar.setValue(bar.minimum())
        settled(transcript)
    assert transcript.view(199) is not None
    assert transcript.view(199).is_editing


def test_a_new_theme_keeps_the_place(qapp, transcript, conversation, settled):
    transcript.show_messages(conversation(30), 30, 0)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    bar.setValue(bar.minimum() + 700)
    settled(transcript)
    first = at_top(transcript)[0]
    theme().apply(qapp, "dark", 2)
    settled(transcript)
    assert at_top(transcript)[0] == first
    theme().apply(qapp, "light")
    settled(transcript)


def test_a_transcript_that_is_not_shown_yet_fills_when_it_is(qtbot, run_now, conversation, settled):
    from desktop_app.gui.chat.transcript import Transcript

    view = Transcript(run_now)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show_messages(conversation(20), 20, 0)
    assert not views(view)
    view.show()
    settled(view)
    assert at_end(view)
    assert len(views(view)) == 20


def test_a_very_long_message_is_shown_whole(transcript, message, settled):
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 80 for n in range(100))
    transcript.show_messages((message(1, Role.USER, "Q"), message(2, text=text)), 2, 0)
    settled(transcript)
    shown = "\n".join(part.toPlainText() for part in transcript.view(2).body._text_views())
    assert all(f"Paragraph {n}. " in shown for n in range(100))
    assert at_end(transcript)


# ------------------------------------------------------------ keyboard and screen reader


def interactive(view):
    kinds = (QAbstractButton, QTextEdit, QPlainTextEdit)
    return [child for kind in kinds for child in view.findChildren(kind) if child.isVisible()]


def test_everything_one_can_use_has_a_name(transcript, conversation, message, settled):
    answer = message(
        4, text="<think>x</think>One\n\n```python\nx\n```\n", state=MessageState.STOPPED, version=1, versions=2
    )
    transcript.show_messages((*conversation(2), message(3, Role.USER, "Q"), answer), 4, 0)
    settled(transcript)
    transcript.view(4).body._reasoning.button.click()
    transcript.view(3).begin_edit()
    settled(transcript)
    found = interactive(transcript)
    assert len(found) > 15
    names = [QAccessible.queryAccessibleInterface(child).text(QAccessible.Text.Name) for child in found]
    assert all(names), [child for child, name in zip(found, names, strict=True) if not name]


def test_the_tab_key_goes_through_messages_as_they_are_read(qtbot, transcript, conversation, settled):
    transcript.show_messages(conversation(4), 4, 0)
    settled(transcript)
    transcript.activateWindow()
    transcript.setFocus()
    qtbot.waitUntil(transcript.hasFocus)
    visited = []
    for _ in range(40):
        transcript.focusNextPrevChild(True)
        widget = QApplication.focusWidget()
        if widget is transcript or widget in visited:
            break
        visited.append(widget)
    assert len(visited) > 10
    tops = [widget.mapTo(transcript.column, widget.rect().topLeft()).y() for widget in visited]
    assert tops == sorted(tops)
    names = [widget.accessibleName() for widget in visited]
    assert names[0] == "Your message, 1 of 4"
    assert names[-1] == "Delete"


def test_what_gets_the_focus_is_brought_into_sight(qtbot, transcript, conversation, settled):
    transcript.show_messages(conversation(20), 20, 0)
    settled(transcript)
    transcript.activateWindow()
    transcript.setFocus()
    qtbot.waitUntil(transcript.hasFocus)
    transcript.focusNextPrevChild(True)
    assert transcript.in_sight()[0].message.id == 1
    settled(transcript)


def test_the_end_key_goes_to_the_end(qtbot, transcript, conversation, settled):
    transcript.show_messages(conversation(20), 20, 0)
    settled(transcript)
    bar = transcript.verticalScrollBar()
    qtbot.keyClick(transcript, Qt.Key.Key_Home)
    assert bar.value() == bar.minimum()
    qtbot.keyClick(transcript, Qt.Key.Key_End)
    assert at_end(transcript)
    settled(transcript)
