"""What a trainer is started with: the right Python, and nothing of this program's own that could disturb it."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune import trainer_process
from desktop_app.finetune.trainer_process import (
    TRAINER,
    Start,
    check_environment,
    start_trainer,
    trainer_command,
    trainer_environment,
)
from desktop_app.library.hardware import physical_cores
from desktop_app.trainer.contract import LOG
from desktop_app.trainer.ggml_library import find_ggml


def options(command):
    """Return the options behind the run folder, {name: value}."""
    rest = command[7:]
    found = {}
    for place, word in enumerate(rest):
        if word.startswith("--"):
            follows = rest[place + 1 : place + 2]
            found[word] = follows[0] if follows and not follows[0].startswith("--") else True
    return found


def test_the_trainers_folder_is_run_by_itself_in_isolation(tmp_path):
    command = trainer_command(tmp_path, Start())
    assert command[:7] == [sys.executable, "-I", "-u", "-X", "utf8", str(TRAINER), str(tmp_path)]
    assert (TRAINER / "contract.py").is_file()
    assert set(options(command)) == {"--memory", "--threads", "--ggml"}
    assert int(options(command)["--memory"]) > 1_000_000
    assert int(options(command)["--threads"]) == physical_cores()


def test_the_library_that_unpacks_weights_is_found_without_loading_llama_cpp():
    code = "from desktop_app.trainer.ggml_library import find_ggml; import sys; print(find_ggml())"
    code += "; assert 'llama_cpp' not in sys.modules"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path = Path(found.stdout.strip())
    assert path == find_ggml()
    assert path.is_file()
    assert path.name.removeprefix("lib").startswith("ggml-base.")


def test_beside_a_person_at_work_it_is_humble(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer_process, "physical_cores", lambda: 4)
    told = options(trainer_command(tmp_path, Start(is_background=True)))
    assert (told["--threads"], told["--nice"]) == ("3", "10")
    for n_cores in (1, 2):
        monkeypatch.setattr(trainer_process, "physical_cores", lambda n_cores=n_cores: n_cores)
        assert options(trainer_command(tmp_path, Start(is_background=True)))["--threads"] == str(n_cores)
    assert trainer_environment(True, environment={})["GOMP_SPINCOUNT"] == "0"
    assert trainer_environment(False, environment={}) == {}


def test_a_place_a_mode_and_a_trial_are_told(tmp_path):
    told = options(trainer_command(tmp_path, Start(model=tmp_path / "m.gguf", mode="lean", is_trial=True)))
    assert (told["--model"], told["--mode"]) == (str(tmp_path / "m.gguf"), "lean")
    assert (told["--steps"], told["--dry-run"]) == ("3", True)


def test_another_python_may_train(tmp_path):
    python = tmp_path / "bin" / "python"
    assert trainer_command(tmp_path, Start(python=python))[:2] == [str(python), "-I"]


def test_what_is_missing_is_named_before_anything_is_prepared(monkeypatch, tmp_path):
    assert check_environment(tmp_path) == Path(sys.executable)
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    with pytest.raises(UserError, match="Training needs torch, which this Python does not have") as caught:
        check_environment(tmp_path)
    assert caught.value.hint.endswith("-m pip install -e .[finetune]")


def test_a_packaged_program_trains_in_its_own_environment_or_says_where_to_get_it(tmp_path):
    with pytest.raises(UserError, match="Training needs the training environment") as caught:
        check_environment(tmp_path / "training", program=tmp_path)
    assert "Teach page" in caught.value.hint
    assert caught.value.hint.endswith("moatless finetune environment install")


TALKING = "import sys; print('out'); print('err', file=sys.stderr); print(sys.stdin.read() == '')"


def test_what_it_says_is_added_to_the_log_and_nobody_can_be_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer_process, "trainer_command", lambda *_: [sys.executable, "-u", "-c", TALKING])
    (tmp_path / LOG).write_text("before\n")
    with start_trainer(tmp_path, Start()) as process:
        assert process.wait() == 0
    assert (tmp_path / LOG).read_text().split() == ["before", "out", "err", "True"]


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are a matter of POSIX systems")
@pytest.mark.parametrize("is_trial", [False, True])
def test_a_closed_terminal_reaches_only_a_trial(tmp_path, monkeypatch, is_trial):
    code = "import os; print(os.getsid(0) == os.getpid())"
    monkeypatch.setattr(trainer_process, "trainer_command", lambda *_: [sys.executable, "-c", code])
    with start_trainer(tmp_path, Start(is_trial=is_trial)) as process:
        process.wait()
    assert (tmp_path / LOG).read_text().strip() == str(not is_trial)


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match="could not be started"):
        start_trainer(tmp_path / "gone", Start())
