"""Answers beside each other on their own: columns that are read, written and chosen from one by one."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QTextEdit

from desktop_app.engine.choices import SamplerSettings
from desktop_app.gui.chat.comparison_page import NARROWEST, ComparisonPage
from desktop_app.jobs.comparison import Comparison
from desktop_app.storage.records import MessageState, Role
from tests.gui.transcript.conftest import FACTS

LONG = "\n\n".join(f"Paragraph {number} with some words in it." for number in range(60))


@pytest.fixture
def page(qtbot, run_now):
    page = ComparisonPage(run_now)
    qtbot.addWidget(page)
    page.resize(1400, 600)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def show(qtbot, page, message):
    """Show a first answer and three others, and wait for their texts."""

    def show(text="Text", others="", state=MessageState.STREAMING, **more):
        first = message(2, text=text, version=1, versions=4, facts=FACTS)
        rest = [message(n, text=others, parent_id=1, version=n - 1, state=state, **more) for n in (3, 4, 5)]
        page.show_comparison(Comparison(message(1, Role.USER, "Why is\nthe sky blue?"), (first, *rest)))
        qtbot.waitUntil(lambda: all(card.view for card in page.cards))
        return page.cards

    return show


@pytest.fixture
def write(qtbot):
    """Add text to a column and wait until it is drawn."""

    def write(card, text):
        with qtbot.waitSignal(card.view.body.resized):
            card.append(text)

    return write


def shown_text(card):
    return "\n".join(part.toPlainText() for part in card.view.body._text_views())


def facts(card):
    return card._facts.text()


def test_all_answers_are_in_sight_where_there_is_room(page, show):
    cards = show()
    assert all(card.width() >= NARROWEST for card in cards)
    assert len({card.height() for card in cards}) == len({card.width() for card in cards}) == 1
    assert all(
        not card.visibleRegion().isEmpty() and card.visibleRegion().boundingRect() == card.rect() for card in cards
    )
    assert page._columns.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(("width", "fitting"), [(1100, 3), (700, 2), (360, 1)])
def test_where_there_is_less_room_they_scroll_sideways_and_none_gets_too_narrow(page, show, width, fitting):
    cards = show()
    page.resize(width, 600)
    QApplication.processEvents()
    whole = [card for card in cards if card.visibleRegion().boundingRect() == card.rect()]
    assert whole == list(cards[:fitting])
    assert cards[fitting].visibleRegion().boundingRect().width() > 40  # that there is more can be seen
    assert all(card.width() >= NARROWEST - 48 for card in cards)
    assert page._columns.horizontalScrollBar().maximum() > 0


def test_the_first_one_is_marked_as_that_of_the_chat(show):
    assert [card._title.text() for card in show()] == ["Answer 1, in the chat now", "Answer 2", "Answer 3", "Answer 4"]


def test_the_message_that_is_answered_stands_above_in_one_line(page, show):
    show()
    assert page._question.text() == "Why is the sky blue?"


def test_text_goes_into_its_own_column_and_leaves_the_others_alone(page, show, write):
    cards = show()
    heights = [card.view.height() for card in cards]
    write(page.streaming_card(4, ""), "Because of **scattering**.\n\n```python\nblue\n```\n\nThat is all.")
    assert "Because of scattering." in shown_text(cards[2])
    assert "blue" in shown_text(cards[2])
    assert [shown_text(card) for card in (cards[0], cards[1], cards[3])] == ["Text", "", ""]
    assert [card.view.height() for card in (cards[0], cards[1], cards[3])] == [heights[0], heights[1], heights[3]]


def test_all_columns_together_are_drawn_no_more_often_than_one_answer_alone(
    page, show, write, transcript, message, settled
):
    transcript.show_messages((message(9, text="", state=MessageState.STREAMING),), 1, 0)
    alone = transcript.view(9).body._timer.interval()
    cards = show()
    for card in cards:
        write(card, "Some words. ")
    assert all(card.view.body._timer.interval() >= len(cards) * alone for card in cards)
    settled(transcript)


def test_text_that_comes_before_its_column_is_made_is_shown(qtbot, page, message):
    first, second = message(2, text="Text"), message(3, text="", parent_id=1, state=MessageState.STREAMING)
    page.show_comparison(Comparison(message(1, Role.USER, "Q"), (first, second)))
    page.streaming_card(3, "One ").append("two")
    qtbot.waitUntil(lambda: page.cards[1].view is not None)
    assert shown_text(page.cards[1]) == "One two"


def test_an_answer_that_has_ended_tells_its_facts_and_cannot_be_stopped(page, show):
    _, card, _, other = show()
    assert facts(card) == "Writing"
    assert card.stop.isVisible()
    card.append("All of it.")
    page.update_message(replace(card.message, content="All of it.", state=MessageState.DONE, facts=FACTS))
    assert shown_text(card) == "All of it."
    assert facts(card) == "45 tokens/s · 318 tokens · 7.5 s"
    assert not card.stop.isVisible()
    assert other.stop.isVisible()


def test_buttons_ask_for_what_they_say(qtbot, page, show, heard):
    kept, stopped, ended = heard(page.keep_requested), heard(page.stop_requested), heard(page.end_requested)
    cards = show()
    qtbot.mouseClick(cards[2].keep, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(cards[3].stop, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.done, Qt.MouseButton.LeftButton)
    assert (kept, stopped, ended) == ([(4,)], [(5,)], [()])


def test_an_answer_that_failed_says_why_and_cannot_be_kept(show):
    _, card, *_ = show(state=MessageState.FAILED, note="The model stopped.")
    assert [note._words.text() for note in card.view._notes] == ["The model stopped."]
    assert not card.keep.isEnabled()


def test_who_reads_the_start_of_a_growing_answer_stays_there(show, write):
    _, card, *_ = show()
    write(card, LONG)
    bar = card.scroller.verticalScrollBar()
    assert bar.value() == 0 < bar.maximum()


def test_who_is_at_the_end_of_a_growing_answer_is_taken_along(show, write):
    _, card, *_ = show(others=LONG)
    bar = card.scroller.verticalScrollBar()
    bar.setValue(bar.maximum())
    before = bar.maximum()
    write(card, "\n\nMore.\n\nAnd more.")
    assert bar.value() == bar.maximum() > before


def test_another_width_lays_the_text_out_anew(page, show):
    card, *_ = show(text="word " * 200)
    high = card.view.height()
    page.resize(2400, 600)
    QApplication.processEvents()
    assert card.view.width() == card.scroller.viewport().width()
    assert card.view.height() < high


def test_only_one_column_has_a_selection(show):
    one, two, *_ = show(others="Other", state=MessageState.DONE)
    one.view.body.selection.select_all()
    two.view.body.selection.started.emit()
    assert not one.view.body.selection.has_text()


def test_more_answers_at_another_temperature_are_told(page, show):
    show()
    assert page._note.isHidden()
    first = replace(page.cards[0].message, sampler=SamplerSettings(temperature=0))
    other = replace(page.cards[1].message, sampler=SamplerSettings(temperature=0.7))
    page.show_comparison(Comparison(first, (first, other)))
    assert "at temperature 0, " in page._note.text()
    assert "at 0.7." in page._note.text()
    assert page._note.isVisible()


def test_a_message_has_no_other_buttons_here(qtbot, show):
    card, *_ = show()
    card.view.make_ready()
    names = [b.accessibleName() for b in card.findChildren(QAbstractButton) if b.isVisible()]
    assert names == ["Keep answer 1"]


def test_everything_one_can_use_has_a_name(page, show):
    show(text="One\n\n```python\nx\n```\n", others="<think>x</think>Two")
    kinds = (QAbstractButton, QTextEdit)
    found = [child for kind in kinds for child in page.findChildren(kind) if child.isVisible()]
    assert len(found) > 12
    names = [QAccessible.queryAccessibleInterface(child).text(QAccessible.Text.Name) for child in found]
    assert all(names), [child for child, name in zip(found, names, strict=True) if not name]


def test_the_tab_key_goes_from_column_to_column_and_brings_each_into_sight(qtbot, page, show, write):
    cards = show(others="Two")
    page.resize(700, 600)
    write(cards[1], "\n\n```python\nx\n```\n")  # what is made late is visited in its place all the same
    page.activateWindow()
    page.done.setFocus()
    qtbot.waitUntil(page.done.hasFocus)
    visited = []
    while True:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        if widget is page.done:
            break
        visited.append(widget)
        assert len(visited) < 40
        assert not widget.visibleRegion().isEmpty()
    columns = [next(i for i, card in enumerate(cards) if card.isAncestorOf(widget)) for widget in visited]
    assert columns == sorted(columns)
    assert set(columns) == {0, 1, 2, 3}
    for card in cards:
        own = [widget for widget in visited if card.isAncestorOf(widget)]
        assert own[-1] is card.keep
        assert own[0] is (card.stop if card.stop.isVisible() else card.view.body.focus_widgets()[0])


def test_a_new_look_is_taken_over(qapp, page, show):
    from desktop_app.gui.theme import theme

    cards = show(text="word " * 200)
    high = cards[0].view.height()
    theme().apply(qapp, "dark", 4)
    assert cards[0].view.height() > high
    theme().apply(qapp, "light")
