"""What a text tells about a stack is said in words, and chance is not taken for a difference."""

import random
from pathlib import Path

import pytest

from desktop_app.adapters.readings import measuring, tuning
from desktop_app.adapters.trial import (
    LEAST_TOKENS,
    MOST_CHARACTERS,
    Reading,
    Trial,
    Tuned,
    difference,
    read_text,
    tuned_verdict,
    verdict,
)
from desktop_app.engine.messages import Scored
from desktop_app.errors import UserError
from desktop_app.storage.records import StackEntry
from tests.unit.library.sentences import assert_readable

N_TOKENS = 400
LETTERS, TONE = StackEntry("a" * 64, "Letters", 0.75), StackEntry("b" * 64, "Tone", 0.5)


def scored(loss, spread=0.1, seed=0, n_tokens=N_TOKENS):
    """Return what a reading with about this loss gives: words are as hard for it as for others, but for some chance."""
    words, chance = random.Random(7), random.Random(seed)
    logprobs = tuple(-loss - words.gauss(0, 1.5) + chance.gauss(0, spread) for _ in range(n_tokens))
    return Scored(1, -sum(logprobs) / n_tokens, logprobs)


def trial(bare, *alone, together=None):
    """Return a trial from losses."""
    first = scored(bare)

    def reading(loss, seed, entry=None):
        found = scored(loss, seed=seed)
        names = (entry.name, entry.sha256) if entry else ("", "")
        return Reading(found, difference(first, found), *names)

    each = tuple(reading(loss, seed, (LETTERS, TONE)[seed - 1]) for seed, loss in enumerate(alone, start=1))
    return Trial(Reading(first), each, None if together is None else reading(together, 9))


# ------------------------------------------------------------ differences


def test_a_difference_is_found_that_is_far_smaller_than_the_spread_of_the_words():
    found = difference(scored(2.5), scored(2.55, seed=1))
    assert found.mean == pytest.approx(0.05, abs=0.02)
    assert found.error < 0.01
    assert found.is_measurable


def test_chance_is_no_difference():
    assert not difference(scored(2.5), scored(2.5, seed=1)).is_measurable
    assert not difference(scored(2.5), scored(2.5)).is_measurable


# ------------------------------------------------------------ verdicts


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (trial(2.5, 2.3, 2.4, together=2.2), ["all together do better than “Letters”, the best one alone"]),
        (trial(2.5, 2.3, 2.4, together=2.4), ["“Letters” alone does better than all together"]),
        (trial(2.5, 2.3, 2.4, together=2.3), ["all together do no measurably better or worse than “Letters” alone."]),
        (trial(2.5, 2.8, 2.6, together=2.7), ["“Tone” alone does better", "The bare model does better still"]),
        (trial(2.5, 2.6, 2.7, together=2.5), ["all together do better", "The bare model does as well."]),
        (trial(2.5, 2.4), ["“Letters” does better than the bare model, by 0."]),
        (trial(2.5, 2.6), ["“Letters” does worse than the bare model, by 0."]),
        (trial(2.5, 2.5), ["“Letters” does no measurably better or worse than the bare model."]),
    ],
)
def test_what_is_best_for_the_text_is_said(found, said):
    sentence = verdict(found)
    for words in said:
        assert words in sentence
    assert ("bare model" in sentence) == any("bare model" in words for words in said)


def test_it_is_said_whether_another_mix_is_worth_it():
    now = scored(2.5)
    assert "by 0.1" in tuned_verdict(Tuned((1.0,), (0.5,), now, scored(2.4, seed=1)))
    assert "no measurably better" in tuned_verdict(Tuned((1.0,), (0.5,), now, scored(2.5, seed=1)))
    assert "No mix that was tried" in tuned_verdict(Tuned((1.0,), (1.0,), now, now))


# ------------------------------------------------------------ which readings are asked for


def asked(readings, answer):
    """Return (result, scales that were asked for)."""
    wanted, scales = next(readings), []
    while True:
        scales.append(wanted.scales)
        assert len(scales) <= wanted.total
        try:
            wanted = readings.send(answer(wanted.scales))
        except StopIteration as end:
            return end.value, scales


def test_the_bare_model_each_alone_and_all_together_are_read():
    found, scales = asked(measuring((LETTERS, TONE)), lambda scales: scored(3 - sum(scales)))
    assert scales == [(0.0, 0.0), (0.75, 0.0), (0.0, 0.5), (0.75, 0.5)]
    assert [(reading.name, reading.sha256) for reading in found.alone] == [("Letters", "a" * 64), ("Tone", "b" * 64)]
    assert found.alone[0].from_bare.mean == pytest.approx(-0.75)
    assert found.together.from_bare.mean == pytest.approx(-1.25)


def test_one_adapter_is_read_alone_only():
    found, scales = asked(measuring((LETTERS,)), lambda scales: scored(3 - sum(scales)))
    assert scales == [(0.0,), (0.75,)]
    assert found.together is None


def test_better_scales_are_looked_for_from_those_that_are_set():
    found, scales = asked(tuning((LETTERS, TONE)), lambda scales: scored(2 + abs(scales[0] - 1.5) + scales[1]))
    assert scales[0] == found.before == (0.75, 0.5)
    assert found.found == (1.5, 0.0)
    assert found.scored_found.mean_nll < found.scored_before.mean_nll


@pytest.mark.parametrize("work", [measuring, tuning])
def test_a_text_that_is_too_short_is_refused_after_one_reading(work):
    readings = work((LETTERS, TONE))
    next(readings)
    with pytest.raises(UserError) as caught:
        readings.send(scored(2.5, n_tokens=LEAST_TOKENS - 1))
    assert_readable(caught.value)
    assert "63 tokens" in caught.value.sentence


# ------------------------------------------------------------ texts


def test_a_text_is_read_from_its_beginning(tmp_path):
    short, long = tmp_path / "short.TXT", tmp_path / "long.md"
    short.write_text("\ufeffGrüße aus Lissabon", encoding="utf-8")
    long.write_text("word " * MOST_CHARACTERS, encoding="utf-8")
    assert read_text(short).text == "Grüße aus Lissabon"
    assert not read_text(short).is_cut
    found = read_text(long)
    assert (found.name, found.is_cut) == ("long.md", True)
    assert MOST_CHARACTERS - 10 < len(found.text) < MOST_CHARACTERS
    assert found.text.endswith("word")


@pytest.mark.parametrize("text", ["x", "第一章 " + "天地玄黄宇宙洪荒。"], ids=["none", "one at the beginning"])
def test_what_has_no_blanks_near_its_end_is_cut_anywhere(tmp_path, text):
    path = tmp_path / "long.txt"
    path.write_text(text[:4] + text[4:] * MOST_CHARACTERS + text[:1] * MOST_CHARACTERS, encoding="utf-8")
    assert len(read_text(path).text) == MOST_CHARACTERS


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.gguf", b"GGUF", "is not a text file"),
        ("latin.txt", "Grüße".encode("latin-1"), "is not UTF-8 text"),
        ("gone.txt", None, "could not be read"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, name, data, said):
    path = Path(tmp_path / name)
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UserError, match=said) as caught:
        read_text(path)
    assert_readable(caught.value)
