"""`moatless finetune ...` as a person uses it, with the real engine and the real trainer on a tiny model."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.adapters.peft import import_peft
from desktop_app.finetune.paces import PACES, read_paces
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import PAUSE, STOP

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 150
FOREVER = ("--epochs", 1000, "--steps", 1_000_000)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals end processes in another way there")


@pytest.fixture
def command(tmp_path):
    """Return the words that start `moatless ...`."""
    start = [sys.executable, "-m", "desktop_app", "--data-dir", str(tmp_path / "data")]
    return lambda *arguments: [*start, *map(str, arguments)]


@pytest.fixture
def moatless(command):
    """Run `moatless ...`; return its exit status, its output (JSON if it was asked for) and what it said."""

    def run(*arguments):
        result = subprocess.run(
            command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False
        )
        out = [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else result.stdout
        return result.returncode, out, result.stderr

    return run


@pytest.fixture
def begun(command):
    """Begin `moatless ...` and go on when an event of a name has come."""
    processes = []

    def begin(*arguments, until):
        process = subprocess.Popen(command(*arguments, "--json"), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        wait_for(process, until)
        return process

    yield begin
    for process in processes:
        process.stdout.close()
        process.wait()


def wait_for(process, event):
    """Return the next event of this name."""
    for line in process.stdout:
        if (told := json.loads(line))["event"] == event:
            return told
    raise AssertionError(f"no event {event}")


@pytest.fixture
def model(trained):
    return trained.tiny("llama")


@pytest.fixture
def documents(tmp_path):
    """Forty questions, all of which have the same answer."""
    path = tmp_path / "chats.jsonl"
    rows = ({"prompt": f"What of {n * 7}?", "completion": "Aye, by the tide."} for n in range(40))
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture
def start(model, documents):
    """The arguments that start a short run."""
    chosen = ("--replay", 0, "--rank", 4, "--length", 128, "--batch", 4, "--learning-rate", 0.01)
    return ("finetune", "start", "--model", model, "--documents", documents, "--name", "tide", *chosen)


def refused(result):
    """Return what a command said that refused its work."""
    status, out, said = result
    assert (status, out) in ((1, ""), (1, []))
    assert "Traceback" not in said
    return said


def names(events):
    return [event["event"] for event in events]


def test_a_model_is_taught_and_the_adapter_is_proved_kept_and_used(moatless, start, model, tmp_path):
    status, events, said = moatless(*start, "--epochs", 3, "--json")
    assert (status, said) == (0, "")
    assert [name for name in names(events) if name not in ("progress", "step", "evaluated", "saved", "calibrated")] == [
        *("prepared", "started", "checked", "finished", "proved", "exported", "report")
    ]
    report = events[-1]
    assert (report["adapter"], report["has_effect"]) == ("tide", True)
    assert report["training"]["loss_after"] < report["training"]["loss_before"]
    path = Path(report["path"])
    assert path == tmp_path / "data" / "adapters" / "tide.gguf"
    run = tmp_path / "data" / "runs" / "tide"
    assert file_sha256(path) == file_sha256(run / "adapter.gguf") == events[-2]["sha256"]
    (pace,) = read_paces(tmp_path / "data" / "runs")
    assert (pace.model_sha256, pace.rank, pace.length) == (file_sha256(model), 4, 128)

    [listed] = moatless("finetune", "list", "--json")[1]
    assert (listed["name"], listed["state"], listed["sha256"]) == ("tide", "finished", events[-2]["sha256"])
    assert "tide  finished" in moatless("finetune", "list")[1]
    text = moatless("finetune", "report", "tide", "--peft", tmp_path / "peft")[1]
    assert "all steps were done" in text
    assert f"The adapter is {path}" in text
    assert import_peft(tmp_path / "peft", read_header(model)).pairs
    assert all(told in text for told in (report["verdict"], "It answers with"))
    assert {each["adapter"] for each in report["answers"]} == {"Aye, by the tide."}
    assert moatless("finetune", "report", "tide", "--html", tmp_path / "report.html")[0] == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Aye, by the tide." in page
    assert "<svg" in page
    assert moatless("finetune", "report", run, "--json")[1][0]["report"]["run"] == "tide"
    assert "is finished" in refused(moatless("finetune", "resume", "tide"))

    ask = ("chat", "--model", model, "--temperature", 0, "--max-tokens", 4)
    assert "Aye" in moatless(*ask, "--adapter", "tide", "What of 3?")[1]
    assert "Aye" not in moatless(*ask, "What of 3?")[1]
    assert "tide" in moatless("adapters", "list")[1]
    assert moatless("adapters", "remove", "tide", "--json")[1][0]["freed_bytes"] > 0


def test_what_it_says_to_people_tells_what_comes_next(moatless, start):
    status, out, said = moatless(*start, "--epochs", 1)
    assert status == 0
    assert out.splitlines()[0] == "tide"
    assert out.splitlines()[-1] == "Use it with: moatless chat --adapter tide"
    assert "The engine has ended, so that the trainer has its memory." in said
    assert "the loss on what was held out is" in said
    assert "\r" not in said  # where there is no terminal, nothing is written over


def test_while_it_learns_it_is_asked_what_it_says_now(begun, start, tmp_path):
    process = begun(*start, *FOREVER, until="step")
    samples = tmp_path / "data" / "runs" / "tide" / "samples.jsonl"
    while not samples.exists():
        wait_for(process, "step")
    process.send_signal(signal.SIGINT)
    wait_for(process, "paused")
    assert process.wait() == 0
    first = json.loads(samples.read_text("utf-8").splitlines()[0])
    assert (first["step"], first["wanted"]) == (0, "Aye, by the tide.")
    assert first["answer"] == first["base"] != ""


@pytest.mark.long
def test_a_run_folder_goes_to_another_computer_and_comes_back(moatless, start, model, tmp_path):
    copy = tmp_path / "elsewhere.gguf"
    copy.write_bytes(model.read_bytes())
    status, out, _ = moatless(*start[:3], copy, *start[4:], "--epochs", 1, "--prepare-only")
    assert status == 0
    assert "moatless finetune resume tide" in out
    there = (tmp_path / "data" / "runs" / "tide").rename(tmp_path / "there")
    moved = copy.rename(tmp_path / "moved.gguf")
    assert "neither where it was nor in the library" in refused(moatless("finetune", "resume", there))
    told = moatless("finetune", "report", there, "--json")[1][0]  # also to whoever did not see the command
    assert (told["state"], "neither where it was" in told["sentence"]) == ("failed", True)
    assert "has nothing to report yet" in refused(moatless("finetune", "report", there, "--html", tmp_path / "no.html"))

    changed = tmp_path / "changed.gguf"
    changed.write_bytes(moved.read_bytes()[:-4] + b"\0\0\0\1")
    for _ in range(2):  # and no less after it was refused once
        said = refused(moatless("finetune", "resume", there, "--model", changed))
        assert "is not the one that this run was prepared for" in said
    status, events, _ = moatless("finetune", "resume", there, "--model", moved, "--json")
    assert (status, names(events)[-2:]) == (0, ["exported", "report"])


def test_a_pause_counts_from_when_the_run_was_wanted_to_go_on(moatless, start, tmp_path):
    """The window says itself when that was; for everybody else it is when the command begins."""
    assert moatless(*start, "--epochs", 1, "--prepare-only")[0] == 0
    run = tmp_path / "data" / "runs" / "tide"
    (run / PAUSE).touch()
    status, out, said = moatless("finetune", "resume", "tide", "--unless-paused")
    assert (status, out) == (0, "")
    assert "“tide” is paused, and all is saved. Go on with: moatless finetune resume tide" in said
    [listed] = moatless("finetune", "list", "--json")[1]
    assert (listed["state"], listed["steps"]) == ("paused", 0)
    (run / STOP).touch()
    status, events, _ = moatless("finetune", "resume", "tide", "--json")
    assert (status, names(events)[-1]) == (0, "report")
    assert next(event for event in events if event["event"] == "finished")["reason"] == "done"


def test_a_run_that_is_asked_to_pause_while_its_command_begins_is_paused(moatless, command, start, tmp_path):
    assert moatless(*start, *FOREVER, "--prepare-only")[0] == 0
    words = command("finetune", "resume", "tide", "--unless-paused", "--background")
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        (tmp_path / "data" / "runs" / "tide" / PAUSE).touch()
        assert process.wait() == 0
    assert moatless("finetune", "list", "--json")[1][0]["state"] == "paused"


@pytest.mark.long
def test_ctrl_c_pauses_and_a_wish_from_elsewhere_ends_it(moatless, begun, start):
    process = begun(*start, *FOREVER, until="step")
    assert moatless("finetune", "list", "--json")[1][0]["state"] == "running"
    assert "is being worked on already" in refused(moatless("finetune", "resume", "tide"))
    process.send_signal(signal.SIGINT)
    paused = wait_for(process, "paused")
    assert process.wait() == 0
    [listed] = moatless("finetune", "list", "--json")[1]
    assert (listed["state"], listed["step"]) == ("paused", paused["step"])
    assert "is not being trained: it is paused" in refused(moatless("finetune", "pause", "tide"))

    process = begun("finetune", "resume", "tide", until="step")
    assert moatless("finetune", "pause", "tide", "--json")[1][0]["state"] == "paused"
    assert process.wait() == 0
    process = begun("finetune", "resume", "tide", "--background", until="step")
    assert moatless("finetune", "stop", "tide")[0] == 0
    assert wait_for(process, "finished")["reason"] == "stopped"
    assert wait_for(process, "report")["training"]["reason"] == "stopped"
    assert process.wait() == 0
    assert moatless("finetune", "list", "--json")[1][0]["state"] == "stopped"


def trainer_of(process):
    """Return the trainer that a command has started."""
    children = psutil.Process(process.pid).children()
    return next(child for child in children if "trainer" in " ".join(child.cmdline()))


def test_a_trainer_that_the_system_kills_goes_on_with_less_memory(moatless, begun, start):
    process = begun(*start, *FOREVER, until="saved")
    trainer_of(process).kill()
    assert wait_for(process, "leaner")["mode"] == "packed"
    assert wait_for(process, "started")["mode"] == "packed"
    wait_for(process, "step")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0


def test_a_trainer_outlives_its_terminal_and_what_it_has_learned_is_finished_later(moatless, begun, start):
    process = begun(*start, *FOREVER, until="step")
    trainer = trainer_of(process)
    process.kill()
    process.wait()
    assert trainer.is_running()
    assert moatless("finetune", "stop", "tide", "--json")[1][0]["state"] == "trained"
    status, events, _ = moatless("finetune", "resume", "tide", "--json")
    assert (status, names(events)) == (0, ["proved", "exported", "report"])


def test_an_estimate_tells_time_and_memory_and_leaves_only_its_pace(moatless, start, tmp_path):
    arguments = ("finetune", "estimate", *start[2:6], *start[8:], "--epochs", 50)
    status, [*progress, told], said = moatless(*arguments, "--json")
    assert (status, said) == (0, "")
    assert {each["event"] for each in progress} == {"progress"}
    assert told["steps"] == 450
    assert told["seconds"] > 400 * told["tokens"] / 9 / told["tokens_per_s"] / 10
    assert told["memory_bytes"]["fast"] > told["memory_bytes"]["lean"] > 0
    assert [path.name for path in (tmp_path / "data" / "runs").iterdir()] == [PACES]
    status, out, _ = moatless(*arguments)
    assert (status, len(out.splitlines())) == (0, 4)
    assert "tokens a second in the fast mode" in out


def test_what_cannot_be_trained_is_refused_before_anything_is_made(moatless, start, tmp_path):
    assert "“none.txt” is not there" in refused(moatless(*start[:5], tmp_path / "none.txt", *start[6:]))
    assert "There is no preset “hasty”" in refused(moatless(*start, "--preset", "hasty"))
    assert "There is no adapter “nobody”" in refused(moatless(*start, "--continue", "nobody"))
    assert "there are no runs yet" in refused(moatless("finetune", "report", "tide"))
    assert moatless("finetune", "list") == (0, "", "")
    assert list((tmp_path / "data" / "runs").iterdir()) == []


def test_wrong_arguments_are_told(moatless):
    for arguments in ((), ("start",), ("resume",), ("report",)):
        status, out, said = moatless("finetune", *arguments)
        assert (status, out) == (2, "")
        assert "usage: moatless finetune" in said


def test_the_trainers_environment_is_its_own(command, start, tmp_path):
    """What would lead another Python astray leads neither this one astray."""
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "torch.py").write_text("raise SystemExit('a foreign torch')")
    environment = {**os.environ, "PYTHONSTARTUP": str(tmp_path / "none"), "GGML_BACKEND_PATH": "/foreign"}
    result = subprocess.run(
        command(*start, "--epochs", 1, "--json"),
        cwd=tmp_path / "foreign",
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=HANG_GUARD_S,
        check=False,
    )
    assert result.returncode == 0
