"""What the computer has, and what a container or service may use of it."""

import os
import subprocess
import sys

import psutil
import pytest

from desktop_app.library import hardware


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Return a function that writes the files of control groups."""
    monkeypatch.setattr(hardware, "_CGROUPS", tmp_path)
    monkeypatch.setattr(hardware, "_OWN_CGROUPS", tmp_path / "own")

    def write(own, **files):
        (tmp_path / "own").write_text(own)
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    return write


def test_this_computer_has_memory_and_a_core():
    assert 0 < hardware.free_memory_bytes() <= psutil.virtual_memory().total
    assert 1 <= hardware.physical_cores() <= (os.cpu_count() or 1)


def test_what_a_process_holds_is_what_its_end_gives_back(tmp_path):
    """Mapped files count as free already, whoever has them mapped."""
    (tmp_path / "mapped").write_bytes(bytes(64_000_000))
    code = (
        "import mmap, sys\n"
        "with open(sys.argv[1], 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:\n"
        "    assert not any(mapped[i] for i in range(0, len(mapped), 4096))\n"
        "    held = b'x' * int(sys.argv[2])\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
    )

    def held(n_bytes):
        command = [sys.executable, "-c", code, str(tmp_path / "mapped"), str(n_bytes)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            return hardware.held_bytes(process.pid)

    empty, full = held(0), held(100_000_000)
    assert 0 < empty < 40_000_000
    assert full - empty == pytest.approx(100_000_000, rel=0.05)


def test_a_process_that_is_gone_holds_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert hardware.held_bytes(process.pid) == 0
    assert hardware.held_bytes() > 0


def test_the_limit_of_a_service_holds(groups):
    groups(
        "0::/app/chat\n",
        app__memory_dot_max="500000000\n",
        app__memory_dot_current="300000000\n",
        app__memory_dot_stat="anon 100000000\nactive_file 50000000\ninactive_file 60000000\n",
        app__chat__memory_dot_max="max\n",
        app__chat__memory_dot_current="300000000\n",
    )
    assert hardware.free_memory_bytes() == 310_000_000


def test_the_limit_of_an_older_kind_of_container_holds(groups):
    groups(
        "4:memory:/docker/1\n0::/\n",
        memory__docker__1__memory_dot_limit_in_bytes="400000000\n",
        memory__docker__1__memory_dot_usage_in_bytes="450000000\n",
        memory__docker__1__memory_dot_stat="total_active_file 1000\n",
    )
    assert hardware.free_memory_bytes() == 0


def test_a_group_without_a_limit_changes_nothing(groups):
    groups("0::/\n", memory_dot_max="max\n", memory_dot_current="1000\n", cpu_dot_max="max 100000\n")
    assert hardware.free_memory_bytes() > 1000


def test_a_share_of_the_processor_counts_in_whole_cores(groups, monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(16)), raising=False)
    groups("0::/\n")
    assert hardware.physical_cores() == 8
    groups("0::/\n", cpu_dot_max="250000 100000\n")
    assert hardware.physical_cores() == 2
    groups("0::/\n", cpu_dot_max="50000 100000\n")
    assert hardware.physical_cores() == 1


def test_there_is_always_a_core(groups, monkeypatch):
    groups("")
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: None)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert hardware.physical_cores() == 1
