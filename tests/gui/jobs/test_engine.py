"""The window's engine: started when needed, and its death is a sentence, not the end."""

import os
import signal

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.engine.messages import ChatMessage, Failed, Finished, Piece
from desktop_app.jobs.engine import EngineState

HELLO = (ChatMessage("user", "hello old friend"),)


@pytest.fixture
def loaded(qtbot, engine, model):
    with qtbot.waitSignal(engine.state_changed, check_params_cb=lambda state: state == EngineState.READY):
        engine.with_model(model.path, LoadSettings(), lambda: None, lambda error: None)
    return engine


@pytest.fixture
def answers():
    """A list that takes an answer's events."""
    return []


def ended(answers):
    return lambda: bool(answers) and isinstance(answers[-1], Finished | Failed)


def test_a_model_is_loaded_when_it_is_asked_for(qtbot, engine, model):
    ready, progress = [], []
    engine.load_progressed.connect(progress.append)
    engine.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append)
    assert engine.state == EngineState.LOADING
    qtbot.waitUntil(lambda: ready == [True])
    assert progress[-1] == 1.0
    assert engine.model.n_ctx == 4096


def test_a_model_that_is_loaded_is_ready_at_once(loaded, model):
    ready = []
    loaded.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append)
    assert ready == [True]


def test_a_model_that_cannot_be_loaded_is_a_sentence_and_the_one_before_stays(qtbot, loaded, tmp_path):
    errors = []
    with qtbot.waitSignal(loaded.load_failed):
        loaded.with_model(str(tmp_path / "none.gguf"), LoadSettings(), lambda: None, errors.append)
    assert "none.gguf" in errors[0].sentence
    assert loaded.state == EngineState.READY


def test_choosing_another_model_while_one_loads_loads_the_last_one(qtbot, engine, model, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "20")
    outcome = []
    engine.with_model(model.path, LoadSettings(n_ctx=512), lambda: outcome.append(512), lambda e: outcome.append(e))
    engine.with_model(model.path, LoadSettings(n_ctx=1024), lambda: outcome.append(1024), lambda e: outcome.append(e))
    qtbot.waitUntil(lambda: 1024 in outcome)
    assert engine.model.n_ctx == 1024
    assert "Another model was chosen" in outcome[0].sentence


def test_an_answer_goes_to_who_asked_for_it(qtbot, loaded, answers):
    loaded.generate(HELLO, SamplerSettings(), answers.append)
    qtbot.waitUntil(ended(answers))
    assert "".join(event.text for event in answers if isinstance(event, Piece)) == "hello old friend"


def test_stop_ends_an_answer(qtbot, engine, model, answers, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "50")
    request = []

    def start():
        request.append(engine.generate((ChatMessage("user", "word " * 500),), SamplerSettings(), answers.append))

    engine.with_model(model.path, LoadSettings(), start, lambda error: None)
    qtbot.waitUntil(lambda: any(isinstance(event, Piece) for event in answers))
    engine.stop(request[0])
    qtbot.waitUntil(ended(answers))
    assert answers[-1].facts.finish_reason == "stopped"


@pytest.mark.parametrize("phase", ["idle", "loading", "answering"])
def test_a_killed_engine_is_a_sentence_and_the_next_command_starts_another(qtbot, engine, model, monkeypatch, phase):
    monkeypatch.setenv(PACE_VARIABLE, "10" if phase != "idle" else "0")
    events, errors = [], []
    with qtbot.waitSignal(engine.state_changed):
        engine.with_model(model.path, LoadSettings(), lambda: None, errors.append)
    if phase == "loading":
        qtbot.waitSignal(engine.load_progressed).wait()
    else:
        qtbot.waitUntil(lambda: engine.state == EngineState.READY)
    if phase == "answering":
        engine.generate((ChatMessage("user", "word " * 500),), SamplerSettings(), events.append)
        qtbot.waitUntil(lambda: any(isinstance(event, Piece) for event in events))
    first = engine.process_id
    with qtbot.waitSignal(engine.crashed) as crashed:
        os.kill(first, signal.SIGKILL)
    assert crashed.args[0].sentence.endswith(".")
    assert engine.state == EngineState.EMPTY
    if phase == "loading":
        assert len(errors) == 1
    if phase == "answering":
        assert isinstance(events[-1], Failed)

    ready = []
    engine.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append)
    qtbot.waitUntil(lambda: ready == [True])
    assert engine.process_id not in (0, first)


def test_an_engine_that_cannot_be_started_is_a_sentence(qtbot, engine, monkeypatch, tmp_path):
    monkeypatch.setattr("desktop_app.jobs.engine.engine_command", lambda backend: [str(tmp_path / "nothing")])
    errors = []
    engine.with_model("x", LoadSettings(), lambda: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "could not be started" in errors[0].sentence


def test_closing_leaves_no_process(qtbot, loaded):
    import psutil

    child = psutil.Process(loaded.process_id)
    loaded.close()
    assert not child.is_running()
