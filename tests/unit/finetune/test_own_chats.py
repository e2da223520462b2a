"""What a person marked and preferred in the chats of this program is read as thumbs and pairs, and nothing else is."""

import pytest

from desktop_app.engine.messages import AnswerFacts, ChatMessage
from desktop_app.finetune.course import Skipped
from desktop_app.finetune.own_chats import read_own_chats
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState, Rating, Role
from desktop_app.trainer.contract import DOWN, PAIR, UP

GOOD, BAD, NONE = Rating.GOOD, Rating.BAD, Rating.NONE
FACTS = AnswerFacts(
    prompt_tokens=3,
    reused_tokens=0,
    answer_tokens=3,
    omitted_messages=0,
    prefill_s=0.1,
    decode_s=0.1,
    time_to_first_token_s=0.1,
    finish_reason="length",
    seed=1,
)


@pytest.fixture
def database(tmp_path):
    opened = Database.open(tmp_path / "moatless.db")
    yield opened
    opened.close()


@pytest.fixture
def chats(database):
    return Chats(database)


@pytest.fixture
def chat(chats):
    return chats.create(system_prompt=" Be brief. ")


@pytest.fixture
def ask(chats, chat):
    """Store a message of the person's, after an answer if there was one; return its id."""
    return lambda text="Why?", after=None: chats.add_message(chat.id, after, Role.USER, text).id


@pytest.fixture
def answer(chats, chat):
    """Store an answer; return its id."""

    def answer(question, text, rating=NONE, state=MessageState.DONE, facts=None, over=()):
        added = chats.add_message(chat.id, question, Role.ASSISTANT, "", chosen_over=over).id
        chats.write_answer(added, text, state, facts=facts)
        chats.set_rating(added, rating)
        return added

    return answer


@pytest.fixture
def read(database):
    """Return what was read, as kinds and answers."""
    return lambda: [(each.kind, *each.answers) for each in read_own_chats(database).exchanges]


def skipped(database):
    return [(each.n, each.why) for each in read_own_chats(database).skipped]


def test_a_mark_is_a_thumb_with_all_that_was_said_before(database, chat, ask, answer):
    first = answer(ask("What is rain?"), "<think>Hm.</think>Water.")
    answer(ask("And snow?", after=first), "<think>Cold.</think>\n\nFrozen water.", GOOD)
    (exchange,) = read_own_chats(database).exchanges
    assert (exchange.kind, exchange.answers, exchange.conversation) == (UP, ("Frozen water.",), str(chat.id))
    assert exchange.prompt == (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "What is rain?"),
        ChatMessage("assistant", "Water."),
        ChatMessage("user", "And snow?"),
    )


def test_a_bad_mark_is_a_thumb_down_and_a_mark_taken_away_is_none(chats, ask, answer, read):
    question = ask()
    first, second = answer(question, "One", BAD), answer(question, "Two", BAD)
    assert read() == [(DOWN, "One"), (DOWN, "Two")]
    for message in (first, second):
        chats.set_rating(message, NONE)
    assert read() == []


def test_answers_to_the_same_message_that_are_marked_differently_are_a_pair_and_no_thumbs(ask, answer, read):
    question = ask()
    answer(question, "Poor", BAD)
    answer(question, "Fine", GOOD)
    answer(ask("Another"), "Unrelated", GOOD)
    assert read() == [(PAIR, "Fine", "Poor"), (UP, "Unrelated")]


def test_of_several_marked_answers_each_is_in_as_few_pairs_as_possible(ask, answer, read):
    question = ask()
    for text, rating in (("a", GOOD), ("b", GOOD), ("x", BAD), ("y", BAD), ("z", BAD)):
        answer(question, text, rating)
    assert read() == [(PAIR, "a", "x"), (PAIR, "b", "y"), (PAIR, "a", "z")]


def test_an_edited_or_kept_answer_is_preferred_to_what_it_was_chosen_over(ask, answer, read):
    question = ask()
    others = (answer(question, "One"), answer(question, "Two"))
    answer(question, "Three", over=others)
    assert read() == [(PAIR, "Three", "One"), (PAIR, "Three", "Two")]


