"""What a person does between sending a message and its answer: nothing of it is undone, and no answer is another's."""

import os
import signal

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import Count, Generate
from desktop_app.jobs.chat_session import Status
from desktop_app.jobs.engine import EngineState
from desktop_app.storage.records import MessageState, Role, StackEntry


@pytest.fixture
def other(ask, tmp_path):
    """A second model in the library."""
    path = tmp_path / "other.gguf"
    path.write_bytes(b"GGUF")
    facts = {"architecture": "echo", "quant_type": "F16", "n_params": 1, "n_ctx_train": 4096, "source": "file"}
    return ask(lambda r: r.models.add(name="Other", path=str(path), size_bytes=4, sha256="f" * 64, **facts))


@pytest.fixture
def ready(qtbot, session, engine):
    """The session, once its model is loaded."""
    qtbot.waitUntil(lambda: engine.state == EngineState.READY)
    return session


def test_another_model_chosen_meanwhile_does_not_answer_in_the_name_of_the_first(qtbot, ready, ask, other):
    with qtbot.waitSignal(ready.refused) as refused:
        ready.send("hello there")
        ready.use_model(other)
    assert "Another model was chosen meanwhile." in str(refused.args[0])
    assert ask(lambda r: r.chats.list_conversations()) == ()
    assert ready.status == Status.IDLE


def test_another_model_chosen_at_the_last_moment_leaves_an_answer_to_be_tried_again(qtbot, ready, store, sent, other):
    stored = store.ask

    def choose_while_it_is_stored(work, *handlers):
        stored(work, *handlers)
        if work.__qualname__.startswith("Asking._write"):
            ready.use_model(other)

    with pytest.MonkeyPatch.context() as patch, qtbot.waitSignal(ready.answered) as answered:
        patch.setattr(store, "ask", choose_while_it_is_stored)
        ready.send("hello there")
    answer = answered.args[0]
    assert (answer.content, answer.state) == ("", MessageState.FAILED)
    assert "Another model was chosen meanwhile." in answer.note
    assert not [command for command in sent if isinstance(command, Generate)]


def test_what_is_set_meanwhile_in_a_new_chat_stays_set(qtbot, session, ask):
    sampler, stack = SamplerSettings(temperature=0.1), (StackEntry("a" * 64, "A"),)
    with qtbot.waitSignal(session.answered):
        session.send("hello")
        assert session.status == Status.PREPARING
        session.set_options("Be brief.", sampler)
        session.set_stack(stack)
    for chat in (session.conversation, ask(lambda r: r.chats.get(session.conversation.id))):
        assert (chat.system_prompt, chat.sampler, chat.stack) == ("Be brief.", sampler, stack)


def test_no_message_is_deleted_under_one_that_follows_it(qtbot, session, send, ask):
    send("one")
    second = send("two")
    with qtbot.waitSignals([session.refused, session.answered]):
        session.send("three")
        session.delete(second)
    path = ask(lambda r: r.chats.messages(r.chats.path(session.conversation.id)))
    assert [message.content for message in path] == ["one", "one", "two", "two", "three", "three"]


def test_an_answer_that_was_stopped_before_its_first_word_is_begun_not_continued(qtbot, session, sent, ask):
    def write(repositories):
        chats = repositories.chats
        conversation = chats.create()
        question = chats.add_message(conversation.id, None, Role.USER, "Where do foxes live?")
        answer = chats.add_message(conversation.id, question.id, Role.ASSISTANT, "", MessageState.STREAMING)
        chats.write_answer(answer.id, "", MessageState.STOPPED)
        return conversation.id

    with qtbot.waitSignal(session.opened):
        session.open(ask(write))
    with qtbot.waitSignal(session.answered):
        session.resume(session.messages[-1])
    (command,) = [command for command in sent if isinstance(command, Generate)]
    assert [turn.role for turn in command.messages] == ["user"]
    assert not command.continue_last


def test_a_message_in_one_chat_does_not_hold_up_another_one(qtbot, session, ask):
    with qtbot.waitSignals([session.answered] * 2), qtbot.assertNotEmitted(session.refused):
        session.send("first")
        session.start_new()
        assert session.status == Status.IDLE
        session.send("second")
    assert {chat.title for chat in ask(lambda r: r.chats.list_conversations())} == {"first", "second"}


def test_stopping_one_chat_that_waits_for_the_model_leaves_another_one_waiting(qtbot, session, ask):
    with qtbot.waitSignals([session.refused, session.answered]):
        session.send("first")
        session.start_new()
        session.send("second")
        session.stop()
    assert [chat.title for chat in ask(lambda r: r.chats.list_conversations())] == ["first"]


def test_stop_ends_the_wait_for_an_engine_that_has_no_time_and_keeps_the_message(qtbot, ready, engine, sent, ask, send):
    os.kill(engine.process_id, signal.SIGSTOP)
    ready.send("hello")
    qtbot.waitUntil(lambda: Count in map(type, sent))
    assert ready.status == Status.PREPARING
    with qtbot.waitSignal(ready.refused) as refused:
        ready.stop()
    assert refused.args[0].sentence == "Stopped."
    assert ready.status == Status.IDLE
    os.kill(engine.process_id, signal.SIGCONT)
    send("good morning")  # answered after what was asked before
    assert [each.title for each in ask(lambda r: r.chats.list_conversations())] == ["good morning"]
