"""`moatless data` tells what is kept; `moatless remove-data` deletes what was plainly agreed to, and nothing else."""

import argparse
import io
import json
import sys

import pytest

from desktop_app.commands import data as module
from desktop_app.commands.data import data, remove_data
from desktop_app.errors import UserError
from desktop_app.kept_data.parts import Part, kept_on_disk
from desktop_app.network.token import Kept

TOKEN = "hf_secret"


class Token:
    """A token that is in the keychain until it is set to nothing."""

    value = TOKEN

    def kept(self):
        return Kept.KEYCHAIN if Token.value else Kept.NOWHERE

    def set(self, value):
        Token.value = value
        return self.kept()


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setattr(Token, "value", TOKEN)
    monkeypatch.setattr(module, "HubToken", Token)


@pytest.fixture
def folder(data_folder):
    (data_folder.models / "m.gguf").write_bytes(bytes(3_000_000))
    (data_folder.runs / "first").mkdir()
    (data_folder.runs / "first" / "run.json").write_bytes(bytes(2_000))
    return data_folder


@pytest.fixture
def at_terminal(monkeypatch):
    """Let somebody sit there and type these lines."""

    def sit(*lines):
        typed = io.StringIO("".join(f"{line}\n" for line in lines))
        typed.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", typed)
        return typed

    return sit


def remove(folder, *parts, yes=False):
    remove_data(argparse.Namespace(parts=list(parts), yes=yes), folder)


def there(folder):
    return {kept.part for kept in kept_on_disk(folder) if kept.is_there} | ({Part.TOKEN} if Token.value else set())


def questions(capsys):
    return [each for each in capsys.readouterr().err.split(" [y/N] ") if each]


def test_people_see_each_part_with_its_size(folder, capsys):
    data(argparse.Namespace(json=False), folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(folder.root)
    assert lines[2].split("  ")[:1] == ["models"]
    assert "3 MB" in lines[2]
    assert "nothing" in lines[3]
    assert lines[6].startswith("token")
    assert "kept" in lines[6]
    assert TOKEN not in "".join(lines)


def test_programs_get_bytes_and_places(folder, capsys):
    data(argparse.Namespace(json=True), folder)
    told = {each["part"]: each for each in map(json.loads, capsys.readouterr().out.splitlines())}
    assert told["models"] == {
        "part": "models",
        "is_there": True,
        "bytes": 3_000_000,
        "paths": [str(folder.models)],
    }
    assert told["token"] == {"part": "token", "is_there": True}


def test_on_a_terminal_each_part_that_is_there_is_asked_for_with_its_size(folder, at_terminal, capsys):
    at_terminal("y", "n", "")
    remove(folder)
    asked = questions(capsys)
    assert asked == [
        "Delete models that were downloaded, copied or made here (3 MB)?",
        "Delete courses and training runs (2 kB)?",
        "Delete the token for the Hugging Face Hub, in the keychain of this system?",
    ]
    assert there(folder) == {Part.TEACHING, Part.TOKEN}


@pytest.mark.parametrize("answer", ["", "n", "yes", "j", "ye", "Y es", "delete"])
def test_whatever_is_not_y_is_no(folder, at_terminal, capsys, answer):
    at_terminal(answer, answer, answer)
    remove(folder)
    assert capsys.readouterr().out == "Nothing was deleted.\n"
    assert there(folder) == {Part.MODELS, Part.TEACHING, Part.TOKEN}


def test_the_end_of_all_typing_is_no(folder, at_terminal):
    at_terminal()
    remove(folder)
    assert there(folder) == {Part.MODELS, Part.TEACHING, Part.TOKEN}


def test_with_nobody_there_nothing_is_deleted_that_was_not_named(folder):
    with pytest.raises(UserError, match="nobody is here to be asked what to delete"):
        remove(folder)
    with pytest.raises(UserError, match="add: --yes"):
        remove(folder, "models")
    with pytest.raises(UserError, match="It was not said what to delete"):
        remove(folder, yes=True)
    assert there(folder) == {Part.MODELS, Part.TEACHING, Part.TOKEN}


def test_a_program_without_a_console_asks_nobody(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UserError, match="nobody is here"):
        remove(folder)


def test_what_is_named_is_asked_for_alone(folder, at_terminal, capsys):
    at_terminal("y")
    remove(folder, "teaching", "adapters")
    assert questions(capsys) == ["Delete courses and training runs (2 kB)?"]
    assert there(folder) == {Part.MODELS, Part.TOKEN}


def test_with_yes_nobody_is_asked(folder, capsys):
    remove(folder, "models", "token", yes=True)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "Deleted models that were downloaded, copied or made here.",
        "Deleted the token for the Hugging Face Hub, in the keychain of this system.",
    ]
    assert there(folder) == {Part.TEACHING}


