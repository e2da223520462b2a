"""The real program on real data: from the first start to being killed in the middle of an answer."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from desktop_app.paths import DataFolder
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState
from tests.support.other_processes import wait_until

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 90


class Driven:
    """The program, driven by `tests.e2e.driver`; `events` are the lines it has said so far."""

    def __init__(self, folder, message, *options):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.driver", str(folder), message, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.events = []

    def wait_for(self, key, enough=lambda value: True):
        """Read what it says until it says something about `key`."""
        for line in self.process.stdout:
            event = json.loads(line)
            self.events.append(event)
            if key in event and enough(event[key]):
                return event
        raise AssertionError(f"it ended with {self.process.wait()} before it said {key}: {self.events[-3:]}")

    def kill(self):
        """Kill it, then read the rest of what it had said."""
        self.process.kill()
        self.events += [json.loads(line) for line in self.process.stdout if line.endswith("}\n")]
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture
def drive(starter_model, tmp_path):
    """Start the program with a message to send."""
    driven = []

    def start(message, *options):
        driven.append(Driven(tmp_path, message, *options))
        return driven[-1]

    yield start
    for each in driven:
        if each.process.poll() is None:
            each.kill()
        each.process.stdout.close()


def test_a_first_start_without_anything_chats_with_the_starter_model(drive, tmp_path):
    program = drive("Name three colors.", "--quit")
    ended = program.wait_for("state")
    assert ended["state"] == "done"
    assert len(ended["content"]) > 5
    assert program.process.wait(HANG_GUARD_S) == 0
    database = Database.open(DataFolder(tmp_path).database)
    try:
        chats = Chats(database)
        conversation = chats.list_conversations()[0]
        assert conversation.title == "Name three colors."
        assert [m.content for m in chats.messages(chats.path(conversation.id))][1] == ended["content"]
    finally:
        database.close()


def test_a_window_killed_while_streaming_loses_at_most_a_second_and_leaves_no_engine(drive, tmp_path):
    program = drive("Write a poem with a hundred verses about a fox.")
    engine = psutil.Process(program.wait_for("engine")["engine"])
    first = program.wait_for("text")["at"]
    program.wait_for("text", lambda length: program.events[-1]["at"] - first > 1.6)
    killed_at = time.monotonic()
    program.kill()
    a_second_before = max(e["text"] for e in program.events if "text" in e and e["at"] <= killed_at - 1)

    engine.wait(HANG_GUARD_S)
    database = Database.open(DataFolder(tmp_path).database)
    try:
        chats = Chats(database)
        assert chats.mark_interrupted() == 1
        conversation = chats.list_conversations()[0]
        asked, answer = chats.messages(chats.path(conversation.id))
        assert asked.content.startswith("Write")
        assert answer.state == MessageState.INTERRUPTED
        assert len(answer.content) >= a_second_before
    finally:
        database.close()


def start_program(folder):
    return subprocess.Popen([sys.executable, "-m", "desktop_app", "--data-dir", str(folder)], cwd=ROOT)


def test_a_second_window_brings_the_first_to_the_front_and_ends(starter_model, tmp_path):
    first = start_program(tmp_path)
    try:
        wait_until(lambda: (tmp_path / "moatless.db").exists())
        second = start_program(tmp_path)
        assert second.wait(HANG_GUARD_S) == 0
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()


def test_a_window_that_was_killed_does_not_keep_the_next_one_from_starting(starter_model, tmp_path):
    first = start_program(tmp_path)
    wait_until(lambda: (tmp_path / "moatless.db").exists())
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = start_program(tmp_path)
    try:
        wait_until(lambda: len(psutil.Process(second.pid).children()) == 1)  # its engine: it is really open
    finally:
        second.kill()
        second.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to ask a program to end")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_window_that_the_system_asks_to_end_saves_where_the_person_was(starter_model, tmp_path, number):
    program = start_program(tmp_path)
    wait_until(lambda: len(psutil.Process(program.pid).children()) == 1)  # it is really open
    program.send_signal(number)
    assert program.wait(HANG_GUARD_S) == 0
    assert (tmp_path / "window.json").exists()


def moatless(folder, *arguments):
    command = [sys.executable, "-m", "desktop_app", "--data-dir", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)


def test_the_command_line_answers_scores_and_lists(starter_model, tmp_path):
    answered = moatless(tmp_path, "chat", "--temperature", "0", "--max-tokens", "5", "--json", "Say hello.")
    lines = [json.loads(line) for line in answered.stdout.splitlines()]
    assert lines[-1]["answer_tokens"] <= 5
    assert "".join(line["text"] for line in lines[:-1])

    text = tmp_path / "text.txt"
    text.write_text("The sun rises in the east.")
    scored = json.loads(moatless(tmp_path, "score", "--model", "smollm2", "--json", str(text)).stdout)
    assert 0 < scored["mean_nll"] < 10

    listed = json.loads(moatless(tmp_path, "models", "list", "--json").stdout)
    assert listed["source"] == "starter"
    added = moatless(tmp_path, "models", "add", str(text))
    assert added.returncode == 1
    assert added.stderr.startswith("“text.txt” is a text file, not a model.")
    assert moatless(tmp_path, "dance").returncode == 2


def test_selftest_finds_everything_well(starter_model, tmp_path):
    """In an empty home, without a search path, and where names have spaces and letters of other languages."""
    home = tmp_path / "Zoë van den Berg"
    home.mkdir()
    command = [sys.executable, "-P", "-m", "desktop_app", "--data-dir", str(home / "dàta"), "selftest"]
    tested = subprocess.run(
        command, cwd=home, env={"HOME": str(home), "PATH": ""}, capture_output=True, timeout=HANG_GUARD_S, check=False
    )
    lines = [json.loads(line) for line in tested.stdout.decode("utf-8").splitlines()]
    assert tested.returncode == 0, tested
    assert all(line["ok"] for line in lines)
    assert lines[-1]["check"] == "versions"
    assert all(lines[-1]["found"][name] for name in ("moatless", "python", "qt", "llama.cpp", "cpu", "system"))
    assert tested.stderr == b""
    assert [path.name for path in home.iterdir()] == ["dàta"]
