"""What a run folder tells of its run, after whatever has happened to it."""

import os
import shutil
import subprocess
import sys

import pytest

from desktop_app.errors import UserError, unexpected_error
from desktop_app.finetune.run_folder import (
    RunState,
    as_facts,
    ask_all_to_pause,
    ask_to_hold,
    ask_to_pause,
    ask_to_stop,
    conducted,
    find_run,
    held,
    is_pause_wanted,
    is_running,
    list_runs,
    read_status,
    withdraw_requests,
)
from desktop_app.trainer import contract
from desktop_app.trainer.lock import locked
from desktop_app.trainer.wishes import Wishes
from tests.support.gguf_files import llama_model
from tests.support.run_folders import FINISHED, STARTED, make_run, step, tell
from tests.unit.library.sentences import assert_readable

FAILED = {"sentence": "The disk is full.", "hint": "Free some space."}


@pytest.fixture
def model(tmp_path):
    return llama_model().write(tmp_path / "tiny.gguf")


@pytest.fixture
def run(tmp_path, model):
    return make_run(tmp_path / "runs" / "pirate", model)


@pytest.fixture
def no_patience(monkeypatch):
    """Nobody here looks at a lock for a moment only."""
    monkeypatch.setattr("desktop_app.finetune.locks.WAIT_S", 0)
    monkeypatch.setattr("desktop_app.trainer.lock._BETWEEN_TRIES_S", 0)


def started(step=0, mode="fast"):
    return "started", {**STARTED, "step": step, "mode": mode}


# ------------------------------------------------------------ states


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], RunState.PREPARED),
        ([("prepared", {})], RunState.PREPARED),
        ([started()], RunState.INTERRUPTED),
        ([started(), step(1), ("saved", {"step": 1, "micro": 0})], RunState.INTERRUPTED),
        ([started(), step(1), ("paused", {"step": 1})], RunState.PAUSED),
        ([started(), ("paused", {"step": 1}), started(1)], RunState.INTERRUPTED),
        ([started(), ("failed", FAILED)], RunState.FAILED),
        ([started(), ("failed", FAILED), started()], RunState.INTERRUPTED),
        ([started(), ("finished", {**FINISHED, "reason": "stopped"})], RunState.STOPPED),
    ],
)
def test_the_last_thing_that_happened_tells_how_far_a_run_is(run, events, state):
    tell(run, *events)
    assert read_status(run).state == state


def test_what_was_learned_is_not_done_before_it_is_in_the_library(run):
    tell(run, started(), ("finished", FINISHED))
    (run / contract.RESULT).touch()
    assert read_status(run).state == RunState.TRAINED
    tell(run, ("proved", {}))
    assert read_status(run).state == RunState.TRAINED
    tell(run, ("exported", {"path": "/a.gguf", "sha256": "ab"}))
    status = read_status(run)
    assert status.state == RunState.FINISHED
    assert (as_facts(status)["adapter"], as_facts(status)["sha256"]) == ("/a.gguf", "ab")


def test_a_run_whose_proof_has_failed_has_failed(run):
    tell(run, started(), ("finished", FINISHED), ("failed", FAILED))
    (run / contract.RESULT).touch()
    status = read_status(run)
    assert (status.state, status.sentence) == (RunState.FAILED, "The disk is full.")


def test_a_sentence_of_a_trouble_that_is_over_is_not_told(run):
    tell(run, started(), ("failed", FAILED), started(), ("paused", {"step": 1}))
    assert read_status(run).sentence == ""


def test_a_run_is_running_as_long_as_the_trainer_holds_its_lock(run):
    tell(run, started())
    assert not is_running(run)
    assert not (run / contract.LOCK).exists()  # looking leaves nothing behind
    with locked(run):
        assert is_running(run)
        assert read_status(run).state == RunState.RUNNING
    assert not is_running(run)
    assert read_status(run).state == RunState.INTERRUPTED


