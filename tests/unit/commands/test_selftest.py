"""The self-test says what fails and goes on with the rest; that all is well is tried with the real program."""

import json
from argparse import Namespace

import pytest

from desktop_app.commands import selftest as module
from desktop_app.commands import selftest_engine, selftest_files
from desktop_app.commands.selftest import selftest
from desktop_app.errors import UserError
from desktop_app.library import starter

CHECKS = [
    *("data folder", "storage", "older databases", "documents", "window", "engine", "adapter", "restart"),
    *("network", "training", "versions"),
]


@pytest.fixture
def quick(monkeypatch):
    """Replace what takes a model or a window by what it finds."""
    monkeypatch.setattr(starter, "is_present", lambda: True)
    monkeypatch.setattr(module, "_try_window", lambda _folder: {"qt": "6.0"})
    system = "llama.cpp 1.0 · cpu-haswell · CPU : AVX = 1 |"
    monkeypatch.setattr(selftest_engine, "try_engine", lambda _folder: {"system": system})
    monkeypatch.setattr(selftest_engine, "try_adapter", lambda _folder: {})
    monkeypatch.setattr(selftest_engine, "try_restart", lambda _folder: "")


def run(folder, capsys):
    status = selftest(Namespace(), folder)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return status, {line["check"]: line for line in lines}


def test_where_all_is_well_the_last_line_has_the_versions(quick, data_folder, capsys):
    status, lines = run(data_folder, capsys)
    assert (status, list(lines)) == (0, CHECKS)
    versions = lines["versions"]["found"]
    assert (versions["qt"], versions["llama.cpp"], versions["frozen"]) == ("6.0", "1.0", False)
    assert (versions["modules"], versions["cpu"]) == (["cpu-haswell"], "CPU : AVX = 1")
    assert lines["older databases"]["found"][0] == "1.0"
    assert lines["documents"]["found"] == ["Web page", "Word document", "PDF"]


def test_without_an_engine_and_a_window_there_are_versions_all_the_same(quick, data_folder, capsys, monkeypatch):
    def fail(_folder):
        raise UserError("It does not start.")

    monkeypatch.setattr(module, "_try_window", fail)
    monkeypatch.setattr(selftest_engine, "try_engine", fail)
    status, lines = run(data_folder, capsys)
    assert (status, lines["versions"]["ok"]) == (1, True)
    assert lines["versions"]["found"]["llama.cpp"] == lines["versions"]["found"]["qt"] == ""


def test_what_fails_is_told_and_the_rest_is_tried_all_the_same(quick, data_folder, capsys, monkeypatch):
    def fail(_folder):
        raise UserError("An adapter changes nothing.", "Install Moatless again.")

    monkeypatch.setattr(selftest_engine, "try_adapter", fail)
    status, lines = run(data_folder, capsys)
    assert (status, list(lines)) == (1, CHECKS)
    assert [name for name, line in lines.items() if not line["ok"]] == ["adapter"]
    assert lines["adapter"]["found"] == "An adapter changes nothing. Install Moatless again."


def test_what_a_package_lacks_is_told_like_everything_else(quick, data_folder, capsys, monkeypatch):
    def fail(_folder):
        raise ModuleNotFoundError("No module named 'lxml'")

    monkeypatch.setattr(module, "_try_window", fail)
    monkeypatch.setattr(module, "_try_training", fail)
    assert selftest(Namespace(), data_folder) == 1
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["check"] for line in lines if not line["ok"]] == ["window", "training"]
    assert lines[-1]["found"]["qt"] == ""
    assert err.count("Traceback") == 2


def test_a_reader_that_leaves_words_out_is_noticed(tmp_path, data_folder, monkeypatch):
    monkeypatch.setattr(selftest_files, "_WORDS", "These words are in no document.")
    with pytest.raises(UserError, match=r"moat\.html is not read"):
        selftest_files.try_documents(data_folder)


def test_an_adapter_that_does_nothing_or_stays_is_noticed(data_folder, monkeypatch):
    class Engine:
        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    monkeypatch.setattr(selftest_engine, "_write_adapter", lambda _folder: "random.gguf")
    monkeypatch.setattr(selftest_engine, "_loaded", lambda _folder: Engine())
    for losses, words in (
        ([3.0, 3.0, 3.0], "changes nothing"),
        ([3.0, float("nan"), 3.0], "changes nothing"),
        ([3.0, 8.0, 8.0], "still acts"),
        ([3.0, 8.0, float("nan")], "still acts"),
    ):
        monkeypatch.setattr(selftest_engine, "_loss", lambda *_of, left=losses: left.pop(0))
        with pytest.raises(UserError, match=words):
            selftest_engine.try_adapter(data_folder)


def test_without_the_starter_model_nothing_is_tried(data_folder, monkeypatch):
    monkeypatch.setattr(starter, "is_present", lambda: False)
    with pytest.raises(UserError, match="starter model is not there"):
        selftest(Namespace(), data_folder)
