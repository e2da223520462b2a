"""llama.cpp is used only where it was seen to compute on this very computer."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from desktop_app.errors import UserError
from installers import engine_trial, llama_build
from installers.environment import Environment
from installers.llama_build import prepare_build, prove_build

WELL = "pass"
REFUSED = "import sys; print('There is not enough memory.'); sys.exit(1)"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A checkout with llama.cpp installed; `programs` are what one trial after the other really runs.

    `tried` counts the trials, and `installed` has what pip was told.
    """
    environment = Environment(tmp_path)
    (environment.folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (tmp_path / "constraints.txt").write_text("six==1.0\nllama_cpp_python==0.3.36\n")
    environment.programs, environment.installed, environment.tried = [WELL], [], 0
    real = subprocess.run

    def run(command, **options):
        assert command[0] == str(environment.python)
        program = environment.programs[min(environment.tried, len(environment.programs) - 1)]
        environment.tried += 1
        return real([sys.executable, "-c", program], **options)

    def pip(_title, arguments):
        environment.installed.append(arguments)
        place_record(environment, "built anew")

    monkeypatch.setattr(llama_build.subprocess, "run", run)
    monkeypatch.setattr(llama_build, "check_compiler", lambda: None)
    monkeypatch.setattr(environment, "pip", pip)
    place_record(environment, "kept")
    return environment


def place_record(environment, content):
    record = environment.packages / "llama_cpp_python-0.3.36.dist-info" / "RECORD"
    record.parent.mkdir(exist_ok=True)
    record.unlink(missing_ok=True)
    record.write_text(content)
    return record


def dies_by(name):
    return f"import os, signal; os.kill(os.getpid(), signal.{name})"


# ------------------------------------------------------------ before it is built


def test_a_compiler_is_looked_for_only_where_something_is_built(environment, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(llama_build, "check_compiler", lambda: asked.append(1))
    prepare_build(environment)
    assert (asked, capsys.readouterr().out) == ([], "")
    place_record(environment, "").unlink()
    prepare_build(environment)
    assert asked == [1]
    assert "about seven minutes" in capsys.readouterr().out


def test_without_a_pinned_version_there_is_a_sentence(environment):
    (environment.root / "constraints.txt").write_text("six==1.0")
    with pytest.raises(UserError, match="does not say which"):
        prepare_build(environment)


# ------------------------------------------------------------ after it is installed


def test_a_build_that_computes_is_tried_once(environment):
    for _ in range(2):
        prove_build(environment)
    assert (environment.tried, environment.installed) == (1, [])


def test_another_installation_is_tried_again(environment):
    prove_build(environment)
    place_record(environment, "another")
    prove_build(environment)
    assert environment.tried == 2


def test_on_another_processor_it_is_tried_again(environment, monkeypatch):
    prove_build(environment)
    monkeypatch.setattr(llama_build, "_processor", lambda: "flags: fpu vme")
    prove_build(environment)
    assert environment.tried == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("name", ["SIGILL", "SIGSEGV", "SIGABRT"])
def test_a_build_that_dies_here_is_built_again_without_what_pip_has_kept(environment, capsys, name):
    environment.programs = [dies_by(name), WELL]
    prove_build(environment)
    (arguments,) = environment.installed
    assert arguments[0] == "install"
    assert {"--no-cache-dir", "--force-reinstall", "--no-deps", "llama-cpp-python==0.3.36"} < set(arguments)
    assert "does not run on this computer" in capsys.readouterr().out
    prove_build(environment)
    assert environment.tried == 2


@pytest.mark.parametrize("status", [0xC000001D, 0xC0000005, engine_trial.DOES_NOT_LOAD])
def test_what_windows_says_of_a_death_and_a_library_that_does_not_load_count_alike(environment, monkeypatch, status):
    results = [SimpleNamespace(returncode=status, stdout=""), SimpleNamespace(returncode=0, stdout="")]
    monkeypatch.setattr(llama_build.subprocess, "run", lambda *_, **__: results.pop(0))
    prove_build(environment)
    assert len(environment.installed) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_what_dies_after_a_new_build_too_is_refused_with_a_sentence(environment):
    environment.programs = [dies_by("SIGSEGV")]
    for built in (1, 2):
        with pytest.raises(UserError, match="still ends at its first computation"):
            prove_build(environment)
        assert len(environment.installed) == built


@pytest.mark.parametrize("program", [REFUSED, dies_by("SIGTERM")])
def test_other_trouble_is_told_and_neither_built_away_nor_remembered(environment, capsys, program):
    environment.programs = [program, WELL]
    prove_build(environment)
    assert environment.installed == []
    assert "could not be tried out" in capsys.readouterr().out
    for _ in range(2):
        prove_build(environment)
    assert environment.tried == 2


def test_the_trial_does_not_run_libraries_from_elsewhere(environment, monkeypatch):
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", "/elsewhere")
    environment.programs = ["import os, sys; sys.exit('LLAMA_CPP_LIB_PATH' in os.environ)"]
    prove_build(environment)
    assert "engine_tried" in environment.notes()
