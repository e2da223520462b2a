"""What people and programs are told of a run, from its numbers alone."""

import json
from dataclasses import replace

import pytest

from desktop_app.finetune.measures import LEAST_DOCUMENTS, Answered, Change, Overlap, Speed, Training
from desktop_app.finetune.report import (
    REPORT,
    Outcome,
    Report,
    read_report,
    sentences,
    verdict,
    write_report,
)
from desktop_app.finetune.report_figures import as_text
from desktop_app.finetune.words import readable_time
from desktop_app.trainer.contract import REASONS
from desktop_app.trainer.reading import Reading

TRAINING = Training("done", 40, 35, 3.0, 2.5, 40_000, 400.0, 100.0, "fast", "float32", "cpu")
GAIN = Change(2.4, 2.0, -0.5, -0.3, 12, 30)
NOTHING = Change(2.4, 2.39, -0.1, 0.08, 12, 30)
HARM = Change(2.4, 2.6, 0.1, 0.3, 12, 30)
FEW = Change(2.4, 2.0, -0.5, -0.3, 9, 30)
ONLY_WORDS = Change(-0.4, -0.4, -0.1, 0.1, 12, 12)  # beyond them
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


@pytest.mark.parametrize(
    ("beyond", "outcome"),
    [
        (Change(-0.1, -0.4, -0.4, -0.2, 12, 12), Outcome.GAIN),
        (Change(-0.4, -0.4, -0.1, 0.1, 12, 12), Outcome.NO_GAIN),
        (Change(-0.4, -0.4, -0.1, 0.1, 9, 9), Outcome.GAIN),
        (None, Outcome.GAIN),
    ],
    ids=["more than on shuffled words", "as much as on shuffled words", "too few to tell", "no passages"],
)
def test_what_only_learned_which_words_occur_has_learned_nothing(beyond, outcome):
    report = replace(REPORTED, beyond_words=beyond)
    assert report.outcome == outcome
    assert ("it has learned which words occur, but not how they are used" in verdict(report)) == (not report.is_gain)


def test_what_is_liked_more_is_a_gain_whatever_the_words_do():
    report = replace(REPORTED, beyond_words=ONLY_WORDS, preferred=GAIN)
    assert report.is_gain
    assert "it prefers what you like" in verdict(report)


@pytest.mark.parametrize(
    ("exchanges", "outcome", "words"),
    [
        (GAIN, Outcome.GAIN, "it is measurably better at answers of this kind that it has not seen"),
        (NOTHING, Outcome.NO_GAIN, "it has learned which words occur, but not how they are used"),
        (FEW, Outcome.NO_GAIN, "it has learned which words occur, but not how they are used"),
        (HARM, Outcome.HARM, "It does harm"),
    ],
)
@pytest.mark.parametrize("passages", [GAIN, NOTHING])
def test_words_in_random_order_say_nothing_about_answers(passages, exchanges, outcome, words):
    report = replace(REPORTED, beyond_words=ONLY_WORDS, passages=passages, exchanges=exchanges)
    assert report.outcome == outcome
    assert words in verdict(report)


def test_what_is_worse_on_texts_is_no_gain_because_answers_are_better():
    assert replace(REPORTED, passages=HARM, exchanges=GAIN).outcome == Outcome.HARM


def test_passages_and_answers_are_told_by_themselves_where_there_are_enough():
    text = told(passages=replace(NOTHING, groups=14, documents=2), exchanges=replace(GAIN, documents=12))
    assert "Of this, on passages (14 sections of 2 documents), there is no measurable gain: the loss went" in text
    assert "Of this, on answers (12 conversations), the loss fell from 2.400 to 2.000" in text
    assert "Of this" not in told(passages=FEW, exchanges=FEW)


@pytest.mark.parametrize(("change", "is_said"), [("few", True), ("many", False)])
@pytest.mark.parametrize("kind", [GAIN, NOTHING, HARM])
def test_what_was_measured_on_few_documents_says_nothing_about_others(kind, change, is_said):
    documents = {"few": LEAST_DOCUMENTS - 1, "many": LEAST_DOCUMENTS}[change]
    text = told(held_out=replace(kind, groups=17, documents=documents), unit="section")
    assert f"On 17 sections of {documents} documents" in text
    assert ("; this says nothing about other documents)" in text) == is_said


