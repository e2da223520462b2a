"""What people and programs are told of a run, from its numbers alone."""

from dataclasses import replace

import pytest

from desktop_app.finetune.report import (
    REPORT,
    Change,
    Report,
    Training,
    as_text,
    read_report,
    readable_time,
    sentences,
    write_report,
)
from desktop_app.trainer.parity import Reading

TRAINING = Training("done", 40, 35, 3.0, 2.5, 40_000, 400.0, 100.0, "fast", "float32", "cpu")
GAIN = Change(2.4, 2.0, -0.5, -0.3, 12, 30)
NOTHING = Change(2.4, 2.39, -0.1, 0.08, 12, 30)
HARM = Change(2.4, 2.6, 0.1, 0.3, 12, 30)
FEW = Change(2.4, 2.0, -0.5, -0.3, 9, 30)
REPORTED = Report(
    "pirate", "Tiny", TRAINING, Reading(600, 3.1, 3.1, 0.003, 0.96), Reading(600, 3.0, 3.01, 0.2, 0.8), GAIN, None
)


def told(**changes):
    return " ".join(sentences(replace(REPORTED, **changes)))


def test_a_gain_is_told_with_its_interval():
    assert "On 12 texts that it has not learned from, the loss fell from 2.400 to 2.000 nats a token" in told()
    assert "(a change between -0.500 and -0.300)" in told()
    assert REPORTED.is_gain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (NOTHING, "there is no measurable gain"),
        (HARM, "the loss rose from 2.400 to 2.600"),
        (FEW, "There is not enough to measure what it has learned: 9 texts held out, and 10 are needed."),
        (None, "There is not enough to measure what it has learned: 0 texts held out"),
    ],
)
def test_what_is_no_gain_is_told_as_it_is(change, words):
    assert words in told(held_out=change)
    assert not replace(REPORTED, held_out=change).is_gain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (GAIN, "In 12 conversations that it has not learned from, what was liked gained on what was not by 0.400 nats"),
        (NOTHING, "there is no measurable gain for what was liked"),
        (HARM, "what was liked lost to what was not"),
        (FEW, "not enough to measure what it prefers: 9 conversations"),
    ],
)
def test_preferences_are_told_by_themselves(change, words):
    text = told(held_out=None, preferred=change)
    assert words in text
    assert "what it has learned" not in text


def test_what_is_better_in_one_way_and_worse_in_another_is_no_gain():
    assert not replace(REPORTED, preferred=HARM).is_gain
    assert replace(REPORTED, preferred=NOTHING).is_gain


SAME = Reading(600, 3.0, 3.0, 0.009, 0.99)


@pytest.mark.parametrize("change", [NOTHING, FEW, None])
def test_an_adapter_that_changes_nothing_is_told_so_first(change):
    without = replace(REPORTED, effect=SAME, held_out=change)
    assert sentences(without)[0] == "This adapter changes nothing measurable."
    assert sentences(without)[-1] == "On a general text the model is the same as without it."
    assert not without.has_effect
    assert not without.is_gain


@pytest.mark.parametrize("change", [GAIN, HARM])
def test_what_changes_only_texts_like_those_it_has_learned_changes_something(change):
    """Nothing is the best that can be said of a general text."""
    narrow = replace(REPORTED, effect=SAME, held_out=change)
    assert narrow.has_effect
    assert narrow.is_gain == (change is GAIN)
    assert "nothing measurable" not in " ".join(sentences(narrow))


@pytest.mark.parametrize(
    ("nll", "words"),
    [(3.01, "not made the model worse"), (2.5, "not made"), (3.05, "a little worse"), (3.2, "much worse")],
)
def test_what_was_forgotten_is_told(nll, words):
    text = told(effect=Reading(600, 3.0, nll, 0.2, 0.8))
    assert words in text
    assert f"3.000 nats a token before and {nll:.3f} now" in text


def test_sentences_are_whole():
    for change in (GAIN, NOTHING, HARM, FEW, None):
        for sentence in sentences(replace(REPORTED, held_out=change, preferred=change)):
            assert sentence[0].isupper()
            assert sentence.endswith(".")


def test_the_text_for_people_has_the_figures():
    text = as_text(REPORTED)
    for words in ("pirate", "Tiny", "40, the best one 35: all steps were done", "7 minutes, 100 tokens a second"):
        assert words in text
    assert "fast: weights unpacked in memory; float32 on cpu" in text


@pytest.mark.parametrize("reason", ["done", "early", "stopped", "diverged"])
def test_every_ending_has_words(reason):
    assert as_text(replace(REPORTED, training=replace(TRAINING, reason=reason)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 seconds"),
        (1, "1 second"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (3600, "60 minutes"),
        (5400, "1 h 30 min"),
        (86_400, "24 h 0 min"),
    ],
)
def test_durations_are_told_in_fitting_steps(seconds, words):
    assert readable_time(seconds) == words


@pytest.mark.parametrize("change", [GAIN, None])
def test_a_report_is_read_as_it_was_written(tmp_path, change):
    report = replace(REPORTED, held_out=change, preferred=NOTHING)
    write_report(tmp_path, report)
    assert read_report(tmp_path) == report
    assert [path.name for path in tmp_path.iterdir()] == [REPORT]


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"run": "pirate"}'])
def test_what_is_no_report_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / REPORT).write_text(content)
    assert read_report(tmp_path) is None
