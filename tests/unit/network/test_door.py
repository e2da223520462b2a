"""The door: nothing passes while it is shut, shutting it cuts what has passed, and everything that passes is listed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.errors import TryAgain
from desktop_app.network import client
from desktop_app.network.door import Door, Offline, Stop, purpose
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Connection, Journal
from tests.support.hub import MIB, Faults
from tests.unit.network.conftest import MODEL
from tests.unit.network.steps import FILE, HANG_S, receive, wait_until, working

SIZE = MODEL.size
ROOT = Path(__file__).parents[3]


def listed(door):
    """What the journal says, the oldest first, without the times."""
    return [(each.host, each.why, each.received_bytes, each.outcome) for each in reversed(door.journal.read())]


# ------------------------------------------------------------ shut


QUESTIONS = {
    "search": lambda asking: asking.search("tiny"),
    "repo": lambda asking: asking.repo("small/Tiny-GGUF"),
    "file": receive,
    "beginning": lambda asking: asking.beginning("small/Tiny-GGUF", "main", FILE, 10),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_while_the_door_is_shut_nothing_connects_and_a_sentence_says_so(hub, door, asking, question):
    door.set_open(False)
    with pytest.raises(Offline, match="set to stay offline, so it makes no connection"):
        QUESTIONS[question](asking)
    assert hub.requests == []
    assert listed(door) == []


def test_a_door_can_be_shut_from_the_start_and_opened_later(hub, repo, tmp_path):
    door = Door(Journal(tmp_path / "connections.jsonl"), is_open=False, endpoint=hub.url)
    with pytest.raises(Offline):
        Hub(door).search("tiny")
    door.set_open(True)
    assert [model.id for model in Hub(door).search("tiny")] == ["small/Tiny-GGUF"]
    door.close()
    with pytest.raises(Offline):
        Hub(door).search("tiny")


def test_a_card_that_cannot_be_fetched_is_an_empty_one(door, asking):
    door.set_open(False)
    assert asking.card("small/Tiny-GGUF", "main") == ""


# ------------------------------------------------------------ cut


def shut(door, stop):
    door.set_open(False)


def stop(door, stop):
    stop.set()


def begin(asking, stop):
    with purpose("Try it", stop):
        receive(asking)


@pytest.mark.parametrize("cut", [shut, stop])
def test_a_running_download_is_cut_at_once(hub, door, asking, cut):
    hub.faults.throttle_bytes_per_s = 1000
    ended_by = Stop()
    with working(lambda: begin(asking, ended_by)) as work:
        wait_until(lambda: hub.bytes_sent > 0)
        wait_until(lambda: any(request.host_kind == "cdn" for request in hub.requests))
        cut(door, ended_by)
        with pytest.raises(TryAgain, match="connection was lost"):
            work.wait()
    hub_line, cdn_line = listed(door)
    assert hub_line[3] == ""
    assert cdn_line[3] == "cut off"
    assert 0 <= cdn_line[2] < SIZE


@pytest.mark.parametrize("cut", [shut, stop])
def test_a_request_that_is_never_answered_is_cut_at_once(hub, door, asking, cut):
    hub.faults.hang = True
    ended_by = Stop()
    with working(lambda: begin(asking, ended_by)) as work:
        wait_until(lambda: hub.requests)
        cut(door, ended_by)
        with pytest.raises(TryAgain, match="connection was lost"):
            work.wait()
    assert listed(door) == [("127.0.0.1", "Try it", 0, "no answer")]


def test_a_search_that_is_never_answered_is_cut_by_shutting_the_door(hub, door, asking):
    hub.faults.hang = True
    with working(lambda: asking.search("tiny")) as work:
        wait_until(lambda: hub.requests)
        door.set_open(False)
        with pytest.raises(TryAgain):
            work.wait()


def test_what_was_told_to_stop_before_it_began_ends_before_a_byte_is_taken(hub, door, asking):
    ended_by = Stop()
    ended_by.set()
    hub.faults.throttle_bytes_per_s = 1000
    with pytest.raises(TryAgain):
        begin(asking, ended_by)
    assert listed(door)[0][2] == 0


def test_one_stop_leaves_the_others_alone(hub, door, asking):
    hub.faults.throttle_bytes_per_s = MIB
    first, second = Stop(), Stop()

    def other():
        with purpose("Another one", second):
            return receive(asking)

    with working(lambda: begin(asking, first)) as work, working(other) as left_alone:
        wait_until(lambda: sum(request.host_kind == "cdn" for request in hub.requests) == 2)
        first.set()
        with pytest.raises(TryAgain):
            work.wait()
        hub.faults.throttle_bytes_per_s = None
        assert len(left_alone.wait()) == SIZE


def test_after_an_answer_no_connection_stays_open(hub, asking):
    """One that is kept for later would still be there when the person shuts the door."""
    asking.search("tiny")
    wait_until(lambda: not any(server._connections for server in hub._servers))


# ------------------------------------------------------------ listed


def test_every_hop_is_listed_with_host_purpose_and_bytes(hub, door, asking):
    with purpose("Download Tiny"):
        receive(asking)
    redirect = len(b"Found. Redirecting.")
    assert listed(door) == [("127.0.0.1", "Download Tiny", redirect, ""), ("127.0.0.1", "Download Tiny", SIZE, "")]
    assert [request.host_kind for request in hub.requests] == ["hub", "cdn"]


def test_questions_say_in_words_what_they_are_for(door, asking):
    asking.search("tiny")
    asking.search("")
    asking.repo("small/Tiny-GGUF")
    asking.beginning("small/Tiny-GGUF", "main", FILE, 10)
    assert [line[1] for line in listed(door)] == [
        "Search for “tiny”",
        "Look for models",
        "Look at small/Tiny-GGUF",
        *2 * ["Read the beginning of tiny.Q4_0.gguf of small/Tiny-GGUF"],
    ]


def test_there_are_as_many_lines_as_the_hub_has_seen_requests(hub, door, asking):
    asking.search("tiny")
    asking.repo("small/Tiny-GGUF")
    asking.card("small/Tiny-GGUF", "main")
    receive(asking)
    assert len(listed(door)) == len(hub.requests)


@pytest.mark.parametrize(
    ("fault", "outcomes"),
    [
        (Faults(statuses=[404]), ["refused"]),
        (Faults(statuses=[429]), ["not now"]),
        (Faults(statuses=[503]), ["not now"]),
        (Faults(statuses=[403], statuses_path="/cdn"), ["", "refused"]),
        (Faults(refuse=True), ["no answer"]),
        (Faults(drop_after=[1000]), ["", "cut off"]),
    ],
)
def test_what_went_wrong_is_listed(hub, door, asking, fault, outcomes):
    hub.faults = fault
    with pytest.raises(Exception, match=r"\.$"):
        receive(asking)
    assert [line[3] for line in listed(door)] == outcomes


def test_what_cannot_be_connected_is_listed_too(hub, door, asking):
    hub.stop()
    with pytest.raises(TryAgain, match="cannot be reached"):
        asking.search("tiny")
    assert listed(door) == [("127.0.0.1", "Search for “tiny”", 0, "no answer")]


def test_what_never_answers_in_time_is_listed_too(hub, door, asking, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", client.httpx2.Timeout(0.1))
    hub.faults.hang = True
    with pytest.raises(TryAgain, match="did not answer in time"):
        asking.search("tiny")
    assert [line[3] for line in listed(door)] == ["no answer"]


ASK_AND_DIE = """
import os, signal, sys
from pathlib import Path
from desktop_app.network.door import Door
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Journal

with Hub(Door(Journal(Path(sys.argv[1])), endpoint=sys.argv[2])).open("small/Tiny-GGUF", "main", sys.argv[3], 0) as got:
    next(got.pieces)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_the_connection_of_a_killed_process_stays_listed_without_an_end(hub, repo, door, tmp_path):
    command = [sys.executable, "-c", ASK_AND_DIE, str(tmp_path / "connections.jsonl"), hub.url, FILE]
    assert subprocess.run(command, cwd=ROOT, timeout=HANG_S, check=False).returncode == -signal.SIGKILL
    cdn, first = door.journal.read()
    assert (first.received_bytes, cdn.received_bytes) == (len(b"Found. Redirecting."), None)
    assert cdn == Connection(cdn.at, "127.0.0.1", "")
