"""Events, the lock, and wishes: what passes between a trainer and the rest of the world."""

import signal

import pytest

from desktop_app.trainer import lock
from desktop_app.trainer.contract import read_events
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.events import Events
from desktop_app.trainer.lock import Busy, locked
from desktop_app.trainer.wishes import Wishes
from tests.support.full_disk import no_file_may_grow_beyond


def told(folder):
    return [(event["event"], event["step"]) for event in read_events(folder)]


def test_events_are_lines_with_a_time(tmp_path):
    events = Events(tmp_path / "events.jsonl", clock=lambda: 12.5)
    events.add("paused", step=3, sentence="Été.")
    assert list(read_events(tmp_path)) == [{"time": 12.5, "event": "paused", "step": 3, "sentence": "Été."}]


def test_a_line_torn_by_a_kill_does_not_take_the_next_one_with_it(tmp_path):
    path = tmp_path / "events.jsonl"
    Events(path).add("step", step=1)
    path.write_bytes(path.read_bytes() + b'{"time": 1, "ev')
    Events(path).add("step", step=2)
    assert told(tmp_path) == [("step", 1), ("step", 2)]


def test_on_a_full_disk_events_wait_until_there_is_room(tmp_path, capsys):
    events = Events(tmp_path / "events.jsonl")
    events.add("step", step=1)
    with no_file_may_grow_beyond((tmp_path / "events.jsonl").stat().st_size + 10):
        events.add("step", step=2)
        events.add("step", step=3)
    assert told(tmp_path) == [("step", 1)]
    events.add("step", step=4)
    assert told(tmp_path) == [("step", 1), ("step", 2), ("step", 3), ("step", 4)]
    assert "cannot be written" in capsys.readouterr().err


def test_what_is_no_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        Events(tmp_path / "events.jsonl").add("step", loss=float("nan"))


def test_a_second_trainer_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_BETWEEN_TRIES_S", 0)
    with locked(tmp_path), pytest.raises(Busy, match="Another trainer"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_trainer_waits_for_one_who_only_looks_whether_there_is_one(tmp_path, monkeypatch):
    looking = locked(tmp_path)
    looking.__enter__()
    monkeypatch.setattr(lock.time, "sleep", lambda _seconds: looking.__exit__(None, None, None))
    with locked(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(TrainerError, match="cannot be written to"), locked(tmp_path / "gone"):
        pass


@pytest.mark.parametrize("name", ["pause", "stop"])
def test_a_file_is_a_wish_until_it_is_obeyed(tmp_path, name):
    wishes = Wishes(tmp_path)
    assert (wishes.pause, wishes.stop) == (False, False)
    (tmp_path / name).touch()
    assert (wishes.pause, wishes.stop) == (name == "pause", name == "stop")
    wishes.obeyed(name)
    assert (wishes.pause, wishes.stop) == (False, False)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_the_wish_to_pause(tmp_path, number):
    before = signal.getsignal(number)
    wishes = Wishes(tmp_path)
    with wishes.listening():
        signal.raise_signal(number)
        assert wishes.pause
        wishes.obeyed("pause")
        assert not wishes.pause
    assert signal.getsignal(number) is before
