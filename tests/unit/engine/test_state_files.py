"""KV states on disk are whole or not there: killed writers, damaged files, other keys, full disks, limits."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.engine import state_files
from desktop_app.engine.state_files import StateFiles, StateId, remove_states
from desktop_app.engine.state_format import file_bytes
from tests.support.full_disk import no_file_may_grow_beyond

KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
MB = 1 << 20
TOKENS = list(range(300))
STATE = bytes(range(256)) * 16


def always():
    return True


def keep(files, conversation, size=1000, tokens=TOKENS):
    files.write(StateId(conversation), tokens, bytes([conversation]) * size, always)


def opened(folder, key=KEY, max_bytes=1000 * MB):
    files = StateFiles(folder, key, max_bytes)
    files.tidy()
    return files


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kv"


@pytest.fixture
def files(folder):
    return opened(folder)


@pytest.fixture
def path(files, folder):
    """The file of conversation 7."""
    files.write(StateId(7), TOKENS, STATE, always)
    (path,) = folder.iterdir()
    return path


def test_a_state_comes_back_as_it_was_written(files, path, folder):
    assert opened(folder).tokens(StateId(7)) == TOKENS
    assert opened(folder).read(StateId(7)) == STATE


@pytest.mark.parametrize("size", [0, 1, MB, MB + 1, 3 * MB])
def test_a_state_may_have_any_size(files, size):
    state = os.urandom(size)
    files.write(StateId(1), [2, 2**31 - 1, -1], state, always)
    assert files.tokens(StateId(1)) == [2, 2**31 - 1, -1]
    assert files.read(StateId(1)) == state


def test_a_conversation_without_a_state_has_none(files):
    assert files.tokens(StateId(7)) is None
    assert files.read(StateId(7)) is None


def test_nobody_else_may_read_a_state(path):
    assert path.stat().st_mode & 0o077 == 0


# ------------------------------------------------------------ killed


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from desktop_app.engine.state_files import StateFiles, StateId

looks = iter(range(1, int(sys.argv[3]) + 1))

def is_wanted():
    if next(looks) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return True

StateFiles(Path(sys.argv[1]), sys.argv[2], 0).write(StateId(7), [1, 2, 3], bytes(40 << 20), is_wanted)
"""


@pytest.mark.parametrize(
    ("look", "written"),
    [(1, 0), (21, 20 * MB), (41, 40 * MB)],
    ids=["at the beginning", "half way", "before the file takes its place"],
)
def test_a_kill_while_writing_leaves_the_state_before_and_no_rubbish(path, folder, look, written):
    command = [sys.executable, "-c", WRITE_AND_DIE, str(folder), KEY, str(look)]
    assert subprocess.run(command, cwd=Path(__file__).parents[3], check=False).returncode == -signal.SIGKILL
    (rubbish,) = [each for each in folder.iterdir() if each != path]
    assert written <= rubbish.stat().st_size <= written + 4096

    again = opened(folder)
    assert list(folder.iterdir()) == [path]
    assert again.tokens(StateId(7)) == TOKENS
    assert again.read(StateId(7)) == STATE


def test_a_state_being_written_is_no_rubbish_to_a_store_for_another_model(files, folder):
    looks = iter([lambda: True, lambda: opened(folder, OTHER_KEY), lambda: True])
    files.write(StateId(7), TOKENS, bytes(2 * MB), lambda: next(looks)())
    assert files.read(StateId(7)) == bytes(2 * MB)


# ------------------------------------------------------------ damaged and foreign


def test_a_flipped_bit_is_noticed_wherever_it_is(files, path):
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        assert files.tokens(StateId(7)) in (None, TOKENS)
        assert files.read(StateId(7)) is None, position
        assert not path.exists(), position


def test_tokens_are_checked_although_the_state_is_not_read(files, path):
    whole = path.read_bytes()
    before_the_state = whole.index(STATE)
    for position in range(before_the_state):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        assert files.tokens(StateId(7)) is None, position
        assert not path.exists(), position


