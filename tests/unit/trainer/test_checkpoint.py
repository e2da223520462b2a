"""Saved states: whole or not used, and never those of another run."""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.trainer.checkpoint import Checkpoint, Checkpoints, Place, read_adapter
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.events import Events
from tests.support.fake_trainee import events
from tests.support.full_disk import no_file_may_grow_beyond

PLACE = Place(3, 2, 0.1 + 0.2, 1.5, 0.25, [(0, 2.5), (3, 2.25)], 3, 2, "early")


def checkpoints(folder, identity="this run"):
    return Checkpoints(folder, identity, Events(folder / "events.jsonl"))


def state(step):
    a, b = np.full((3, 4), step + 0.1, np.float32), np.full((2, 3), step - 0.1, np.float32)
    groups = {"adapter": {"w.lora_a": a, "w.lora_b": b}, "first": {"w.lora_a": 2 * a}}
    return Checkpoint(replace(PLACE, step=step), groups)


def files(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_what_is_loaded_is_what_was_saved(tmp_path):
    saved = Checkpoint(PLACE, state(3).groups)
    checkpoints(tmp_path).save(saved)
    loaded = checkpoints(tmp_path).load()
    assert loaded.place == PLACE
    assert loaded.groups.keys() == saved.groups.keys()
    for name, arrays in saved.groups.items():
        assert loaded.groups[name].keys() == arrays.keys()
        assert all(np.array_equal(loaded.groups[name][each], array) for each, array in arrays.items())


def test_the_last_two_are_kept(tmp_path):
    for step in range(4):
        checkpoints(tmp_path).save(state(step))
    assert files(tmp_path) == ["000003.npz", "000004.npz"]
    assert checkpoints(tmp_path).load().place.step == 3


def test_whoever_looks_on_sees_the_adapter_of_the_last_one_and_changes_nothing(tmp_path):
    for step in (3, 5):
        checkpoints(tmp_path).save(state(step))
    (tmp_path / "checkpoints" / "000003.npz.unfinished").touch()
    before = files(tmp_path)
    step, arrays = read_adapter(tmp_path)
    assert step == 5
    expected = state(5).groups["adapter"]
    assert arrays.keys() == expected.keys()
    assert all(np.array_equal(arrays[name], expected[name]) for name in expected)
    assert files(tmp_path) == before


def test_whoever_looks_on_before_anything_was_saved_is_told_so(tmp_path):
    with pytest.raises(OSError, match="checkpoints"):
        read_adapter(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(ValueError, match="empty"):
        read_adapter(tmp_path)


def test_without_any_there_is_none(tmp_path):
    assert checkpoints(tmp_path).load() is None


@pytest.mark.parametrize("size", [0, 1, 40, 500, -70, -64, -1])
def test_one_that_was_cut_off_is_not_used(tmp_path, size):
    damage(tmp_path, lambda data: data[:size])


@pytest.mark.parametrize("place", [0, 200, -100, -1])
def test_one_with_a_flipped_bit_is_not_used(tmp_path, place):
    def flip(data):
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    damage(tmp_path, flip)


def damage(folder, change):
    """See that the state before the damaged one is used, and that it counts as the last one from then on."""
    for step in range(2):
        checkpoints(folder).save(state(step))
    last = folder / "checkpoints" / "000002.npz"
    last.write_bytes(change(last.read_bytes()))
    assert checkpoints(folder).load().place.step == 0
    assert [event["sentence"] for event in events(folder, "damaged")] == ["The saved state 000002.npz is damaged."]
    checkpoints(folder).save(state(2))
    assert checkpoints(folder).load().place.step == 2
    assert len(files(folder)) == 2


def test_where_all_are_damaged_there_is_none(tmp_path):
    checkpoints(tmp_path).save(state(1))
    (tmp_path / "checkpoints" / "000001.npz").write_bytes(b"")
    assert checkpoints(tmp_path).load() is None


def test_one_of_another_run_is_refused_and_left_alone(tmp_path):
    checkpoints(tmp_path).save(state(1))
    with pytest.raises(TrainerError, match="belongs to another"):
        checkpoints(tmp_path, "another run").load()
    assert checkpoints(tmp_path).load().place.step == 1


def test_on_a_full_disk_those_before_are_still_there(tmp_path):
    for step in range(2):
        checkpoints(tmp_path).save(state(step))
    with no_file_may_grow_beyond(300), pytest.raises(OSError, match="too large"):
        checkpoints(tmp_path).save(state(2))
    assert files(tmp_path) == ["000001.npz", "000002.npz"]
    assert checkpoints(tmp_path).load().place.step == 1


def test_what_a_kill_has_left_half_written_is_removed(tmp_path):
    checkpoints(tmp_path).save(state(1))
    (tmp_path / "checkpoints" / "000002.npz.unfinished").write_bytes(b"half")
    assert checkpoints(tmp_path).load().place.step == 1
    assert files(tmp_path) == ["000001.npz"]
