"""A program that was updated while it runs notices that, and starts nothing of the other version."""

import sys

import pytest
from PySide6.QtCore import Qt

from desktop_app.child_environment import ProgramFile
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import PROTOCOL_VERSION, Codec, Hello
from desktop_app.errors import UserError
from desktop_app.jobs import command, engine_process
from desktop_app.jobs.command import ChildCommand, start_detached
from desktop_app.jobs.replacement import Replacement

HELLO = Codec.encode(Hello(PROTOCOL_VERSION + 1, "9.9", "llama")).decode()
OTHER_ENGINE = [sys.executable, "-c", f"import sys; print({HELLO!r}, end='', flush=True); sys.stdin.read()"]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "moatless"
    path.write_bytes(b"a program")
    return path


@pytest.fixture
def update(path):
    """Put another version in the place of the program."""
    return lambda: path.write_bytes(b"a longer program")


@pytest.fixture
def own_file(path, monkeypatch):
    file = ProgramFile(path)
    for module in (command, engine_process):
        monkeypatch.setattr(module, "OWN_FILE", file)
    return file


@pytest.fixture
def replacement(background, own_file):
    return Replacement(background, own_file)


def test_as_long_as_there_is_no_update_nothing_is_told(qapp, replacement, pool_rests):
    told = []
    replacement.noticed.connect(told.append)
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    replacement.look()
    pool_rests()
    assert told == []


def test_an_update_is_noticed_when_the_person_comes_back_to_the_window(qtbot, qapp, replacement, update, pool_rests):
    update()
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    pool_rests()
    with qtbot.waitSignal(replacement.noticed) as noticed:
        qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert noticed.args[0].sentence == "Moatless was updated while it was open."


def test_it_is_noticed_once(qtbot, replacement, update, pool_rests):
    update()
    told = []
    replacement.noticed.connect(told.append)
    for _ in range(3):
        replacement.look()
    pool_rests()
    replacement.look()
    pool_rests()
    assert len(told) == 1


@pytest.mark.parametrize("is_updated", [True, False])
def test_an_engine_of_another_version_is_not_used_and_it_is_told_how_it_came_to_be(
    qtbot, engine, own_file, update, monkeypatch, is_updated
):
    monkeypatch.setattr(engine_process, "engine_command", lambda backend: OTHER_ENGINE)
    if is_updated:
        update()
    errors = []
    engine.with_model("x", LoadSettings(), lambda: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    told = "Restart it to use the new version." if is_updated else "Install Moatless again."
    assert errors[0].hint == told


def test_no_command_of_another_version_works_on_what_this_one_has_open(qtbot, own_file, update, data_folder):
    update()
    child = ChildCommand()
    with qtbot.waitSignal(child.ended) as ended:
        child.start(data_folder.root, ["models", "list", "--json"])
        child.stop()  # which may come at any time
    assert "was updated" in ended.args[0].sentence
    child.close()
    with pytest.raises(UserError, match="was updated"):
        start_detached(data_folder.root, ["models", "list"], data_folder.root / "log.txt")
    assert not data_folder.database.exists()
