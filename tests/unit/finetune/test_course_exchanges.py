"""Given exchanges and a person's own examples: what belongs together is learned or held out together, for good."""

from collections import Counter

from msgspec.structs import replace

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseExample
from desktop_app.finetune.course_rows import rows_of
from desktop_app.finetune.goals import (
    CHATS,
    EXAMPLES,
    GIVEN,
    OWN,
)
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP
from tests.support.course_parts import document, given, prose, read, texts
from tests.unit.finetune.settled_rows import held_out, learned, made


def user(content):
    return ChatMessage("user", content)


def gone_on(exchange):
    """Return a chat in which something more was said."""
    said = (*exchange.prompt, ChatMessage("assistant", exchange.answers[0]), user("And?"))
    return replace(exchange, prompt=said, answers=("That is all.",))


# ------------------------------------------------------------ given exchanges


def test_given_exchanges_are_rows_as_they_are_and_a_tenth_is_held_out():
    chats = read("chats.csv", exchanges=[given(n) for n in range(100)])
    _, found = made([chats], EXAMPLES)
    assert Counter(row.origin for row in found.rows) == {GIVEN: 100}
    assert len(held_out(found.rows)) == 10
    assert {(row.prompt, row.answers) for row in found.rows} == {
        (each.prompt, each.answers) for each in chats.exchanges
    }


def test_a_conversation_stays_together_and_what_comes_to_it_later_goes_where_it_is():
    chats = read("chats.json", exchanges=[given(n, conversation=f"talk {n // 4}") for n in range(80)])
    course, first = made([chats], EXAMPLES)
    sides = {}
    for row in first.rows:
        sides.setdefault(row.group, set()).add(row.is_held_out)
    assert len(sides) == 20
    assert all(len(side) == 1 for side in sides.values())
    longer = read("chats.json", exchanges=[given(f"more {n}", conversation=f"talk {n}") for n in range(20)])
    documents = (*course.documents, document(longer))
    _, second = made([chats, longer], EXAMPLES, first.rows, documents)
    for row in second.rows[80:]:
        assert sides[row.group] == {row.is_held_out}


def test_what_begins_alike_goes_where_that_is_already():
    first = read("a.csv", exchanges=[given(n) for n in range(40)])
    course, before = made([first], EXAMPLES)
    more = read("b.csv", exchanges=[given(f"{n} again", prompt=f"Question {n}?") for n in range(40)])
    for part in (more.exchanges, more.exchanges[:1], more.exchanges[-1:]):  # one alone does not stand for itself
        second = replace(more, exchanges=part)
        _, after = made([first, second], EXAMPLES, before.rows, (*course.documents, document(second)))
        sides = {row.prompt: row.is_held_out for row in before.rows}
        assert after.rows[:40] == before.rows
        assert [row.is_held_out for row in after.rows[40:]] == [sides[row.prompt] for row in after.rows[40:]]


def test_what_is_nearly_the_same_as_something_that_is_learned_is_not_held_out_later():
    long = [replace(given(n), answers=(prose(f"n{n}", 1),), prompt=(user(prose(f"q{n}", 1)),)) for n in range(40)]
    again = [replace(each, prompt=(user(f"{each.prompt[0].content} Well?"),)) for each in long]
    files = [read("a.csv", exchanges=long), read("b.csv", exchanges=again)]
    course, before = made(files[:1], EXAMPLES)
    _, after = made(files, EXAMPLES, before.rows, (*course.documents, document(files[1])))
    answers = [{row.answers for row in part(after.rows)} for part in (held_out, learned)]
    assert answers[0]
    assert not answers[0] & answers[1]
    assert len(learned(after.rows)) == 2 * len(answers[1])


