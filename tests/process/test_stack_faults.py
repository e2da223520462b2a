"""What is wrong with an adapter is a sentence that names it, and the engine goes on with what is not."""

import os
import signal
from dataclasses import replace

import numpy as np
import psutil
import pytest

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import ChatMessage, Finished, Generate, Piece, Prefill, Prepare, Prepared
from desktop_app.errors import UserError
from tests.process.stack_steps import QUESTION, Session, stacked
from tests.process.steps import collected
from tests.support.full_disk import no_file_may_grow_beyond
from tests.support.random_adapters import random_adapter

LONG = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=400)


@pytest.fixture(scope="module")
def model(trained):
    return trained.tiny("llama")


@pytest.fixture
def adapter(model, tmp_path):
    """Write an adapter: `adapter(name, seed=..., ...)`."""
    return lambda name, **options: random_adapter(tmp_path / f"{name}.gguf", model, **options)


@pytest.fixture
def good(adapter):
    return adapter("good", seed=1)


@pytest.fixture
def other(adapter):
    return adapter("other", seed=2, rank=16)


@pytest.fixture(scope="module")
def session(model):
    with Session(model) as session:
        yield session


def refusal(session, stack):
    """Return the sentence with which a stack is refused, in the same words whatever it is wanted for."""
    sentences = set()
    for ask in (session.prepare, session.score, lambda stack: session.answer(QUESTION, stack)):
        with pytest.raises(UserError) as refused:
            ask(stack)
        assert refused.value.sentence.endswith(".")
        assert refused.value.hint.endswith(".")
        sentences.add(refused.value.sentence)
    [sentence] = sentences
    return sentence


# ------------------------------------------------------------ files that are no adapter for this model


def wider(path, trained):
    """One for a model with the same names whose weights have other shapes."""
    lora = open_lora(path)
    pairs = {name: Pair(np.tile(pair.a, 2), pair.b) for name, pair in lora.pairs.items()}
    write_lora(path, replace(lora, pairs=pairs))
    return "“bad” was made for another model than"


def of_another_architecture(path, trained):
    random_adapter(path, trained.tiny("qwen3"))
    return "its architecture is “qwen3” and the model's “llama”"


def truncated(path, trained):
    path.write_bytes(path.read_bytes()[:-100])
    return "“bad.gguf” is truncated"


def with_nan(path, trained):
    lora = open_lora(path)
    name, pair = next(iter(lora.pairs.items()))
    a = pair.a.copy()
    a[0, 0] = np.nan
    write_lora(path, replace(lora, pairs={**lora.pairs, name: Pair(a, pair.b)}))
    return "is not a number"


def a_model(path, trained):
    path.write_bytes(trained.tiny("llama").read_bytes())
    return "“bad.gguf” is a model, not an adapter."


def a_letter(path, trained):
    path.write_text("Dear reader")
    return "“bad.gguf” is a text file"


def missing(path, trained):
    path.unlink()
    return "The adapter “bad.gguf” is not there"


@pytest.mark.parametrize("spoil", [wider, of_another_architecture, truncated, with_nan, a_model, a_letter, missing])
def test_a_bad_adapter_is_refused_with_a_sentence_and_the_others_go_on(session, trained, adapter, good, other, spoil):
    bad = adapter("bad", seed=3)
    expected = spoil(bad, trained)
    assert expected in refusal(session, stacked(bad))
    assert expected in refusal(session, stacked(good, bad, other))
    assert session.prepare(stacked(good, other))
    assert session.score(stacked(good, other, (bad, 0.0))) == session.score(stacked(good, other))


def test_a_stack_has_a_limit_and_a_refusal_says_which(session, good):
    assert session.prepare(stacked(*[(good, 0.1)] * 8))
    assert refusal(session, stacked(*[(good, 0.1)] * 9)) == "A stack can have up to 8 adapters, and this one has 9."
    assert session.prepare(stacked(*[(good, 0.1)] * 8, *[(good, 0.0)] * 3))  # what is off does not count


@pytest.mark.parametrize("scale", [11, -10.5, 1e30])
def test_a_scale_beyond_all_measure_is_refused(session, good, other, scale):
    sentence = "The scale of an adapter must be a number between -10 and 10."
    assert refusal(session, stacked((good, scale))) == sentence
    assert refusal(session, stacked(other, (good, scale))) == sentence


