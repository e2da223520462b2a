"""The open conversation: what is sent is stored and answered, nothing is lost, everything can be undone."""

import os
import signal
import threading

import pytest
from msgspec.structs import replace

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.engine.messages import AnswerFacts
from desktop_app.errors import UserError
from desktop_app.jobs import answer as answer_job
from desktop_app.jobs.chat_session import Status
from desktop_app.storage.records import MessageState, ModelDefaults, Role

FACTS = AnswerFacts(
    prompt_tokens=3,
    reused_tokens=0,
    answer_tokens=3,
    omitted_messages=0,
    prefill_s=0.1,
    decode_s=0.1,
    time_to_first_token_s=0.1,
    finish_reason="stop",
    seed=1,
)


@pytest.fixture
def slow(monkeypatch):
    """Make answers slow enough to interrupt."""
    monkeypatch.setenv(PACE_VARIABLE, "20")


def stored(ask, session):
    """Return the messages being shown, as they are in the database."""
    return ask(lambda r: r.chats.messages(r.chats.path(session.conversation.id)))


def first_piece(qtbot, session, act):
    """Do something that has an answer written, and return the answer once there is some text."""
    with qtbot.waitSignal(session.answering) as answering:
        act()
    answer = answering.args[0]
    qtbot.waitUntil(lambda: bool(answer.text))
    return answer


def test_what_the_library_learns_of_the_model_is_taken_over_without_a_stir(qtbot, session, model):
    renewed = replace(model, tokens_per_s=12.0, sha256="f" * 64)
    with qtbot.assertNotEmitted(session.model_changed):
        session.renew_model([renewed, replace(model, id=model.id + 1)])
    assert session.model == renewed
    with qtbot.waitSignal(session.model_changed):
        session.renew_model([replace(renewed, defaults=ModelDefaults(system_prompt="Be brief."))])


def test_a_message_is_answered_and_both_are_stored(session, send, ask, model):
    answer = send("hello old friend")
    assert answer.content == "hello old friend"
    assert answer.state == MessageState.DONE
    assert answer.model_name == "Echo"
    assert answer.model_sha256 == model.sha256
    assert answer.facts.answer_tokens == 3
    assert [message.content for message in stored(ask, session)] == ["hello old friend", "hello old friend"]
    assert session.status == Status.IDLE


def test_a_new_chat_is_stored_with_its_first_message_and_has_its_first_words_as_title(session, send, ask):
    assert session.is_new
    assert ask(lambda r: r.chats.list_conversations()) == ()
    send("How do foxes sleep?")
    assert not session.is_new
    assert [each.title for each in ask(lambda r: r.chats.list_conversations())] == ["How do foxes sleep?"]


def test_the_engine_knows_whose_answer_it_writes_and_with_which_model(qtbot, session, engine, send, model, monkeypatch):
    asked, generate, with_model = [], engine.generate, engine.with_model
    monkeypatch.setattr(engine, "generate", lambda *a, **k: asked.append(k["conversation"]) or generate(*a, **k))
    monkeypatch.setattr(engine, "with_model", lambda *a, **k: asked.append(k["sha256"]) or with_model(*a, **k))
    answer = send("hello")
    for again in (session.resume, session.compare):
        again(answer)
        qtbot.waitUntil(lambda: session.status == Status.IDLE)
    conversation, known = session.conversation.id, model.sha256
    assert asked == [known, conversation, known, conversation, known, *[conversation] * 3]


def test_a_message_too_long_for_the_context_is_refused_and_nothing_is_stored(qtbot, session, ask):
    with qtbot.waitSignal(session.refused) as refused:
        session.send("word " * 5000)
    assert "5,000 tokens" in refused.args[0].sentence
    assert ask(lambda r: r.chats.list_conversations()) == ()
    assert session.status == Status.IDLE


def test_a_message_that_cannot_be_answered_is_refused_and_nothing_is_stored(qtbot, session, ask, model):
    session.use_model(replace(model, id=99, path=model.path + ".gone"))
    with qtbot.waitSignal(session.refused) as refused:
        session.send("hello")
    assert isinstance(refused.args[0], UserError)
    assert ask(lambda r: r.chats.list_conversations()) == ()