HOLD = """
import sys
from pathlib import Path
from desktop_app.trainer.lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_trainer_that_was_killed_is_free(run):
    command = [sys.executable, "-c", HOLD, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert is_running(run)
        process.kill()
    assert not is_running(run)


# ------------------------------------------------------------ whoever waits for the trainer


def test_a_run_is_running_until_what_was_learned_is_in_the_library(run):
    """Between training and proving no trainer is at work, and the run is not left alone."""
    with conducted(run):
        assert read_status(run).state == RunState.RUNNING
        with locked(run):
            assert is_running(run)
        assert is_running(run)
        with held(run):
            assert is_running(run)
        assert is_running(run)
    assert not is_running(run)


def test_a_run_is_conducted_by_one_at_a_time(run, no_patience):
    with conducted(run), pytest.raises(UserError, match="is being worked on already"), conducted(run):
        pass
    assert list(contract.read_events(run)) == []  # of the other one it is not known that it fails
    with conducted(run):
        pass


def test_a_trainer_is_kept_off_while_something_is_done_to_the_run(run, no_patience):
    with locked(run), pytest.raises(UserError, match="is being worked on already"), held(run):
        pass


def test_what_goes_wrong_unseen_is_found_in_the_folder(run):
    tell(run, started(), ("finished", FINISHED))
    with pytest.raises(UserError), conducted(run):
        raise UserError("The engine belongs to another version of Moatless.", "Install Moatless again.")
    status = read_status(run)
    assert (status.state, status.sentence) == (RunState.FAILED, "The engine belongs to another version of Moatless.")
    assert status.progress.failed["hint"] == "Install Moatless again."


def test_a_bug_of_ours_is_told_in_a_sentence_as_well(run):
    with pytest.raises(ZeroDivisionError), conducted(run):
        raise ZeroDivisionError
    assert read_status(run).sentence == unexpected_error().sentence


def test_what_the_trainer_has_told_already_is_not_told_twice(run):
    tell(run, started(), ("failed", FAILED))
    with pytest.raises(UserError), conducted(run):
        raise UserError(**FAILED)
    assert [event["event"] for event in contract.read_events(run)] == ["started", "failed"]


def test_nothing_is_written_beside_a_trainer_at_work(run):
    with pytest.raises(UserError), locked(run), conducted(run):
        raise UserError("The disk is full.")
    assert list(contract.read_events(run)) == []


def test_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written to") as caught, conducted(tmp_path / "file" / "run"):
        pass
    assert_readable(caught.value)


def test_how_much_of_the_proof_is_done_is_told_and_changes_no_state(run):
    tell(run, started(), ("finished", FINISHED), ("proving", {"fraction": 0.25}))
    (run / contract.RESULT).touch()
    status = read_status(run)
    assert (status.state, status.progress.proving, status.is_trained) == (RunState.TRAINED, 0.25, True)
    tell(run, ("proving", {"fraction": 0.5}), ("proved", {}))
    assert read_status(run).progress.proving is None
    tell(run, ("exported", {"path": "/a.gguf", "sha256": "ab"}))
    assert (read_status(run).state, read_status(run).is_trained) == (RunState.FINISHED, False)


def test_a_run_whose_proof_has_failed_has_nothing_to_be_trained(run):
    tell(run, started(), ("finished", FINISHED), ("failed", FAILED))
    assert not read_status(run).is_trained  # without a result the trainer has more to do
    (run / contract.RESULT).touch()
    assert read_status(run).is_trained


# ------------------------------------------------------------ the curve


def test_what_was_done_twice_counts_as_it_was_done_the_second_time(run):
    tell(run, started(), step(1, 5.0), step(2, 4.0), ("evaluated", {"step": 2, "loss": 3.9}), step(3, 3.0))
    tell(run, started(1), step(2, 4.5))
    progress = read_status(run).progress
    assert progress.losses == {1: 5.0, 2: 4.5}
    assert progress.held_out == {}
    assert progress.step == 2
    tell(run, step(3, 3.5), ("evaluated", {"step": 3, "loss": 3.4}))
    progress = read_status(run).progress
    assert (progress.losses, progress.held_out) == ({1: 5.0, 2: 4.5, 3: 3.5}, {3: 3.4})
    assert progress.tokens_per_s == 50


def test_a_torn_line_and_lines_of_no_sense_are_passed_over(run):
    tell(run, started(), step(1, 5.0))
    with (run / contract.EVENTS).open("ab") as file:
        file.write(b'\xff\n[]\n\n{"time": 1, "event": "step", "lo')
    status = read_status(run)
    assert (status.state, status.progress.losses) == (RunState.INTERRUPTED, {1: 5.0})


def test_the_mode_is_the_one_that_memory_has_left(run):
    tell(run, started(), ("leaner", {"mode": "packed", "reason": "The computer ran out of memory."}))
    assert read_status(run).progress.mode == "packed"


# ------------------------------------------------------------ several


def test_runs_are_listed_from_the_latest_and_what_is_damaged_is_told(tmp_path, model):
    runs = tmp_path / "runs"
    for number, name in enumerate(("first", "second", "third")):
        tell(make_run(runs / name, model), started(), time=number * 100.0)
    (runs / "second" / contract.RUN).write_text("{")
    (runs / "empty").mkdir()
    (runs / "note.txt").touch()
    (runs / ".being made").mkdir()
    listed = list_runs(runs)
    assert [each.name for each in listed][:2] == ["third", "first"]
    assert {each.name for each in listed if each.state == RunState.DAMAGED} == {"second", "empty"}
    assert all(each.sentence for each in listed if each.state == RunState.DAMAGED)
    assert [as_facts(each)["name"] for each in listed] == [each.name for each in listed]
    assert list_runs(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": 99}', "null", '{"format": 1, "base": {"parts": 3}}'])
def test_a_run_of_another_version_or_of_nonsense_is_damaged(run, content):
    (run / contract.RUN).write_text(content)
    assert read_status(run).state == RunState.DAMAGED


def test_a_run_is_found_by_its_name_or_its_folder(tmp_path, run):
    runs = run.parent
    assert find_run(runs, "pirate").folder == run
    assert find_run(runs, "pir").folder == run
    assert find_run(tmp_path / "elsewhere", str(run)).folder == run
    for wanted, folder in (("nobody", runs), ("pirate", tmp_path / "elsewhere")):
        with pytest.raises(UserError, match="There is no run") as caught:
            find_run(folder, wanted)
        assert caught.value.hint


def test_a_damaged_run_is_refused_in_a_sentence(run):
    (run / contract.MODEL).unlink()
    (run / contract.RUN).write_text("{}")
    with pytest.raises(UserError) as caught:
        find_run(run.parent, "pirate")
    assert_readable(caught.value)


# ------------------------------------------------------------ wishes


def test_wishes_are_files_that_can_be_withdrawn(run):
    ask_to_pause(run)
    ask_to_stop(run)
    assert {contract.PAUSE, contract.STOP} <= {path.name for path in run.iterdir()}
    withdraw_requests(run)
    withdraw_requests(run)
    assert not {contract.PAUSE, contract.STOP} & {path.name for path in run.iterdir()}


def test_a_run_that_was_paused_before_it_began_is_paused_until_somebody_wants_it_to_go_on(run):
    ask_to_pause(run)
    assert read_status(run).state == RunState.PAUSED
    withdraw_requests(run)
    assert read_status(run).state == RunState.PREPARED


def test_all_runs_that_somebody_works_on_or_is_about_to_are_asked_to_pause(run):
    runs = {name: shutil.copytree(run, run.with_name(name)) for name in ("works", "begins", "rests")}
    with conducted(runs["works"]):
        ask_all_to_pause(run.parent, ("begins", "gone"))
    assert [name for name, each in runs.items() if is_pause_wanted(each)] == ["works", "begins"]
    assert not is_pause_wanted(run)


def test_to_wait_is_asked_for_again_and_again_until_it_is_not(run):
    ask_to_hold(run, True)
    os.utime(run / contract.HOLD, (0, 0))
    ask_to_hold(run, True)
    assert Wishes(run).hold
    ask_to_hold(run, False)
    ask_to_hold(run, False)
    assert not (run / contract.HOLD).exists()


@pytest.mark.parametrize("ask", [ask_to_pause, ask_to_stop, lambda folder: ask_to_hold(folder, True)])
def test_a_folder_that_is_gone_cannot_be_asked(tmp_path, ask):
    with pytest.raises(UserError) as caught:
        ask(tmp_path / "gone")
    assert caught.value.hint
