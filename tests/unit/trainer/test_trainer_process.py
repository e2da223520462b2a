"""The trainer as a process: how it starts, what its exit status says, and what it survives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from desktop_app.trainer import command, contract
from desktop_app.trainer.lock import locked
from tests.support.fake_trainee import curve, events, loader, make_run, random_texts, result, train, with_recipe

ROOT = Path(__file__).parents[3]
TRAINER = ROOT / "desktop_app" / "trainer"
FAKE = ROOT / "tests" / "support" / "fake_trainee.py"


def run(*arguments, cwd=ROOT, **environment):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )


def same_result(ours, theirs):
    return all(np.array_equal(array, result(theirs)[name]) for name, array in result(ours).items())


@pytest.mark.parametrize(
    "start",
    [("-I", "-u", "-X", "utf8", TRAINER), ("-I", TRAINER / "__main__.py"), ("-m", "desktop_app.trainer")],
    ids=["its folder", "its file", "as a module"],
)
def test_it_starts_by_path_and_by_name(tmp_path, start):
    """Far enough to have imported all that it needs, and to tell in a sentence what is wrong."""
    ended = run(*start, tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The run folder {tmp_path} is incomplete, damaged")
    assert events(tmp_path, "failed")[0]["hint"] == "Copy it again, or prepare a new run."


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(SystemExit) as ended:
        command.main([str(tmp_path), "--mode", "quick"])
    assert ended.value.code == 2


def test_its_status_tells_how_it_ended(tmp_path, capsys):
    folder = make_run(tmp_path / "run", random_texts(10))
    (folder / "pause").touch()
    assert command.main([str(folder), "--threads", "1"], {}, loader()) == 0
    assert events(folder, "paused")
    assert command.main([str(folder), "--threads", "1"], {}, loader()) == 0
    assert events(folder, "finished")
    (folder / contract.RESULT).unlink()
    (tmp_path / "model.gguf").unlink()
    assert command.main([str(folder)], {}, loader()) == 1
    failed = events(folder, "failed")[0]
    assert capsys.readouterr().err == f"{failed['sentence']} {failed['hint']}\n"


def test_a_fault_of_its_own_is_no_sentence(tmp_path, capsys):
    folder = make_run(tmp_path / "run", random_texts(10))

    def fail(*_facts):
        raise ZeroDivisionError

    assert command.main([str(folder)], {}, loader(fail)) not in (0, 1, 2)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not events(folder, "failed")


def test_a_second_trainer_leaves_the_run_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("desktop_app.trainer.lock._BETWEEN_TRIES_S", 0)
    folder = make_run(tmp_path / "run", random_texts(10))
    with locked(folder):
        assert command.main([str(folder)], {}, loader()) == 1
    assert "Another trainer" in capsys.readouterr().err
    assert not (folder / contract.EVENTS).exists()


def test_a_dry_run_is_asked_for_by_its_name(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(20))
    assert command.main([str(folder), "--dry-run", "--steps", "2"], {}, loader()) == 0
    assert len(events(folder, "step")) == 2
    assert not (folder / contract.CHECKPOINTS).exists()


def test_a_python_without_torch_is_told_in_a_sentence(tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n")
    ended = run("-m", "desktop_app.trainer", tmp_path, PYTHONPATH=hidden)
    assert ended.returncode == 1
    assert "which this Python does not have" in ended.stderr
    assert len(events(tmp_path, "failed")) == 1


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path):
    examples = random_texts(10), random_texts(4, 1)
    folder = make_run(tmp_path / "run", *examples)
    assert run(FAKE, folder, "--threads", "1", KILL_AT=9).returncode == -signal.SIGKILL
    assert not events(folder, "finished")
    assert run(FAKE, folder, "--threads", "1").returncode == 0
    assert events(folder, "started")[1]["step"] > 0
    undisturbed = make_run(tmp_path / "undisturbed", *examples)
    train(undisturbed)
    assert curve(folder) == curve(undisturbed)
    assert same_result(folder, undisturbed)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_process_that_gets_no_more_memory_goes_on_in_a_leaner_mode(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    ended = run(FAKE, folder, "--threads", "1", HUNGRY=4_000_000_000)
    assert ended.returncode == 0, ended.stderr
    assert [event["mode"] for event in events(folder, "leaner")] == ["packed"]
    undisturbed = make_run(tmp_path / "undisturbed", random_texts(10))
    train(undisturbed)
    assert same_result(folder, undisturbed)


def test_several_processes_train_the_same_adapter(tmp_path):
    """Started, killed and started again as on a computer with two GPUs."""
    examples = [*random_texts(4), *random_texts(4, 1, "up"), *random_texts(4, 2, "down")]
    recipe = with_recipe(loss="kto", micro_tokens=12)
    folder = make_run(tmp_path / "run", examples, examples[2:9], recipe)
    together = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", FAKE, folder, "--threads", "1")
    ended = run(*together, KILL_AT=9)
    assert ended.returncode != 0
    assert not events(folder, "finished")
    ended = run(*together)
    assert ended.returncode == 0, ended.stderr
    assert len(events(folder, "finished")) == 1
    assert events(folder, "started")[1]["step"] > 0
    alone = make_run(tmp_path / "alone", examples, examples[2:9], recipe)
    train(alone)
    assert curve(folder) == pytest.approx(curve(alone), rel=1e-4)
    for name, array in result(folder).items():
        np.testing.assert_allclose(array, result(alone)[name], rtol=0.01, atol=1e-3)