def test_stop_keeps_what_is_there(qtbot, slow, session, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    assert session.status == Status.ANSWERING
    with qtbot.waitSignal(answer.ended) as ended:
        session.stop()
    assert ended.args[0].state == MessageState.STOPPED
    assert stored(ask, session)[-1].content == answer.text != ""


def test_a_stopped_answer_can_be_continued(qtbot, slow, session, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 30))
    with qtbot.waitSignal(answer.ended):
        session.stop()
    before = stored(ask, session)[-1]
    with qtbot.waitSignal(session.answering) as answering:
        session.resume(before)
    with qtbot.waitSignal(answering.args[0].ended) as ended:
        pass
    after = ended.args[0]
    assert after.id == before.id
    assert after.content == before.content + "word " * 30
    assert after.state == MessageState.DONE


def test_regenerating_adds_a_version_and_keeps_the_old_one(session, qtbot, send):
    first = send("hello")
    with qtbot.waitSignal(session.changed) as ended:
        session.regenerate(first)
    second = ended.args[0]
    assert (second.version, second.versions) == (2, 2)
    with qtbot.waitSignal(session.opened):
        session.step_version(second, -1)
    assert session.messages[-1].id == first.id


def test_editing_a_message_answers_it_anew_beside_the_old_one(session, qtbot, send, ask):
    send("hello")
    asked = stored(ask, session)[0]
    with qtbot.waitSignal(session.changed) as ended:
        session.edit(asked, "good morning")
    assert ended.args[0].content == "good morning"
    path = stored(ask, session)
    assert [message.content for message in path] == ["good morning", "good morning"]
    assert path[0].versions == 2


def test_editing_an_answer_keeps_the_old_one_and_asks_nobody(session, qtbot, send):
    answer = send("hello")
    with qtbot.waitSignal(session.opened):
        session.edit(answer, "my own words")
    assert session.messages[-1].content == "my own words"
    assert session.messages[-1].versions == 2
    assert session.messages[-1].role == Role.ASSISTANT


def test_a_deleted_message_comes_back_when_undone(session, qtbot, send, ask):
    send("first")
    send("second")
    third = stored(ask, session)[2]
    with qtbot.waitSignal(session.deleted) as deleted:
        session.delete(third)
    count, undo = deleted.args
    assert count == 2
    assert len(stored(ask, session)) == 2
    with qtbot.waitSignal(session.opened):
        undo()
    assert [message.content for message in session.messages] == ["first", "first", "second", "second"]


def test_an_answer_goes_on_when_another_chat_is_opened(qtbot, slow, session, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 30))
    first = session.conversation.id
    session.start_new()
    assert session.status == Status.IDLE
    with qtbot.waitSignal(answer.ended):
        pass
    messages = ask(lambda r: r.chats.messages(r.chats.path(first)))
    assert messages[-1].content == "word " * 30
    assert session.is_new


def test_a_new_chat_opened_meanwhile_stays_open_and_empty(qtbot, session, ask):
    with qtbot.waitSignal(session.answering, raising=False, timeout=1):
        session.send("hello")
        session.start_new()
    qtbot.waitUntil(lambda: len(ask(lambda r: r.chats.list_conversations())) == 1)
    qtbot.waitUntil(lambda: session.status == Status.IDLE)
    assert session.is_new
    assert session.path == ()


def test_a_sent_message_is_no_draft_any_more(session, send, ask):
    send("hello")
    session.set_draft("second")
    send("second")
    assert ask(lambda r: r.chats.get(session.conversation.id)).draft == ""


def test_coming_back_to_a_chat_finds_its_answer_being_written(qtbot, slow, session):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 100))
    first = session.conversation.id
    session.start_new()
    with qtbot.waitSignal(session.answering) as answering:
        session.open(first)
    assert answering.args[0] is answer
    with qtbot.waitSignal(answer.ended):
        session.stop()


