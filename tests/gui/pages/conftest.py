"""The whole window on the echo engine, in a data folder of the test's own."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from desktop_app.app import App
from desktop_app.jobs.engine import EngineState
from desktop_app.storage.records import Role


@pytest.fixture
def stored(data_folder):
    """Store conversations before the window opens: `stored({title: [message, ...]})` returns their ids by title."""
    from desktop_app.storage.chats import Chats
    from desktop_app.storage.database import Database

    def store(conversations):
        database = Database.open(data_folder.database)
        ids = {}
        chats = Chats(database)
        for title, messages in conversations.items():
            conversation = chats.create()
            chats.rename(conversation.id, title)
            parent = None
            for number, content in enumerate(messages):
                role = Role.USER if number % 2 == 0 else Role.ASSISTANT
                parent = chats.add_message(conversation.id, parent, role, content).id
            ids[title] = conversation.id
        database.close()
        return ids

    return store


@pytest.fixture
def app(qtbot, data_folder, starter_model):
    """Starts the program: `app()` returns its workspace, with the model loaded; `app.close()` ends it."""
    opened = []

    def start(ready=True):
        app = App(data_folder, backend="echo")
        app.__enter__()
        opened.append(app)
        with qtbot.waitActive(app.window):
            app.start()
        qtbot.waitUntil(lambda: app.workspace is not None)
        workspace = app.workspace
        if ready:
            qtbot.waitUntil(lambda: workspace.engine.state == EngineState.READY)
            qtbot.waitUntil(lambda: bool(workspace.library.models))
        return workspace

    def close():
        opened.pop().__exit__(None, None, None)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    start.close = close
    yield start
    while opened:
        close()
