"""The guards in tests/conftest.py, tried on tests that deserve them: each of those runs in a pytest of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

HEADER = """
import logging, subprocess, sys, threading
import pytest
from PySide6.QtCore import QObject, QProcess, QThread, QTimer
from PySide6.QtWidgets import QWidget

kept = []
"""

# Nothing of what is left behind here would end if it was waited for.
CONFTEST = """
from tests.conftest import *
from tests.support import leaks
leaks.GRACE_S = 0.1
"""

# Each is a whole test; what the report must name is in the second place.
GUILTY = {
    "timer": (
        "timer = QTimer(qapp); timer.setObjectName('clock'); timer.start(1000)",
        "an active timer: QTimer “clock”",
    ),
    "qthread": ("thread = QThread(qapp); thread.start()", "a running thread: QThread"),
    "qprocess": (
        "process = QProcess(qapp); process.start(sys.executable, ['-c', 'input()']); process.waitForStarted()",
        "a running process: QProcess",
    ),
    "window": ("kept.append(QWidget()); kept[-1].setObjectName('lost')", "a window: QWidget “lost”"),
    "thread": (
        "threading.Thread(target=threading.Event().wait, name='forgotten', daemon=True).start()",
        "a thread: forgotten",
    ),
    "process": (
        "kept.append(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE))",
        "a child process: ",
    ),
    "warning_record": ("logging.getLogger('x').warning('oh %s', 'no')", "WARNING x: oh no"),
    "error_record_in_a_thread": (
        "thread = threading.Thread(target=lambda: logging.error('oh no')); thread.start(); thread.join()",
        "ERROR root: oh no",
    ),
}

INNOCENT = {
    "stopped_timer": "timer = QTimer(qapp); timer.start(1000); timer.stop()",
    "deleted_window": "window = QWidget(); window.show(); window.deleteLater()",
    "deleted_window_with_a_timer": "window = QWidget(); QTimer(window).start(1000); window.deleteLater()",
    "window_in_a_cycle": "window = QWidget(); window.itself = window",
    "managed_window": "window = QWidget(); qtbot.addWidget(window); QTimer(window).start(1000)",
    "ended_process": "subprocess.run([sys.executable, '-c', ''])",
    "ended_thread": "thread = QThread(qapp); thread.start(); thread.quit(); thread.wait()",
    "info_record": "logging.getLogger('x').info('fine')",
    "expected_record": "with caplog.at_level(logging.WARNING): logging.warning('known')",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What pytest says about all of them."""
    folder = tmp_path_factory.mktemp("guards")
    bodies = {name: body for name, (body, _) in GUILTY.items()} | INNOCENT
    tests = "".join(f"\ndef test_{name}(qapp, qtbot, caplog):\n    {body}\n" for name, body in bodies.items())
    tests += "\n@pytest.mark.long\ndef test_takes_minutes():\n    pass\n"
    (folder / "test_tried.py").write_text(HEADER + tests, "utf-8")
    (folder / "conftest.py").write_text(CONFTEST, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, "-rA", folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Killing what was left behind makes Popen warn about it as well.
    result = subprocess.run(
        [*command, "-W", "ignore::ResourceWarning", "-W", "ignore::pytest.PytestUnraisableExceptionWarning"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return result.stdout


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_left_behind_or_logged_fails_the_test(report, name):
    section = report.split(f" ERROR at teardown of test_{name} ", 1)
    assert len(section) == 2, report
    assert GUILTY[name][1] in section[1].split("\n____", 1)[0]


@pytest.mark.parametrize("name", INNOCENT)
def test_what_was_cleaned_up_or_announced_is_fine(report, name):
    assert f"ERROR at teardown of test_{name} " not in report, report
    assert f"PASSED test_tried.py::test_{name}\n" in report


def test_long_tests_wait_until_asked_for(report):
    assert "1 deselected" in report
