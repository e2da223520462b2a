"""The stack of a conversation: it acts on the next answer, every answer says what made it, and nothing is lost."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from desktop_app.adapters.stack import fingerprint
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.engine.messages import Generate, Prepare
from desktop_app.jobs.chat_session import Status
from desktop_app.storage.records import MessageState, Role
from tests.support.stacks import add_adapters, entry


@pytest.fixture
def slow(monkeypatch):
    """Make answers slow enough to interrupt."""
    monkeypatch.setenv(PACE_VARIABLE, "20")


@pytest.fixture
def two(ask, tmp_path):
    """Two adapters of the library."""
    return ask(lambda r: add_adapters(r.adapters, tmp_path, "Letters", "Tone"))


def paths(commands, kind):
    return [
        [(Path(each.path).stem, each.scale) for each in command.stack] for command in commands if type(command) is kind
    ]


def test_the_stack_acts_on_the_next_answer_which_says_so(session, send, sent, two):
    letters, tone = two
    session.set_stack((entry(letters, 0.8), entry(tone, 0.4)))
    answer = send("hello")
    assert answer.stack == (entry(letters, 0.8), entry(tone, 0.4))
    assert answer.facts.stack_fingerprint == fingerprint([(letters.path, 0.8), (tone.path, 0.4)])
    assert paths(sent, Generate) == [[("Letters", 0.8), ("Tone", 0.4)]]


def test_what_is_off_or_at_zero_does_not_act_and_is_not_recorded(session, send, sent, two):
    letters, tone = two
    session.set_stack((entry(letters, is_on=False), entry(tone, 0.0)))
    assert send("hello").stack == ()
    assert paths(sent, Generate) == [[]]
    assert not paths(sent, Prepare)


def test_the_stack_belongs_to_the_conversation_and_is_there_again_with_it(qtbot, session, send, two):
    letters, _ = two
    session.set_stack((entry(letters, 1.5),))
    send("hello")
    first = session.conversation.id
    session.start_new()
    assert session.conversation.stack == ()
    send("something else")
    with qtbot.waitSignal(session.opened):
        session.open(first)
    assert session.conversation.stack == (entry(letters, 1.5),)


def test_a_change_between_two_messages_acts_on_the_second_alone(session, send, two):
    letters, tone = two
    session.set_stack((entry(letters),))
    first = send("one")
    session.set_stack((entry(letters, 0.5), entry(tone)))
    second = send("two")
    assert (first.stack, second.stack) == ((entry(letters),), (entry(letters, 0.5), entry(tone)))


def test_adapters_are_got_ready_before_anything_is_stored(qtbot, session, sent, two, ask):
    letters, _ = two
    session.set_stack((entry(letters, 11),))  # the real engine and this one refuse it alike
    with qtbot.waitSignal(session.refused) as refused:
        session.send("hello")
    assert "between -10 and 10" in str(refused.args[0])
    assert ask(lambda r: r.chats.list_conversations()) == ()
    assert paths(sent, Prepare) == [[("Letters", 11)]]
    assert session.status == Status.IDLE


def test_an_adapter_that_left_the_library_is_named_and_the_message_kept(qtbot, session, two, ask):
    letters, _ = two
    session.set_stack((entry(letters),))
    ask(lambda r: r.adapters.remove(letters.id))
    with qtbot.waitSignal(session.refused) as refused:
        session.send("hello")
    assert str(refused.args[0]) == (
        "The adapter “Letters” is not in the library any more. Take it out of the stack, or add its file again."
    )
    assert ask(lambda r: r.chats.list_conversations()) == ()


def test_an_adapter_that_is_used_is_noted_as_used(session, send, two, ask):
    letters, tone = two
    session.set_stack((entry(tone),))
    send("hello")
    assert [each.name for each in ask(lambda r: r.adapters.list_adapters())] == ["Tone", "Letters"]
    assert ask(lambda r: r.adapters.get(letters.id)).last_used_at is None


def test_an_unfinished_answer_goes_on_under_the_stack_it_was_begun_with(slow, qtbot, session, sent, two):
    letters, tone = two
    session.set_stack((entry(letters),))
    with qtbot.waitSignal(session.answering) as answering:
        session.send("word " * 50)
    qtbot.waitUntil(lambda: bool(answering.args[0].text))
    with qtbot.waitSignal(session.changed) as stopped:
        session.stop()
    session.set_stack((entry(tone),))
    with qtbot.waitSignal(session.answering):
        session.resume(stopped.args[0])
    qtbot.waitUntil(lambda: len(paths(sent, Generate)) == 2)
    assert paths(sent, Generate) == [[("Letters", 1.0)], [("Letters", 1.0)]]
    session.stop()
    qtbot.waitUntil(lambda: session.status == Status.IDLE)


def test_a_chat_with_adapters_is_answered_while_another_one_still_is(slow, qtbot, session, two):
    letters, _ = two
    with qtbot.waitSignal(session.answering) as first:
        session.send("word " * 300)
    session.start_new()
    session.set_stack((entry(letters),))
    with qtbot.waitSignal(session.answering) as second:
        session.send("hello")
    assert second.args[0].message.stack == (entry(letters),)
    assert not first.args[0].is_over
    first.args[0].stop()
    qtbot.waitUntil(lambda: first.args[0].is_over and second.args[0].is_over)


def test_one_message_is_answered_under_two_stacks_at_the_same_time(qtbot, session, two, ask):
    letters, tone = two
    session.set_stack((entry(letters),))
    with qtbot.waitSignal(session.opened):
        session.send("hello old friend", other_stack=(entry(tone),))
    comparison = session.comparison
    assert comparison.question.content == "hello old friend"
    assert [answer.stack for answer in comparison.answers] == [(entry(letters),), (entry(tone),)]
    assert len(session.answers) == 2
    qtbot.waitUntil(lambda: session.status == Status.IDLE)
    assert [answer.state for answer in session.comparison.answers] == [MessageState.DONE] * 2
    # The conversation goes on from the chat's own stack unless the other answer is kept.
    path = ask(lambda r: r.chats.messages(r.chats.path(session.conversation.id)))
    assert [(message.role, message.version, message.versions) for message in path] == [
        (Role.USER, 1, 1),
        (Role.ASSISTANT, 1, 2),
    ]
    assert path[1].stack == (entry(letters),)
    with qtbot.waitSignal(session.opened):
        session.keep(session.comparison.answers[1])
    assert session.messages[-1].stack == (entry(tone),)


def test_an_answer_is_compared_with_one_under_another_stack(qtbot, session, send, two):
    letters, _ = two
    answer = send("hello")
    assert answer.stack == ()
    with qtbot.waitSignal(session.opened):
        session.compare(answer, other_stack=(entry(letters, 2.0),))
    assert [each.stack for each in session.comparison.answers] == [(), (entry(letters, 2.0),)]
    assert session.comparison.answers[0] == replace(answer, versions=2)
    qtbot.waitUntil(lambda: session.status == Status.IDLE)


def test_more_answers_are_written_under_the_chats_stack(qtbot, session, send, two):
    letters, _ = two
    session.set_stack((entry(letters),))
    answer = send("hello")
    with qtbot.waitSignal(session.opened):
        session.compare(answer)
    assert {each.stack for each in session.comparison.answers} == {(entry(letters),)}
    qtbot.waitUntil(lambda: session.status == Status.IDLE)
