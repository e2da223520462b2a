"""What the person thinks of answers is kept with them: a mark, and what they were preferred to."""

import pytest

from desktop_app.storage.records import Rating, Role


@pytest.fixture
def conversation(chats):
    return chats.create()


@pytest.fixture
def question(chats, conversation):
    return chats.add_message(conversation.id, None, Role.USER, "Why?")


@pytest.fixture
def add(chats, conversation, question):
    """Add an answer; return its id."""
    return lambda text, over=(): (
        chats.add_message(conversation.id, question.id, Role.ASSISTANT, text, chosen_over=over).id
    )


def rating(chats, message_id):
    return chats.messages((message_id,))[0].rating


def chosen_over(chats, *message_ids):
    return [message.chosen_over for message in chats.messages(message_ids)]


def test_an_answer_is_marked_marked_otherwise_and_not_any_more(chats, add):
    answer = add("Because.")
    assert rating(chats, answer) is Rating.NONE
    for mark in (Rating.GOOD, Rating.BAD, Rating.NONE):
        chats.set_rating(answer, mark)
        assert rating(chats, answer) is mark


def test_a_mark_is_that_of_one_answer_alone_and_moves_no_chat(chats, conversation, add):
    marked, other = add("One"), add("Two")
    before = chats.get(conversation.id)
    chats.set_rating(marked, Rating.GOOD)
    assert (rating(chats, marked), rating(chats, other)) == (Rating.GOOD, Rating.NONE)
    assert chats.get(conversation.id) == before


def test_marking_what_was_deleted_for_good_is_no_error(chats, conversation, add):
    answer = add("Because.")
    chats.delete_forever(conversation.id)
    chats.set_rating(answer, Rating.GOOD)
    chats.choose(answer, (answer + 1,))
    assert chats.messages((answer,)) == ()


def test_a_mark_survives_that_the_answer_is_written_on(chats, add):
    answer = add("Because")
    chats.set_rating(answer, Rating.GOOD)
    chats.write_answer(answer, "Because of rain.", chats.messages((answer,))[0].state)
    assert rating(chats, answer) is Rating.GOOD


def test_an_answer_is_added_in_place_of_another(chats, add):
    first = add("One")
    assert chosen_over(chats, first, add("Two", over=(first,))) == [(), (first,)]


def test_what_is_chosen_is_chosen_over_all_others_and_what_it_was_chosen_over_before(chats, add):
    one, two, three = add("One"), add("Two"), add("Three")
    chats.choose(three, (one,))
    chats.choose(three, (two, three))
    assert chosen_over(chats, one, two, three) == [(), (), (one, two)]


def test_the_last_choice_counts(chats, add):
    one, two, three = add("One"), add("Two"), add("Three")
    chats.choose(one, (two, three))
    chats.choose(two, (one, three))
    assert chosen_over(chats, one, two, three) == [(three,), (one, three), ()]


def test_all_messages_are_those_of_every_version_but_the_deleted_ones(chats, conversation, question, add):
    one, two, three = add("One"), add("Two"), add("Three")
    chats.delete_message(two)
    other = chats.create()
    chats.add_message(other.id, None, Role.USER, "Elsewhere")
    assert [message.id for message in chats.all_messages(conversation.id)] == [question.id, one, three]
