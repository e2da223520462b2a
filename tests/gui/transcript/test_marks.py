"""The person marks answers as good or bad: shown below them, and asked for with mouse and keyboard alike."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop_app.gui.chat.message_view import MessageView
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import MessageState, Rating, Role
from tests.gui.transcript.conftest import FACTS

GOOD, BAD, NONE = Rating.GOOD, Rating.BAD, Rating.NONE


@pytest.fixture
def show(qtbot, run_now):
    def show(message):
        view = MessageView(message, run_now)
        qtbot.addWidget(view)
        view.make_ready()
        view.resize(700, view.height_for(700))
        view.show()
        qtbot.waitExposed(view)
        return view

    return show


def button(view, name):
    return next(each for each in view.findChildren(IconButton) if each.accessibleName() == name and each.isVisible())


def marks(view):
    return [button(view, name).isChecked() for name in ("Good answer", "Bad answer")]


def names(view):
    return [each.accessibleName() for each in view._footer.focus_widgets()]


@pytest.mark.parametrize(
    ("before", "name", "wanted"),
    [
        (NONE, "Good answer", GOOD),
        (NONE, "Bad answer", BAD),
        (GOOD, "Bad answer", BAD),
        (GOOD, "Good answer", NONE),
        (BAD, "Bad answer", NONE),
    ],
)
def test_a_click_sets_a_mark_and_another_one_takes_it_away(qtbot, show, message, heard, before, name, wanted):
    view = show(message(2, rating=before))
    asked = heard(view.rating_requested)
    view.rating_requested.connect(lambda _id, rating: view.show_rating(rating))
    assert marks(view) == [before == GOOD, before == BAD]
    qtbot.mouseClick(button(view, name), Qt.MouseButton.LeftButton)
    assert asked == [(2, wanted)]
    assert marks(view) == [wanted == GOOD, wanted == BAD]


def test_a_mark_that_nobody_agrees_to_is_not_shown(qtbot, show, message):
    view = show(message(2))
    qtbot.mouseClick(button(view, "Good answer"), Qt.MouseButton.LeftButton)
    assert marks(view) == [False, False]


def test_the_keyboard_sets_a_mark_and_stays_where_it_is(qtbot, show, message):
    view = show(message(2))
    view.rating_requested.connect(lambda _id, rating: view.show_rating(rating))
    view.activateWindow()
    good = button(view, "Good answer")
    good.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is good)
    qtbot.keyClick(good, Qt.Key.Key_Space)
    assert marks(view) == [True, False]
    assert QApplication.focusWidget() is good
    qtbot.keyClick(good, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is button(view, "Bad answer")


def test_the_buttons_say_what_marks_are_for(show, message):
    view = show(message(2))
    assert button(view, "Good answer").toolTip() == "Good answer: Teach can learn from it"
    assert button(view, "Bad answer").toolTip() == "Bad answer: Teach can learn from it"
    assert button(view, "Bad answer").accessibleDescription() == "Teach can learn from it"


def test_they_stand_behind_the_versions_and_before_delete(show, message):
    view = show(message(2, version=1, versions=2))
    assert names(view)[-5:] == ["Earlier version", "Later version", "Good answer", "Bad answer", "Delete"]


def test_only_answers_with_a_text_are_marked(show, message):
    assert not {"Good answer", "Bad answer"} & {*names(show(message(1, Role.USER)))}
    assert not {"Good answer", "Bad answer"} & {*names(show(message(2, text="", state=MessageState.FAILED)))}


def test_a_mark_is_seen_also_where_nobody_points(show, message):
    view = show(message(2, rating=GOOD))
    assert (button(view, "Good answer")._token, button(view, "Bad answer")._token) == ("accent", "faint")
    view._footer.set_strong(True)
    assert (button(view, "Good answer")._token, button(view, "Bad answer")._token) == ("accent", "text")
    view.show_rating(BAD)
    assert (button(view, "Good answer")._token, button(view, "Bad answer")._token) == ("text", "accent")


def test_a_mark_stays_when_the_buttons_are_made_anew(show, message):
    view = show(message(2, rating=GOOD))
    view.set_message(message(2, rating=GOOD, facts=FACTS))
    assert marks(view) == [True, False]


def test_the_transcript_keeps_the_mark_for_a_message_that_has_no_widget_yet(
    transcript, conversation, heard, qtbot, settled
):
    messages = conversation(80)
    transcript.show_messages(messages, len(messages), 0)
    assert transcript.view(2) is None
    for message_id in (2, 80, 1_000):
        transcript.show_rating(message_id, BAD)
    assert [transcript.message(each).rating for each in (2, 4, 80)] == [BAD, NONE, BAD]
    settled(transcript)
    assert marks(transcript.view(80)) == [False, True]
    asked = heard(transcript.rating_requested)
    qtbot.mouseClick(button(transcript.view(80), "Bad answer"), Qt.MouseButton.LeftButton)
    assert asked == [(80, NONE)]


def test_a_mark_leaves_a_text_alone_that_is_growing(transcript, message):
    transcript.show_messages((message(2, text="", state=MessageState.STREAMING),), 1, 0)
    live = transcript.streaming_view(2, "")
    live.append("Some text")
    transcript.show_rating(2, GOOD)
    live.append(" and more")
    transcript.update_message(message(2, text="Some text and more", rating=GOOD, facts=FACTS))
    assert transcript.view(2).body.text == "Some text and more"
    transcript.view(2).make_ready()
    assert marks(transcript.view(2)) == [True, False]