def test_a_truncated_file_is_noticed_wherever_it_ends(files, path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert files.read(StateId(7)) is None, length
        assert not path.exists(), length


def test_a_file_with_more_at_its_end_is_removed(files, path):
    path.write_bytes(path.read_bytes() + b"x")
    assert files.read(StateId(7)) is None
    assert not path.exists()


def test_a_file_of_garbage_is_removed(files, path):
    path.write_bytes(os.urandom(5000))
    assert files.tokens(StateId(7)) is None
    assert not path.exists()


def test_a_state_of_another_conversation_under_this_name_is_removed(files, path, folder):
    shutil.copy(path, folder / path.name.replace("7-", "8-"))
    assert files.read(StateId(8)) is None
    assert list(folder.iterdir()) == [path]


def test_a_key_counts_to_its_last_digit(path, folder):
    other = opened(folder, KEY[:-1] + "0")  # has the same file name
    assert other.read(StateId(7)) is None
    assert not path.exists()


def test_states_of_two_keys_stand_side_by_side(files, path, folder):
    other = opened(folder, OTHER_KEY)
    assert other.read(StateId(7)) is None
    keep(other, 7)
    assert other.read(StateId(7)) == b"\7" * 1000
    assert files.read(StateId(7)) == STATE


STACK = "a1" * 32


def test_states_under_two_stacks_stand_side_by_side(files, path, folder):
    assert files.read(StateId(7, STACK)) is None
    files.write(StateId(7, STACK), [1], b"under adapters", always)
    assert files.read(StateId(7, STACK)) == b"under adapters"
    assert files.read(StateId(7)) == STATE
    assert len(list(folder.iterdir())) == 2


def test_a_stack_counts_to_its_last_digit(files, folder):
    files.write(StateId(7, STACK), [1], b"under adapters", always)
    other = StateId(7, STACK[:-1] + "0")
    assert files.read(other) is None
    (path,) = folder.iterdir()
    # Under the name of the other one it is noticed all the same.
    path.replace(folder / files._path(other).name)
    assert files.read(other) is None
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_read_is_as_good_as_none(files, path):
    path.unlink()
    path.mkdir()
    assert files.tokens(StateId(7)) is None
    assert files.read(StateId(7)) is None


# ------------------------------------------------------------ room


def names(folder):
    return sorted(int(path.name.partition("-")[0]) for path in folder.iterdir())


def used_at(path, second):
    os.utime(path, (second, second))


def test_the_least_recently_used_states_make_room(folder):
    files = opened(folder, max_bytes=10_000)
    for conversation in (1, 2, 3, 4):
        keep(files, conversation)
    for path in folder.iterdir():
        used_at(path, int(path.name[0]))
    files.read(StateId(1))
    keep(files, 5, size=3_000)
    assert names(folder) == [1, 4, 5]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 10_000


def test_states_of_all_keys_share_the_limit(folder):
    keep(opened(folder, max_bytes=5_000), 1)
    keep(opened(folder, OTHER_KEY, max_bytes=5_000), 2, size=3_000)
    assert names(folder) == [2]


def test_a_conversation_needs_room_only_once(folder):
    files = opened(folder, max_bytes=5_000)
    keep(files, 1)
    for _ in range(3):
        keep(files, 2)
    assert names(folder) == [1, 2]


def test_a_state_beyond_the_whole_limit_is_not_written_and_moves_nothing_out(folder):
    files = opened(folder, max_bytes=5_000)
    keep(files, 1)
    keep(files, 2, size=5_000)
    assert names(folder) == [1]


def test_a_smaller_limit_counts_from_the_start(files, folder):
    keep(files, 1)
    keep(files, 2)
    opened(folder, max_bytes=3_000)
    assert len(names(folder)) == 1


@pytest.mark.parametrize(("share", "kept"), [(1.9, [2]), (2.01, [1, 2])], ids=["for one state", "for two states"])
def test_without_a_limit_a_share_of_the_disk_that_states_and_nobody_else_take_is_used(folder, monkeypatch, share, kept):
    def disk_usage(path):
        taken = sum(each.stat().st_size for each in Path(path).iterdir())
        total = int(share * file_bytes(KEY.encode(), len(TOKENS), 1000) / state_files.AUTOMATIC_SHARE)
        return shutil._ntuple_diskusage(total, taken, total - taken)

    monkeypatch.setattr(state_files.shutil, "disk_usage", disk_usage)
    files = opened(folder, max_bytes=0)
    keep(files, 1)
    keep(files, 2)
    assert names(folder) == kept


def test_without_a_limit_states_never_take_more_than_4_gb(folder, monkeypatch):
    monkeypatch.setattr(state_files.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**15, 0, 10**15))
    monkeypatch.setattr(state_files, "AUTOMATIC_BYTES", 5_000)
    files = opened(folder, max_bytes=0)
    keep(files, 1)
    keep(files, 2, size=3_000)
    assert names(folder) == [2]


def test_on_a_full_disk_the_state_before_stays_and_nothing_else_happens(files, path, folder):
    with no_file_may_grow_beyond(2 * MB):
        keep(files, 7, size=5 * MB)
    assert list(folder.iterdir()) == [path]
    assert files.read(StateId(7)) == STATE
    keep(files, 7, size=5 * MB)
    assert files.read(StateId(7)) == b"\7" * 5 * MB


def test_without_a_usable_folder_there_are_no_states_and_no_trouble(folder):
    folder.write_text("a file where the folder should be")
    files = opened(folder)
    keep(files, 1)
    assert files.tokens(StateId(1)) is None
    assert files.read(StateId(1)) is None
    files.forget(1)


# ------------------------------------------------------------ forgetting


def test_forgetting_removes_the_states_of_all_keys_and_stacks_and_of_nobody_else(files, path, folder):
    keep(opened(folder, OTHER_KEY), 7)
    files.write(StateId(7, STACK), TOKENS, STATE, always)
    keep(files, 77)
    (folder / f"{path.name[:-3]}.half_wri.tmp").write_bytes(b"half a state")
    files.forget(7)
    assert names(folder) == [77]


def test_states_can_be_removed_without_an_engine(files, path, folder):
    keep(files, 8)
    remove_states(folder, lambda conversation: conversation != 8)
    assert names(folder) == [8]
    remove_states(folder / "nowhere", lambda conversation: True)


def test_what_is_not_ours_is_left_alone(folder):
    folder.mkdir()
    others = ["notes.txt", "7.kv", "x-0123.kv", "7-0123.kv.bak", "report.tmp", ".kv"]
    for name in others:
        (folder / name).write_text("mine")
    files = opened(folder, max_bytes=3_000)
    keep(files, 1)
    keep(files, 2)
    remove_states(folder, lambda conversation: True)
    assert sorted(path.name for path in folder.iterdir()) == sorted(others)


@pytest.mark.parametrize("wanted_looks", range(5))
def test_a_state_that_is_not_wanted_at_any_moment_does_not_take_its_place(files, path, folder, wanted_looks):
    looks = iter([True] * wanted_looks + [False] + [True] * 9)
    files.write(StateId(7), [1], bytes(4 * MB), lambda: next(looks))
    assert list(folder.iterdir()) == [path]
    assert files.tokens(StateId(7)) == TOKENS
