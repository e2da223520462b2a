"""The echo engine with its model loaded, and what it is told."""

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
