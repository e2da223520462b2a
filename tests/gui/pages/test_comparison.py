"""More answers in the window: asked for below an answer, written beside each other, and one of them kept."""

import pytest
from PySide6.QtCore import Qt

from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.jobs.chat_session import Status
from desktop_app.storage.records import MessageState
from tests.gui.pages.steps import send

TEXT = "word " * 100


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")


@pytest.fixture
def opened(qtbot, app, stored):
    """Start the program with a chat open: `opened(question, answer)`."""

    def opened(*messages):
        ids = stored({"Foxes": messages or (TEXT, "An answer.")})
        workspace = app()
        with qtbot.waitSignal(workspace.session.opened):
            workspace.chat.list.chosen.emit(ids["Foxes"], None)
        return workspace

    return opened


@pytest.fixture
def more(qtbot):
    """Press "More answers" below the first answer; return the columns once there is text in each."""

    def more(app):
        answer = app.chat.transcript.messages()[1]
        view = app.chat.transcript.view(answer.id)
        view.make_ready()
        button = next(b for b in view.findChildren(IconButton) if b.accessibleName() == "More answers")
        with qtbot.waitSignal(app.session.opened):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        cards = app.chat.comparison.cards
        qtbot.waitUntil(lambda: all(card.view is not None and card.view.body._shown_answer for card in cards))
        return cards

    return more


def finish(qtbot, app):
    qtbot.waitUntil(lambda: app.session.status == Status.IDLE)


def shows_messages(app):
    return app.chat.transcript.isVisible() and not app.chat.comparison.isVisible()


def test_more_answers_are_written_side_by_side_in_place_of_the_chat(qtbot, slow, opened, more):
    app = opened()
    cards = more(app)
    assert app.chat.comparison.isVisible()
    assert not app.chat.transcript.isVisible()
    assert [card.message.state for card in cards] == [MessageState.DONE] + [MessageState.STREAMING] * 3
    assert all(len(card.view.body.text) < len(TEXT) for card in cards)
    assert app.chat.composer.button.accessibleName() == "Stop"
    qtbot.mouseClick(app.chat.composer.button, Qt.MouseButton.LeftButton)
    finish(qtbot, app)
    assert [card.message.state for card in cards[1:]] == [MessageState.STOPPED] * 3


def test_the_one_that_is_kept_is_shown_and_the_others_are_versions_beside_it(qtbot, opened, more):
    app = opened("hello", "An answer.")
    cards = more(app)
    finish(qtbot, app)
    kept = cards[2].message
    with qtbot.waitSignal(app.session.opened):
        qtbot.mouseClick(cards[2].keep, Qt.MouseButton.LeftButton)
    assert shows_messages(app)
    last = app.chat.transcript.messages()[-1]
    assert (last.id, last.version, last.versions) == (kept.id, 3, 4)
    send(qtbot, app, "and now")
    assert app.chat.transcript.messages()[1].id == kept.id


def test_one_that_is_kept_while_it_is_written_goes_on_in_the_chat(qtbot, slow, opened, more):
    app = opened()
    cards = more(app)
    kept = cards[1].message
    with qtbot.waitSignal(app.session.opened):
        qtbot.mouseClick(cards[1].keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(app.session.answers) == 1)
    (answer,) = app.session.answers
    length = len(answer.text)
    qtbot.waitUntil(lambda: len(app.chat.transcript.view(kept.id).body.text) > length)
    assert shows_messages(app)
    qtbot.mouseClick(app.chat.composer.button, Qt.MouseButton.LeftButton)
    finish(qtbot, app)


def test_one_is_stopped_alone_by_its_button(qtbot, slow, opened, more):
    app = opened()
    cards = more(app)
    qtbot.mouseClick(cards[3].stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: cards[3].message.state == MessageState.STOPPED)
    assert [card.message.state for card in cards[1:3]] == [MessageState.STREAMING] * 2
    app.session.stop()
    finish(qtbot, app)


def test_escape_stops_what_is_written_and_then_leads_back_to_the_chat_as_it_was(qtbot, slow, opened, more):
    app = opened()
    before = [message.id for message in app.chat.transcript.messages()]
    cards = more(app)
    qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Escape)
    finish(qtbot, app)
    assert [card.message.state for card in cards[1:]] == [MessageState.STOPPED] * 3
    assert app.chat.comparison.isVisible()
    cards[2].keep.setFocus()
    with qtbot.waitSignal(app.session.opened):
        qtbot.keyClick(cards[2].keep, Qt.Key.Key_Escape)
    assert shows_messages(app)
    assert [message.id for message in app.chat.transcript.messages()] == before
    assert app.chat.composer.edit.hasFocus()


def test_done_leads_back_to_the_chat_as_it_was(qtbot, slow, opened, more):
    app = opened()
    before = [message.id for message in app.chat.transcript.messages()]
    more(app)
    with qtbot.waitSignal(app.session.opened):
        qtbot.mouseClick(app.chat.comparison.done, Qt.MouseButton.LeftButton)
    finish(qtbot, app)
    assert shows_messages(app)
    assert [message.id for message in app.chat.transcript.messages()] == before
    assert not app.chat.transcript._below.isVisible()


def test_coming_back_to_the_chat_finds_the_columns_going_on(qtbot, slow, opened, more):
    app = opened()
    more(app)
    conversation = app.session.conversation.id
    app.chat.start_new()
    assert app.chat.welcome.isVisible()
    answer = next(iter(app.session._answers.values()))
    length = len(answer.text)
    qtbot.waitUntil(lambda: len(answer.text) > length)
    with qtbot.waitSignal(app.session.opened):
        app.session.open(conversation)
    cards = app.chat.comparison.cards
    assert len(cards) == 4
    qtbot.waitUntil(lambda: all(card.view is not None for card in cards))
    assert all(len(card.view.body.text) > length for card in cards[1:])
    app.session.stop()
    finish(qtbot, app)


def test_the_list_of_chats_makes_room_for_the_columns_and_comes_back(qtbot, opened, more):
    app = opened("hello", "An answer.")
    assert app.chat.list.isVisible()
    more(app)
    assert not app.chat.list.isVisible()
    assert app.chat.header.list_button.isVisible()
    finish(qtbot, app)
    with qtbot.waitSignal(app.session.opened):
        qtbot.mouseClick(app.chat.comparison.done, Qt.MouseButton.LeftButton)
    assert app.chat.list.isVisible()


def test_a_message_sent_from_there_is_shown_in_the_chat(qtbot, opened, more):
    app = opened("hello", "An answer.")
    more(app)
    finish(qtbot, app)
    send(qtbot, app, "and now")
    assert shows_messages(app)
    assert [m.content for m in app.chat.transcript.messages()] == ["hello", "An answer.", "and now", "and now"]
    assert app.chat.transcript.messages()[1].versions == 4