def test_eight_adapters_of_all_ranks_and_targets_act_together(session, model, tmp_path):
    kinds = ((), ("attn_q",), ("ffn_down", "ffn_up"), ("attn_v", "attn_k"))
    paths = [
        random_adapter(tmp_path / f"{number}.gguf", model, rank, number, kinds[number % 4])
        for number, rank in enumerate((1, 2, 4, 8, 16, 32, 70, 128))
    ]
    assert session.compare((), stacked(*paths)).kl > 0.1
    without = session.compare(stacked(*paths), stacked(*paths[:-1]))
    assert without.kl > 0.01  # the last one counts


@pytest.fixture
def enormous(good, tmp_path):
    """A sound file whose finite numbers overflow in every product."""
    lora, path = open_lora(good), tmp_path / "enormous.gguf"
    pairs = {name: Pair(pair.a * np.float32(1e25), pair.b * np.float32(1e25)) for name, pair in lora.pairs.items()}
    write_lora(path, Lora(lora.architecture, pairs))
    return path


def test_an_adapter_that_makes_noise_of_all_answers_is_a_sentence(session, enormous, good):
    for stack in (stacked(enormous), stacked(good, enormous)):
        for ask in (session.score, lambda stack: session.compare((), stack), lambda stack: asked(session, stack)):
            with pytest.raises(UserError, match="are no numbers"):
                ask(stack)
    assert session.score(stacked(good))


def asked(session, stack):
    return session.answer(QUESTION, stack, conversation=1)[0]


def test_noise_leaves_nothing_behind_for_other_answers(model, enormous, good, other):
    stacks = ((), stacked(good), stacked(good, other))
    with Session(model) as session:
        expected = [asked(session, stack) for stack in stacks]
        session.load()
        for stack, text in zip(stacks, expected, strict=True):
            with pytest.raises(UserError, match="are no numbers"):
                asked(session, stacked(enormous))
            assert asked(session, stack) == text


def test_noise_that_was_stopped_while_it_was_read_leaves_nothing_behind(model, enormous, good):
    with Session(model) as session:
        expected = asked(session, stacked(good))
        session.load()
        noise = Generate(session.engine.next_request(), (ChatMessage("user", "abc " * 200),), stack=stacked(enormous))
        for event in session.engine.events(noise):
            if isinstance(event, Prefill):
                session.engine.stop(noise.request)
        assert isinstance(event, Finished)
        assert asked(session, stacked(good)) == expected


def test_of_two_answers_beside_each_other_only_the_noise_fails(model, enormous, good):
    with Session(model) as session:
        expected, _ = session.answer(QUESTION, stacked(good), sampler=LONG)
        session.load()
        noise = Generate(session.engine.next_request(), QUESTION, LONG, stack=stacked(enormous))
        sound = Generate(session.engine.next_request(), QUESTION, LONG, stack=stacked(good))
        session.engine.send(noise)
        assert collected(session.engine.events(sound))[sound.request][0] == expected


def test_without_room_on_the_disk_for_several_at_once_each_alone_still_acts(model, good, other, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with no_file_may_grow_beyond(100_000):
        session = Session(model)
    with session:
        sentence = refusal(session, stacked(good, other))
        assert sentence == "There is no room on the disk to put these adapters together."
        assert list(scratch.iterdir()) == []
        assert session.answer(QUESTION, stacked(good))[1].finish_reason == "length"


# ------------------------------------------------------------ files that change while they are used


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "with another one"])
def test_an_adapter_deleted_while_it_acts(session, good, other, is_alone):
    stack = stacked(good) if is_alone else stacked(other, good)
    expected, _ = session.answer(QUESTION, stack, sampler=LONG)
    command = Generate(session.engine.next_request(), QUESTION, LONG, stack=stack)
    events = []
    for event in session.engine.events(command):
        if isinstance(event, Piece) and good.exists():
            good.unlink()
        events.append(event)
    assert collected(events)[command.request][0] == expected

    assert refusal(session, stack) == "The adapter “good.gguf” is not there any more."
    assert session.answer(QUESTION, stacked(other))[1].finish_reason == "length"


