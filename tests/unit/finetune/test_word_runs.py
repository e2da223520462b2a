"""Runs of words that are the same in two texts."""

import pytest

from desktop_app.finetune.word_runs import LEAST, find_matches, longest_run

LEARNED = "The harbour master wrote on Monday that the ferry to the island would leave at seven, and at nine."


def longest(text, others, known=()):
    [matches] = find_matches([text], others)
    return longest_run(text, matches, known)


def test_the_longest_run_is_found_with_its_source():
    text = "He said: that the FERRY to the island would leave tomorrow."
    found = longest(text, ["Nothing of it.", LEARNED])
    assert (found.text, found.words, found.source) == ("that the FERRY to the island would leave", 8, 1)


def test_what_stands_between_words_does_not_count():
    assert longest("the island\n  would -- leave: at... seven!", [LEARNED]).words == 6


@pytest.mark.parametrize("n", [LEAST - 1, LEAST])
def test_runs_of_a_few_words_are_none(n):
    words = LEARNED.split()
    found = longest(" ".join(["so", *words[3 : 3 + n], "end"]), [LEARNED])
    assert (found.words if found else 0) == (n if n >= LEAST else 0)


def test_what_others_write_as_well_is_nothing_new():
    text = "that the ferry to the island would leave at seven"
    assert longest(text, [LEARNED], ["I think that the ferry to the island would leave at seven."]) is None
    found = longest(text, [LEARNED], ["that the ferry to the"])
    assert found.text == "island would leave at seven"


def test_what_is_known_parts_a_run_in_two():
    text = "The harbour master wrote on Monday that the ferry to the island would leave at seven"
    found = longest(text, [LEARNED], ["on Monday that the ferry"])
    assert (found.text, found.words) == ("to the island would leave at seven", 7)


def test_the_whole_of_a_long_text_is_looked_through():
    text = "that the ferry to the island would"
    others = ["word " * 50_000 + LEARNED]
    assert longest(text, others).words == 7


def test_of_several_places_the_longest_one_counts():
    short, long = "leave at seven and at", "leave at seven and at nine"
    assert longest(long, [short, LEARNED]).source == 1
    assert longest(long, [LEARNED, short]).words == 6


def test_signs_without_spaces_between_words_are_counted_one_by_one():
    found = longest("彼は港の近くで働いています", ["昔、港の近くで働いていた"])
    assert (found.text, found.words) == ("港の近くで働いてい", 9)


def test_words_of_other_writing_are_words():
    assert longest("قال إن العبارة إلى الجزيرة تغادر غدا", ["كتب: العبارة إلى الجزيرة تغادر غدا"]).words == 5


def test_each_text_has_its_own_matches():
    first, second = find_matches(["nothing", "that the ferry to the island"], [LEARNED])
    assert first == []
    assert max(match.end - match.start for match in second) == 6


def test_nothing_is_in_nothing():
    assert longest("", [LEARNED]) is None
    assert longest(LEARNED, []) is None
    assert longest(LEARNED, [""]) is None
