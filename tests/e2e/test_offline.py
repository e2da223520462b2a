"""Nothing is sent unless the person asks for it: every `connect` of every process of the program is looked at."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.settings.store import Settings, save_settings
from tests.support.hub import LoopbackHub

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 120
OF_THIS_COMPUTER = re.compile(r"sa_family=AF_(UNIX|NETLINK|UNSPEC)")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="system calls are traced on Linux")


@pytest.fixture
def traced(tmp_path):
    """Run a command and return what it did and every `connect` to anything but this computer's own sockets."""
    assert shutil.which("strace"), "install strace"

    def run(*command, **environment):
        trace = tmp_path / "trace"
        result = subprocess.run(
            ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", str(trace), sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=HANG_GUARD_S,
        )
        lines = [line for line in trace.read_text().splitlines() if "connect(" in line]
        return result, [line for line in lines if not OF_THIS_COMPUTER.search(line)]

    return run


def data_folder(path, is_offline):
    folder = DataFolder(path)
    folder.create()
    save_settings(folder.settings, Settings().changed(options.OFFLINE, is_offline))
    return folder


@pytest.mark.parametrize("is_offline", [True, False])
def test_chatting_makes_no_connection(traced, starter_model, tmp_path, is_offline):
    folder = data_folder(tmp_path / "data", is_offline)
    result, connects = traced("-m", "tests.e2e.driver", str(folder.root), "Name three colors.", "--quit")
    assert '"state": "done"' in result.stdout
    assert connects == []
    assert not folder.connections.exists()


def test_offline_a_search_is_refused_before_anything_is_sent(traced, tmp_path):
    folder = data_folder(tmp_path / "data", True)
    with LoopbackHub() as hub:
        result, connects = traced(
            "-m", "desktop_app", "--data-dir", str(folder.root), "models", "search", "x", HF_ENDPOINT=hub.url
        )
        assert hub.requests == []
    assert (result.returncode, result.stderr) == (
        1,
        "Moatless is set to stay offline, so it makes no connection. Switch offline mode off first.\n",
    )
    assert connects == []


def test_the_trace_would_see_a_connection(traced, tmp_path):
    folder = data_folder(tmp_path / "data", False)
    with LoopbackHub() as hub:
        result, connects = traced(
            "-m", "desktop_app", "--data-dir", str(folder.root), "models", "search", "x", HF_ENDPOINT=hub.url
        )
        assert hub.requests
    assert result.returncode == 0
    assert connects
    assert all("127.0.0.1" in line for line in connects)