def test_all_is_everything(folder, capsys):
    remove(folder, "all", yes=True)
    assert not folder.root.exists()
    assert there(folder) == set()
    capsys.readouterr()
    remove(folder, "all", yes=True)
    assert capsys.readouterr().out == "There is nothing to be deleted.\n"


def test_it_is_told_where_a_link_led_to(folder, tmp_path, capsys):
    folder.models.rename(tmp_path / "large disk")
    folder.models.symlink_to(tmp_path / "large disk")
    remove(folder, "models", yes=True)
    assert f"{folder.models} was a link; what it led to stays." in capsys.readouterr().out
    assert (tmp_path / "large disk" / "m.gguf").exists()


TOLD = (
    "The database is damaged and cannot be read, so nothing can be taken out of it. The whole file was deleted: "
    "conversations, the lists of models and adapters, stacks with a name, and the queue of downloads."
)


@pytest.fixture
def damaged(folder):
    """A data folder whose database cannot be read."""
    folder.database.write_bytes(b"no database" * 1000)
    return folder


def test_a_damaged_database_goes_as_a_whole_once_that_was_agreed_to_as_well(damaged, at_terminal, capsys):
    at_terminal("y", "y")
    remove(damaged, "chats")
    out, err = capsys.readouterr()
    _, whole = err.removesuffix(" [y/N] ").split(" [y/N] ")
    assert whole == (
        "The database is damaged and cannot be read, so nothing can be taken out of it. Delete the whole file: "
        "conversations, the lists of models and adapters, stacks with a name, and the queue of downloads?"
    )
    assert out.splitlines() == [TOLD, "Deleted conversations, settings and logs."]
    assert not damaged.database.exists()
    assert there(damaged) == {Part.MODELS, Part.TEACHING, Part.TOKEN}


def test_a_damaged_database_stays_with_all_of_its_part_if_that_was_not_agreed_to(damaged, at_terminal, capsys):
    damaged.settings.write_text("{}")
    at_terminal("y", "y", "n", "n", "n")
    remove(damaged)
    out = capsys.readouterr().out
    assert damaged.database.exists()
    assert damaged.settings.exists()
    assert there(damaged) == {Part.CHATS, Part.TEACHING, Part.TOKEN}
    assert "Deleted models" in out
    assert "Deleted conversations" not in out


def test_models_go_from_beside_a_damaged_database_which_stays_and_is_told(damaged, capsys):
    remove(damaged, "models", yes=True)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "The database is damaged and cannot be read, so nothing can be taken out of it. It stays as it is, with "
        "conversations, the lists of models and adapters, stacks with a name, and the queue of downloads; "
        "to be rid of it: moatless remove-data chats",
        "Deleted models that were downloaded, copied or made here.",
    ]
    assert there(damaged) == {Part.CHATS, Part.TEACHING, Part.TOKEN}


def test_with_yes_it_is_told_that_a_damaged_database_went_as_a_whole(damaged, capsys):
    remove(damaged, "chats", yes=True)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [TOLD, "Deleted conversations, settings and logs."]
    assert there(damaged) == {Part.MODELS, Part.TEACHING, Part.TOKEN}


def test_nobody_is_asked_in_vain_while_something_is_at_work(folder, at_terminal, monkeypatch):
    def refuse(_folder):
        raise UserError("A window is open.", "Close it.")

    monkeypatch.setattr(module, "check_unused", refuse)
    typed = at_terminal("y")
    with pytest.raises(UserError, match="A window is open"):
        remove(folder)
    assert typed.tell() == 0
