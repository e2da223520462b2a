"""The real engine with the starter model: answers, stop, context, KV reuse, scores."""

import math

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Count,
    Counted,
    Finished,
    Generate,
    Load,
    Loaded,
    Piece,
    Prefill,
    Score,
    Scored,
    Unload,
    Unloaded,
)
from desktop_app.errors import UserError
from tests.process.steps import answer

GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=24)
LONG = "The fox went over the hill and looked at the river. " * 70  # about 850 tokens


@pytest.fixture(scope="module")
def small_engine(starter_model):
    """An engine with the starter model in a context of 256 tokens, which is soon full."""
    with EngineClient() as client:
        client.ask(Load(client.next_request(), str(starter_model), LoadSettings(n_ctx=256, n_threads=1)), Loaded)
        yield client


def user(*texts):
    """A conversation in which these are said by turns, the person first."""
    return tuple(ChatMessage("user" if n % 2 == 0 else "assistant", text) for n, text in enumerate(texts))


def generate(engine, messages, sampler=GREEDY, **options):
    """Return the text and the facts of an answer."""
    return answer(engine, messages, sampler, **options)


def fresh(engine):
    """Empty the KV cache by way of another conversation."""
    generate(engine, user("x"), SamplerSettings(max_tokens=1))


def test_an_answer_comes_in_pieces_and_ends_with_its_facts(engine):
    text, facts = generate(engine, user("Tell me a story."))
    assert len(text) > 20
    assert facts.finish_reason == "length"
    assert facts.answer_tokens == 24
    assert facts.prompt_tokens > 10
    assert facts.decode_s > 0


def test_the_same_seed_gives_the_same_answer(engine):
    sampler = SamplerSettings(temperature=1.0, seed=7, max_tokens=16)
    first, facts = generate(engine, user("Tell me a story."), sampler)
    fresh(engine)
    assert generate(engine, user("Tell me a story."), sampler)[0] == first
    assert facts.seed == 7


def test_without_a_seed_one_is_drawn_and_reported(engine):
    _, facts = generate(engine, user("Hi"), SamplerSettings(max_tokens=2))
    _, again = generate(engine, user("Hi"), SamplerSettings(max_tokens=2))
    assert facts.seed != again.seed


def test_an_answer_ends_before_a_stop_string(engine):
    text, facts = generate(engine, user("Count from one to ten."), SamplerSettings(temperature=0, stop=("3",)))
    assert "3" not in text
    assert facts.finish_reason == "stop"


def test_the_next_turn_prefills_only_what_is_new(engine):
    first = user("Name three colors.")
    answer, facts = generate(engine, first)
    _, second = generate(engine, (*first, ChatMessage("assistant", answer), ChatMessage("user", "And three more?")))
    assert second.reused_tokens >= facts.prompt_tokens
    assert second.prompt_tokens - second.reused_tokens < 40


def test_an_edited_message_reuses_what_comes_before_it(engine):
    history = ("Name three colors.", "Red, green, blue.")
    generate(engine, user(*history, "Which is the darkest of them?"))
    _, edited = generate(engine, user(*history, "Why these?"))
    assert edited.reused_tokens > 40


def test_answering_again_prefills_one_token(engine):
    generate(engine, user("Name three colors."))
    _, again = generate(engine, user("Name three colors."))
    assert again.reused_tokens == again.prompt_tokens - 1


def test_a_reused_prefix_changes_nothing_in_the_answer(engine):
    messages = user("Name three colors.", "Red, green, blue.", "Which of them is the color of grass?")
    fresh(engine)
    cold, _ = generate(engine, messages)
    generate(engine, messages[:1])
    warm, facts = generate(engine, messages)
    assert facts.reused_tokens > 10
    assert warm == cold


def test_stop_ends_a_prefill_in_the_middle(engine):
    command = Generate(engine.next_request(), user(LONG), GREEDY)
    facts, read = None, 0
    for event in engine.events(command):
        if isinstance(event, Prefill):
            read = event.done_tokens
            engine.stop(command.request)
        elif isinstance(event, Finished):
            facts = event.facts
    assert facts.finish_reason == "stopped"
    assert facts.answer_tokens == 0
    assert read < facts.prompt_tokens


def test_stop_ends_an_answer_and_keeps_what_is_there(engine):
    command = Generate(engine.next_request(), user("Tell me a long story."), SamplerSettings(temperature=0))
    text, facts = "", None
    for event in engine.events(command):
        if isinstance(event, Piece):
            text += event.text
            engine.stop(command.request)
        elif isinstance(event, Finished):
            facts = event.facts
    assert facts.finish_reason == "stopped"
    assert text


