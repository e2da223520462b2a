"""Samples are taken beside the trainer, one at a time, and whatever becomes of them changes nothing else."""

import logging
from threading import Event

import pytest

from desktop_app.commands import sampling
from desktop_app.commands.sampling import Sampler, has_room
from desktop_app.engine.messages import ChatMessage, Load
from desktop_app.errors import UserError
from desktop_app.finetune.pieces import Exchange
from desktop_app.finetune.source_texts import write_source_texts
from tests.support.gguf_files import llama_model
from tests.support.run_folders import make_run

EVALUATED, SAVED = {"event": "evaluated", "step": 0, "loss": 2.0}, {"event": "saved", "step": 0, "micro": 0}
GUARD_S = 60


@pytest.fixture
def model(tmp_path):
    return llama_model().write(tmp_path / "tiny.gguf")


@pytest.fixture
def run(tmp_path, model):
    folder = make_run(tmp_path / "tide", model)
    write_source_texts(folder, [], [Exchange("text", (ChatMessage("user", "When?"),), ("Now.",), "a")])
    return folder


class FakeEngine:
    """Stands in for the engine process."""

    def __init__(self, is_behind):
        assert is_behind
        self.is_open = True
        self.commands = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_open = False

    def next_request(self):
        return len(self.commands) + 1

    def events(self, *commands):
        self.commands += commands
        yield from commands


@pytest.fixture
def taken(monkeypatch):
    """Return what is known of the samples: begun, may they go on, the engines, and what becomes of them."""

    class Taken:
        began, go_on = Event(), Event()
        engines = []
        trouble = None

        def take(self, _folder, engine, check):
            self.engines.append(engine)
            self.began.set()
            while not self.go_on.wait(0.001):
                check()
            if self.trouble:
                raise self.trouble

    taken = Taken()
    monkeypatch.setattr(sampling, "EngineClient", FakeEngine)
    monkeypatch.setattr(sampling, "has_room", lambda _model: True)
    monkeypatch.setattr(sampling, "take_samples", taken.take)
    return taken


def test_they_are_taken_once_what_was_measured_is_saved(run, model, taken):
    with Sampler(run, model) as sampler:
        sampler.note(SAVED)
        sampler.note(EVALUATED)
        assert taken.engines == []
        sampler.note(SAVED)
        assert taken.began.wait(GUARD_S)
        taken.go_on.set()
    [engine] = taken.engines
    assert not engine.is_open
    assert [type(each) for each in engine.commands] == [Load]
    settings = engine.commands[0].settings
    assert (settings.n_gpu_layers, settings.n_threads) == (0, 1)


def test_while_some_are_being_taken_no_others_are(run, model, taken):
    with Sampler(run, model) as sampler:
        for _ in range(3):
            sampler.note(EVALUATED)
            sampler.note(SAVED)
        assert taken.began.wait(GUARD_S)
    assert len(taken.engines) == 1


def test_when_the_training_ends_they_end_too(run, model, taken):
    with Sampler(run, model) as sampler:
        sampler.note(EVALUATED)
        sampler.note(SAVED)
        assert taken.began.wait(GUARD_S)
    assert not taken.engines[0].is_open


@pytest.mark.parametrize("trouble", [UserError("The model stopped."), OSError("gone"), ValueError("nothing saved")])
def test_trouble_is_in_the_log_alone(run, model, taken, trouble, caplog):
    taken.trouble = trouble
    taken.go_on.set()
    with caplog.at_level(logging.INFO), Sampler(run, model) as sampler:
        sampler.note(EVALUATED)
        sampler.note(SAVED)
        assert taken.began.wait(GUARD_S)
    assert [(record.levelname, record.message) for record in caplog.records] == [("INFO", "no samples")]


def test_where_nothing_was_held_out_nothing_is_asked(run, model, taken):
    write_source_texts(run, [], [])
    with Sampler(run, model) as sampler:
        sampler.note(EVALUATED)
        sampler.note(SAVED)
    assert taken.engines == []


def test_where_memory_is_short_no_engine_is_started(run, model, taken, monkeypatch):
    monkeypatch.setattr(sampling, "has_room", lambda _model: False)
    with Sampler(run, model) as sampler:
        sampler.note(EVALUATED)
        sampler.note(SAVED)
    assert taken.engines == []


@pytest.mark.parametrize(("free_bytes", "is_room"), [(64 << 30, True), (1 << 30, False), (0, False)])
def test_the_trainer_keeps_memory_to_grow_into(model, monkeypatch, free_bytes, is_room):
    monkeypatch.setattr(sampling, "free_memory_bytes", lambda: free_bytes)
    assert has_room(model) == is_room