@pytest.mark.parametrize("is_alone", [True, False], ids=["alone", "with another one"])
def test_an_adapter_replaced_by_another_one_of_the_same_name_is_that_other_one(model, adapter, other, is_alone):
    path = adapter("changing", seed=5)
    stack = stacked(path) if is_alone else stacked(path, other)
    with Session(model) as session:
        before = session.prepare(stack)
        session.answer(QUESTION, stack, conversation=1)
        first = session.score(stack)
        adapter("changing", seed=6)
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # on a disk that is exact to the second alone
        found, facts = session.answer(QUESTION, stack, conversation=1)
        second = session.score(stack)
    assert facts.reused_tokens == 0
    assert facts.stack_fingerprint != before
    assert first != second
    with Session(model) as fresh:
        assert fresh.answer(QUESTION, stack)[0] == found
        assert fresh.score(stack) == second


def test_a_file_that_comes_back_is_known_again(model, adapter, good):
    content = good.read_bytes()
    with Session(model) as session:
        text, _ = session.answer(QUESTION, stacked(good), conversation=1)
        good.unlink()
        with pytest.raises(UserError):
            session.prepare(stacked(good))
        good.write_bytes(content)
        again, facts = session.answer(QUESTION, stacked(good), conversation=1)
    assert again == text
    assert facts.prompt_tokens - facts.reused_tokens == 1


# ------------------------------------------------------------ killed


def test_an_engine_killed_while_the_stack_changes_leaves_the_next_one_as_it_should_be(model, good, other, tmp_path):
    wanted = stacked(good, (other, 0.5))
    with Session(model, tmp_path / "kv") as session:
        session.answer(QUESTION, stacked(good), conversation=1)
        session.engine.send(Prepare(session.engine.next_request(), wanted))
        os.kill(session.engine.process_id, signal.SIGKILL)
        with pytest.raises(UserError, match="memory ran out"):
            session.prepare(wanted)
    with Session(model, tmp_path / "kv") as session, Session(model) as fresh:
        for stack in (wanted, stacked(good), ()):
            assert session.answer(QUESTION, stack, conversation=1)[0] == fresh.answer(QUESTION, stack)[0]
            assert session.score(stack) == fresh.score(stack)


def test_an_engine_killed_between_two_stacks_of_one_conversation(model, good, other, tmp_path):
    with Session(model, tmp_path / "kv") as session:
        first = Generate(session.engine.next_request(), QUESTION, LONG, conversation=1, stack=stacked(good))
        second = Generate(session.engine.next_request(), QUESTION, LONG, conversation=1, stack=stacked(other))
        with pytest.raises(UserError):  # noqa: PT012 - where it ends is up to chance
            for event in session.engine.events(first, second):
                if isinstance(event, Piece) and event.request == second.request:
                    psutil.Process(session.engine.process_id).kill()
                assert not isinstance(event, Finished)
    with Session(model, tmp_path / "kv") as session, Session(model) as fresh:
        for stack in (stacked(good), stacked(other)):
            assert session.answer(QUESTION, stack, conversation=1)[0] == fresh.answer(QUESTION, stack)[0]


# ------------------------------------------------------------ other models


def test_an_adapter_belongs_to_its_model_and_another_one_is_asked_anew(trained, good, tmp_path):
    other_model = trained.tiny("qwen3")
    fitting = random_adapter(tmp_path / "qwen.gguf", other_model)
    with Session(trained.tiny("llama")) as session:
        expected = session.score(stacked(good, (good, -0.5)))
        session.load(other_model)
        assert "made for another model" in refusal(session, stacked(good))
        assert session.prepare(stacked(fitting, (fitting, 0.5)))
        session.load(trained.tiny("llama"))
        assert session.score(stacked(good, (good, -0.5))) == expected


def test_a_stack_in_use_when_the_model_goes_is_no_trouble(model, good, other):
    with Session(model) as session:
        for _ in range(3):
            session.answer(QUESTION, stacked(good, other), conversation=1)
            session.load()
        assert session.engine.ask(Prepare(session.engine.next_request(), ()), Prepared).fingerprint == ""
