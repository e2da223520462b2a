"""Texts that share most of their runs of words are near copies; those that share a topic are none."""

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.near_copies import Copies, near_copies
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.trainer.contract import TEXT

TEXT_OF_SIXTY = " ".join(f"word{number}" for number in range(60))


def passages(*texts):
    return [Passage(text, str(number)) for number, text in enumerate(texts)]


def are_copies(first, other):
    return near_copies(passages(first), passages(other)) == {0}


@pytest.mark.parametrize(
    "other",
    [
        TEXT_OF_SIXTY,
        TEXT_OF_SIXTY.upper().replace(" ", ",\n"),
        TEXT_OF_SIXTY + " and four more words",
        TEXT_OF_SIXTY.replace("word0 ", "").replace(" word59", ""),
    ],
    ids=["the same", "other marks and case", "some words more", "some words less"],
)
def test_near_copies(other):
    assert are_copies(other, TEXT_OF_SIXTY)


@pytest.mark.parametrize(
    "other",
    [
        TEXT_OF_SIXTY.replace("word2", "other2"),
        " ".join(reversed(TEXT_OF_SIXTY.split())),
        TEXT_OF_SIXTY + " " + TEXT_OF_SIXTY.replace("word", "more"),
        TEXT_OF_SIXTY[:100],
    ],
    ids=["every sixth word another", "another order", "twice as long", "its beginning"],
)
def test_other_texts(other):
    assert not are_copies(other, TEXT_OF_SIXTY)


def test_short_texts_are_compared_as_a_whole():
    assert are_copies("Yes, of course!", "yes of course")
    assert not are_copies("Yes, of course!", "Yes, of course not!")
    assert are_copies("🙂", "🙂")
    assert not are_copies("🙂", "🙃")


def test_of_exchanges_both_halves_count():
    def exchange(question, answer):
        return Exchange(TEXT, (ChatMessage("user", question),), (answer,))

    held_out = [exchange("What is it?", TEXT_OF_SIXTY), exchange("Is it so?", "Yes.")]
    pieces = [
        exchange("what is it", TEXT_OF_SIXTY + "!"),
        exchange("What is that?", TEXT_OF_SIXTY),
        exchange("What is it?", "Nothing."),
        exchange("Is it so", "yes"),
    ]
    assert near_copies(pieces, held_out) == {0, 3}


def test_a_text_and_an_exchange_are_never_copies_of_each_other():
    exchange = Exchange(TEXT, (ChatMessage("user", "Say it."),), (TEXT_OF_SIXTY,))
    assert near_copies(passages(TEXT_OF_SIXTY), [exchange]) == set()


@pytest.mark.parametrize("every", [1, 16])
def test_of_many_texts_a_part_is_enough_to_know_copies(every):
    known = Copies(every)
    texts = [" ".join(f"{name}{number}" for number in range(800)) for name in "abc"]
    for each in passages(*texts):
        known.add(each)
    copies = [text + " and some words more" for text in texts]
    assert [known.find(each) for each in passages(*copies)] == [0, 1, 2]
    assert known.find(Passage(" ".join(f"d{number}" for number in range(800)), "")) is None
