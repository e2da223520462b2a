"""The window's engine with the real llama.cpp: killed while it reads a prompt, it is a sentence and starts again."""

import os
import signal

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage, Failed, Finished, Prefill
from desktop_app.jobs.engine import Engine, EngineState

LONG_PROMPT = (ChatMessage("user", "The fox went over the hill and looked at the river. " * 200),)


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
