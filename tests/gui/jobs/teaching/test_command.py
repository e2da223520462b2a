"""Commands of ours as processes beside the window: the real ones, and one that behaves badly."""

import os
import signal

import psutil
import pytest

from desktop_app.jobs.command import ChildCommand, error_of, start_detached

HELLO = {"event": "progress", "words": "Reading"}


@pytest.fixture
def command(qapp):
    command = ChildCommand()
    yield command
    command.close()


def run(qtbot, command, data_folder, *arguments):
    """Run a command to its end and return what it said, and how it ended."""
    said = []
    command.said.connect(said.append)
    with qtbot.waitSignal(command.ended, timeout=60_000) as ended:
        command.start(data_folder.root, arguments)
    return said, ended.args[0]


def test_a_command_says_what_it_has_to_say_and_ends(qtbot, command, data_folder, starter_model):
    _, error = run(qtbot, command, data_folder, "models", "add", str(starter_model), "--json")
    assert error is None
    again = ChildCommand()
    said, error = run(qtbot, again, data_folder, "models", "list", "--json")
    assert error is None
    assert [each["path"] for each in said] == [str(starter_model)]


def test_a_command_that_refuses_gives_its_sentence(qtbot, command, data_folder):
    said, error = run(qtbot, command, data_folder, "finetune", "report", "nothing", "--json")
    assert said == []
    assert "nothing" in error.sentence
    assert error.sentence.endswith(".")


def test_what_goes_wrong_with_us_is_told_without_its_details():
    trace = "Traceback (most recent call last):\n  File x\nValueError: 3\n"
    assert "should not happen" in error_of(1, trace).sentence
    assert "should not happen" in error_of(2, "usage: moatless\n").sentence
    assert "should not happen" in error_of(1, "").sentence


def test_a_command_that_was_killed_is_said_to_have_lacked_memory(qtbot, command, scripted):
    scripted(work=[HELLO, "wait"])
    with qtbot.waitSignal(command.said, timeout=60_000):
        command.start(scripted.root, ["work"])
    with qtbot.waitSignal(command.ended) as ended:
        os.kill(scripted.process().pid, signal.SIGKILL)
    assert "memory" in ended.args[0].sentence


def test_all_lines_of_a_command_arrive_before_its_end_does(qtbot, command, scripted):
    lines = [{"event": "course", "n": number} for number in range(1000)]
    scripted(work=[*lines, 0])
    order = []
    command.said.connect(lambda told: order.append(told["n"]))
    command.ended.connect(order.append)
    with qtbot.waitSignal(command.ended, timeout=60_000):
        command.start(scripted.root, ["work"])
    assert order == [*range(1000), None]


def test_a_command_that_is_stopped_ends_by_itself(qtbot, command, scripted):
    scripted(work=[HELLO, "wait"])
    with qtbot.waitSignal(command.said, timeout=60_000):
        command.start(scripted.root, ["work"])
    with qtbot.waitSignal(command.ended):
        command.stop()


def test_a_command_that_does_not_listen_is_killed(qtbot, command, scripted):
    scripted(work=[HELLO, "deaf"])
    with qtbot.waitSignal(command.said, timeout=60_000):
        command.start(scripted.root, ["work"])
    command._deaf.setInterval(0)
    with qtbot.waitSignal(command.ended):
        command.stop()


def test_a_command_ends_with_the_window_even_if_it_does_not_listen(qtbot, command, scripted, monkeypatch):
    monkeypatch.setattr("desktop_app.jobs.command._CLOSE_PATIENCE_MS", 50)
    scripted(work=[HELLO, "deaf"])
    with qtbot.waitSignal(command.said, timeout=60_000):
        command.start(scripted.root, ["work"])
    process = scripted.process()
    with qtbot.assertNotEmitted(command.ended):
        command.close()
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_is_started_to_outlive_the_window_is_in_a_group_of_its_own(qtbot, scripted, tmp_path):
    scripted(work=[HELLO, "A sentence.", 1])
    log = tmp_path / "log.txt"
    log.write_text("before\n", "utf-8")
    process = start_detached(scripted.root, ["work"], log)
    assert os.getsid(process.pid) == process.pid
    assert process.wait() == 1
    assert log.read_text("utf-8").startswith("before\n")
    assert "A sentence." in log.read_text("utf-8")
