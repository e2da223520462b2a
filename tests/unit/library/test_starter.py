"""The starter model is the one that the project has pinned."""

import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.library import starter
from desktop_app.library.inspect import file_sha256, inspect_model

ROOT = Path(__file__).parents[3]


def test_the_starter_model_is_the_pinned_file():
    assert starter.is_present()
    assert file_sha256(starter.starter_path()) == starter.SHA256


def test_its_license_is_the_one_it_states():
    assert inspect_model(starter.starter_path()).license.casefold() == starter.LICENSE.casefold()


@pytest.mark.parametrize("content", [None, b"half"])
def test_it_is_not_present_unless_it_is_whole(tmp_path, monkeypatch, content):
    path = tmp_path / starter.FILE
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(starter, "starter_path", lambda: path)
    assert not starter.is_present()


@pytest.mark.parametrize("module", ["starter", "gguf", "model_check", "memory"])
def test_it_can_be_asked_about_before_anything_is_installed(module):
    command = [sys.executable, "-S", "-c", f"import desktop_app.library.{module}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
