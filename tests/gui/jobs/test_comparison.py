"""Answers beside each other: three more are written at the same time, and any of them can be kept."""

import os
import signal

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.jobs.chat_session import Status
from desktop_app.jobs.comparison import sampler_for
from desktop_app.storage.records import MessageState, Role

TEXT = "word " * 100


@pytest.fixture
def slow(monkeypatch):
    """Make answers slow enough to interrupt."""
    monkeypatch.setenv(PACE_VARIABLE, "20")


@pytest.fixture
def answered(qtbot, session, ask, model):
    """Open a stored chat of questions and their answers, `answered(text, ...)`; return the first answer."""

    def answered(*texts):
        def write(repositories):
            chats = repositories.chats
            conversation, parent = chats.create(model.id), None
            for text in texts or (TEXT,):
                question = chats.add_message(conversation.id, parent, Role.USER, text)
                parent = chats.add_message(conversation.id, question.id, Role.ASSISTANT, text).id
            return conversation.id

        conversation_id = ask(write)
        with qtbot.waitSignal(session.opened):
            session.open(conversation_id)
        return session.messages[1]

    return answered


@pytest.fixture
def compare(qtbot, session):
    """Have more answers written beside one; return them once each of them has some text."""

    def compare(message):
        with qtbot.waitSignal(session.opened):
            session.compare(message)
        answers = session.answers
        qtbot.waitUntil(lambda: all(answer.text or answer.is_over for answer in answers))
        return answers

    return compare


def finish(qtbot, session):
    qtbot.waitUntil(lambda: session.status == Status.IDLE)


def stop(qtbot, session):
    session.stop()
    finish(qtbot, session)


def shown(ask, session):
    """Return the messages being shown, as they are in the database."""
    return ask(lambda r: r.chats.messages(r.chats.path(session.conversation.id)))


def test_three_more_answers_are_written_at_the_same_time_beside_the_first(qtbot, slow, session, answered, compare):
    first = answered()
    others = compare(first)
    assert len(others) == 3
    assert session.status == Status.ANSWERING
    compared = session.comparison.answers
    assert [message.id for message in compared] == [first.id, *(answer.message.id for answer in others)]
    assert [(message.version, message.versions) for message in compared] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(len(answer.text) < len(TEXT) for answer in others)  # none waits for the end of another one
    assert session.comparison.question.content == TEXT
    stop(qtbot, session)


def test_each_of_them_is_stored_with_its_facts(qtbot, session, answered, compare, ask, model):
    first = answered("hello old friend")
    others = compare(first)
    finish(qtbot, session)
    stored = ask(lambda r: r.chats.messages([answer.message.id for answer in others]))
    assert [message.content for message in stored] == ["hello old friend"] * 3
    assert all(message.parent_id == first.parent_id for message in stored)
    assert all(message.state == MessageState.DONE and message.facts.answer_tokens == 3 for message in stored)
    assert all(message.model_sha256 == model.sha256 for message in stored)
    assert session.comparison.answers[1:] == stored


def test_the_first_answer_stays_the_one_that_is_shown_with_what_follows_it(qtbot, session, answered, compare, ask):
    first = answered("one", "two")
    before = [message.id for message in shown(ask, session)]
    compare(first)
    finish(qtbot, session)
    assert [message.id for message in shown(ask, session)] == before
    with qtbot.waitSignal(session.opened):
        session.end_comparison()
    assert session.comparison is None
    assert [message.id for message in session.messages] == before
    assert session.messages[1].chosen_over == ()
    assert (session.messages[1].version, session.messages[1].versions) == (1, 4)


def test_keeping_one_makes_it_the_version_that_the_chat_goes_on_with(qtbot, session, answered, compare, send, ask):
    others = compare(answered("one"))
    finish(qtbot, session)
    kept = others[1].message
    with qtbot.waitSignal(session.opened):
        session.keep(kept)
    assert session.comparison is None
    assert session.messages[-1].id == kept.id
    assert len(session.messages[-1].chosen_over) == 3  # the first one among them
    assert send("two").content == "two"
    assert shown(ask, session)[1].id == kept.id


def test_keeping_the_first_one_changes_nothing_that_is_shown(qtbot, session, answered, compare, ask):
    first = answered("one", "two")
    before = [message.id for message in shown(ask, session)]
    newer = ask(lambda r: r.chats.add_message(first.conversation_id, first.id, Role.USER, "newer, but not shown"))
    with qtbot.waitSignal(session.opened):
        session.step_version(newer, -1)
    compare(first)
    finish(qtbot, session)
    with qtbot.waitSignal(session.opened):
        session.keep(first)
    assert session.comparison is None
    assert len(ask(lambda r: r.chats.messages([first.id]))[0].chosen_over) == 3
    assert [message.id for message in shown(ask, session)] == before


def test_keeping_one_that_is_still_written_lets_it_go_on_and_stops_the_others(qtbot, slow, session, answered, compare):
    first = answered()
    stopped, kept, also_stopped = compare(first)
    with qtbot.waitSignal(session.opened):
        session.keep(kept.message)
    qtbot.waitUntil(lambda: stopped.is_over and also_stopped.is_over)
    assert not kept.is_over
    assert session.answers == (kept,)
    assert {stopped.message.state, also_stopped.message.state} == {MessageState.STOPPED}
    length = len(kept.text)
    qtbot.waitUntil(lambda: len(kept.text) > length)
    stop(qtbot, session)


