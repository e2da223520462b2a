"""Texts that share most of their runs of words are near copies; those that share a topic are none."""

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune import near_copies as module
from desktop_app.finetune.near_copies import Copies, Parts, near_copies
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
        TEXT_OF_SIXTY + " " + TEXT_OF_SIXTY.replace("word", "more"),
        TEXT_OF_SIXTY[:100],
    ],
    ids=["the same", "other marks and case", "some words more", "some words less", "twice as long", "its beginning"],
)
def test_near_copies(other):
    assert are_copies(other, TEXT_OF_SIXTY)


@pytest.mark.parametrize(
    "other",
    [
        TEXT_OF_SIXTY.replace("word2", "other2"),
        " ".join(reversed(TEXT_OF_SIXTY.split())),
        TEXT_OF_SIXTY[:200] + TEXT_OF_SIXTY[200:].replace("word", "more"),
    ],
    ids=["every sixth word another", "another order", "its first half and another one"],
)
def test_other_texts(other):
    assert not are_copies(other, TEXT_OF_SIXTY)


def test_short_texts_are_compared_as_a_whole():
    assert are_copies("Yes, of course!", "yes of course")
    assert not are_copies("Yes, of course!", "Yes, of course not!")
    assert are_copies("🙂", "🙂")
    assert not are_copies("🙂", "🙃")


def exchange(question, answer, system=""):
    before = (ChatMessage("system", system),) if system else ()
    return Exchange(TEXT, (*before, ChatMessage("user", question)), (answer,))


def test_of_exchanges_both_halves_count():
    held_out = [exchange("What is it?", TEXT_OF_SIXTY), exchange("Is it so?", "Yes.")]
    pieces = [
        exchange("what is it", TEXT_OF_SIXTY + "!"),
        exchange("What is that?", TEXT_OF_SIXTY),
        exchange("What is it?", "Nothing."),
        exchange("Is it so", "yes"),
    ]
    assert near_copies(pieces, held_out) == {0, 3}


def test_an_exchange_that_is_a_part_of_another_one_is_no_copy_of_it():
    held_out = [exchange(TEXT_OF_SIXTY, TEXT_OF_SIXTY)]
    assert near_copies([exchange(TEXT_OF_SIXTY[:100], TEXT_OF_SIXTY)], held_out) == set()
    assert near_copies([exchange(TEXT_OF_SIXTY, TEXT_OF_SIXTY[:100])], held_out) == set()


@pytest.mark.parametrize("n", [3, 40])
def test_the_system_prompt_that_exchanges_have_in_common_does_not_make_them_copies(n):
    rows = [exchange(f"Is mail {number} to the harbour master urgent?", "Yes.", TEXT_OF_SIXTY) for number in range(n)]
    assert near_copies(rows[1:], rows[:1]) == set()


@pytest.mark.parametrize("n_instructions", [1, 3])
def test_an_instruction_that_many_begin_with_does_not_make_them_copies(n_instructions):
    instructions = [TEXT_OF_SIXTY.replace("word", letter * 4) for letter in "abc"[:n_instructions]]
    reviews = [f"{number} lamps came in {number + 1} boxes and worked for {number + 2} days" for number in range(60)]
    rows = [
        exchange(f"{instructions[number % n_instructions]}: {review}", "good") for number, review in enumerate(reviews)
    ]
    copy = exchange(f"{instructions[0]}: {reviews[0]}!", "Good.")
    assert near_copies([copy, *rows[5:]], rows[:5]) == {0}
    assert near_copies(rows[:5], [copy, *rows[5:]]) == {0}


def test_where_all_is_in_common_it_is_all_that_counts():
    rows = [exchange(f"Write a haiku{'!' * number}", TEXT_OF_SIXTY) for number in range(30)]
    others = [exchange("Write a haiku", TEXT_OF_SIXTY.replace("word", f"w{number}x")) for number in range(30)]
    assert near_copies([*others, *rows[1:]], rows[:1]) == set(range(30, 59))


def test_however_many_exchanges_have_the_same_answer_each_is_compared_with_those_that_ask_the_same(monkeypatch):
    rows = [exchange(f"Is mail {number} from {number} to {number} urgent?", "Yes.") for number in range(1000)]
    compared = []
    are_alike = module._are_alike
    monkeypatch.setattr(module, "_are_alike", lambda *runs: compared.append(1) or are_alike(*runs))
    assert near_copies([*rows[100:], exchange("is mail 7 from 7 to 7 urgent", "yes")], rows[:100]) == {900}
    assert len(compared) < len(rows)


def test_a_text_and_an_exchange_are_never_copies_of_each_other():
    said = exchange("Say it.", TEXT_OF_SIXTY)
    assert near_copies(passages(TEXT_OF_SIXTY), [said]) == set()
    assert near_copies([said], passages(TEXT_OF_SIXTY, "Another one.")) == set()


def test_of_writing_without_spaces_between_words_the_signs_are_compared():
    text = "".join(chr(0x4E00 + number) for number in range(200))
    assert are_copies(text[:60], text)
    assert not are_copies(text[::-1], text)


@pytest.mark.parametrize("every", [1, 16])
def test_of_many_texts_a_part_is_enough_to_know_copies(every):
    known = Copies(every)
    texts = [" ".join(f"{name}{number}" for number in range(800)) for name in "abc"]
    for each in texts:
        known.add(each)
    assert [known.find(text + " and some words more") for text in texts] == [0, 1, 2]
    assert known.find(" ".join(f"d{number}" for number in range(800))) is None


def test_a_text_that_goes_on_is_not_nearly_the_same():
    known = Copies()
    known.add(TEXT_OF_SIXTY)
    assert known.find(TEXT_OF_SIXTY + " and four more words") == 0
    assert known.find(TEXT_OF_SIXTY[:200]) is None


# ------------------------------------------------------------ parts of texts


def test_nothing_but_what_is_copied_is_left_out_of_a_text():
    paragraphs = [f"{TEXT_OF_SIXTY[:250].replace('word', letter * 3)}." for letter in "abcdef"]
    texts = ["\n\n".join([paragraphs[0], "* * *", *paragraphs[1:]]), paragraphs[5]]
    parts = Parts(texts)
    assert parts.without(()) == texts
    copies = near_copies(parts.pieces, passages("\n\n".join([paragraphs[1], paragraphs[4]])))
    assert parts.without(copies) == [
        "\n\n".join([paragraphs[0], "* * *", *paragraphs[2:4], paragraphs[5]]),
        paragraphs[5],
    ]


def test_what_is_said_on_every_occasion_is_a_part_together_with_what_is_around_it():
    bye = "I am looking forward to hearing from you soon.\n\nYours, Ida"
    texts = [f"{TEXT_OF_SIXTY[:280].replace('word', letter * 3)}.\n\n{bye}" for letter in "ab"]
    assert near_copies(Parts(texts[:1]).pieces, passages(texts[1])) == set()
