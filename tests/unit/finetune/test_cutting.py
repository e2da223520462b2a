"""A text is cut where something ends, and its parts together are the text again."""

import pytest

from desktop_app.finetune.cutting import LINE, PARAGRAPH, SENTENCE, cut, joined, sentences, units

TEXT = "One. Two!\nThree\n\n \nFour? 5.5 is five.\n"


@pytest.mark.parametrize(
    ("border", "parts"),
    [
        (PARAGRAPH, ["One. Two!\nThree\n\n \n", "Four? 5.5 is five.\n"]),
        (LINE, ["One. Two!\n", "Three\n", "\n", " \n", "Four? 5.5 is five.\n"]),
        (SENTENCE, ["One. ", "Two!\n", "Three\n\n \nFour? ", "5.5 is five.\n"]),
    ],
)
def test_each_part_has_the_border_behind_it(border, parts):
    assert list(cut(TEXT, border)) == parts
    assert list(cut("", border)) == []


def test_a_sentence_ends_with_its_line_if_not_before():
    assert sentences(TEXT) == ["One. ", "Two!\n", "Three\n\n \n", "Four? ", "5.5 is five.\n"]


@pytest.mark.parametrize("most", [0, 8, 20, 100])
def test_units_are_as_large_as_they_may_be_and_lose_nothing(most):
    found = list(units(TEXT, len, most))
    assert "".join(found) == TEXT
    assert max(len(each.strip()) for each in found) <= max(most, len("Three"))


def test_where_there_is_no_border_nothing_is_cut():
    assert list(units("x" * 100, len, 10)) == ["x" * 100]


def test_parts_are_put_together_as_long_as_they_fit():
    assert joined([("a", 3), ("b", 3), ("c", 3), ("d", 9), ("e", 1)], 6) == ["ab", "c", "d", "e"]
    assert joined([], 6) == []
