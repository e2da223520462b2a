"""The list of connections: only ever appended to, read whatever is in it, and never longer than is good for it."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.network import journal as module
from desktop_app.network.journal import Connection, Journal

ROOT = Path(__file__).parents[3]
BEGUN = '{"id": "a", "at": 5.0, "host": "example.org", "why": "Look"}\n'
ENDED = '{"id": "a", "bytes": 7, "outcome": ""}\n'
NEXT = '{"id": "b", "at": 6.0, "host": "example.org", "why": "Next"}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "connections.jsonl"


@pytest.fixture
def journal(path):
    seconds = iter(range(1_000_000))
    return Journal(path, lambda: float(next(seconds)))


def test_a_connection_is_listed_when_it_begins_and_completed_when_it_ends(journal):
    name = journal.begin("huggingface.co", "Search for “a”")
    assert journal.read() == (Connection(0.0, "huggingface.co", "Search for “a”", None, ""),)
    journal.end(name, 123, "cut off")
    assert journal.read() == (Connection(0.0, "huggingface.co", "Search for “a”", 123, "cut off"),)


def test_the_newest_is_the_first_whichever_ends_when(journal):
    names = [journal.begin("example.org", str(number)) for number in range(5)]
    for name in (names[3], names[0]):
        journal.end(name, 1)
    assert [each.why for each in journal.read()] == ["4", "3", "2", "1", "0"]
    assert [each.why for each in journal.read(2)] == ["4", "3"]


def test_before_the_first_connection_the_list_is_empty(journal):
    assert journal.read() == ()


def test_nothing_said_of_a_connection_can_break_its_line(journal):
    why = "Download a\nb\r\x85\u2028 \ud83d \x00"
    journal.end(journal.begin("example.org", why), 1)
    assert [each.why for each in journal.read()] == [why.replace("\ud83d", "?")]


# ------------------------------------------------------------ damaged and foreign


def test_a_torn_line_is_passed_over(path, journal):
    for cut in range(len(NEXT)):
        path.write_text(BEGUN + ENDED + NEXT[:cut])
        assert journal.read()[-1] == Connection(5.0, "example.org", "Look", 7, "")
        assert len(journal.read()) == (2 if cut == len(NEXT) - 1 else 1)


def test_what_comes_after_a_torn_line_is_not_lost_with_it(path, journal):
    path.write_text(BEGUN + NEXT[:20])
    journal.end(journal.begin("example.org", "After it"), 9)
    assert [(each.why, each.received_bytes) for each in journal.read()] == [("After it", 9), ("Look", None)]


FOREIGN = [
    "",
    "garbage",
    "null",
    "[1, 2]",
    "7",
    '"text"',
    "{}",
    '{"id": 5}',
    '{"id": "a", "host": "x"}',
    '{"id": "a", "host": "x", "at": "noon", "why": ""}',
    '{"id": "a", "host": "x", "at": null, "why": ""}',
    '{"id": "a", "bytes": "many", "outcome": ""}',
    '{"id": "a", "bytes": Infinity, "outcome": ""}',
    f'{{"id": "a", "host": "x", "at": {10**400}, "why": ""}}',
    '{"id": "stranger", "bytes": 5, "outcome": ""}',
    "[" * 100_000,
    "\x00" * 50,
]


@pytest.mark.parametrize("line", FOREIGN, ids=range(len(FOREIGN)))
def test_a_foreign_line_is_passed_over(path, journal, line):
    path.write_text(BEGUN + line + "\n" + ENDED)
    assert journal.read() == (Connection(5.0, "example.org", "Look", 7, ""),)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_stop_the_list_from_being_read(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(BEGUN.encode() + data + b"\n" + NEXT.encode())
    whys = [each.why for each in Journal(path).read()]
    assert (whys[0], whys[-1]) == ("Next", "Look")


def test_a_list_that_cannot_be_written_holds_nothing_up(tmp_path):
    (tmp_path / "logs").write_text("a file where the folder should be")
    journal = Journal(tmp_path / "logs" / "connections.jsonl")
    journal.end(journal.begin("example.org", "Look"), 5)
    assert journal.read() == ()


# ------------------------------------------------------------ long, and written by several


def test_a_long_list_forgets_its_older_half(path, journal, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    for number in range(1000):
        journal.end(journal.begin("example.org", str(number)), number)
        assert path.stat().st_size < 20_000 + 200
        assert journal.read(1)[0].why == str(number)
    kept = [int(each.why) for each in journal.read()]
    assert kept == sorted(kept, reverse=True)
    assert len(kept) > 50
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]


def test_a_list_that_cannot_be_shortened_grows_on(path, journal, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(PermissionError("in use")))
    for number in range(5):
        journal.begin("example.org", str(number))
    assert [each.why for each in journal.read()] == ["4", "3", "2", "1", "0"]


def test_many_threads_may_write(journal):
    def write(number):
        for turn in range(50):
            journal.end(journal.begin("example.org", f"{number} {turn}"), number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = journal.read()
    assert {each.why for each in found} == {f"{number} {turn}" for number in range(8) for turn in range(50)}
    assert all(each.received_bytes == int(each.why[0]) for each in found)


WRITE = """
import sys
from pathlib import Path
from desktop_app.network.journal import Journal
journal = Journal(Path(sys.argv[1]))
for turn in range(300):
    journal.end(journal.begin("example.org", f"{sys.argv[2]} {turn}"), turn)
"""


@pytest.mark.parametrize("room", [module.MAX_BYTES, 20_000])
def test_several_processes_may_write_also_while_the_list_is_shortened(path, journal, room):
    old = json.dumps({"id": "old", "at": 1.0, "host": "example.org", "why": "Look"}) + "\n"
    path.write_text(old * ((module.MAX_BYTES - room) // len(old)))
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, str(path), str(number)], cwd=ROOT) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    found = [each for each in journal.read() if each.why != "Look"]
    assert {each.why for each in found} == {f"{number} {turn}" for number in range(3) for turn in range(300)}
    assert all(each.received_bytes == int(each.why.split()[1]) for each in found)
