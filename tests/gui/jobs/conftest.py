"""The echo engine with its model loaded, what it is told, and messages sent to it."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.jobs.engine import EngineState
from desktop_app.jobs.engine_process import EngineProcess


@pytest.fixture
def loaded(qtbot, engine, model):
    with qtbot.waitSignal(engine.state_changed, check_params_cb=lambda state: state == EngineState.READY):
        engine.with_model(model.path, LoadSettings(), lambda: None, lambda error: None)
    return engine


@pytest.fixture
def sent(monkeypatch):
    """A list of the commands that engines are given from now on."""
    sent = []
    write = EngineProcess.write
    monkeypatch.setattr(
        EngineProcess, "write", lambda process, command: (sent.append(command), write(process, command))
    )
    return sent


@pytest.fixture
def send(qtbot, session):
    """Send a message and wait for the end of its answer."""

    def send(text):
        with qtbot.waitSignal(session.changed) as ended:
            session.send(text)
        return ended.args[0]

    return send
