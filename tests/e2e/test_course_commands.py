"""`moatless finetune course` and what is done with one, with the real engine and the real trainer on a tiny model."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.trainer.contract import HELD_OUT, read_examples, read_run
from tests.support.course_parts import prose

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 170
KILLED_ONCE_THE_RUN_IS_THERE = """
import os, signal, sys
run, *arguments = sys.argv[1:]
sys.addaudithook(lambda *_: os.path.isdir(run) and signal.raise_signal(signal.SIGKILL))
from desktop_app.__main__ import main
main(arguments)
"""
SHORT = ("--replay", 0, "--rank", 4, "--length", 128, "--batch", 4, "--learning-rate", 0.01, "--epochs", 3)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals end processes in another way there")


class Commands:
    """Runs `moatless ...` on a data folder of its own."""

    def __init__(self, data):
        self.data = data
        self.start = [sys.executable, "-m", "desktop_app", "--data-dir", str(data)]

    def run(self, *arguments):
        """Return exit status, output (JSON if it was asked for) and what was said."""
        words = [*self.start, "finetune", *map(str, arguments)]
        result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)
        assert "Traceback" not in result.stderr, result.stderr
        out = [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else result.stdout
        return result.returncode, out, result.stderr

    def told(self, *arguments):
        """Return the output of a command that does what it should."""
        status, out, said = self.run(*arguments)
        assert status == 0, said
        return out

    def refused(self, *arguments):
        status, out, said = self.run(*arguments)
        assert (status, out) in ((1, ""), (1, []))
        return said

    def course(self, name):
        return CourseFolder(self.data / "courses" / name)


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path / "data")


@pytest.fixture
def model(trained):
    return trained.tiny("llama")


def questions(path, first, n):
    rows = (
        {"prompt": f"What of {number * 7}?", "completion": "Aye, by the tide."} for number in range(first, first + n)
    )
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


@pytest.fixture
def notes(tmp_path):
    """A folder of texts, with one that cannot be read."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("ada", "bo", "eve"):
        (folder / f"{name}.txt").write_text(prose(name, 12), "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    return folder


def events(told, name):
    return [each for each in told if each["event"] == name]


def test_a_course_is_put_together_and_read_again_when_something_changes(commands, notes):
    told = commands.told("course", "Tea", "--documents", notes, "--json")
    assert {each["event"] for each in told} == {"course", "progress"}
    assert {each["path"] for each in events(told, "course")} == {str(commands.course("Tea").path)}
    progress = events(told, "progress")
    assert progress[0] == {"event": "progress", "words": "Reading ada.txt", "fraction": 0.0, "seconds_left": None}
    assert [each["words"].removeprefix("Reading ") for each in progress] == [
        "ada.txt",
        "bo.txt",
        "broken.pdf",
        "eve.txt",
    ]
    folder = commands.course("Tea")
    rows = folder.examples()
    assert {each.name: bool(each.trouble) for each in folder.load().documents} == {
        "ada.txt": False,
        "bo.txt": False,
        "broken.pdf": True,
        "eve.txt": False,
    }
    assert any(row.is_held_out for row in rows)

    (notes / "bo.txt").unlink()
    (notes / "zoe.txt").write_text(prose("zoe", 12), "utf-8")
    out = commands.told("course", "tea")
    assert out.splitlines()[0] == "Tea: write in my style"
    assert "“bo.txt” is not where it was; what was read of it then is kept." in out
    assert "“broken.pdf” is damaged" in out
    assert folder.examples()[: len(rows)] == rows
    assert len(folder.examples()) > len(rows)
    assert len(list((commands.data / "courses").iterdir())) == 1


def test_what_cannot_be_put_together_is_refused(commands, tmp_path):
    assert "There is no goal “win”" in commands.refused("course", "Tea", "--goal", "win")
    assert "is not there" in commands.refused("course", "Tea", "--documents", tmp_path / "none.txt")
    assert "there are no courses yet" in commands.refused("examples", "Tea")
    assert "there are no courses yet" in commands.refused("start", "--course", "Tea", "--prepare-only")
    assert not list(commands.data.glob("courses/*"))
    commands.told("course", "Tea", "--goal", "examples")
    assert "learns from your examples and writes none itself" in commands.refused("examples", "Tea")
    assert "There is nothing yet" in commands.refused("start", "--course", "Tea", "--prepare-only")


def test_wrong_arguments_are_told(commands, tmp_path):
    for arguments in (
        ("course",),
        ("examples",),
        ("start", "--name", "tea", "--model", "m"),
        ("estimate", "--documents", tmp_path),
        ("start", "--course", "Tea", "--documents", tmp_path),
    ):
        status, out, said = commands.run(*arguments)
        assert (status, out) == (2, "")
        assert "usage: moatless finetune" in said


def test_the_model_writes_examples_and_goes_on_where_it_was(commands, notes, model):
    commands.told("course", "Tea", "--goal", "format", "--model", model, "--documents", notes)
    told = commands.told("examples", "Tea", "--json")
    assert {each["event"] for each in told} == {"course", "progress"}
    assert {each["words"] for each in events(told, "progress")} == {
        "Loading the model",
        "Writing tasks for your documents",
    }
    assert events(told, "progress")[-1]["fraction"] == 1
    folder = commands.course("Tea")
    rows = folder.examples()
    assert {row.origin for row in rows} == {"task"}
    assert folder.load().characters_per_token == pytest.approx(1, abs=0.2)  # this model spells
    assert commands.told("examples", "Tea", "--json") == []
    assert folder.examples() == rows


def test_whoever_works_on_a_course_is_alone(commands, notes):
    commands.told("course", "Tea", "--documents", notes)
    with commands.course("Tea").held():
        for command in (("course", "Tea"), ("examples", "Tea"), ("start", "--course", "Tea", "--prepare-only")):
            assert "“Tea” is being worked on already." in commands.refused(*command)


def test_an_estimate_keeps_nobody_from_changing_the_course_and_changes_nothing(commands, model, tmp_path):
    path = questions(tmp_path / "a.jsonl", 0, 20)
    commands.told("course", "Tea", "--goal", "examples", "--model", model, "--documents", path)
    course = commands.course("Tea")
    before = (course.load(), course.examples())
    with course.held():
        *_, told = commands.told("estimate", "--course", "Tea", *SHORT, "--json")
    assert told["examples"] == sum(not row.is_held_out for row in course.examples())
    assert (course.load(), course.examples()) == before


def test_a_run_of_a_command_that_was_killed_once_it_was_there_is_found_again(commands, model, tmp_path):
    path = questions(tmp_path / "a.jsonl", 0, 60)
    commands.told("course", "Tea", "--goal", "examples", "--model", model, "--documents", path)
    run = commands.data / "runs" / "Tea"
    start = ("--data-dir", commands.data, "finetune", "start", "--course", "Tea", "--prepare-only", *SHORT)
    words = [sys.executable, "-c", KILLED_ONCE_THE_RUN_IS_THERE, *map(str, (run, *start))]
    killed = subprocess.run(words, cwd=ROOT, capture_output=True, timeout=HANG_GUARD_S, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert commands.course("Tea").load().runs == ()
    commands.told("course", "Tea")
    assert commands.course("Tea").load().runs == ("Tea",)
    rows = commands.course("Tea").examples()
    assert {row.run for row in rows if not row.is_held_out} == {"Tea"}
    assert {row.run for row in rows if row.is_held_out} == {""}
    commands.told("start", "--course", "Tea", "--prepare-only", *SHORT)
    assert commands.course("Tea").load().runs == ("Tea", "Tea 2")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_course_teaches_and_goes_on_with_what_is_new(commands, model, tmp_path):
    """Taught, refused where nothing is new, taught further, and taught anew."""
    path = questions(tmp_path / "a.jsonl", 0, 60)
    commands.told("course", "Tea", "--goal", "examples", "--model", model, "--documents", path)
    estimate = commands.told("estimate", "--course", "Tea", *SHORT, "--json")
    [result] = [each for each in estimate if "event" not in each]
    assert result["examples"] == sum(not row.is_held_out for row in commands.course("Tea").examples())
    assert {row.run for row in commands.course("Tea").examples()} == {""}

    told = commands.told("start", "--course", "Tea", *SHORT, "--json")
    [prepared], report = events(told, "prepared"), told[-1]
    assert (prepared["name"], prepared["path"]) == ("Tea", str(commands.data / "runs" / "Tea"))
    assert (report["event"], report["outcome"], report["unit"]) == ("report", "gain", "conversation")
    assert commands.course("Tea").load().runs == ("Tea",)
    first = read_run(commands.data / "runs" / "Tea")
    assert first.about["course"] == "Tea"
    assert [each["name"] for each in first.about["documents"]] == ["a.jsonl"]
    assert "There is nothing new in “Tea”" in commands.refused("start", "--course", "Tea", *SHORT)

    questions(tmp_path / "b.jsonl", 60, 20)
    commands.told("course", "Tea", "--documents", tmp_path / "b.jsonl")
    path.unlink()
    report = commands.told("start", "--course", "Tea", *SHORT, "--json")[-1]
    second = read_run(commands.data / "runs" / "Tea 2")
    groups = {each.group for each in read_examples(commands.data / "runs" / "Tea" / HELD_OUT)}
    assert second.continues
    assert set(second.about["earlier_groups"]) == groups
    assert report["kept"]["groups"] == len(groups)
    assert (report["adapter"], commands.course("Tea").load().runs) == ("Tea 2", ("Tea", "Tea 2"))

    told = commands.told(
        "start", "--course", "Tea", "--from-scratch", "--name", "Anew", "--prepare-only", *SHORT, "--json"
    )
    [prepared] = events(told, "prepared")
    third = read_run(commands.data / "runs" / "Anew")
    assert not third.continues
    assert prepared["learned"]["examples"] == sum(not row.is_held_out for row in commands.course("Tea").examples())
    assert os.fspath(commands.data / "runs" / "Anew") == prepared["path"]
