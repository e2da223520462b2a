"""The window's engine: started when needed, and its death is a sentence, not the end."""

import os
import signal
import sys

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.engine.messages import ChatMessage, Failed, Finished, Forget, Piece, StateFolder
from desktop_app.jobs import engine as engine_job
from desktop_app.jobs import engine_process
from desktop_app.jobs.engine import EngineState
from tests.gui.conftest import HANG_MS

HELLO = (ChatMessage("user", "hello old friend"),)


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


@pytest.mark.parametrize(("known", "wanted", "loads"), [("a", "b", 2), ("a", "a", 1), ("", "a", 1), ("a", "", 1)])
def test_a_newer_version_that_has_taken_the_place_of_a_model_is_loaded(
    qtbot, engine, model, sent, known, wanted, loads
):
    """Else the old one would go on answering under the name of the new one."""
    ready = []
    for sha256 in (known * 64, wanted * 64):
        engine.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append, sha256=sha256)
        qtbot.waitUntil(lambda: bool(ready))
        assert ready.pop() is True
    assert [command.sha256 for command in sent] == [known * 64, wanted * 64][:loads]


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


def test_an_engine_that_is_busy_with_something_else_is_not_killed_by_stop(qtbot, engine, model, answers, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "200")
    monkeypatch.setattr(engine_job, "STOP_PATIENCE_MS", 10)
    crashes = []
    engine.crashed.connect(crashes.append)

    def be_patient():
        monkeypatch.setattr(engine_job, "STOP_PATIENCE_MS", HANG_MS)

    engine.with_model(model.path, LoadSettings(), be_patient, answers.append)
    engine.stop(engine.generate(HELLO, SamplerSettings(), answers.append))
    qtbot.waitUntil(ended(answers))
    assert crashes == []
    assert answers[-1].facts.finish_reason == "stopped"


def test_an_engine_that_does_not_listen_is_killed_by_stop(qtbot, loaded, answers, monkeypatch):
    monkeypatch.setattr(engine_job, "STOP_PATIENCE_MS", 10)
    os.kill(loaded.process_id, signal.SIGSTOP)
    loaded.stop(loaded.generate(HELLO, SamplerSettings(), answers.append))
    qtbot.waitUntil(ended(answers))
    assert isinstance(answers[-1], Failed)
    assert loaded.process_id == 0


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
    monkeypatch.setattr("desktop_app.jobs.engine_process.engine_command", lambda backend: [str(tmp_path / "nothing")])
    errors = []
    engine.with_model("x", LoadSettings(), lambda: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "could not be started" in errors[0].sentence


def test_the_engine_says_what_it_can_compute_on(loaded):
    assert [device.kind for device in loaded.devices] == ["cpu"]


# ------------------------------------------------------------ conversations


def test_the_engine_is_told_whose_answer_it_is_and_where_states_are_kept(qtbot, engine, model, answers, sent):
    engine.states = StateFolder("/kv", 5)
    ready = []
    engine.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append, sha256="e" * 64)
    qtbot.waitUntil(lambda: ready == [True])
    engine.generate(HELLO, SamplerSettings(), answers.append, conversation=7)
    engine.generate(HELLO, SamplerSettings(), answers.append)
    qtbot.waitUntil(ended(answers))
    load, mine, nobodys = sent
    assert (load.sha256, load.states) == ("e" * 64, StateFolder("/kv", 5))
    assert (mine.conversation, nobodys.conversation) == (7, 0)


def test_where_states_are_kept_is_no_reason_to_load_a_model_again(loaded, model):
    loaded.states = StateFolder("/elsewhere")
    ready = []
    loaded.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append, sha256="f" * 64)
    assert ready == [True]


def test_the_engine_forgets_a_conversation(qtbot, loaded, sent):
    loaded.forget(7)
    assert sent == [Forget(2, 7)]
    qtbot.waitUntil(lambda: not loaded._handlers)


def test_no_engine_is_started_to_forget_a_conversation(engine):
    engine.forget(7)
    assert engine.process_id == 0


# ------------------------------------------------------------ idle models


