"""The proof of an environment: the real trainer trains two steps in it, or a sentence says why not."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment import verify
from desktop_app.finetune.environment.lock import CPU, CUDA
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.environment.process import Workshop
from desktop_app.finetune.environment.troubles import Damaged
from desktop_app.finetune.environment.verify import try_training
from desktop_app.network.door import Stop
from desktop_app.paths import bundled

STARTED = {"event": "started", "device": "cpu", "free_bytes": 5}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def tried(place, door, python=Path(sys.executable), accelerator=CPU):
    return try_training(python, accelerator, place, Workshop(place.log, Stop(), door))


def python_that(folder, events=(), status=0, says=""):
    """Return a program that is started like a Python, writes events into the run folder, and ends."""
    path = folder / "python"
    lines = "\n".join(json.dumps(event) for event in events)
    path.write_text(f"#!/bin/sh\ncat > \"$6/events.jsonl\" <<'END'\n{lines}\nEND\necho '{says}' >&2\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_the_python_that_runs_this_trains_two_steps(place, door):
    """The folder that ships fits the trainer that ships, and the engine: what both compute is compared in it."""
    proof = tried(place, door)
    assert proof.device
    assert proof.free_bytes > 1_000_000
    assert [each.name for each in place.root.iterdir()] == ["log.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_a_program_that_nobody_may_write_to_does_not_close_the_run_too(place, door, tmp_path, monkeypatch):
    shipped = tmp_path / "shipped"
    shutil.copytree(bundled("training", "tiny-run"), shipped)
    for path in (shipped, *shipped.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(verify, "bundled", lambda *_parts: shipped)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nfind "$6" > {tmp_path}/all\nfind "$6" ! -perm -200 > {tmp_path}/closed\nexit 1\n')
    python.chmod(0o755)
    with pytest.raises(Damaged):
        tried(place, door, python)
    assert "probe.json" in (tmp_path / "all").read_text()
    assert (tmp_path / "closed").read_text() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("events", "status", "says", "sentence"),
    [
        ([], 1, "ModuleNotFoundError: No module named torch", "does not work"),
        ([], -11, "", "does not work"),
        ([STARTED, {"event": "step", "step": 1}], 0, "", "does not work"),
        ([STARTED, {"event": "failed", "sentence": "It computes something else.", "hint": ""}], 1, "", "It computes"),
        ([], 70, "CUDA driver version is insufficient for CUDA runtime version", "The driver of the GPU is too old"),
    ],
)
def test_anything_less_is_told(place, door, events, status, says, sentence):
    python = python_that(place.root, events, status, says)
    with pytest.raises(UserError, match=sentence):
        tried(place, door, python)
    assert not list(place.root.glob("trial-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_a_gpu_that_was_asked_for_must_be_used(place, door):
    python = python_that(place.root, [STARTED, {"event": "step", "step": 2}])
    assert tried(place, door, python).device == "cpu"
    with pytest.raises(UserError, match="does not find the GPU"):
        tried(place, door, python, CUDA)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_a_python_that_cannot_be_started_is_told(place, door):
    with pytest.raises(UserError, match="could not be started"):
        tried(place, door, place.root / "gone")


def test_an_unknown_cause_may_be_damage(place, door, tmp_path):
    with pytest.raises(Damaged):
        tried(place, door, python_that(tmp_path, status=1))
