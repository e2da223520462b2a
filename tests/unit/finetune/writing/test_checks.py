"""Only what a text says may be learned from it: what the model adds is noticed, and other endings do no harm."""

import pytest

from desktop_app.finetune.writing.checks import (
    LEAST_GROUNDED,
    grounded,
    is_grounded,
    lines,
    names,
    repeated,
    whole_sentences,
    without_repetition,
)

TEXT = (
    "The harbour master, Ida Brunner, measures the depth on the first Monday of each month with a weighted line. She "
    "writes the figures into a green ledger that goes back to 1903. The outer wall is 212 metres long."
)


@pytest.mark.parametrize(
    "said",
    [
        "Ida Brunner measures the depth each month.",
        "The figures are written into a green ledger.",
        "The harbour's outer wall is 212 metres long, and the ledger goes back to 1903.",
        "“The harbour master measures the depth.”",
    ],
)
def test_what_the_text_says_in_whatever_form_is_grounded(said):
    assert is_grounded(said, TEXT)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The outer wall is 187 metres long.", "a number"),
        ("The depth is measured by Ida Miller with a weighted line.", "a name"),
        ("The harbour master of Hanstead measures the depth.", "a place"),
        ("Sailors have always believed in legends about courage and the sea.", "all of it"),
        ("A ledger is a wonderful testament to human dedication and tradition.", "most of it"),
        ("", "nothing"),
        ("It is so.", "nothing that means something"),
    ],
)
def test_what_the_text_does_not_say_is_not_grounded(said, why):
    assert grounded(said, TEXT) < LEAST_GROUNDED, why


def test_a_few_words_of_ones_own_are_allowed():
    assert is_grounded("Every month the harbour master Ida Brunner measures the depth with a weighted line.", TEXT)


def test_names_and_numbers_are_found_wherever_no_sentence_begins():
    said = "Yesterday Ida Brunner met Tom in Vellen. She said: “Come in 1903.”\n- Bread is good. I agree."
    assert names(said) == {"Ida", "Brunner", "Tom", "Vellen", "1903"}


def test_what_only_repeats_the_text_is_noticed():
    assert repeated("She writes the figures into a green ledger.", TEXT) == 1
    assert repeated("The numbers go into her book, which is green.", TEXT) == 0


def test_lines_lose_the_marks_of_lists():
    answer = "1. What is it?\n\n- Who was there?\n* “Why so?”\n2) When?\nQ: How?"
    assert lines(answer) == ["What is it?", "Who was there?", "Why so?", "When?", "How?"]


def test_an_answer_that_was_cut_off_ends_with_its_last_whole_sentence():
    assert whole_sentences("It is 3.5 metres deep. The wall is lo") == "It is 3.5 metres deep."
    assert whole_sentences("He said: “Come in.” And th") == "He said: “Come in.”"
    assert whole_sentences("no end at all") == ""


def test_what_goes_round_in_circles_ends_before_that():
    assert without_repetition("I hope so. It is late. I hope so. I hope so.") == "I hope so. It is late."
