"""Guessing ahead: where the text has said it before, as far as it pays, and not at all where it does not."""

import itertools
import random

import pytest

from desktop_app.engine.llama.cells import Cells
from desktop_app.engine.llama.speculation import PromptLookup, Speculator


def looked_up(tokens, most=4):
    lookup = PromptLookup()
    lookup.follow(tokens)
    place, length = lookup.longest_match()
    return lookup.at(place, most) if length else None


def test_what_followed_the_same_words_before_is_guessed():
    assert looked_up([1, 2, 3, 4, 5, 6, 1, 2]) == [3, 4, 5, 6]


def test_the_longest_match_wins_over_the_latest():
    text = [9, 8, 1, 2, 77, 5, 1, 2, 88, 9, 8, 1, 2]
    assert looked_up(text, 1) == [77]


def test_new_words_have_no_guess():
    assert looked_up([1, 2, 3, 4, 5]) is None
    assert looked_up([]) is None
    assert looked_up([1]) is None


def test_a_text_that_grows_is_followed_and_another_one_begins_anew():
    lookup = PromptLookup()
    text = [1, 2, 3, 4]
    for token in (5, 6, 1, 2):
        lookup.follow(text)
        text.append(token)
    lookup.follow(text)
    assert lookup.at(lookup.longest_match()[0], 2) == [3, 4]
    lookup.follow([7, 7, 9, 7, 7])
    assert lookup.at(lookup.longest_match()[0], 1) == [9]


class Writer:
    """Writes a text with a speculator, on a machine where a decode takes `1 + slope * guesses` seconds."""

    def __init__(self, speculator, slope):
        self.speculator = speculator
        self.slope = slope
        self.seconds = 0.0
        self.steps = 0
        self.drafted = 0

    def write(self, prompt, text):
        """Write `text` after `prompt`; return it as it was accepted."""
        tokens, rest = list(prompt), list(text)
        while rest:
            drafted = self.speculator.draft(tokens, 15)
            assert len(drafted) <= 15
            accepted = 0
            while accepted < len(drafted) and accepted + 1 < len(rest) and drafted[accepted] == rest[accepted]:
                accepted += 1
            seconds = 1 + self.slope * len(drafted)
            tokens += rest[: accepted + 1]
            self.speculator.learn(rest[accepted], len(drafted), accepted, seconds)
            del rest[: accepted + 1]
            self.seconds += seconds
            self.steps += 1
            self.drafted += len(drafted)
        return tokens[len(prompt) :]


def noise(count, seed=1):
    generator = random.Random(seed)
    return [generator.randrange(1000, 50_000) for _ in range(count)]


def test_a_text_that_is_given_back_takes_a_fraction_of_the_time():
    text = noise(400)
    writer = Writer(Speculator(), slope=0.2)
    assert writer.write([*text, 1, 2], text) == text
    assert writer.seconds < 400 / 2


def test_a_text_with_nothing_said_twice_costs_nothing():
    writer = Writer(Speculator(), slope=0.4)
    writer.write(noise(100), noise(300, seed=2))
    assert writer.drafted == 0


def test_guesses_that_are_mostly_wrong_are_given_up():
    # Pairs that come again all the time, each time followed by something else.
    text = list(itertools.chain.from_iterable((1, 2, token) for token in noise(300)))
    writer = Writer(Speculator(), slope=0.4)
    writer.write(text[:90], text[90:])
    assert writer.seconds < 1.05 * len(text[90:])


def test_where_a_row_more_costs_as_much_as_a_decode_nothing_is_guessed_for_long():
    text = noise(400)
    writer = Writer(Speculator(), slope=1.0)
    writer.write([*text, 1, 2], text)
    assert writer.drafted < 40
    assert writer.seconds < 1.1 * 400


def test_a_guess_that_was_slow_by_chance_does_not_end_guessing_for_good():
    copied = noise(400, seed=7)
    writer = Writer(Speculator(), slope=0.2)
    writer.slope = 30.0  # the computer does something else just when it guesses for the first time
    writer.write(copied, copied[:40])
    drafted = writer.drafted
    writer.slope = 0.2
    writer.write(copied, copied)
    assert writer.drafted > drafted + 100


def test_guessing_begins_again_when_the_text_becomes_one_that_is_copied():
    speculator, copied = Speculator(), noise(300, seed=5)
    unlucky = list(itertools.chain.from_iterable((1, 2, token) for token in noise(100)))
    Writer(speculator, slope=0.3).write(copied, unlucky)
    writer = Writer(speculator, slope=0.3)
    writer.write([*copied, *unlucky], copied)
    assert writer.seconds < 0.6 * 300


class Oracle:
    """A draft model that is right at a given rate."""

    def __init__(self, text, rate):
        self.text = text
        self.random = random.Random(3)
        self.rate = rate
        self.asked = 0

    def draft(self, tokens, most):
        self.asked += 1
        at = len(tokens)
        return [t if self.random.random() < self.rate else 0 for t in self.text[at : at + most]]


@pytest.mark.parametrize(("rate", "is_worth_it"), [(0.95, True), (0.02, False)])
def test_a_draft_model_is_asked_as_long_as_it_is_right(rate, is_worth_it):
    text = noise(600)
    oracle = Oracle(text, rate)
    writer = Writer(Speculator(oracle), slope=0.1)
    assert writer.write(text[:10], text[10:]) == text[10:]
    if is_worth_it:
        assert writer.steps < 590 / 2
    else:
        assert oracle.asked < 12


def test_shared_cells_count_once_and_last_as_long_as_someone_holds_them():
    cells = Cells()
    prompt = cells.take(100)
    cells.share(prompt)
    own = cells.take(20)
    assert len(cells) == 120
    cells.release([*prompt, *own])
    assert len(cells) == 100
    cells.release(prompt)
    assert len(cells) == 0
