"""What commands say of a run: to people on stderr in words, to programs on stdout as it is."""

import json
import sys

import pytest

from desktop_app.commands.telling import Teller

STEP = {"event": "step", "step": 3, "steps": 10, "loss": 2.5, "seconds_left": 125.0}


def on_a_terminal(monkeypatch):
    """Only in the test itself is there the stderr that it writes to."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def said(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_programs_get_every_event_and_nothing_else(capsys):
    teller = Teller(as_json=True)
    teller.line("Loading the model.")
    teller.fraction("Measuring", 0.5)
    teller.event(STEP)
    teller.event({"event": "something new", "über": 1})
    teller.end()
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [STEP, {"event": "something new", "über": 1}]
    assert err == ""


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event": "evaluated", "step": 3, "loss": 2.5}, "After 3 steps the loss on what was held out is 2.5000.\n"),
        (
            {"event": "leaner", "mode": "lean", "reason": "Memory ran out."},
            "Memory ran out. It goes on in the lean mode, which takes less.\n",
        ),
        ({"event": "unsaved", "sentence": "The disk is full."}, "The disk is full.\n"),
        ({"event": "damaged", "sentence": "It is damaged."}, "It is damaged.\n"),
        ({"event": "saved", "step": 3}, ""),
        (STEP, ""),
    ],
)
def test_people_get_what_matters_in_words(capsys, event, words):
    Teller(as_json=False).event(event)
    assert said(capsys) == words


def test_on_a_terminal_a_line_is_written_over(capsys, monkeypatch):
    on_a_terminal(monkeypatch)
    teller = Teller(as_json=False)
    teller.event(STEP)
    teller.event({**STEP, "step": 4, "seconds_left": None})
    teller.line("Done.")
    first, second, rest = said(capsys).replace("\r", "", 1).partition("\r")
    assert first.rstrip() == "Step 3 of 10, loss 2.5000, 2 minutes left"
    assert second == "\r"
    line, done, end = rest.split("\n")
    assert line.rstrip() == "Step 4 of 10, loss 2.5000"
    assert len(line) >= len(first)
    assert (done, end) == ("Done.", "")


def test_a_line_that_is_written_over_is_left_once(capsys, monkeypatch):
    on_a_terminal(monkeypatch)
    teller = Teller(as_json=False)
    teller.fraction("Measuring what was learned", 0.5)
    teller.end()
    teller.end()
    line, end = said(capsys).split("\n")
    assert (line.strip(), end) == ("Measuring what was learned, 50%", "")
