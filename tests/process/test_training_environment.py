"""The training environment as it ships for this computer, set up by uv from the package index, and trained in."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.child_environment import foreign_environment
from desktop_app.finetune.environment.install import install, repair
from desktop_app.finetune.environment.lock import CPU, offered, this_computer
from desktop_app.finetune.environment.place import python_in
from desktop_app.finetune.environment.status import State, read_status
from desktop_app.finetune.environment.uv import Supply
from desktop_app.finetune.environment.verify import try_training
from desktop_app.finetune.trainer_process import check_environment
from desktop_app.network.door import Stop
from desktop_app.paths import bundled
from tests.support.training_environments import Small

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture
def lock():
    """Return the lock for the processor; that of another Python cannot be installed into the one of these tests."""
    computer = this_computer()
    if computer != "linux-x86_64":
        pytest.skip("the lock with a wheel that pip finds here is for Linux")
    lock = offered(bundled("training"), computer)[CPU]
    if lock.python.split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        pytest.skip(f"the lock is for Python {lock.python}")
    return lock


@pytest.fixture
def torch_wheel(lock, tmp_path):
    """Return a folder with the wheel of torch, wherever pip finds it: it is in an index of its own."""
    folder = tmp_path / "torch"
    wanted = f"torch=={lock.versions['torch']}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "-d", folder, wanted]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def small(tmp_path, torch_wheel):
    small = Small(tmp_path / "small")
    small.script(f"export UV_FIND_LINKS={torch_wheel}")
    return small


def test_it_is_set_up_from_the_package_index_and_trains(lock, small):
    """Python comes from this computer, and torch from where pip found it; all else is as for everybody."""
    here = replace(lock, python=small.lock.python, python_url=small.lock.python_url, indexes=())
    steps = []
    means = replace(small.means(Supply()), verify=try_training)
    record = install(small.place, here, means, Stop(), steps.append)
    assert record.packages["torch"] == lock.versions["torch"]
    assert record.device == "cpu"
    assert read_status(small.place, {CPU: here}, is_training=False).state == State.READY
    assert any(step.words.startswith("Downloading") for step in steps)
    hosts = {connection.host for connection in small.door.journal.read()}
    assert "pypi.org, files.pythonhosted.org" in hosts
    python = check_environment(small.place.root, small.program)
    assert python == python_in(small.place.environment)
    code = "import torch, sys; print(torch.__version__, sys.prefix)"
    environment = foreign_environment(None, os.environ)
    said = subprocess.run([python, "-I", "-c", code], env=environment, capture_output=True, text=True, check=True)
    version, prefix = said.stdout.split()
    assert version == lock.versions["torch"]
    assert Path(prefix).resolve() == small.place.environment.resolve()

    next(small.place.environment.glob("lib/python3*/site-packages/torch/__init__.py")).write_text("")
    assert read_status(small.place, {CPU: here}, is_training=False).state == State.BROKEN
    repair(small.place, here, means, Stop(), steps.append)
    assert read_status(small.place, {CPU: here}, is_training=False).state == State.READY