def test_marks_of_one_kind_are_told_to_be_too_little():
    words = (
        "what it prefers: too few answers marked as good were held out, and 5 conversations with good ones and as many"
    )
    assert words in told(held_out=None, preferred=ONLY_BAD)
    assert "8 conversations held out, and 10 are needed" in told(held_out=None, preferred=replace(ONLY_BAD, groups=8))


SAME = Reading(600, 3.0, 3.0, 0.009, 0.99)


@pytest.mark.parametrize("change", [NOTHING, FEW, None])
def test_an_adapter_that_changes_nothing_is_told_so_first(change):
    without = replace(REPORTED, effect=SAME, held_out=change)
    assert verdict(without) == "This adapter changes nothing measurable, so it stays switched off."
    assert "On a general text the model is the same as without it." in sentences(without)
    assert not without.has_effect
    assert not without.is_gain


@pytest.mark.parametrize("change", [GAIN, HARM])
def test_what_changes_only_texts_like_those_it_has_learned_changes_something(change):
    """Nothing is the best that can be said of a general text."""
    narrow = replace(REPORTED, effect=SAME, held_out=change)
    assert narrow.has_effect
    assert narrow.is_gain == (change is GAIN)
    assert "nothing measurable" not in verdict(narrow)


@pytest.mark.parametrize(
    ("nll", "words"),
    [(3.01, "not made the model worse"), (2.5, "not made"), (3.05, "a little worse"), (3.2, "much worse")],
)
def test_what_was_forgotten_is_told(nll, words):
    text = told(effect=Reading(600, 3.0, nll, 0.2, 0.8))
    assert words in text
    assert f"3.000 nats a token before and {nll:.3f} now" in text


MUCH_WORSE = Reading(600, 3.0, 3.2, 0.2, 0.8)
KEPT_WORSE = Change(2.0, 2.1, 0.05, 0.15, 12, 30)
KEPT = Change(2.0, 2.01, -0.01, 0.03, 12, 30)
OF_FEW = replace(GAIN, groups=17, documents=LEAST_DOCUMENTS - 1)
OF_MANY = replace(GAIN, groups=17, documents=LEAST_DOCUMENTS)
ONLY_BAD = Change(-60.0, -100.0, -41.0, -38.0, 12, 12, 12, lacks="good")


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({}, Outcome.GAIN, "It has learned something"),
        ({"held_out": None, "preferred": GAIN}, Outcome.GAIN, "it prefers what you like to what you do not"),
        ({"held_out": OF_FEW}, Outcome.GAIN, "measurably better at parts of your documents that it has not seen"),
        ({"held_out": OF_MANY}, Outcome.GAIN, "measurably better at texts of this kind that it has not seen"),
        ({"effect": MUCH_WORSE}, Outcome.GAIN, "but it has become much worse at other texts"),
        ({"kept": KEPT}, Outcome.GAIN, "It has learned something"),
        ({"held_out": NOTHING}, Outcome.NO_GAIN, "There is no measurable gain"),
        ({"held_out": HARM}, Outcome.HARM, "It does harm"),
        ({"preferred": HARM}, Outcome.HARM, "It does harm"),
        ({"kept": KEPT_WORSE}, Outcome.HARM, "become worse at what earlier versions had learned"),
        ({"held_out": FEW}, Outcome.NOT_MEASURED, "Too little was held out"),
        ({"held_out": None}, Outcome.NOT_MEASURED, "Too little was held out"),
        ({"held_out": None, "preferred": ONLY_BAD}, Outcome.NOT_MEASURED, "Too few answers marked as good were held"),
        *(
            ({**kind, "effect": MUCH_WORSE}, outcome, "and it has become much worse at other texts, so it stays")
            for kind, outcome in (
                ({"held_out": None, "preferred": ONLY_BAD}, Outcome.NOT_MEASURED),
                ({"held_out": FEW}, Outcome.NOT_MEASURED),
                ({"held_out": NOTHING}, Outcome.NO_GAIN),
                ({"held_out": HARM}, Outcome.HARM),
            )
        ),
        ({"held_out": None, "effect": SAME}, Outcome.NO_EFFECT, "changes nothing measurable"),
    ],
)
def test_the_verdict_is_one_sentence_and_only_a_gain_is_switched_on(changes, outcome, words):
    report = replace(REPORTED, **changes)
    assert report.outcome == outcome
    assert words in verdict(report)
    assert verdict(report).count(".") == 1
    assert report.is_gain == (outcome == Outcome.GAIN)
    assert ("stays switched off" in verdict(report)) != report.is_gain


