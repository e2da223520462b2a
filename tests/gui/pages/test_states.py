"""What the window does about memory and disk without being asked: idle models go, states go with their chats."""

from desktop_app.engine.messages import StateFolder
from desktop_app.engine.state_files import StateFiles, StateId
from desktop_app.jobs.engine import EngineState
from desktop_app.settings import options
from tests.gui.pages.steps import send


def test_the_window_is_gone_before_anything_is_saved(app, monkeypatch):
    start, app = app, app()
    close, was_visible = app.engine.close, []
    monkeypatch.setattr(app.engine, "close", lambda: (was_visible.append(app.window.isVisible()), close()))
    start.close()
    assert was_visible == [False]


def test_a_model_that_was_let_go_is_not_missed(qtbot, app):
    app = app()
    send(qtbot, app, "hello")
    shown = app.chat.header.model_button.text()
    with qtbot.waitSignal(app.engine.state_changed):
        app.engine.let_go()
    assert app.engine.state == EngineState.EMPTY
    assert app.chat.header.model_button.text() == shown
    assert app.chat.composer.status.text() == ""
    assert not app.toast.isVisible()
    assert send(qtbot, app, "still there").content == "still there"


def test_the_person_chooses_how_long_an_idle_model_stays(app):
    app = app()
    assert app.engine._idle.interval() == options.IDLE_MINUTES.default * 60_000
    app.preferences.set(options.IDLE_MINUTES, 3)
    assert app.engine._idle.interval() == 180_000
    assert app.engine._idle.isActive()
    app.preferences.set(options.IDLE_MINUTES, 0)
    assert not app.engine._idle.isActive()


def test_states_are_kept_in_the_data_folder_until_their_chat_is_deleted(qtbot, app, stored, data_folder):
    chats = stored({"Foxes": ["Where do foxes live?", "In dens."]})
    files = StateFiles(data_folder.kv, "a" * 64, 0)
    for conversation in (chats["Foxes"], 99):
        files.write(StateId(conversation), [1, 2, 3], b"state", lambda: True)
    app = app()
    assert app.engine.states == StateFolder(str(data_folder.kv), 0)
    assert files.tokens(StateId(chats["Foxes"])) == [1, 2, 3]
    assert files.tokens(StateId(99)) is None  # nobody knows this chat

    qtbot.waitUntil(lambda: bool(app.chat.list._model.rows))
    (conversation,) = [row.conversation for row in app.chat.list._model.rows if row.conversation]
    app.chat.list.trash(conversation)
    qtbot.waitUntil(lambda: not list(data_folder.kv.iterdir()))
