"""Where memory is short, the model of the chat goes before another one comes; where it is not, it stays."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.jobs import memory_room
from desktop_app.jobs.engine import EngineState
from desktop_app.jobs.memory_room import is_short_for_engine, is_short_for_trainer
from tests.support.run_folders import make_run

PLENTY = 1 << 50


@pytest.fixture
def told(room):
    told = []
    room.told.connect(told.append)
    return told


@pytest.fixture
def free(monkeypatch):
    """Say how many bytes of memory are free."""
    return lambda size: monkeypatch.setattr(memory_room, "free_memory_bytes", lambda: size)


def make_room(qtbot, ask):
    done = []
    ask(lambda: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def test_a_model_stays_where_there_is_room_for_two(qtbot, loaded, room, told, free, starter_model):
    free(PLENTY)
    make_room(qtbot, lambda then: room.for_engine(starter_model, then))
    assert loaded.state == EngineState.READY
    assert told == []


def test_a_model_goes_where_there_is_room_for_one(qtbot, loaded, room, told, free, starter_model):
    free(100_000_000)
    make_room(qtbot, lambda then: room.for_engine(starter_model, then))
    assert loaded.state == EngineState.EMPTY
    assert "loads it again" in told[0]


def test_a_model_stays_for_what_nobody_has_asked_for(qtbot, loaded, room, told, free, starter_model):
    free(100_000_000)
    begun = []
    make_room(qtbot, lambda then: room.for_engine(starter_model, lambda: begun.append(True), then))
    assert loaded.state == EngineState.READY
    assert (begun, told) == ([], [])
    free(PLENTY)
    make_room(qtbot, lambda then: room.for_engine(starter_model, then, lambda: begun.append(True)))
    assert begun == []


def test_a_model_goes_before_a_training_that_could_do_with_its_memory(
    qtbot, loaded, room, told, free, starter_model, tmp_path
):
    run = make_run(tmp_path / "run", starter_model)
    free(PLENTY)
    make_room(qtbot, lambda then: room.for_trainer(run, then))
    assert loaded.state == EngineState.READY
    free(1_000_000_000)
    make_room(qtbot, lambda then: room.for_trainer(run, then))
    assert loaded.state == EngineState.EMPTY
    assert len(told) == 1


def test_a_model_that_is_answering_stays(qtbot, session, engine, room, told, free, starter_model, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    free(0)
    with qtbot.waitSignal(session.answering) as answering:
        session.send("word " * 200)
    make_room(qtbot, lambda then: room.for_engine(starter_model, then))
    assert engine.state == EngineState.READY
    assert told == []
    with qtbot.waitSignal(answering.args[0].ended):
        session.stop()


def test_without_a_model_there_is_nothing_to_tell(qtbot, room, told, free, starter_model):
    free(0)
    make_room(qtbot, lambda then: room.for_engine(starter_model, then))
    assert told == []


def test_what_cannot_be_read_needs_no_room(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    assert not is_short_for_engine(broken, LoadSettings(), 0)
    assert not is_short_for_trainer(tmp_path, 0)
