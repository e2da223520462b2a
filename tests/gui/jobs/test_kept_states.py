"""KV states on disk follow the person's settings, and go with their conversation."""

import threading

import pytest

from desktop_app.engine.messages import Forget, StateFolder, Unload
from desktop_app.engine.state_files import StateFiles, StateId, remove_states
from desktop_app.jobs import kept_states
from desktop_app.jobs.kept_states import KeptStates
from desktop_app.jobs.preferences import Preferences
from desktop_app.settings import options


@pytest.fixture
def preferences(data_folder, background):
    return Preferences(data_folder, background)


@pytest.fixture
def kept(data_folder, store, engine, background, preferences):
    return KeptStates(data_folder.kv, store, engine, background, preferences)


@pytest.fixture
def conversations(ask, data_folder):
    """The numbers of two stored conversations that have states for two models."""
    numbers = ask(lambda r: tuple(r.chats.create().id for _ in range(2)))
    for key in ("a" * 64, "b" * 64):
        for number in numbers:
            StateFiles(data_folder.kv, key, 10**9).write(StateId(number), [1, 2, 3], b"state", lambda: True)
    return numbers


@pytest.fixture
def on_disk(data_folder):
    """Tells which conversations have states on disk."""
    return lambda: {int(path.name.partition("-")[0]) for path in data_folder.kv.iterdir()}


def test_the_engine_is_told_what_the_person_chose(kept, engine, preferences, data_folder):
    assert engine.states == StateFolder(str(data_folder.kv), 0)
    preferences.set(options.STATE_DISK_GB, 3)
    assert engine.states == StateFolder(str(data_folder.kv), 3_000_000_000)
    preferences.set(options.KEEP_STATES, False)
    assert engine.states is None
    preferences.set(options.KEEP_STATES, True)
    assert engine.states == StateFolder(str(data_folder.kv), 3_000_000_000)


def test_states_go_to_the_trash_with_their_conversation_whatever_model_they_are_of(
    qtbot, kept, store, engine, conversations, on_disk
):
    first, second = conversations
    store.trash(first, lambda: None)
    qtbot.waitUntil(lambda: on_disk() == {second})
    store.delete_forever(second)
    qtbot.waitUntil(lambda: on_disk() == set())
    assert engine.process_id == 0


def test_an_engine_that_runs_forgets_a_deleted_conversation(qtbot, kept, store, loaded, sent, conversations):
    store.trash(conversations[0], lambda: None)
    qtbot.waitUntil(lambda: bool(sent))
    assert [(type(command), command.conversation) for command in sent] == [(Forget, conversations[0])]


def test_states_are_never_removed_on_the_thread_of_the_window(
    qtbot, kept, store, preferences, conversations, on_disk, monkeypatch
):
    threads = []

    def remove(*arguments):
        threads.append(threading.current_thread())
        remove_states(*arguments)

    monkeypatch.setattr(kept_states, "remove_states", remove)
    kept.tidy()
    store.trash(conversations[0], lambda: None)
    preferences.set(options.KEEP_STATES, False)
    qtbot.waitUntil(lambda: len(threads) == 3)
    assert threading.main_thread() not in threads


def test_what_belongs_to_no_conversation_is_removed_at_the_start(kept, ask, conversations, on_disk):
    first, second = conversations
    ask(lambda r: r.chats.move_to_trash(first))
    kept.tidy()
    ask(lambda r: None)
    assert on_disk() == {second}


def test_without_the_wish_to_keep_states_none_stay_on_disk(qtbot, kept, preferences, conversations, on_disk):
    preferences.set(options.KEEP_STATES, False)
    qtbot.waitUntil(lambda: on_disk() == set())


def test_an_engine_that_keeps_states_ends_that_first(qtbot, kept, preferences, loaded, sent, conversations, on_disk):
    preferences.set(options.KEEP_STATES, False)
    assert [type(command) for command in sent] == [Unload]
    assert on_disk() == set(conversations)
    qtbot.waitUntil(lambda: on_disk() == set())


def test_what_an_engine_wrote_all_the_same_is_gone_after_the_next_start(kept, ask, preferences, conversations, on_disk):
    preferences.settings = preferences.settings.changed(options.KEEP_STATES, False)
    kept.tidy()
    ask(lambda r: None)
    assert on_disk() == set()