def test_after_a_stop_the_answers_are_as_before(engine):
    messages = user("Name three colors.")
    fresh(engine)
    expected, _ = generate(engine, messages)
    command = Generate(engine.next_request(), user(LONG), GREEDY)
    for event in engine.events(command):
        if isinstance(event, Prefill):
            engine.stop(command.request)
    assert generate(engine, messages)[0] == expected


def test_the_oldest_turns_are_left_out_when_the_context_is_full(small_engine):
    turns = []
    for number in range(20):
        turns += [f"Question {number}: {LONG[:100]}", f"Answer {number}."]
    messages = (ChatMessage("system", "Be brief."), *user(*turns, "What was the last question?"))
    _, facts = generate(small_engine, messages)
    assert facts.omitted_messages > 0
    assert facts.omitted_messages % 2 == 0
    assert facts.prompt_tokens < 256

    _, next_facts = generate(
        small_engine,
        (*messages, ChatMessage("assistant", "That."), ChatMessage("user", "And now?")),
        omit_at_least=facts.omitted_messages,
    )
    assert next_facts.omitted_messages == facts.omitted_messages
    assert next_facts.reused_tokens > facts.prompt_tokens // 2


def test_a_message_longer_than_the_context_is_refused_with_the_numbers(engine):
    with pytest.raises(UserError, match=r"1,7\d\d tokens.*room for 960"):
        generate(engine, user(LONG * 2))


def test_count_says_how_many_tokens_a_prompt_takes_and_how_many_fit(engine):
    messages = user("Name three colors.")
    counted = engine.ask(Count(engine.next_request(), messages), Counted)
    assert counted.limit == 960
    assert counted.tokens == generate(engine, messages)[1].prompt_tokens


def test_an_answer_that_fills_the_context_says_so(small_engine):
    _, facts = generate(small_engine, user(LONG[:700]), SamplerSettings(temperature=0, repeat_penalty=1.3))
    assert facts.prompt_tokens + facts.answer_tokens <= 256 + 1
    assert facts.finish_reason in ("context", "stop")


def test_what_a_person_writes_is_never_a_control_token(engine):
    plain = engine.ask(Count(engine.next_request(), user("im_start")), Counted).tokens
    injected = engine.ask(Count(engine.next_request(), user("<|im_start|>")), Counted).tokens
    assert injected > plain


def test_an_unfinished_answer_is_continued(engine):
    text, facts = generate(
        engine,
        (*user("Name three colors."), ChatMessage("assistant", "The three colors are red, gr")),
        continue_last=True,
    )
    assert not text.startswith("The three colors")
    assert facts.answer_tokens > 0


def test_a_likely_text_scores_better_than_an_unlikely_one(engine):
    likely = engine.ask(Score(engine.next_request(), "The sun rises in the east and sets in the west."), Scored)
    unlikely = engine.ask(Score(engine.next_request(), "West sun the the east sets in and rises the in."), Scored)
    assert likely.mean_nll < unlikely.mean_nll - 1
    assert math.isclose(likely.mean_nll, -sum(likely.logprobs) / len(likely.logprobs), rel_tol=1e-6)


def test_a_score_does_not_depend_on_the_chat_before(engine):
    text = "The sun rises in the east."
    before = engine.ask(Score(engine.next_request(), text), Scored)
    generate(engine, user("Something else."))
    assert engine.ask(Score(engine.next_request(), text), Scored).logprobs == before.logprobs


def test_a_text_of_one_token_cannot_be_scored(engine):
    with pytest.raises(UserError, match="too short"):
        engine.ask(Score(engine.next_request(), "a"), Scored)


def test_an_engine_without_a_model_says_so(starter_model):
    with EngineClient() as engine:
        with pytest.raises(UserError, match="No model is loaded"):
            generate(engine, user("Hi"))
        engine.ask(Load(engine.next_request(), str(starter_model)), Loaded)
        engine.ask(Unload(engine.next_request()), Unloaded)
        with pytest.raises(UserError, match="No model is loaded"):
            generate(engine, user("Hi"))


def test_a_text_is_gone_on_with_as_it_is(engine):
    """Nothing of the chat template is there: what comes is what the model thinks likeliest, token by token."""
    text = "One, two, three, four, five, six, seven,"
    written, facts = generate(engine, (), SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=4), text=text)
    assert written.startswith(" eight,")
    asked = generate(engine, user(text), SamplerSettings(temperature=0, max_tokens=1))[1]
    assert facts.prompt_tokens < asked.prompt_tokens


def test_the_text_of_a_control_token_is_only_text(engine):
    _, plain = generate(engine, (), GREEDY, text="im_end")
    _, control = generate(engine, (), GREEDY, text="<|im_end|>")
    assert control.prompt_tokens > plain.prompt_tokens


def test_a_text_without_room_for_more_is_refused(engine):
    with pytest.raises(UserError, match="too long"):
        generate(engine, (), GREEDY, text=LONG * 2)
