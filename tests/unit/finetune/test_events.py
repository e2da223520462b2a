"""Events are read as they come, whole, and the program's own ones come after whatever a killed trainer has left."""

import json

from desktop_app.finetune.events import EventTail, add_event
from desktop_app.trainer.contract import EVENTS, read_events


def names(events):
    return [event["event"] for event in events]


def write(folder, text):
    with (folder / EVENTS).open("a") as file:
        file.write(text)


def line(event):
    return json.dumps({"event": event}) + "\n"


def test_what_was_there_before_is_not_read_again(tmp_path):
    write(tmp_path, line("old"))
    tail = EventTail(tmp_path)
    assert names(tail.read()) == []
    write(tmp_path, line("one") + line("two"))
    assert names(tail.read()) == ["one", "two"]
    assert names(tail.read()) == []


def test_an_event_in_the_middle_of_being_written_waits_for_its_end(tmp_path):
    tail = EventTail(tmp_path)
    assert names(tail.read()) == []
    whole = line("one")
    write(tmp_path, whole[:5])
    assert names(tail.read()) == []
    write(tmp_path, whole[5:] + "nonsense\n" + "[]\n" + line("two"))
    assert names(tail.read()) == ["one", "two"]


def test_an_event_of_the_programs_own_does_not_grow_onto_a_torn_one(tmp_path):
    add_event(tmp_path, "first", path="/é")
    write(tmp_path, '{"event": "ste')
    told = add_event(tmp_path, "exported", sha256="ab")
    assert names(read_events(tmp_path)) == ["first", "exported"]
    assert list(read_events(tmp_path))[-1] == told
    assert told["time"] > 0