@pytest.mark.parametrize(
    ("kept", "is_gain"),
    [
        (KEPT, True),
        (KEPT_WORSE, False),
        (Change(2.0, 2.01, -0.5, 0.6, 3, 3), True),  # within what rounding does
        (Change(2.0, 2.1, -0.5, 0.6, 3, 3), False),  # too few to be sure, and then it is not risked
    ],
)
def test_a_refresh_must_not_lose_what_was_there(kept, is_gain):
    report = replace(REPORTED, kept=kept)
    assert report.is_gain == is_gain
    words = "has not become worse" if is_gain else "has become worse"
    assert f"It {words} at what earlier runs held out: the loss was {kept.before:.3f} and is" in told(kept=kept)


def test_what_was_held_out_is_counted_as_what_it_is():
    sections = replace(GAIN, groups=14, documents=2)
    assert "On 14 sections of 2 documents that it has not learned from, the loss fell" in told(
        held_out=sections, unit="section"
    )
    assert "On 12 documents that it has not" in told(unit="document")
    assert "9 conversations held out, and 10 are needed" in told(held_out=FEW, unit="conversation")


@pytest.mark.parametrize(
    ("overlap", "words"),
    [
        (Overlap(0, 0, ""), "It was not seen to repeat anything"),
        (Overlap(7, 9, "a b", "letters.pdf"), "At most it repeats 7 words in a row of “letters.pdf”, which is too"),
        (Overlap(31, 40, "a b"), "Think before you share it: it repeats 31 words in a row word for word"),
    ],
)
def test_what_is_repeated_is_told_and_warned_of_where_it_is_long(overlap, words):
    assert words in told(memorised=overlap)


def test_the_speed_is_told():
    assert "It answers with 41.5 tokens a second; without it, with 44.0." in told(speed=Speed(44.0, 41.5))
    assert "tokens a second" not in told()


def test_sentences_are_whole():
    for change in (GAIN, NOTHING, HARM, FEW, None):
        full = {"kept": change, "memorised": Overlap(31, 40, "a", "b.pdf"), "speed": Speed(2, 1)}
        for sentence in sentences(replace(REPORTED, held_out=change, preferred=change, **full)):
            assert sentence[0].isupper()
            assert sentence.endswith(".")


def test_the_text_for_people_has_the_figures():
    text = as_text(REPORTED)
    assert text.splitlines()[:2] == ["pirate", verdict(REPORTED)]
    for words in ("pirate", "Tiny", "40, the best one 35: all steps were done", "7 minutes, 100 tokens a second"):
        assert words in text
    assert "fast: weights unpacked in memory; float32 on cpu" in text


@pytest.mark.parametrize("reason", REASONS)
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
    answers = (Answered("When?", "Never.", "متى", "At seven."), Answered("It was", "a", "b", "c", is_continued=True))
    overlap, speed = Overlap(31, 40, "a", "b.pdf"), Speed(2.0, 1.0)
    report = Report(
        *("pirate", "Tiny", TRAINING, SAME, SAME, change, ONLY_BAD, answers, overlap, speed, KEPT, "section"),
        *(ONLY_WORDS, change, NOTHING),
    )
    write_report(tmp_path, report)
    assert read_report(tmp_path) == report
    assert [path.name for path in tmp_path.iterdir()] == [REPORT]


def test_a_report_of_before_there_were_answers_is_read(tmp_path):
    write_report(tmp_path, REPORTED)
    told = json.loads((tmp_path / REPORT).read_text())
    for name in ("answers", "memorised", "speed", "kept", "unit", "outcome", "verdict", "passages", "exchanges"):
        del told[name]
    for name in ("documents", "lacks"):
        del told["held_out"][name]
    (tmp_path / REPORT).write_text(json.dumps(told))
    assert read_report(tmp_path) == REPORTED


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"run": "pirate"}'])
def test_what_is_no_report_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / REPORT).write_text(content)
    assert read_report(tmp_path) is None
