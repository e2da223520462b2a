"""What an engine with adapters promises: what it does with stacks, what it knows of each, and what a change costs."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage, Finished, Generate, Piece, Prefill
from tests.process.stack_steps import GREEDY, QUESTION, TEXT, Session, stacked
from tests.process.steps import collected
from tests.support.random_adapters import random_adapter

ROUNDING = 1e-6  # nats a token, with weights of 32 bits; an adapter here has a divergence of about 1


@pytest.fixture(scope="module")
def model(trained):
    return trained.tiny("llama")


@pytest.fixture(scope="module")
def adapters(model, tmp_path_factory):
    """Three adapters; the last two have the same shape."""
    folder = tmp_path_factory.mktemp("adapters")
    return [
        random_adapter(folder / f"{seed}.gguf", model, rank, seed, kinds)
        for seed, (rank, kinds) in enumerate(((8, ()), (16, ("attn_q", "ffn_down")), (16, ("attn_q", "ffn_down"))))
    ]


@pytest.fixture(scope="module")
def stacks(adapters):
    """The bare model, one adapter, two in either order, two with other scales, all three."""
    first, second, third = adapters
    return [
        (),
        stacked(first),
        stacked(first, second),
        stacked(second, first),
        stacked((first, 0.5), second),
        stacked(first, third),
        stacked(first, second, third),
    ]


@pytest.fixture
def session(model):
    with Session(model) as session:
        yield session


def new_tokens(facts):
    return facts.prompt_tokens - facts.reused_tokens


# ------------------------------------------------------------ what a stack is


def test_each_stack_has_a_fingerprint_of_its_own_which_its_answers_carry(session, stacks):
    prints = [session.prepare(stack) for stack in stacks]
    assert len(set(prints)) == len(stacks)
    assert prints[0] == ""
    assert [session.answer(QUESTION, stack)[1].stack_fingerprint for stack in stacks] == prints


def test_each_stack_answers_otherwise(session, stacks):
    texts = [session.answer(QUESTION, stack)[0] for stack in stacks]
    assert texts[2] == texts[3]  # the order of a sum
    assert len(set(texts)) == len(stacks) - 1


def test_an_adapter_at_0_is_as_none(session, adapters):
    first, second, _ = adapters
    bare = session.answer(QUESTION, (), conversation=1)
    off = session.answer(QUESTION, stacked((first, 0.0), (second, 0.0)), conversation=1)
    assert off[0] == bare[0]
    assert new_tokens(off[1]) == 1
    assert session.score(stacked((first, 0.0))) == session.score(())
    assert session.score(stacked(second, (first, 0.0))) == session.score(stacked(second))


def test_an_adapter_that_is_off_need_not_even_be_there(session, adapters, tmp_path):
    gone = (tmp_path / "gone.gguf", 0.0)
    assert session.prepare(stacked(gone, adapters[0])) == session.prepare(stacked(adapters[0]))


def test_the_same_adapter_twice_counts_twice(session, adapters):
    first, *_ = adapters
    effect = session.compare(stacked((first, 1.5)), stacked(first, (first, 0.5)))
    assert abs(effect.kl) < ROUNDING
    assert session.compare(stacked(first), stacked(first, first)).kl > 0.1


def test_a_negative_scale_undoes_a_positive_one(session, adapters):
    first, second, _ = adapters
    assert abs(session.compare((), stacked(first, (first, -1.0))).kl) < ROUNDING
    assert abs(session.compare(stacked(second), stacked(first, second, (first, -1.0))).kl) < ROUNDING


def test_the_order_of_a_stack_changes_rounding_alone(session, adapters):
    effect = session.compare(stacked(*adapters), stacked(*reversed(adapters)))
    assert abs(effect.kl) < ROUNDING
    assert effect.agreement == 1


def test_two_copies_of_a_file_are_one_adapter(session, adapters, tmp_path):
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(adapters[0].read_bytes())
    session.answer(QUESTION, stacked(adapters[0]), conversation=1)
    _, facts = session.answer(QUESTION, stacked(copy), conversation=1)
    assert new_tokens(facts) == 1


# ------------------------------------------------------------ going back


def test_going_back_to_a_stack_used_before_in_the_conversation_reads_nothing_again(session, stacks):
    first = [session.answer(QUESTION, stack, conversation=1) for stack in stacks]
    for stack, (text, facts) in zip(stacks, first, strict=True):
        again, found = session.answer(QUESTION, stack, conversation=1)
        assert new_tokens(found) == 1
        assert again == text
        assert facts.reused_tokens == 0


def test_going_back_to_it_after_a_restart_reads_nothing_again(model, stacks, tmp_path):
    with Session(model, tmp_path) as session:
        first = [session.answer(QUESTION, stack, conversation=1)[0] for stack in stacks]
    with Session(model, tmp_path) as session:
        for stack, text in reversed(list(zip(stacks, first, strict=True))):
            again, facts = session.answer(QUESTION, stack, conversation=1)
            assert new_tokens(facts) == 1
            assert again == text


def test_the_next_message_goes_on_from_where_this_stack_was(session, stacks):
    _, facts = session.answer(QUESTION, stacks[2], conversation=1)
    session.answer(QUESTION, stacks[1], conversation=1)
    messages = (*QUESTION, ChatMessage("assistant", "At seven."), ChatMessage("user", "And who sells bread?"))
    _, found = session.answer(messages, stacks[2], conversation=1)
    assert found.reused_tokens >= facts.prompt_tokens - 1


# ------------------------------------------------------------ what was read under another stack is never used


def test_what_was_read_under_another_stack_is_read_again(session, stacks):
    for stack in stacks:
        _, facts = session.answer(QUESTION, stack, conversation=1)
        assert facts.reused_tokens == 0


def test_another_conversation_gets_nothing_of_another_stack(session, stacks):
    session.answer(QUESTION, stacks[1], conversation=1)
    for conversation, stack in ((2, stacks[2]), (0, stacks[3])):
        _, facts = session.answer(QUESTION, stack, conversation=conversation)
        assert facts.reused_tokens == 0
    _, facts = session.answer(QUESTION, stacks[3], conversation=3)
    assert new_tokens(facts) == 1  # of its own stack, it does


def test_a_prompt_being_read_is_shared_under_the_same_stack_alone(session, stacks):
    sampler = SamplerSettings(temperature=0, max_tokens=200)
    commands = [
        Generate(session.engine.next_request(), QUESTION, sampler, conversation=conversation, stack=stack)
        for conversation, stack in enumerate((stacks[1], stacks[2], stacks[2], stacks[1]), 1)
    ]
    found = collected(session.engine.events(*commands))
    counts = [new_tokens(found[command.request][1]) for command in commands]
    whole = found[commands[0].request][1].prompt_tokens
    assert counts == [whole, whole, 1, 1]


def test_a_state_on_disk_is_for_its_stack_alone(model, stacks, tmp_path):
    with Session(model, tmp_path) as session:
        session.answer(QUESTION, stacks[1], conversation=1)
    with Session(model, tmp_path) as session:
        for stack in (stacks[0], *stacks[2:]):
            _, facts = session.answer(QUESTION, stack, conversation=1)
            assert facts.reused_tokens == 0


def test_a_changed_scale_is_another_stack_however_small_the_change(session, adapters):
    first, second, _ = adapters
    for others in ((), (second,)):
        for scale in (1.0, 1.0000001):
            _, facts = session.answer(QUESTION, stacked((first, scale), *others), conversation=1)
            assert facts.reused_tokens == 0


# ------------------------------------------------------------ several at once


def test_two_answers_under_two_stacks_are_written_together_and_each_is_as_alone(session, stacks):
    sampler = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=400)
    pair = (stacks[2], stacks[5])
    alone = [session.answer(QUESTION, stack, sampler=sampler)[0] for stack in pair]
    commands = [
        Generate(session.engine.next_request(), QUESTION, sampler, conversation=1, stack=stack) for stack in pair
    ]
    events = list(session.engine.events(*commands))
    first_end = next(at for at, event in enumerate(events) if isinstance(event, Finished))
    written = [event.request for event in events[:first_end] if isinstance(event, Piece)]
    turns = sum(before != after for before, after in pairwise(written))
    assert turns > 2
    found = collected(events)
    assert [found[command.request][0] for command in commands] == alone
    # Whichever of them the conversation follows, it is there.
    assert [new_tokens(session.answer(QUESTION, stack, conversation=1)[1]) for stack in pair] == [1, 1]


def test_more_stacks_than_there_are_places_have_their_turn(session, adapters):
    wanted = [stacked((adapters[0], 1 + number / 10), adapters[1]) for number in range(11)]
    alone = [session.answer(QUESTION, stack)[0] for stack in wanted]
    commands = [Generate(session.engine.next_request(), QUESTION, GREEDY, stack=stack) for stack in wanted]
    found = collected(session.engine.events(*commands))
    assert [found[command.request][0] for command in commands] == alone


def test_one_of_two_is_stopped_and_the_other_one_is_as_alone(session, stacks):
    alone, _ = session.answer(QUESTION, stacks[2])
    stopped = Generate(session.engine.next_request(), QUESTION, stack=stacks[5])
    other = Generate(session.engine.next_request(), QUESTION, GREEDY, stack=stacks[2])
    found = {}
    for event in session.engine.events(stopped, other):
        if isinstance(event, Prefill) and event.request == stopped.request:
            session.engine.stop(stopped.request)
        if isinstance(event, Piece) and event.request == other.request:
            found["text"] = found.get("text", "") + event.text
        if isinstance(event, Finished) and event.request == stopped.request:
            found["reason"] = event.facts.finish_reason
    assert found == {"text": alone, "reason": "stopped"}


# ------------------------------------------------------------ filling what is there anew


def test_after_many_changes_a_text_is_judged_exactly_as_at_first(model, adapters):
    chance = random.Random(4)
    with Session(model) as session:
        for _ in range(40):
            chosen = chance.choices(adapters, k=chance.randint(2, 4))
            session.prepare(stacked(*((path, chance.choice((-1.0, 0.5, 1.0, 2.0))) for path in chosen)))
        last = stacked((adapters[1], 0.75), (adapters[0], 1.25))
        found = session.score(last)
        used = session.answer(QUESTION, last)[0]
    with Session(model) as fresh:
        assert fresh.score(last) == found
        assert fresh.answer(QUESTION, last)[0] == used


def test_guessing_ahead_follows_the_stack(model, stacks):
    """What is guessed is only written if the model would have written it under this stack."""
    repeating = (ChatMessage("user", "Repeat: " + TEXT),)
    sampler = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=60)
    with Session(model) as plain, Session(model, settings=LoadSettings(n_ctx=1024, n_threads=1)) as guessing:
        for stack in (stacks[1], stacks[2], stacks[0], stacks[2]):
            expected = plain.answer(repeating, stack, conversation=1, sampler=sampler)[0]
            assert guessing.answer(repeating, stack, conversation=1, sampler=sampler)[0] == expected


def test_however_many_adapters_are_tried_each_does_what_it_did_at_first(session, model, tmp_path):
    """There are more than stay loaded, so that the first ones have to be read again."""
    many = [random_adapter(tmp_path / f"{number}.gguf", model, 4, number) for number in range(20)]
    first = [session.score(stacked(path)) for path in many]
    assert len({tuple(each) for each in first}) == len(many)
    session.answer(QUESTION, stacked(many[0]))  # acts in the context while others come and go
    assert [session.score(stacked(path)) for path in many] == first
    assert session.answer(QUESTION, stacked(many[0]))[0] == session.answer(QUESTION, stacked(many[0]))[0]


@pytest.mark.parametrize("length", [4, 5, 6, 7])  # one of them ends where the stack would go on acting
def test_a_stack_that_has_moved_to_another_place_in_memory_is_followed(session, adapters, length):
    """Stacks of one shape take each other's place; the one that acted last may have to look for a new one."""
    _, second, third = adapters
    one, two, three = (stacked((second, scale), third) for scale in (1.0, -1.0, -3.0))
    expected = session.answer(QUESTION, one)[0]
    answers = [
        Generate(session.engine.next_request(), QUESTION, replace(GREEDY, max_tokens=tokens), stack=stack)
        for stack, tokens in ((one, length), (two, 1))
    ]
    collected(session.engine.events(*answers))
    session.prepare(three)  # where the first was
    assert session.answer(QUESTION, one)[0] == expected  # where the second was