def test_a_conversation_that_was_known_by_another_name_goes_on_where_it_is():
    """As in courses of earlier versions, which knew it by the file that it came from."""
    chats = read("chats.json", exchanges=[given(n, conversation=f"{n}") for n in range(40)])
    course, before = made([chats], CHATS)
    known = [replace(row, group=f"earlier {row.group}") for row in before.rows]
    longer = read("chats.json", exchanges=[gone_on(each) for each in chats.exchanges])
    _, after = made([chats, longer], CHATS, known, (*course.documents, document(longer)))
    sides = {row.prompt: row.is_held_out for row in before.rows}
    assert [row.is_held_out for row in after.rows[40:]] == [sides[row.prompt[:1]] for row in after.rows[40:]]


def test_of_a_single_conversation_something_is_held_out_all_the_same():
    chats = read("whatsapp.txt", exchanges=[given(n, conversation="Ida") for n in range(60)])
    _, found = made([chats], EXAMPLES)
    assert 5 <= len(held_out(found.rows)) <= 12


def test_thumbs_and_pairs_are_held_out_beside_what_is_imitated():
    kinds = [TEXT] * 40 + [UP, DOWN, PAIR, PAIR] * 10
    chats = read("rated.jsonl", exchanges=[given(n, kind) for n, kind in enumerate(kinds)])
    _, found = made([chats], CHATS)
    assert {row.kind == TEXT for row in held_out(found.rows)} == {True, False}
    assert Counter(row.kind for row in found.rows) == Counter(kinds)


def test_an_exchange_that_is_there_twice_is_one_row():
    files = [
        read("a.csv", exchanges=[given(n) for n in range(10)]),
        read("b.csv", exchanges=[given(n) for n in range(12)]),
    ]
    _, found = made(files, EXAMPLES)
    assert len(found.rows) == 12


# ------------------------------------------------------------ the person's own


def own(number, **changes):
    prompt, answer = (prose(f"{letter}{number}", 1) for letter in "qa")
    return CourseExample(f"own {number}", OWN, "", f"own {number}", (answer,), (user(prompt),), **changes)


def test_of_a_persons_own_examples_some_are_held_out_once_and_for_all():
    rows = [own(n) for n in range(100)]
    _, found = made([], EXAMPLES, rows)
    assert [row.id for row in found.rows] == [row.id for row in rows]
    assert len(held_out(found.rows)) == 10
    _, again = made([], EXAMPLES, found.rows)
    assert again == found
    _, later = made([], EXAMPLES, [*found.rows, *(own(n) for n in range(100, 104))])
    assert later.rows[:100] == found.rows
    assert held_out(later.rows[100:]) == []  # of so few, each is needed


def test_own_examples_that_were_learned_or_are_not_wanted_stay_as_they_are():
    rows = [
        *(own(n, run="Tea") for n in range(50)),
        *(own(n, is_left_out=True) for n in range(50, 100)),
        *(own(n, is_edited=True) for n in range(100, 150)),
    ]
    course = Course("Tea", EXAMPLES, runs=("Tea",))
    assert rows_of(course, texts([]), rows).rows == tuple(rows)
    fresh = rows_of(replace(course, runs=()), texts([]), rows[100:])
    assert len(held_out(fresh.rows)) == 10


def test_an_own_example_is_where_the_same_question_is_already():
    chats = read("chats.csv", exchanges=[given(n) for n in range(40)])
    course, before = made([chats], EXAMPLES)
    rows = [*before.rows, *(replace(own(n), prompt=(user(f"Question {n}?"),)) for n in range(40))]
    found = rows_of(course, texts([chats]), rows).rows
    assert [row.is_held_out for row in found[40:]] == [row.is_held_out for row in found[:40]]


def test_an_own_example_that_is_nearly_what_is_held_out_is_held_out_too():
    chats = [replace(given(n), prompt=(user(prose(f"q{n}", 1)),)) for n in range(40)]
    file = read("chats.csv", exchanges=chats)
    course, before = made([file], EXAMPLES)
    hidden = held_out(before.rows)[0]
    copy = replace(own(1), prompt=(user(f"{hidden.prompt[0].content} Well?"),), answers=hidden.answers)
    found = rows_of(course, texts([file]), [*before.rows, copy])
    assert found.rows[:-1] == before.rows
    assert found.rows[-1].is_held_out
