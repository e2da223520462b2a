"""What the command line makes of odd arguments, and of an output that takes not every letter or is closed early."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.cli import run
from desktop_app.commands.library import find_adapter, find_model
from desktop_app.errors import UserError
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models

ROOT = Path(__file__).parents[3]
NOT_UTF8 = os.fsdecode(b"caf\xe9")
FACTS = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q8_0", "n_params": 1, "n_ctx_train": 1}


@pytest.fixture
def folder(data_folder):
    """A data folder whose library has a model of a name that not every output takes."""
    database = Database.open(data_folder.database)
    Models(database).add(name="Münchhausen", path="/m.gguf", source="file", **FACTS)
    database.close()
    return data_folder


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("chat", "--temperature", "nan", "hi"), "argument --temperature: say a number from 0 on"),
        (("chat", "--temperature", "inf", "hi"), "argument --temperature: say a number from 0 on"),
        (("chat", "--temperature", "-1", "hi"), "argument --temperature: say a number from 0 on"),
        (("chat", "--temperature", "warm", "hi"), "argument --temperature: say a number from 0 on"),
        (("chat", "--max-tokens", "-5", "hi"), "argument --max-tokens: say a whole number from 0 on"),
        (("adapters", "flatten", "--rank", "0", "out.gguf", "a"), "argument --rank: say a whole number from 1 on"),
        (("models", "search", "--limit", "-5", "x"), "argument --limit: say a whole number from 1 on"),
        (("chat", NOT_UTF8), "argument PROMPT: this is not UTF-8 text"),
        (("finetune", "course", NOT_UTF8), "argument NAME: this is not UTF-8 text"),
        (("finetune", "start", "--name", NOT_UTF8), "argument --name: this is not UTF-8 text"),
        (("finetune", "course", "c", "--documents", NOT_UTF8), "argument --documents: this is not UTF-8 text"),
        (("chat", "--system", NOT_UTF8, "hi"), "argument --system: this is not UTF-8 text"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(arguments, told, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(arguments)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [("models", "verify"), ("adapters", "inspect"), ("adapters", "flatten", "out.gguf")]
)
def test_a_path_in_the_home_of_nobody_is_not_found(folder, command, capsys):
    assert run(["--data-dir", str(folder.root), *command, "~nosuch/x.gguf"]) == 1
    assert "There is no " in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is there that is called like this, as with any name")
@pytest.mark.parametrize("command", [("models", "add"), ("adapters", "add"), ("adapters", "inspect")])
def test_a_name_that_no_file_can_have_is_refused(folder, command, capsys):
    assert run(["--data-dir", str(folder.root), *command, "a" * 300]) == 1
    assert capsys.readouterr().err.count(".") == 2  # two sentences and nothing else


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are text")
@pytest.mark.parametrize("find", [find_model, find_adapter])
def test_a_file_whose_path_is_no_text_is_refused_before_the_engine_is_told_of_it(folder, find):
    path = folder.root / f"{NOT_UTF8}.gguf"
    path.touch()
    with pytest.raises(UserError, match="is not text in UTF-8"):
        find(folder, str(path))


@pytest.fixture
def printed(folder, monkeypatch):
    """Run a command whose output takes nothing but ASCII, and return what it printed."""

    def printed(*arguments):
        output = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, "ascii"))
        assert run(["--data-dir", str(folder.root), *arguments]) == 0
        return output.getvalue().decode("ascii")

    return printed


def test_letters_that_the_output_does_not_take_cost_no_more_than_themselves(printed):
    assert "M?nchhausen" in printed("models", "list")


def test_programs_lose_no_letter(printed):
    names = {json.loads(line)["name"] for line in printed("models", "list", "--json").splitlines()}
    assert "Münchhausen" in names


@pytest.mark.skipif(sys.platform == "win32", reason="nobody is told there that a pipe was closed")
def test_who_reads_may_have_enough(folder):
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "desktop_app", "--data-dir", str(folder.root), "models", "list"]
    result = subprocess.run(command, cwd=ROOT, stdout=writes, stderr=subprocess.PIPE, text=True)
    os.close(writes)
    assert (result.returncode, result.stderr) == (1, "")
