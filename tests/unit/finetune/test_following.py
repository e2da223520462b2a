"""Waiting for a trainer: what it tells is handed on, its deaths are told apart, and want of memory is met by thrift.

The trainers are small scripts that tell and die as real ones do.
"""

import json
import subprocess
import sys
import textwrap

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.following import train
from desktop_app.finetune.run_folder import RunState, ask_to_pause, read_status
from desktop_app.finetune.trainer_process import Start
from desktop_app.trainer import contract
from tests.support.gguf_files import llama_model
from tests.support.run_folders import make_run, tell
from tests.unit.library.sentences import assert_readable

BEGINNING = """
import json, os, sys
folder, mode = sys.argv[1], sys.argv[2] or "fast"
def tell(event, **facts):
    with open(os.path.join(folder, "events.jsonl"), "a") as file:
        file.write(json.dumps({"time": 1.0, "event": event, **facts}) + "\\n")
def start():
    tell("started", mode=mode, step=0)
"""
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="no signal ends a process there")


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "pirate", llama_model().write(tmp_path / "tiny.gguf"))


class Trainers:
    """Starts one script after the other in the place of trainers, and remembers how."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.starts = []

    def __call__(self, run, start):
        self.starts.append(start)
        code = BEGINNING + textwrap.dedent(self.scripts.pop(0))
        with (run / contract.LOG).open("ab") as log:
            return subprocess.Popen([sys.executable, "-c", code, str(run), start.mode], stderr=log)


def names(events):
    return [event["event"] for event in events]


def refused(run, trainers, **start):
    with pytest.raises(UserError) as caught:
        list(train(run, Start(**start), trainers))
    return caught.value


def test_every_event_is_handed_on_to_the_last_one(run):
    trainers = Trainers("start(); [tell('step', step=n) for n in range(200)]; tell('finished', reason='done')")
    events = list(train(run, Start(), trainers))
    assert names(events) == ["started", *["step"] * 200, "finished"]
    assert [event["step"] for event in events[1:-1]] == list(range(200))


def test_events_of_an_earlier_trainer_are_not_told_again(run):
    tell(run, ("started", {"mode": "fast", "step": 0}), ("paused", {"step": 1}))
    assert names(train(run, Start(), Trainers("start(); tell('paused', step=2)"))) == ["started", "paused"]


def test_an_event_is_handed_on_while_the_trainer_is_at_work(run):
    """It goes on only once the first event has been seen."""
    waiting = """
        start()
        while not os.path.exists(os.path.join(folder, "pause")):
            pass
        tell("paused", step=1)
    """
    seen = []
    for event in train(run, Start(), Trainers(waiting)):
        seen.append(event["event"])
        if event["event"] == "started":
            ask_to_pause(run)
    assert seen == ["started", "paused"]


def test_a_trainer_that_fails_has_said_why(run):
    error = refused(run, Trainers("start(); tell('failed', sentence='It is full.', hint='Free it.'); sys.exit(1)"))
    assert (error.sentence, error.hint) == ("It is full.", "Free it.")


# ------------------------------------------------------------ want of memory


@on_posix
def test_a_trainer_that_the_system_kills_is_started_again_with_less_memory(run):
    trainers = Trainers(f"start(); {KILL}", f"start(); {KILL}", "start(); tell('finished', reason='done')")
    events = list(train(run, Start(is_background=True), trainers))
    assert names(events) == ["started", "leaner", "started", "leaner", "started", "finished"]
    assert [start.mode for start in trainers.starts] == ["", "packed", "lean"]
    assert all(start.is_background for start in trainers.starts)
    assert events[1]["mode"] == "packed"
    assert "memory" in events[1]["reason"]
    assert read_status(run).progress.mode == "lean"


@on_posix
@pytest.mark.parametrize(("mode", "next_mode"), [("", "packed"), ("packed", "lean")])
def test_one_that_was_killed_before_it_said_anything_is_taken_at_its_word(run, mode, next_mode):
    trainers = Trainers(KILL, "start(); tell('finished', reason='done')")
    list(train(run, Start(mode=mode), trainers))
    assert trainers.starts[1].mode == next_mode


@pytest.mark.parametrize(
    "words", ["MemoryError", "DefaultCPUAllocator: can't allocate memory: you tried", "CUDA out of memory."]
)
def test_what_its_log_says_of_memory_counts_as_well(run, words):
    trainers = Trainers(
        f"start(); print({words!r}, file=sys.stderr); sys.exit(3)", "start(); tell('finished', reason='done')"
    )
    assert "leaner" in names(train(run, Start(), trainers))


def test_what_the_log_said_in_an_earlier_life_does_not_count(run):
    (run / contract.LOG).write_text("MemoryError\n")
    assert "unexpectedly" in refused(run, Trainers("start(); sys.exit(3)")).sentence


@on_posix
def test_after_the_leanest_mode_there_is_a_sentence(run):
    trainers = Trainers(f"start(); {KILL}")
    error = refused(run, trainers, mode="lean")
    assert_readable(error)
    assert "not even in the leanest way" in error.sentence
    assert read_status(run).state == RunState.INTERRUPTED


# ------------------------------------------------------------ other deaths


@pytest.mark.parametrize("death", ["sys.exit(3)", "os.abort()", "1 / 0"])
def test_any_other_death_is_told_with_where_to_look(run, death):
    error = refused(run, Trainers(f"start(); {death}"))
    assert "ended unexpectedly" in error.sentence
    assert str(run / contract.LOG) in error.hint
    assert read_status(run).state == RunState.INTERRUPTED


def test_the_log_is_kept(run):
    refused(run, Trainers("1 / 0"))
    assert "ZeroDivisionError" in (run / contract.LOG).read_text()


# ------------------------------------------------------------ listening no longer


WAITING = """
    start()
    while not os.path.exists(os.path.join(folder, "stop")):
        pass
    tell("finished", reason="stopped")
"""


def test_whoever_stops_listening_leaves_the_trainer_at_work(run):
    started = []

    def remember(folder, start):
        started.append(Trainers(WAITING)(folder, start))
        return started[0]

    listening = train(run, Start(), remember)
    assert next(listening)["event"] == "started"
    listening.close()
    assert started[0].poll() is None
    (run / contract.STOP).touch()
    started[0].wait()
    assert names(contract.read_events(run))[-1] == "finished"


def test_a_trial_ends_with_whoever_listens(run):
    started = []

    def remember(folder, start):
        started.append(Trainers(WAITING)(folder, start))
        return started[0]

    listening = train(run, Start(is_trial=True), remember)
    assert next(listening)["event"] == "started"
    listening.close()
    assert started[0].poll() is not None


def test_a_trial_may_end_without_finishing(run):
    script = "start(); tell('calibrated', tokens_per_s=5.0, seconds_left=9.0)"
    assert names(train(run, Start(is_trial=True), Trainers(script))) == ["started", "calibrated"]
    assert json.loads((run / contract.EVENTS).read_text().splitlines()[-1])["tokens_per_s"] == 5.0
