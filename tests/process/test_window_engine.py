"""The window's engine with the real llama.cpp: killed, it is a sentence and starts again; idle, it frees memory."""

import os
import signal

import psutil
import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage, Failed, Finished, Prefill, StateFolder
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.library.starter import SHA256
from tests.support.gguf_files import llama_model

LONG_TEXT = "The fox went over the hill and looked at the river. " * 200
LONG_PROMPT = (ChatMessage("user", LONG_TEXT),)


def test_an_engine_killed_while_prefilling_is_a_sentence_and_the_next_message_is_answered(qtbot, starter_model):
    engine = Engine()
    events = []

    def ask(prompt):
        engine.generate(prompt, SamplerSettings(max_tokens=2), events.append)

    def load_and_ask(prompt):
        engine.with_model(str(starter_model), LoadSettings(), lambda: ask(prompt), lambda error: None)

    load_and_ask(LONG_PROMPT)
    qtbot.waitUntil(lambda: any(isinstance(event, Prefill) for event in events), timeout=30_000)
    with qtbot.waitSignal(engine.crashed) as crashed:
        os.kill(engine.process_id, signal.SIGKILL)
    assert crashed.args[0].sentence.endswith(".")
    assert isinstance(events[-1], Failed)
    assert engine.state == EngineState.EMPTY

    load_and_ask((ChatMessage("user", "Still there?"),))
    qtbot.waitUntil(lambda: isinstance(events[-1], Finished), timeout=30_000)
    engine.close()


def test_a_model_that_cannot_be_loaded_again_is_not_said_to_be_there(qtbot, tmp_path, starter_model):
    gone = llama_model().write(tmp_path / "on-a-stick.gguf")
    engine = Engine()
    errors = []

    def load(path):
        engine.with_model(str(path), LoadSettings(n_ctx=256), lambda: None, errors.append)

    with qtbot.waitSignal(engine.state_changed, check_params_cb=lambda state: state == EngineState.READY):
        load(gone)
    gone.unlink()
    with qtbot.waitSignal(engine.load_failed):
        load(starter_model)
        engine.cancel_load()
    assert [error.sentence for error in errors] == ["Stopped."]
    assert (engine.state, engine.model) == (EngineState.EMPTY, None)
    with qtbot.waitSignal(engine.load_failed):
        load(gone)
    assert gone.name in errors[1].sentence
    engine.close()


MB = 1_000_000


@pytest.fixture
def ask(qtbot, starter_model):
    """Have a message answered: `ask(engine, text)` returns the last event, `ask(engine)` asks without a model."""

    def ask(engine, text=""):
        events = []

        def fail(error):
            events.append(Failed(0, error.sentence))

        def generate():
            prompt = (ChatMessage("user", text),)
            engine.generate(prompt, SamplerSettings(max_tokens=8), events.append, conversation=1)

        if text:
            engine.with_model(str(starter_model), LoadSettings(n_ctx=4096), generate, fail, sha256=SHA256)
        else:
            engine.count(LONG_PROMPT, lambda tokens, limit: None, fail)
        qtbot.waitUntil(lambda: bool(events) and isinstance(events[-1], Finished | Failed), timeout=60_000)
        return events[-1]

    return ask


@pytest.mark.long
def test_an_idle_model_gives_its_memory_back_and_answers_again(qtbot, ask):
    engine = Engine()

    def resident_bytes():
        return psutil.Process(engine.process_id).memory_info().rss

    assert "No model" in ask(engine).sentence
    fresh = resident_bytes()
    assert isinstance(ask(engine, LONG_TEXT), Finished)
    assert resident_bytes() > fresh + 100 * MB

    with qtbot.waitSignal(engine.state_changed):
        engine.let_go_after(1)
    engine.let_go_after(0)
    assert "No model" in ask(engine).sentence
    assert resident_bytes() < fresh + 40 * MB
    assert isinstance(ask(engine, "Still there?"), Finished)
    engine.close()


@pytest.mark.long
def test_what_was_read_is_still_known_after_the_end_of_the_program_until_it_is_forgotten(ask, tmp_path):
    def start():
        engine = Engine()
        engine.states = StateFolder(str(tmp_path))
        return engine

    engine = start()
    first = ask(engine, LONG_TEXT).facts
    engine.close()
    assert first.reused_tokens == 0

    engine = start()
    again = ask(engine, LONG_TEXT).facts
    assert again.reused_tokens > 0.9 * first.prompt_tokens
    engine.forget(1)
    engine.close()
    assert list(tmp_path.iterdir()) == []
