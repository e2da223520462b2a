"""What fits the context: the visible rule, for any conversation."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.chat.context import PromptTooLong, choose_omitted

SYSTEM = 10


def _counter(lengths):
    """Return a function that counts the tokens of the prompt with the first so many messages left out."""
    totals = [*reversed(list(accumulate(reversed(lengths)))), 0]
    return lambda omitted: SYSTEM + totals[omitted]


def _cuts(roles):
    return [index for index, role in enumerate(roles) if role == "user"]


@st.composite
def conversations(draw):
    """Give lengths and roles, mostly turn by turn.

    A failed answer leaves two questions in a row, and an answer to be continued ends the conversation.
    """
    messages = st.tuples(st.integers(1, 200), st.sampled_from(["user", "assistant"]))
    rest = draw(st.lists(messages, max_size=40))
    lengths, roles = zip((5, "user"), *rest, strict=True)
    return _counter(lengths), roles


@given(conversations(), st.data(), st.integers(0, 50))
def test_the_prompt_fits_in_whole_turns_with_the_last_message(conversation, data, at_least):
    count, roles = conversation
    limit = count(_cuts(roles)[-1]) + data.draw(st.integers(0, 3000))
    omitted = choose_omitted(count, roles, limit, at_least)
    assert count(omitted) <= limit
    assert omitted in _cuts(roles)


@given(conversations(), st.data())
def test_nothing_is_left_out_of_what_fits_and_no_more_than_needed_of_the_rest(conversation, data):
    count, roles = conversation
    limit = count(_cuts(roles)[-1]) + data.draw(st.integers(0, 3000))
    omitted = choose_omitted(count, roles, limit, 0)
    if count(0) <= limit:
        assert omitted == 0
    else:
        assert omitted == _cuts(roles)[-1] or count(omitted) <= limit * 3 / 4
        assert all(count(cut) > limit * 3 / 4 - 1 for cut in _cuts(roles) if 0 < cut < omitted)


@given(conversations(), st.data())
def test_the_cut_of_the_previous_answer_stays_as_long_as_it_fits(conversation, data):
    count, roles = conversation
    previous = data.draw(st.sampled_from(_cuts(roles)))
    limit = count(previous) + data.draw(st.integers(0, 3000))
    assert choose_omitted(count, roles, limit, previous) == previous


@given(conversations(), st.data())
def test_a_last_message_that_does_not_fit_is_refused_with_the_numbers(conversation, data):
    count, roles = conversation
    needed = count(_cuts(roles)[-1])
    limit = data.draw(st.integers(0, needed - 1))
    with pytest.raises(PromptTooLong) as told:
        choose_omitted(count, roles, limit, 0)
    assert (told.value.tokens, told.value.limit) == (needed, limit)


def test_the_numbers_are_in_the_sentence():
    told = PromptTooLong(12345, 4096)
    assert "12,345" in told.sentence
    assert "4,096" in told.sentence
    assert told.hint.endswith(".")


def test_as_a_conversation_grows_the_beginning_changes_only_now_and_then():
    roles, lengths, omitted, cuts = [], [], 0, []
    for _ in range(200):
        roles += ["user"]
        lengths += [20]
        omitted = choose_omitted(_counter(lengths), roles, 1000, omitted)
        cuts.append(omitted)
        roles += ["assistant"]
        lengths += [30]
    assert cuts == sorted(cuts)
    assert len(set(cuts)) < 200 / 4


def test_a_cut_in_the_middle_of_a_turn_moves_to_the_next_whole_one():
    roles = ["user", "assistant"] * 3 + ["user"]
    assert choose_omitted(_counter([10] * 7), roles, 1000, 3) == 4


def test_a_cut_of_a_longer_version_is_forgotten():
    assert choose_omitted(_counter([10] * 3), ["user", "assistant", "user"], 1000, 8) == 0


def test_in_a_long_conversation_few_prompts_are_counted():
    roles = ["user", "assistant"] * 5000 + ["user"]
    count = _counter([10] * len(roles))
    asked = []
    choose_omitted(lambda omitted: asked.append(omitted) or count(omitted), roles, 4096, 0)
    assert len(asked) <= 16


@pytest.mark.parametrize("length", [2, 10, 40])
def test_of_a_conversation_that_is_much_too_long_no_long_prompt_is_counted(length):
    roles = ["user", "assistant"] * 10_000 + ["user"]
    count = _counter([length] * len(roles))
    longest = 0

    def note(omitted):
        nonlocal longest
        longest = max(longest, count(omitted))
        return count(omitted)

    omitted = choose_omitted(note, roles, 4096, 0)
    assert 4096 * 3 / 4 - 2 * length <= count(omitted) <= 4096 * 3 / 4
    assert longest < 4 * 4096 + 100


@pytest.mark.parametrize("roles", [[], ["assistant"]])
def test_a_prompt_without_a_question_is_only_measured(roles):
    assert choose_omitted(_counter([10] * len(roles)), roles, 100, 3) == 0
    with pytest.raises(PromptTooLong):
        choose_omitted(_counter([10] * len(roles)), roles, 5, 0)