@pytest.mark.parametrize(
    ("chosen", "other", "expected"),
    [
        (GOOD, BAD, [(PAIR, "New", "Old")]),  # once, although both the marks and the choice say so
        (NONE, BAD, [(PAIR, "New", "Old")]),
        (GOOD, NONE, [(PAIR, "New", "Old")]),
        (BAD, NONE, [(DOWN, "New")]),
        (NONE, GOOD, [(UP, "Old")]),
        (BAD, GOOD, [(PAIR, "Old", "New")]),
    ],
)
def test_a_mark_says_more_than_a_choice(ask, answer, read, chosen, other, expected):
    question = ask()
    answer(question, "New", chosen, over=(answer(question, "Old", other),))
    assert read() == expected


def test_two_answers_that_say_the_same_are_no_pair(ask, answer, read):
    question = ask()
    answer(question, "Same", over=(answer(question, "<think>x</think>Same"),))
    assert read() == []


def test_answers_without_a_mark_are_counted(database, ask, answer):
    question = ask()
    answer(question, "The first\nof them")
    assert read_own_chats(database).skipped == (Skipped("answer without a mark", 1, "The first of them"),)
    answer(question, "The second")
    assert skipped(database) == [(2, "answers without a mark")]


def test_an_answer_that_was_chosen_over_a_deleted_one_has_no_mark(chats, database, ask, answer, read):
    question = ask()
    old = answer(question, "Old")
    answer(question, "New", over=(old,))
    chats.delete_message(old)
    assert read() == []
    assert skipped(database) == [(1, "answer without a mark")]


@pytest.mark.parametrize(
    ("state", "facts"),
    [(MessageState.STOPPED, None), (MessageState.INTERRUPTED, None), (MessageState.DONE, FACTS)],
)
def test_an_answer_without_its_end_teaches_nothing(database, ask, answer, read, state, facts):
    answer(ask(), "It begins well", GOOD, state=state, facts=facts)
    assert read() == []
    assert skipped(database) == [(1, "marked answer that does not come to its end")]


def test_an_answer_that_is_nothing_but_reasoning_teaches_nothing(database, ask, answer, read):
    answer(ask(), "<think>Hm.</think>", GOOD)
    assert read() == []
    assert skipped(database) == [(1, "marked answer that is nothing but reasoning")]


def test_answers_that_failed_or_are_being_written_are_passed_over(database, ask, answer, read):
    question = ask()
    answer(question, "", state=MessageState.FAILED)
    answer(question, "So far", state=MessageState.STREAMING)
    assert (read(), skipped(database)) == ([], [])


def test_what_failed_before_is_not_part_of_the_prompt(database, ask, answer):
    failed = answer(ask("Why?"), "", state=MessageState.FAILED)
    answer(ask("Again: why?", after=failed), "Because.", GOOD)
    (exchange,) = read_own_chats(database).exchanges
    assert [each.content for each in exchange.prompt] == ["Be brief.", "Why?", "Again: why?"]


def test_what_is_in_the_trash_or_deleted_is_never_read(chats, chat, database, ask, answer, read):
    deleted = answer(ask(), "Deleted", GOOD)
    answer(ask(), "Kept", GOOD)
    chats.delete_message(deleted)
    assert read() == [(UP, "Kept")]
    chats.move_to_trash(chat.id)
    assert (read(), skipped(database)) == ([], [])
    chats.restore(chat.id)
    assert read() == [(UP, "Kept")]


def test_a_mark_counts_in_every_version_of_a_chat(ask, answer, read):
    answer(ask("As it was first"), "One", GOOD)
    answer(ask("As it was edited"), "Two", BAD)
    assert read() == [(UP, "One"), (DOWN, "Two")]


def test_without_a_system_prompt_the_prompt_begins_with_the_person(database, chats):
    bare = chats.create()
    question = chats.add_message(bare.id, None, Role.USER, "Why?")
    marked = chats.add_message(bare.id, question.id, Role.ASSISTANT, "Because.")
    chats.set_rating(marked.id, GOOD)
    (exchange,) = read_own_chats(database).exchanges
    assert [each.role for each in exchange.prompt] == ["user"]


def test_it_is_another_document_only_when_there_is_something_else_to_learn(database, chats, chat, ask, answer):
    question = ask()
    answer(question, "One", GOOD)
    before = read_own_chats(database)
    assert (before.name, before.kind, before.size_bytes > 0) == ("My chats", "Chats", True)
    chats.rename(chat.id, "Another title")
    second = answer(question, "Two")
    assert read_own_chats(database).sha256 == before.sha256
    chats.set_rating(second, BAD)
    assert read_own_chats(database).sha256 != before.sha256
