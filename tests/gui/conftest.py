"""The window's jobs on the echo engine: everything but a model, in milliseconds."""

import shutil
import threading

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.engine.choices import LoadSettings
from desktop_app.jobs.background import Background
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Store
from desktop_app.storage.database import Database
from desktop_app.storage.records import Conversation

HANG_MS = 60_000  # far more than anything here takes, also beside other work


@pytest.fixture(autouse=True, scope="session")
def patience():
    """Let waiting end when something hangs, and not when the computer is busy."""
    with pytest.MonkeyPatch.context() as patch:
        for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive, QtBot.waitExposed):
            patch.setitem(wait.__kwdefaults__, "timeout", HANG_MS)
        yield


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a database with nothing in it; making one takes longer than many a test."""
    path = tmp_path_factory.mktemp("empty") / "moatless.db"
    Database.open(path).close()
    return path


@pytest.fixture
def background(qapp):
    door = Background()
    yield door
    door.close()


@pytest.fixture
def pool_rests(qtbot, background):
    """Wait until no thread of the pool is at work any more and what they found was delivered."""

    def pool_rests():
        both_threads_at_once, done = threading.Barrier(2), []
        for _ in range(2):
            background.run(both_threads_at_once.wait, done.append)
        qtbot.waitUntil(lambda: len(done) == 2)

    return pool_rests


@pytest.fixture
def store(qtbot, background, data_folder, empty_database):
    shutil.copyfile(empty_database, data_folder.database)
    opened = []
    store = Store(background)
    store.open(data_folder, lambda: opened.append(True), opened.append)
    qtbot.waitUntil(lambda: bool(opened))
    assert opened == [True]
    yield store
    store.close()


@pytest.fixture
def engine(qapp):
    engine = Engine("echo")
    yield engine
    engine.close()


@pytest.fixture
def ask(qtbot, store):
    """Ask the storage thread and wait for the answer."""

    def ask(work):
        got = []
        store.ask(work, got.append, got.append)
        qtbot.waitUntil(lambda: bool(got))
        return got[0]

    return ask


@pytest.fixture
def model(ask, tmp_path):
    """A file that the echo engine takes for a model, in the library."""
    path = tmp_path / "echo.gguf"
    path.write_bytes(b"GGUF")
    facts = {"architecture": "echo", "quant_type": "F16", "n_params": 1, "n_ctx_train": 4096, "source": "file"}
    return ask(lambda r: r.models.add(name="Echo", path=str(path), size_bytes=4, sha256="e" * 64, **facts))


@pytest.fixture
def session(store, engine, model):
    """A session in a new conversation with the echo model."""
    new = Conversation(id=0, title="New chat", created_at=0, updated_at=0)
    session = ChatSession(store, engine, lambda _model: LoadSettings(), lambda _model: new, lambda: False)
    session.use_model(model)
    yield session
    session.close()
