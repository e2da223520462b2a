"""States of conversations are there at once after they were put, and on disk when the store is closed."""

import os
import threading

import pytest

from desktop_app.engine import state_files
from desktop_app.engine.state_files import StateId
from desktop_app.engine.states import StateStore

KEY = "0123456789abcdef" * 4
MB = 1 << 20


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kv"


@pytest.fixture
def store(folder):
    """Opens a store: `store(memory_bytes)`."""
    stores = []

    def open_store(memory_bytes=10 * MB, folder=folder):
        stores.append(StateStore(folder, KEY, 1000 * MB, memory_bytes))
        return stores[-1]

    yield open_store
    for each in stores:
        each.close()


class Gate:
    """Holds the writer before it begins to write, until it is let through."""

    def __init__(self):
        self.reached = threading.Semaphore(0)
        self.through = threading.Semaphore(0)
        self.written = []

    def write_state(self, file, key, conversation, tokens, *rest):
        self.reached.release()
        assert self.through.acquire(timeout=60)
        self.written.append(tokens)
        return state_format_write(file, key, conversation, tokens, *rest)


state_format_write = state_files.write_state


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(state_files, "write_state", gate.write_state)
    return gate


def on_disk(folder):
    return sorted(int(path.name.partition("-")[0]) for path in folder.iterdir() if path.suffix == ".kv")


def test_a_state_is_there_at_once_and_after_a_restart(store, folder):
    first = store()
    first.put(StateId(1), [1, 2, 3], b"state")
    assert (first.tokens(StateId(1)), first.read(StateId(1))) == ([1, 2, 3], b"state")
    first.close()
    again = store()
    assert (again.tokens(StateId(1)), again.read(StateId(1))) == ([1, 2, 3], b"state")
    assert again.tokens(StateId(2)) is None
    assert again.read(StateId(2)) is None


def test_a_list_of_tokens_that_grows_later_does_not_change_what_was_put(store):
    states = store()
    tokens = [1, 2]
    states.put(StateId(1), tokens, b"state")
    tokens.append(3)
    assert states.tokens(StateId(1)) == [1, 2]


def test_the_newest_state_of_a_conversation_counts(store):
    states = store()
    for number in range(20):
        states.put(StateId(1), [number], b"%d" % number)
    assert states.read(StateId(1)) == b"19"
    states.close()
    again = store()
    assert (again.tokens(StateId(1)), again.read(StateId(1))) == ([19], b"19")


@pytest.mark.parametrize("after", ["at once", "after a restart"])
def test_a_conversation_has_a_state_for_each_stack_and_all_are_forgotten_together(store, folder, after):
    states = store()
    for number, stack in enumerate(("", "a" * 64, "b" * 64)):
        states.put(StateId(1, stack), [number], b"%d" % number)
    if after == "after a restart":
        states.close()
        states = store()
    assert states.tokens(StateId(1, "c" * 64)) is None
    for number, stack in enumerate(("", "a" * 64, "b" * 64)):
        assert states.tokens(StateId(1, stack)) == [number]
        assert states.read(StateId(1, stack)) == b"%d" % number
    states.forget(1)
    states.close()
    assert [states.read(StateId(1, stack)) for stack in ("", "a" * 64, "b" * 64)] == [None] * 3
    assert on_disk(folder) == []


def test_a_state_that_waits_is_not_written_when_a_newer_one_waits_too(store, gate):
    states = store()
    states.put(StateId(1), [0], b"first in the queue")
    gate.reached.acquire()
    for number in (1, 2, 3):
        states.put(StateId(2), [number], b"state")
    gate.through.release(2)
    states.close()
    assert gate.written == [[0], [3]]


def test_closing_waits_until_everything_is_on_disk(store, folder, gate):
    states = store()
    for conversation in (1, 2, 3):
        states.put(StateId(conversation), [conversation], b"state")
    closing = threading.Thread(target=states.close)
    closing.start()
    for _ in range(3):
        assert closing.is_alive()
        gate.reached.acquire()
        gate.through.release()
    closing.join()
    assert on_disk(folder) == [1, 2, 3]


