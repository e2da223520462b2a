"""Marks and choices of the open conversation are stored at once; what cannot be stored is not shown as if it were."""

import pytest

from desktop_app.errors import UserError
from desktop_app.jobs.comparison import Comparison
from desktop_app.storage.records import MessageState, Rating, Role


@pytest.fixture
def rated(session):
    """What is shown of marks: ids and marks."""
    rated = []
    session.ratings.rated.connect(lambda message_id, rating: rated.append((message_id, rating)))
    return rated


@pytest.fixture
def compared(ask, model):
    """A question with four answers, the last one not complete, as they are compared."""

    def write(repositories):
        chats = repositories.chats
        conversation = chats.create(model.id)
        question = chats.add_message(conversation.id, None, Role.USER, "Why?")
        states = (MessageState.DONE, MessageState.DONE, MessageState.DONE, MessageState.STOPPED)
        answers = [chats.add_message(conversation.id, question.id, Role.ASSISTANT, state, state) for state in states]
        return Comparison(question, tuple(answers))

    return ask(write)


def stored(ask, *ids):
    return ask(lambda r: r.chats.messages(ids))


def test_a_mark_is_shown_and_stored_at_once_and_is_there_when_the_chat_is_opened_again(
    qtbot, session, send, ask, rated
):
    answer = send("hello")
    session.ratings.rate(answer, Rating.GOOD)
    assert rated == [(answer.id, Rating.GOOD)]
    assert stored(ask, answer.id)[0].rating is Rating.GOOD
    session.start_new()
    with qtbot.waitSignal(session.opened):
        session.open(answer.conversation_id)
    assert session.messages[-1].rating is Rating.GOOD
    session.ratings.rate(session.messages[-1], Rating.NONE)
    assert stored(ask, answer.id)[0].rating is Rating.NONE


def test_a_mark_that_cannot_be_stored_is_taken_back_and_told(qtbot, session, send, ask, rated, monkeypatch):
    answer = send("hello")
    session.ratings.rate(answer, Rating.GOOD)
    assert stored(ask, answer.id)[0].rating is Rating.GOOD
    full = UserError("The disk is full.")

    def refuse(*_values):
        raise full

    monkeypatch.setattr("desktop_app.storage.chats.Chats.set_rating", refuse)
    with qtbot.waitSignal(session.ratings.refused) as told:
        session.ratings.rate(answer, Rating.BAD)
    assert told.args == [full]
    ask(lambda r: None)
    assert [rating for _, rating in rated] == [Rating.GOOD, Rating.BAD, Rating.GOOD]


def test_an_answer_that_is_written_on_keeps_its_mark(qtbot, session, send, ask):
    answer = send("hello old friend")
    ask(lambda r: r.chats.write_answer(answer.id, "hello", MessageState.STOPPED))
    ask(lambda r: r.chats.set_rating(answer.id, Rating.BAD))
    with qtbot.waitSignal(session.opened):
        session.open(answer.conversation_id)
    with qtbot.waitSignal(session.answered) as over:
        session.resume(session.messages[-1])
    assert over.args[0].rating is Rating.BAD


def test_an_edited_answer_is_preferred_to_what_it_was(qtbot, session, send):
    answer = send("hello")
    with qtbot.waitSignal(session.opened):
        session.edit(answer, "Good morning")
    edited = session.messages[-1]
    assert (edited.content, edited.chosen_over, edited.rating) == ("Good morning", (answer.id,), Rating.NONE)


def test_an_answer_that_is_kept_is_preferred_to_the_others_that_are_complete(session, ask, compared):
    first, second, third, unfinished = (answer.id for answer in compared.answers)
    session.ratings.prefer(compared.answers[1], compared)
    assert [each.chosen_over for each in stored(ask, first, second, third, unfinished)] == [(), (first, third), (), ()]


def test_where_no_other_is_complete_nothing_is_preferred(session, ask, compared):
    _, second, _, unfinished = compared.answers
    session.ratings.prefer(second, Comparison(compared.question, (second, unfinished)))
    assert stored(ask, second.id)[0].chosen_over == ()
