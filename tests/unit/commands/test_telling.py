"""What commands say of a run: to people on stderr in words, to programs on stdout as it is."""

import json
import sys
from pathlib import Path

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


# ------------------------------------------------------------ what is no run


def test_programs_see_how_far_something_is_once_for_each_change(capsys):
    teller = Teller(as_json=True)
    teller.doing("Loading the model.")
    for fraction in (0.5, 0.50001, 0.6):
        teller.progress("Reading letters.pdf", fraction, 12.5)
    teller.progress("Reading letters.pdf", None, None)
    teller.course("Letters", Path("/courses/Letters"))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"event": "progress", "words": "Loading the model", "fraction": None, "seconds_left": None},
        {"event": "progress", "words": "Reading letters.pdf", "fraction": 0.5, "seconds_left": 12.5},
        {"event": "progress", "words": "Reading letters.pdf", "fraction": 0.6, "seconds_left": 12.5},
        {"event": "progress", "words": "Reading letters.pdf", "fraction": None, "seconds_left": None},
        {"event": "course", "name": "Letters", "path": str(Path("/courses/Letters"))},
    ]


def test_people_see_what_is_begun_and_how_far_it_is(capsys, monkeypatch):
    on_a_terminal(monkeypatch)
    teller = Teller(as_json=False)
    teller.doing("Loading the model.")
    teller.progress("Writing summaries", 0.25, 125.0)
    teller.course("Letters", Path("/courses/Letters"))
    teller.end()
    first, second, end = said(capsys).split("\n")
    assert (first, second.strip(), end) == ("Loading the model.", "Writing summaries, 25%, 2 minutes left", "")