def test_closing_twice_is_harmless(store):
    states = store()
    states.close()
    states.close()


def test_what_is_forgotten_is_gone_from_memory_and_disk(store, folder):
    states = store()
    states.put(StateId(1), [1], b"state")
    states.close()
    states = store()
    states.put(StateId(2), [2], b"state")
    for conversation in (1, 2, 3):
        states.forget(conversation)
        assert states.tokens(StateId(conversation)) is None
        assert states.read(StateId(conversation)) is None
    states.close()
    assert on_disk(folder) == []


def test_what_is_forgotten_while_it_waits_or_is_written_never_reaches_the_disk(store, folder, gate):
    states = store()
    states.put(StateId(1), [1], bytes(3 * MB))
    states.put(StateId(2), [2], b"state")
    states.put(StateId(3), [3], b"state")
    gate.reached.acquire()
    states.forget(1)
    states.forget(2)
    gate.through.release(2)
    states.close()
    assert gate.written == [[1], [3]]
    assert on_disk(folder) == [3]
    assert len(list(folder.iterdir())) == 1


def test_a_conversation_can_be_kept_again_after_it_was_forgotten(store, gate):
    states = store()
    states.put(StateId(1), [1], b"old")
    gate.reached.acquire()
    states.forget(1)
    states.put(StateId(1), [2], b"new")
    gate.through.release(2)
    states.close()
    assert store().read(StateId(1)) == b"new"


# ------------------------------------------------------------ memory


@pytest.mark.parametrize(
    "use",
    [lambda states: states.read(StateId(1)), lambda states: states.put(StateId(1), [1], bytes(MB))],
    ids=["read", "put"],
)
def test_without_a_folder_the_least_recently_used_states_are_lost(store, use):
    states = store(memory_bytes=3 * MB, folder=None)
    for conversation in (1, 2, 3):
        states.put(StateId(conversation), [conversation], bytes(MB))
    use(states)
    states.put(StateId(4), [4], bytes(MB))
    assert [states.tokens(StateId(conversation)) for conversation in (1, 2, 3, 4)] == [[1], None, [3], [4]]


def in_memory(states):
    return sorted(whose.conversation for whose in states._memory)


def test_on_disk_as_well_states_leave_memory_as_soon_as_they_are_written(store, gate):
    states = store(memory_bytes=2 * MB)
    for conversation in (1, 2, 3, 4):
        states.put(StateId(conversation), [conversation], bytes(MB))
    gate.reached.acquire()
    assert in_memory(states) == [1, 2, 3, 4]
    for left in ([2, 3, 4], [3, 4]):
        gate.through.release()
        gate.reached.acquire()
        assert in_memory(states) == left
    gate.through.release(2)
    states.close()
    assert in_memory(states) == [3, 4]
    assert states.tokens(StateId(1)) == [1]
    assert states.read(StateId(1)) == bytes(MB)


def test_what_cannot_be_written_is_kept_in_memory_while_there_is_room(store, folder):
    folder.write_text("a file where the folder should be")
    states = store(memory_bytes=2 * MB)
    for conversation in (1, 2, 3):
        states.put(StateId(conversation), [conversation], bytes(MB))
    states.close()
    assert in_memory(states) == [2, 3]
    assert states.read(StateId(3)) == bytes(MB)


def test_the_state_whose_tokens_were_told_is_the_one_that_is_read(store):
    states = store(memory_bytes=MB, folder=None)
    states.put(StateId(1), [1], b"1" * MB)
    assert states.tokens(StateId(1)) == [1]
    states.put(StateId(2), [2], b"2")
    assert states.read(StateId(1)) == b"1" * MB
    states.put(StateId(3), [3], b"3")
    assert states.tokens(StateId(1)) is None


def test_what_was_used_last_stays_on_disk_although_it_was_read_from_memory(store, folder):
    states = store()
    for conversation in (1, 2):
        states.put(StateId(conversation), [conversation], bytes(100))
    states.close()
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    states.read(StateId(1))
    states.forget(2)
    (path,) = folder.iterdir()
    assert path.stat().st_mtime > 1
