"""The real engine writes several answers at the same time: they share the prompt, and each is its own."""

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Count, Counted, Finished, Generate, Load, Loaded, Piece, Prefill
from tests.process.steps import collected
from tests.support.gguf_files import llama_model

STORY = (ChatMessage("user", "Write a story about a lighthouse keeper and his dog. Begin with the weather."),)
LONG = (ChatMessage("user", "The fox went over the hill and looked at the river. " * 40),)


def ask(engine, messages, count, max_tokens=24, **options):
    """Return commands for so many answers, each with its own seed."""
    return [
        Generate(engine.next_request(), messages, SamplerSettings(seed=seed, max_tokens=max_tokens), **options)
        for seed in range(count)
    ]


def answers(engine, commands):
    """Have all of them answered at once; return {request: (text, facts)} and the events in their order."""
    events = list(engine.events(*commands))
    return collected(events), events


def test_all_are_answered_and_each_in_its_own_words(engine):
    found, _ = answers(engine, ask(engine, STORY, 8))
    assert len({text for text, _ in found.values()}) == 8
    assert all(facts.answer_tokens == 24 for _, facts in found.values())
    assert sorted(facts.seed for _, facts in found.values()) == list(range(8))


def test_they_are_written_side_by_side(engine):
    commands = ask(engine, STORY, 4)
    _, events = answers(engine, commands)
    first_end = next(n for n, event in enumerate(events) if isinstance(event, Finished))
    begun = {event.request for event in events[:first_end] if isinstance(event, Piece)}
    assert begun == {command.request for command in commands}


def test_a_common_prompt_is_read_once(engine):
    answers(engine, ask(engine, (ChatMessage("user", "x"),), 1, max_tokens=1))
    found, _ = answers(engine, ask(engine, LONG, 5, max_tokens=4))
    assert sorted(facts.prompt_tokens - facts.reused_tokens for _, facts in found.values())[:4] == [1, 1, 1, 1]


def test_more_answers_than_places_wait_for_their_turn(engine):
    found, _ = answers(engine, ask(engine, STORY, 11, max_tokens=6))
    assert len(found) == 11


def test_one_of_several_is_stopped_and_the_others_go_on(engine):
    commands = ask(engine, STORY, 3, max_tokens=60)
    stopped, *others = (command.request for command in commands)
    ends = {}
    for event in engine.events(*commands):
        if isinstance(event, Piece) and event.request == stopped and stopped not in ends:
            engine.stop(stopped)
        if isinstance(event, Finished):
            ends[event.request] = event.facts
    assert ends[stopped].finish_reason == "stopped"
    assert ends[stopped].answer_tokens < 60
    assert [ends[request].answer_tokens for request in others] == [60, 60]


def test_one_is_stopped_while_its_prompt_is_read_and_the_others_are_as_without_it(engine):
    plain, _ = answers(engine, ask(engine, STORY, 2, max_tokens=40))
    commands = ask(engine, STORY, 2, max_tokens=40)
    reading = Generate(engine.next_request(), LONG, SamplerSettings(max_tokens=5))
    found = {}
    for event in engine.events(*commands, reading):
        if isinstance(event, Prefill) and event.request == reading.request:
            engine.stop(reading.request)
        if isinstance(event, Finished):
            found[event.request] = event.facts
    assert found[reading.request].finish_reason == "stopped"
    assert found[reading.request].answer_tokens == 0
    assert [found[command.request].answer_tokens for command in commands] == [
        f.answer_tokens for _, f in plain.values()
    ]


def test_an_answer_that_comes_later_joins_those_being_written(engine):
    [early], [late] = ask(engine, STORY, 1, max_tokens=400), ask(engine, STORY, 1, max_tokens=5)
    ends = []
    for event in engine.events(early):
        if isinstance(event, Piece) and not ends:
            ends += [end for end in engine.events(late) if isinstance(end, Finished)]
            engine.stop(early.request)
    assert isinstance(event, Finished)
    assert ends[0].facts.answer_tokens == 5
    assert event.facts.finish_reason == "stopped"  # so it was still being written when the later one had ended


def test_counting_does_not_wait_for_the_answers(engine):
    story = ask(engine, STORY, 1, max_tokens=200)[0]
    count = Count(engine.next_request(), STORY)
    kinds = []
    for event in engine.events(story, count):
        kinds.append(type(event))
        if isinstance(event, Counted):
            engine.stop(story.request)
    assert kinds.index(Counted) < kinds.index(Finished)


@pytest.fixture(scope="module")
def small_engine(tmp_path_factory):
    """An engine whose whole context holds 256 tokens."""
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    llama_model().write(path)
    with EngineClient() as client:
        client.ask(Load(client.next_request(), str(path), LoadSettings(n_ctx=256)), Loaded)
        yield client


def test_answers_that_do_not_fit_together_are_still_written_to_their_end(small_engine):
    words = [(ChatMessage("user", f"{n} abc abc"),) for n in range(6)]
    commands = [
        Generate(small_engine.next_request(), message, SamplerSettings(seed=1, max_tokens=120)) for message in words
    ]
    found, _ = answers(small_engine, commands)
    reasons = {facts.finish_reason for _, facts in found.values()}
    assert reasons <= {"length", "stop"}
    assert len(found) == 6


def test_what_had_to_wait_is_as_if_it_had_not(small_engine):
    def command():
        return Generate(
            small_engine.next_request(), (ChatMessage("user", "abc"),), SamplerSettings(seed=3, max_tokens=150)
        )

    alone, _ = answers(small_engine, [command()])
    together, _ = answers(small_engine, [command() for _ in range(4)])
    [(text, facts)] = alone.values()
    assert {found.answer_tokens for _, found in together.values()} == {facts.answer_tokens}
    assert {found for found, _ in together.values()} == {text}


def test_an_answer_that_has_ended_makes_room_for_those_still_being_written(small_engine):
    greedy = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=180)
    long = (ChatMessage("user", "abc " * 25),)
    short = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=1)
    first = Generate(small_engine.next_request(), long, short, conversation=1)
    second = Generate(small_engine.next_request(), (ChatMessage("user", "abc"),), greedy, conversation=2)
    found, _ = answers(small_engine, [first, second])
    _, facts = found[second.request]
    assert found[first.request][1].prompt_tokens + facts.prompt_tokens + 180 > 256  # together they would not fit
    assert (facts.answer_tokens, facts.finish_reason) == (180, "length")