def test_streaming_text_is_in_the_database_while_it_streams(qtbot, slow, session, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    qtbot.waitUntil(lambda: stored(ask, session)[-1].content != "")
    assert stored(ask, session)[-1].state == MessageState.STREAMING
    with qtbot.waitSignal(answer.ended):
        session.stop()


def test_a_killed_engine_leaves_the_partial_answer_marked_and_the_next_message_is_answered(
    qtbot, slow, session, engine, ask, send
):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    with qtbot.waitSignal(answer.ended) as ended:
        os.kill(engine.process_id, signal.SIGKILL)
    message = ended.args[0]
    assert message.state == MessageState.INTERRUPTED
    assert message.content == answer.text
    assert message.note.endswith(".")
    assert session.status == Status.IDLE
    assert send("still there").content == "still there"


def test_nothing_is_kept_in_memory_of_answers_that_are_saved_however_they_ended(qtbot, slow, session, engine):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    with qtbot.waitSignal(answer.destroyed):
        os.kill(engine.process_id, signal.SIGKILL)


def test_closing_the_window_saves_what_was_written(qtbot, slow, session, ask):
    first_piece(qtbot, session, lambda: session.send("word " * 300))
    session.close()
    message = stored(ask, session)[-1]
    assert message.state == MessageState.INTERRUPTED
    assert "closed" in message.note


def test_an_answer_whose_chat_is_deleted_for_good_ends_quietly(qtbot, slow, session, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    ask(lambda r: r.chats.delete_forever(answer.message.conversation_id))
    with qtbot.waitSignal(answer.ended) as ended:
        session.stop()
    assert ended.args[0].state == MessageState.STOPPED


def test_an_answer_that_has_just_ended_is_not_interrupted_by_closing(qtbot, slow, session, store, ask):
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))
    ends, released = [], threading.Event()
    answer.ended.connect(ends.append)
    store.ask(lambda r: released.wait())
    try:
        session.stop()
        qtbot.waitUntil(lambda: not answer._timer.isActive())  # its end has come, and waits to be stored
        session.close()
    finally:
        released.set()
    ask(lambda r: None)
    assert [message.state for message in ends] == [MessageState.STOPPED]
    assert stored(ask, session)[-1].state == MessageState.STOPPED


def test_a_full_disk_loses_no_answer(qtbot, slow, session, ask, monkeypatch):
    monkeypatch.setattr(answer_job, "JOURNAL_INTERVAL_MS", 3_600_000)  # else the disk may be full for the journal first
    monkeypatch.setattr(answer_job, "RETRY_INTERVAL_MS", 50)  # nobody here needs time to make room
    answer = first_piece(qtbot, session, lambda: session.send("word " * 300))

    def fill(repositories):
        pages = repositories.database.one("PRAGMA page_count")[0]
        repositories.database.change(f"PRAGMA max_page_count = {pages}")

    def free(repositories):
        repositories.database.change("PRAGMA max_page_count = 1000000")

    ask(fill)
    answer.text += "x" * 100_000  # what the pages at hand cannot take
    with qtbot.waitSignal(answer.ended) as ended:
        session.stop()
    assert "saved as soon as" in ended.args[0].note
    with qtbot.waitSignal(answer.saved, timeout=20_000):
        ask(free)
    assert len(stored(ask, session)[-1].content) > 100_000


def test_a_draft_is_kept_with_its_chat(session, send, ask):
    send("hello")
    session.set_draft("not yet sent")
    assert ask(lambda r: r.chats.get(session.conversation.id)).draft == "not yet sent"


def test_system_prompt_and_sampler_belong_to_the_chat(session, send, ask):
    send("hello")
    session.set_options("Be brief.", SamplerSettings(temperature=0, max_tokens=2))
    assert send("one two three four").facts.finish_reason == "length"
    stored_chat = ask(lambda r: r.chats.get(session.conversation.id))
    assert stored_chat.system_prompt == "Be brief."
    assert stored_chat.sampler.max_tokens == 2


def test_opening_a_chat_twice_quickly_shows_the_last_one(session, send, qtbot):
    send("first")
    first = session.conversation.id
    session.start_new()
    send("second")
    second = session.conversation.id
    session.open(first)
    with qtbot.waitSignal(session.opened):
        session.open(second)
    assert session.conversation.id == second


def test_a_new_chat_wanted_after_another_one_is_what_is_shown(session, send, qtbot, ask):
    send("first")
    first = session.conversation.id
    session.start_new()
    session.open(first)
    session.start_new()
    ask(lambda r: None)  # whatever was to come back has come back
    assert session.is_new


def test_an_edited_answer_does_not_bring_back_the_chat_that_was_left(session, send, ask):
    answer = send("first")
    session.edit(answer, "my own words")
    session.start_new()
    ask(lambda r: None)
    assert session.is_new


def test_a_changed_context_length_loads_the_model_again(qtbot, store, engine, model, session, send):
    send("hello")
    session._load_settings = lambda _model: LoadSettings(n_ctx=512)
    send("hello again")
    assert engine.model.n_ctx == 512


def test_a_message_is_not_deleted_while_an_answer_is_written(qtbot, slow, session, ask):
    first_piece(qtbot, session, lambda: session.send("word " * 300))
    message = stored(ask, session)[0]
    with qtbot.waitSignal(session.refused) as refused:
        session.delete(message)
    assert "being written" in refused.args[0].sentence
    session.stop()
    assert len(stored(ask, session)) == 2
