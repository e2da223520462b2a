"""What the set-up tries llama.cpp out with: it really computes, and tells a library that does not load apart."""

import os
import subprocess
import sys

from installers import engine_trial


def run(model, **variables):
    command = [sys.executable, "-P", engine_trial.__file__, str(model)]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)


def test_a_build_for_this_computer_computes(starter_model):
    result = run(starter_model)
    assert result.returncode == 0, result.stderr


def test_a_library_that_is_not_there_does_not_load(starter_model, tmp_path):
    assert run(starter_model, LLAMA_CPP_LIB_PATH=str(tmp_path)).returncode == engine_trial.DOES_NOT_LOAD


def test_a_model_that_cannot_be_read_is_no_fault_of_the_build(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"nothing")
    assert run(tmp_path / "model.gguf").returncode == 1