def test_ending_the_comparison_stops_what_is_still_written_and_keeps_it_as_versions(
    qtbot, slow, session, answered, compare, ask
):
    first = answered()
    others = compare(first)
    with qtbot.waitSignal(session.opened):
        session.end_comparison()
    finish(qtbot, session)
    stored = ask(lambda r: r.chats.messages([answer.message.id for answer in others]))
    assert all(message.state == MessageState.STOPPED and message.content for message in stored)
    assert shown(ask, session)[-1].id == first.id


def test_stop_ends_all_of_them(qtbot, slow, session, answered, compare):
    first = answered()
    others = compare(first)
    stop(qtbot, session)
    assert [answer.message.state for answer in others] == [MessageState.STOPPED] * 3
    assert [message.state for message in session.comparison.answers[1:]] == [MessageState.STOPPED] * 3


def test_one_can_be_stopped_alone(qtbot, slow, session, answered, compare):
    first = answered()
    one, two, three = compare(first)
    with qtbot.waitSignal(two.ended):
        session.stop_one(two.message.id)
    assert session.answers == (one, three)
    assert session.status == Status.ANSWERING
    length = len(one.text)
    qtbot.waitUntil(lambda: len(one.text) > length)
    stop(qtbot, session)


def test_a_crash_leaves_every_one_of_them_marked_and_what_it_had(qtbot, slow, session, engine, answered, compare, ask):
    first = answered()
    others = compare(first)
    os.kill(engine.process_id, signal.SIGKILL)
    finish(qtbot, session)
    stored = ask(lambda r: r.chats.messages([answer.message.id for answer in others]))
    assert [message.state for message in stored] == [MessageState.INTERRUPTED] * 3
    assert [message.content for message in stored] == [answer.text for answer in others]
    assert all(message.content for message in stored)
    assert shown(ask, session)[-1].content == TEXT


def test_every_one_of_them_is_in_the_database_while_it_streams(qtbot, slow, session, answered, compare, ask):
    first = answered()
    ids = [answer.message.id for answer in compare(first)]
    qtbot.waitUntil(lambda: all(message.content for message in ask(lambda r: r.chats.messages(ids))))
    assert {message.state for message in ask(lambda r: r.chats.messages(ids))} == {MessageState.STREAMING}
    ask(lambda r: r.chats.mark_interrupted())  # what the next start does after the window was killed
    assert {message.state for message in ask(lambda r: r.chats.messages(ids))} == {MessageState.INTERRUPTED}
    stop(qtbot, session)


def test_coming_back_to_a_chat_finds_its_answers_beside_each_other(qtbot, slow, session, answered, compare):
    first = answered()
    others = compare(first)
    conversation = session.conversation.id
    session.start_new()
    assert session.comparison is None
    assert session.status == Status.IDLE
    written = []
    session.answering.connect(written.append)
    with qtbot.waitSignal(session.opened):
        session.open(conversation)
    assert session.comparison.answers[0].id == first.id
    assert tuple(written) == others
    stop(qtbot, session)


def test_a_search_hit_is_shown_instead_of_the_comparison(qtbot, session, answered, compare):
    others = compare(answered("hello"))
    finish(qtbot, session)
    found = others[2].message
    session.start_new()
    with qtbot.waitSignal(session.opened):
        session.open(found.conversation_id, found.id)
    assert session.comparison is None
    assert session.messages[-1].id == found.id


def test_a_message_sent_meanwhile_goes_on_from_the_version_that_is_shown(qtbot, session, answered, compare, send, ask):
    first = answered("one")
    compare(first)
    finish(qtbot, session)
    send("two")
    assert session.comparison is None
    assert shown(ask, session)[1].id == first.id


def test_nothing_else_can_be_asked_for_or_deleted_while_they_are_written(qtbot, slow, session, answered, compare, ask):
    first = answered()
    others = compare(first)
    session.regenerate(first)
    session.compare(first)
    session.delete(first)
    session.send("more")
    ask(lambda r: None)
    assert session.answers == others
    assert ask(lambda r: r.chats.messages([first.id]))[0].versions == 4
    stop(qtbot, session)


def test_with_a_fixed_seed_every_version_has_a_seed_of_its_own(qtbot, session, answered, compare):
    first = answered("hello")
    session.set_options("", SamplerSettings(seed=7))
    compare(first)
    finish(qtbot, session)
    assert [message.facts.seed for message in session.comparison.answers[1:]] == [8, 9, 10]
    assert [message.sampler.seed for message in session.comparison.answers[1:]] == [8, 9, 10]
    compare(session.comparison.answers[0])
    finish(qtbot, session)
    assert [message.facts.seed for message in session.comparison.answers[1:]] == [11, 12, 13]


def test_at_temperature_0_more_answers_are_written_at_the_default_temperature():
    default = SamplerSettings().temperature
    assert sampler_for(SamplerSettings(temperature=0, top_k=5), 2) == SamplerSettings(temperature=default, top_k=5)
    assert sampler_for(SamplerSettings(temperature=0.2), 2) == SamplerSettings(temperature=0.2)


def test_closing_the_window_marks_all_of_them_and_keeps_what_was_written(qtbot, slow, session, answered, compare, ask):
    first = answered()
    ids = [answer.message.id for answer in compare(first)]
    session.close()
    stored = ask(lambda r: r.chats.messages(ids))
    assert all(message.state == MessageState.INTERRUPTED and message.content for message in stored)