def test_an_idle_model_is_let_go_and_comes_back_by_itself(qtbot, loaded, model, answers):
    crashes = []
    loaded.crashed.connect(crashes.append)
    process = loaded.process_id
    with qtbot.waitSignal(loaded.state_changed):
        loaded.let_go_after(1)
    assert loaded.state == EngineState.EMPTY
    assert loaded.model is None

    def ask():
        loaded.generate(HELLO, SamplerSettings(), answers.append)

    loaded.with_model(model.path, LoadSettings(), ask, answers.append)
    qtbot.waitUntil(ended(answers))
    assert isinstance(answers[-1], Finished)
    assert loaded.process_id == process
    assert crashes == []


def test_a_model_that_answers_is_not_idle(qtbot, engine, model, monkeypatch):
    monkeypatch.setenv(PACE_VARIABLE, "10")
    at_the_end = []

    def handle(event):
        if isinstance(event, Finished | Failed):
            at_the_end.append((type(event), engine.state))

    def ask():
        engine.generate((ChatMessage("user", "word " * 20),), SamplerSettings(), handle)
        engine.let_go_after(1)
        engine.let_go()

    engine.with_model(model.path, LoadSettings(), ask, at_the_end.append)
    qtbot.waitUntil(lambda: bool(at_the_end))
    assert at_the_end == [(Finished, EngineState.READY)]
    qtbot.waitUntil(lambda: engine.state == EngineState.EMPTY)


def test_whoever_asks_for_a_model_makes_it_stay_longer(loaded, model):
    loaded.let_go_after(10_000_000)
    loaded._idle.stop()
    loaded.with_model(model.path, LoadSettings(), lambda: None, lambda error: None)
    assert loaded._idle.isActive()


def test_a_model_may_stay_for_ever(loaded):
    loaded.let_go_after(10_000_000)
    assert loaded._idle.isActive()
    loaded.let_go_after(0)
    assert not loaded._idle.isActive()


def test_whoever_lets_a_model_go_is_told_when_it_is_gone(qtbot, loaded, answers):
    gone = []
    loaded.let_go(lambda: gone.append("unloaded"))
    assert gone == []
    qtbot.waitUntil(lambda: gone == ["unloaded"])
    loaded.let_go(lambda: gone.append("nothing to do"))
    assert gone == ["unloaded", "nothing to do"]


def test_an_engine_without_a_model_may_end_unnoticed(qtbot, loaded, model):
    crashes, ready, gone = [], [], []
    loaded.crashed.connect(crashes.append)
    loaded.let_go(lambda: gone.append(True))
    qtbot.waitUntil(lambda: bool(gone))
    with qtbot.waitSignal(loaded.state_changed):
        os.kill(loaded.process_id, signal.SIGKILL)
    loaded.with_model(model.path, LoadSettings(), lambda: ready.append(True), ready.append)
    qtbot.waitUntil(lambda: ready == [True])
    assert crashes == []


# ------------------------------------------------------------ the end

ENGINE_WITH_SOMETHING_TO_SAVE = """
import sys, time, pathlib
sys.stdin.read()
pathlib.Path(sys.argv[1]).write_text("saved")
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize(("takes_s", "patience_ms"), [(0, 60_000), (600, 100)], ids=["in time", "for too long"])
def test_closing_waits_for_what_is_saved_but_not_for_ever(engine, monkeypatch, tmp_path, takes_s, patience_ms):
    saved = tmp_path / "saved"
    command = [sys.executable, "-c", ENGINE_WITH_SOMETHING_TO_SAVE, str(saved), str(takes_s)]
    monkeypatch.setattr(engine_process, "engine_command", lambda backend: command)
    monkeypatch.setattr(engine_process, "EXIT_PATIENCE_MS", patience_ms)
    engine.with_model("x", LoadSettings(), lambda: None, lambda error: None)
    engine.close()
    assert saved.exists() or takes_s
    assert engine.process_id == 0


def test_closing_leaves_no_process(qtbot, loaded):
    import psutil

    child = psutil.Process(loaded.process_id)
    loaded.close()
    assert not child.is_running()
