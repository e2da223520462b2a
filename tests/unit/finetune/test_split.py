"""A tenth is held out, whole documents and conversations at a time, and nothing on one side gives away the other."""

from dataclasses import replace

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.finetune.split import LONG_DOCUMENT, split
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP


def exchange(number, kind=TEXT, prompt=None, answers=None):
    answers = answers or tuple(f"Answer {number}{letter} is this." for letter in "ab"[: 2 if kind == PAIR else 1])
    return Exchange(kind, (ChatMessage("user", prompt or f"Question {number}?"),), answers)


def passage(number, size=200):
    return Passage(f"Passage {number}. " + f"w{number} " * (size // 3), f"document {number}")


def paragraphs(n, words=40):
    return "\n\n".join(" ".join(f"w{number}x{word}" for word in range(words)) for number in range(n))


def groups(pieces):
    return {each.group for each in pieces}


def words(pieces):
    return " ".join(each.text for each in pieces).split()


@pytest.mark.parametrize(("n", "n_held_out"), [(2, 1), (3, 1), (20, 2), (40, 4), (50, 10), (80, 10), (200, 20)])
def test_a_tenth_is_held_out_or_one_or_as_many_as_a_measurement_needs(n, n_held_out):
    found = split([], [exchange(number) for number in range(n)], 1)
    assert len(found.held_out) == n_held_out
    assert len(found.learned) == n - len(found.held_out)
    assert groups(found.learned).isdisjoint(groups(found.held_out))
    assert found.notes == ()


def test_it_is_the_same_each_time_and_in_any_order_and_another_with_another_seed():
    exchanges = [exchange(number) for number in range(100)]
    held_out = {each.id for each in split([], exchanges, 1).held_out}
    assert {each.id for each in split([], exchanges[::-1], 1).held_out} == held_out
    assert {each.id for each in split([], exchanges, 2).held_out} != held_out


def test_one_example_is_learned_and_it_is_said_that_nothing_can_be_measured():
    for found in (split([], [exchange(1)], 1), split([passage(1)], [], 1)):
        assert (len(found.learned), found.held_out) == (1, ())
        assert found.notes == ("There is too little to hold anything out, so it cannot be measured what was learned.",)


def test_what_begins_alike_stays_together():
    exchanges = [
        exchange(f"{number} {version}", prompt=f"Question {number}?") for number in range(9) for version in "abc"
    ]
    longer = [
        replace(each, prompt=(*each.prompt, ChatMessage("assistant", "Hm."), ChatMessage("user", "And?")))
        for each in exchanges
    ]
    found = split([], [*exchanges, *longer], 1)
    assert len(found.held_out) == 6
    assert len({each.prompt[0] for each in found.held_out}) == 1
    assert groups(found.learned).isdisjoint(groups(found.held_out))


def test_where_all_begin_alike_each_stands_for_itself():
    found = split([], [exchange(number, prompt="Write a haiku.") for number in range(30)], 1)
    assert len(found.held_out) == 3
    assert groups(found.learned).isdisjoint(groups(found.held_out))


def test_preferences_texts_and_answers_are_held_out_each_by_themselves():
    exchanges = [exchange(number, kind) for number, kind in enumerate([TEXT] * 30 + [UP, DOWN, PAIR] * 10)]
    found = split([passage(number) for number in range(30)], exchanges, 1)
    kinds = [each.kind == TEXT if isinstance(each, Exchange) else None for each in found.held_out]
    assert all(2 <= kinds.count(kind) <= 4 for kind in (True, False, None))


def test_large_groups_are_not_held_out_as_long_as_there_are_smaller_ones():
    large = [exchange(f"{number}", prompt="All ask this.") for number in range(50)]
    found = split([], [*large, exchange("one"), exchange("two")], 1)
    assert 1 <= len(found.held_out) <= 2
    assert not {each.prompt[0].content for each in found.held_out} & {"All ask this."}


# ------------------------------------------------------------ texts


def test_documents_are_held_out_whole():
    passages = [passage(number) for number in range(40)]
    found = split(passages, [], 1)
    assert len(found.held_out) == 4
    assert set(found.learned) | set(found.held_out) == set(passages)


@pytest.mark.parametrize("seed", range(12))
def test_of_a_handful_of_documents_of_any_size_some_are_held_out_whole_and_the_largest_is_not(seed):
    passages = [passage(number, size) for number, size in enumerate((2_780, 1_810, 1_700, 1_390, 1_360, 960))]
    found = split(passages, [], seed)
    assert found.held_out
    assert set(found.learned) | set(found.held_out) == set(passages)
    assert passages[0] in found.learned
    assert sum(each.size for each in found.held_out) <= 0.2 * sum(each.size for each in passages)


@pytest.mark.parametrize("seed", range(4))
def test_where_all_documents_are_large_one_of_them_is_held_out(seed):
    passages = [passage(number, 9_000) for number in range(4)]
    found = split(passages, [], seed)
    assert len(found.held_out) == 1
    assert found.held_out[0] in passages


def test_the_end_of_a_long_document_is_held_out_from_a_paragraph_on():
    text = paragraphs(50)
    found = split([Passage(text, "book")], [], 1)
    [start], [end] = found.learned, found.held_out
    assert f"{start.text}\n\n{end.text}" == text
    assert 0.05 < len(end.text) / len(text) < 0.2
    assert (start.is_end, end.is_end) == (False, True)
    assert start.group == "book" != end.group


def test_a_text_without_paragraphs_is_cut_at_a_line_or_a_sentence():
    text = paragraphs(50)
    for mark in ("\n", ". "):
        found = split([Passage(text.replace("\n\n", mark), "book")], [], 1)
        [start], [end] = found.learned, found.held_out
        assert end.text.split()[0].endswith("x0")
        assert words([start, end]) == text.replace("\n\n", mark).split()


def test_a_text_that_cannot_be_cut_anywhere_is_learned_whole():
    found = split([Passage("x" * 10_000, "noise")], [], 1)
    assert (len(found.learned), found.held_out) == (1, ())


def test_of_a_few_long_documents_the_end_of_each_is_held_out():
    passages = [Passage(paragraphs(50).replace("w", letter), letter) for letter in "abc"]
    found = split([*passages, passage(1, LONG_DOCUMENT // 2)], [], 1)
    assert [len(found.learned), len(found.held_out)] == [4, 3]
    assert groups(found.learned).isdisjoint(groups(found.held_out))


def test_of_two_short_documents_one_is_held_out():
    found = split([passage(1, 300), passage(2, 600)], [], 1)
    assert groups(found.held_out) == {"document 1"}


# ------------------------------------------------------------ near copies


def sentence(number, n_words=40):
    return " ".join(f"word{number}x{place}" for place in range(n_words))


def test_near_copies_of_what_is_held_out_are_not_learned_and_all_else_is():
    originals = [exchange(number, answers=(sentence(number),)) for number in range(40)]
    copies = [exchange(number, prompt=f"question {number}!", answers=(sentence(number),)) for number in range(40)]
    others = [exchange(number, prompt=f"Another {number}?", answers=(sentence(number),)) for number in range(40)]
    twins = {mine.id: other.id for mine, other in zip(originals + copies, copies + originals, strict=True)}
    found = split([], originals + copies + others, 1)
    held_out = {each.id for each in found.held_out}
    left_out = {twins[each] for each in held_out if each in twins} - held_out
    assert left_out
    assert {each.id for each in found.learned} == {*twins, *(each.id for each in others)} - held_out - left_out
    assert found.notes == (f"Near copies of what is held out were left out: {len(left_out)} examples.",)


def test_near_copies_of_a_document_are_not_learned():
    originals = [Passage(sentence(number), f"{number}") for number in range(30)]
    copies = [Passage(sentence(number) + " and a few more words", f"{number} again") for number in range(30)]
    found = split(originals + copies, [], 1)
    numbers = {each.group.split()[0] for each in found.held_out}
    assert numbers
    assert not numbers & {each.group.split()[0] for each in found.learned}


def test_a_book_is_learned_without_the_chapters_that_are_held_out_beside_it():
    chapters = [Passage(paragraphs(12).replace("w", f"c{number}x"), f"chapter {number}") for number in range(30)]
    book = Passage("\n\n".join(["It begins.", *(each.text for each in chapters)]), "book")
    found = split([*chapters, book], [], 1)
    held_out, learned = (words(some) for some in (found.held_out, found.learned))
    assert found.held_out
    assert not set(held_out) & set(learned)
    assert {*held_out, *learned} == set(book.text.split())
    [left] = [each for each in found.learned if each.group == "book"]
    assert len(left.text.split()) == len(book.text.split()) - len(held_out)
    assert not left.is_end
    assert found.notes == (f"Near copies of what is held out were left out: {len(held_out) // 40} passages.",)


def test_of_a_text_nothing_of_which_is_held_out_elsewhere_the_end_is_learned_as_such():
    assert all(each.is_end for each in split([passage(number) for number in range(40)], [], 1).learned)


def test_no_answer_is_lost_because_all_exchanges_have_the_same_system_prompt():
    system = ChatMessage("system", sentence(0, 160))
    exchanges = [
        Exchange(
            TEXT,
            (system, ChatMessage("user", sentence(number, 15))),
            ("urgent" if number % 5 == 0 else f"Send it to desk {number} of the house.",),
        )
        for number in range(1, 201)
    ]
    found = split([], exchanges, 1)
    assert len(found.learned) + len(found.held_out) == 200
    assert found.notes == ()


def test_a_set_of_near_copies_is_learned_all_the_same():
    exchanges = [
        exchange(number, prompt=f"What is it{'?' * number}", answers=(sentence(1),)) for number in range(1, 21)
    ]
    found = split([], exchanges, 1)
    assert len(found.learned) + len(found.held_out) == 20
    assert found.notes == (
        "Most examples are near copies of each other, so what is held out says little about anything else.",
    )


def test_the_same_answer_to_many_questions_is_no_copy():
    exchanges = [exchange(number, answers=(sentence(1),)) for number in range(50)]
    found = split([], exchanges, 1)
    assert (len(found.learned), len(found.held_out), found.notes) == (40, 10, ())
