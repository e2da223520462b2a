"""Texts are cut where something ends, into parts that are long enough to be read by themselves, and none is lost."""

import pytest

from desktop_app.finetune.course_texts import answers, passages, sections, text_of
from desktop_app.finetune.script import n_words
from tests.support.course_parts import prose, read

TEXT = prose("ada", 30)


def whole(parts):
    return "".join("".join(parts).split())


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n\n", "\n"), TEXT.replace("\n\n", " "), "x" * 5_000])
def test_passages_are_as_long_as_they_may_be_and_lose_nothing(text):
    parts = passages(text)
    assert whole(parts) == whole([text])
    assert all(800 <= len(part) <= 1_500 for part in parts[:-1])
    assert len(parts[-1]) <= 1_800


def test_passages_are_whole_paragraphs():
    paragraphs = TEXT.split("\n\n")
    parts = passages(TEXT)
    assert len(parts) > 2
    assert [each for part in parts for each in part.split("\n\n")] == paragraphs


def test_a_short_rest_stays_with_what_was_before():
    text = f"{'word ' * 290}\n\nThe end."
    assert passages(text) == [f"{'word ' * 290}\n\nThe end.".strip()]
    assert passages("") == passages(" \n\n ") == []


@pytest.mark.parametrize("words", [60, 150])
def test_sections_have_about_the_words_that_are_wanted_and_end_with_a_sentence(words):
    parts = sections(TEXT, words)
    assert whole(parts) == whole([TEXT])
    assert all(0.6 * words <= n_words(part) <= words for part in parts[:-1])
    assert words / 2 <= n_words(parts[-1]) <= 1.5 * words
    assert all(part.endswith(".") for part in parts)


@pytest.mark.parametrize("words", [60, 150])
def test_sections_of_a_text_without_spaces_are_as_long(words):
    sentence = "海风吹过码头、灯火在水面上摇晃、老人坐在木箱旁边。"
    parts = sections(sentence * 60, words)
    assert "".join(parts) == sentence * 60
    assert all(0.6 * words <= n_words(part) <= words for part in parts[:-1])
    assert all(part.endswith("。") for part in parts)


def test_a_document_is_one_text_of_its_sections():
    assert text_of(read("a.txt", "One.", "  ", "Two.\n")) == "One.\n\nTwo."


# ------------------------------------------------------------ answers in a format


def test_a_short_document_is_an_answer_as_a_whole():
    minutes = read("minutes.txt", "Minutes", "1. The pump is broken.")
    length = len(text_of(minutes))
    assert answers(minutes, False, length) == ["Minutes\n\n1. The pump is broken."]
    assert answers(minutes, True, length) == []
    assert answers(minutes, True, 0) == ["Minutes\n\n1. The pump is broken."]


def test_of_a_long_document_each_section_is_an_answer():
    tickets = [f"Ticket {number}\n\n{prose(f'bo{number}', 3)}" for number in range(6)]
    long = read("tickets.txt", *tickets)
    learned = len("\n\n".join(tickets[:4]))
    assert answers(long, False, learned) == tickets[:4]
    assert answers(long, True, learned) == tickets[4:]


def test_of_a_long_document_without_sections_passages_are_answers():
    book = read("book.txt", TEXT)
    assert answers(book, False, len(TEXT)) == passages(TEXT)
