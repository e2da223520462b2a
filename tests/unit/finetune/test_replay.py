"""The model's own answers to general questions become examples; one that broke off teaches nobody to do so."""

import json

from desktop_app.engine.messages import AdapterScale, Generate
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.recipe import MOST_REPLAY, replay_count
from desktop_app.finetune.replay import replay_examples
from desktop_app.paths import bundled
from desktop_app.trainer.contract import TEXT
from tests.unit.finetune.fake_engine import FakeEngine

STACK = (AdapterScale("a.gguf", 0.5),)


def replayed(engine, n_wanted=5, length=100, seed=1):
    return replay_examples(engine, EngineEncoder(engine), STACK, n_wanted, length, seed)


def questions(engine):
    return [each.messages[0].content for each in engine.commands if isinstance(each, Generate)]


def test_there_are_enough_questions_and_each_is_another():
    lines = [json.loads(line) for line in bundled("replay.jsonl").read_text("utf-8").splitlines()]
    asked = [line["prompt"] for line in lines]
    assert len(set(asked)) == len(asked) >= MOST_REPLAY


def test_answers_make_up_the_share_that_is_wanted():
    assert [replay_count(n, 0.15) for n in (1, 17, 100, 10_000)] == [1, 3, 18, MOST_REPLAY]
    assert replay_count(100, 0.0) == 0
    assert replay_count(75, 0.25) == 25


def test_each_answer_of_the_model_is_learned_to_its_end():
    engine = FakeEngine()
    found = replayed(engine)
    assert len(found) == 5
    for example in found:
        assert (example.kind, example.is_replay) == (TEXT, True)
        assert engine.learned(example.sequences[0]) == "I am a model. EOG"
    assert [engine.read(each.sequences[0].tokens).split(" EOG ")[0] for each in found] == [
        f"BOS <user> {' '.join(question.split())}" for question in questions(engine)
    ]


def test_the_answers_are_the_likeliest_ones_under_the_stack():
    engine = FakeEngine()
    replayed(engine, 20)
    for command in (each for each in engine.commands if isinstance(each, Generate)):
        assert (command.stack, command.sampler.temperature, command.sampler.repeat_penalty) == (STACK, 0, 1.0)
        assert 0 < command.sampler.max_tokens < 500


def test_the_seed_chooses_the_questions():
    asked = []
    for seed in (1, 1, 2):
        engine = FakeEngine()
        replayed(engine, 20, seed=seed)
        asked.append(questions(engine))
    assert asked[0] == asked[1] != asked[2]
    assert len(set(asked[0])) == 20


def test_an_answer_that_broke_off_has_no_end():
    engine = FakeEngine(finish_reason="length")
    assert {engine.learned(each.sequences[0]) for each in replayed(engine)} == {"I am a model."}


def test_an_answer_is_cut_where_it_is_too_long():
    engine = FakeEngine()
    engine.answer = "word " * 200
    assert {len(each.sequences[0].tokens) for each in replayed(engine, length=50)} == {50}


def test_what_is_no_answer_yet_is_left_out():
    engine = FakeEngine(finish_reason="length")
    engine.answer = "<think>So the question is"
    assert replayed(engine) == []
