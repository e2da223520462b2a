"""The echo engine with its model loaded, what it is told, messages sent to it; and downloads from a Hub."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.jobs.engine import EngineState
from desktop_app.jobs.engine_process import EngineProcess
from tests.support.downloading import Downloading


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


@pytest.fixture
def downloading(qtbot, hub, data_folder, monkeypatch):
    """All that downloads, open on the data folder."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    downloading = Downloading(data_folder)
    opened = []
    downloading.queue.changed.connect(lambda: opened.append(True))
    downloading.open()
    qtbot.waitUntil(lambda: bool(opened))
    yield downloading
    downloading.close()


@pytest.fixture
def ask_store(qtbot, downloading):
    """Ask the storage thread of `downloading` and wait for the answer."""

    def ask(work):
        got = []
        downloading.store.ask(work, got.append, got.append)
        qtbot.waitUntil(lambda: bool(got))
        return got[0]

    return ask
