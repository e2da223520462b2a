"""`moatless data` and `remove-data` with the real program, beside its real window."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.kept_data.in_use import is_window_open
from tests.support.other_processes import wait_until

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 90


def command(folder, *arguments):
    return [sys.executable, "-m", "desktop_app", "--data-dir", str(folder), *arguments]


def moatless(folder, *arguments):
    return subprocess.run(
        command(folder, *arguments),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD_S,
        check=False,
    )


def parts(folder):
    told = [json.loads(line) for line in moatless(folder, "data", "--json").stdout.splitlines()]
    return {each["part"] for each in told if each["is_there"]}


def test_nothing_is_deleted_beside_a_window_and_everything_after_it(starter_model, tmp_path):
    folder = tmp_path / "dàta"
    window = subprocess.Popen(command(folder), cwd=ROOT)
    try:
        wait_until(lambda: (folder / "moatless.db").exists() and is_window_open(folder / "window.lock"))
        refused = moatless(folder, "remove-data", "all", "--yes")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("A window of Moatless is open")
        assert (folder / "moatless.db").exists()
    finally:
        window.kill()
        window.wait()
    assert "chats" in parts(folder)
    removed = moatless(folder, "remove-data", "all", "--yes")
    assert (removed.returncode, removed.stderr) == (0, "")
    assert not folder.exists()


def test_with_nobody_there_it_is_refused_in_a_sentence(starter_model, tmp_path):
    moatless(tmp_path / "data", "models", "list")
    refused = moatless(tmp_path / "data", "remove-data")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nobody is here to be asked" in refused.stderr
    assert parts(tmp_path / "data") == {"chats"}
    assert moatless(tmp_path / "data", "remove-data", "everything").returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other terminals")
def test_on_a_terminal_it_asks_and_y_is_yes(starter_model, tmp_path):
    moatless(tmp_path / "data", "models", "list")
    for answer, remains in ((b"n\n", {"chats"}), (b"y\n", set())):
        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer)
            asked = subprocess.run(
                command(tmp_path / "data", "remove-data"),
                cwd=ROOT,
                stdin=theirs,
                capture_output=True,
                text=True,
                timeout=HANG_GUARD_S,
                check=True,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert asked.stderr.startswith("Delete conversations, settings and logs (")
        assert parts(tmp_path / "data") == remains


def test_what_trains_is_told_in_a_checkout(tmp_path):
    told = moatless(tmp_path / "data", "finetune", "environment", "--json")
    assert json.loads(told.stdout)["python"] == sys.executable
    assert moatless(tmp_path / "data", "finetune", "environment", "remove", "--yes").returncode == 1
