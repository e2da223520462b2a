"""How much one way of reading a text differs from another is measured, and nothing is taken for something."""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.adapters.lora import Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.messages import Compare, Compared
from desktop_app.errors import UserError
from tests.process.stack_steps import QUESTION, TEXT, Session, stacked
from tests.process.test_stack_sums import SUM_ORDER
from tests.support.gguf_files import F32, Q8_0, Shape, llama_model
from tests.support.random_adapters import random_adapter

F16 = 1


@pytest.fixture(scope="module")
def session(trained):
    with Session(trained.tiny("llama")) as session:
        yield session


@pytest.fixture
def adapter(session, tmp_path):
    return random_adapter(tmp_path / "adapter.gguf", session.model)


def zeros(adapter, path):
    """Write an adapter of the same shape that adds nothing."""
    lora = open_lora(adapter)
    pairs = {name: Pair(pair.a, np.zeros_like(pair.b)) for name, pair in lora.pairs.items()}
    write_lora(path, replace(lora, pairs=pairs))
    return path


def mean_nll(session, stack):
    logprobs = session.score(stack)
    return -sum(logprobs) / len(logprobs)


def test_a_real_effect_is_seen_and_both_likelihoods_are_told(session, adapter):
    stack = stacked((adapter, 0.5))
    effect = session.compare((), stack)
    assert effect.kl > 0.1
    assert effect.agreement < 0.9
    assert effect.nll_error > 0
    assert effect.tokens == len(session.score(()))
    assert effect.mean_nll == pytest.approx(mean_nll(session, ()), rel=1e-5)
    assert effect.other_nll == pytest.approx(mean_nll(session, stack), rel=1e-5)


def test_the_other_way_round_the_likelihoods_change_places(session, adapter):
    forth = session.compare((), stacked(adapter))
    back = session.compare(stacked(adapter), ())
    assert (back.mean_nll, back.other_nll) == (forth.other_nll, forth.mean_nll)
    assert back.agreement == forth.agreement
    assert back.kl != forth.kl  # as it is with divergences


@pytest.mark.parametrize("model", ["tiny", "starter"])
def test_an_adapter_of_zeros_has_no_effect_at_all(trained, tmp_path, model):
    path = trained.starter if model == "starter" else trained.tiny("llama")
    nothing = zeros(random_adapter(tmp_path / "drawn.gguf", path), tmp_path / "zeros.gguf")
    with Session(path) as session:
        for other in (stacked(nothing), stacked(nothing, (nothing, 0.5)), ()):
            effect = session.compare((), other, TEXT[:100])
            assert (effect.kl, effect.agreement, effect.nll_error) == (0, 1, 0)
            assert effect.mean_nll == effect.other_nll


def test_a_small_effect_is_a_small_one(session, adapter):
    divergences = [session.compare((), stacked((adapter, scale))).kl for scale in (0.01, 0.1, 1.0)]
    assert 0 < divergences[0] < divergences[1] / 20 < divergences[2] / 100


@pytest.mark.parametrize(("type_id", "limit"), [(F32, 0), (F16, 1e-4), (Q8_0, 0.05)])
def test_another_quantization_of_the_model_is_a_little_off(session, trained, type_id, limit):
    effect = session.compare((), (), other_model=trained.tiny("llama", type_id))
    assert 0 <= effect.kl <= limit
    assert (effect.kl == 0) == (type_id == F32)


def test_a_stack_of_the_other_model_acts_on_that_one(session, trained, tmp_path):
    other = trained.tiny("llama", F16)
    first, second = (random_adapter(tmp_path / f"{n}.gguf", session.model, seed=n) for n in (1, 2))
    same = session.compare(stacked(first, second), stacked(first, second), other_model=other)
    assert same.kl < 1e-4
    assert session.compare((), stacked(first), other_model=other).kl > 0.1
    assert session.compare(stacked(first, second), (), other_model=other).kl > 0.1


def test_a_model_with_another_vocabulary_cannot_be_compared(session, tmp_path):
    other = llama_model(Shape(n_vocab=300)).write(tmp_path / "other.gguf")
    with pytest.raises(UserError, match="have different vocabularies"):
        session.compare((), (), other_model=other)


def test_a_damaged_model_or_adapter_is_refused_and_the_engine_goes_on(session, adapter, tmp_path):
    path = tmp_path / "damaged.gguf"
    path.write_bytes(session.model.read_bytes()[:-1000])
    with pytest.raises(UserError, match=r"“damaged\.gguf” is truncated"):
        session.compare((), (), other_model=path)
    with pytest.raises(UserError, match="is not there"):
        session.compare((), stacked(tmp_path / "nowhere.gguf"))
    assert session.compare((), stacked(adapter)).kl > 0.1


def test_what_is_compared_leaves_the_conversation_as_it_is(session, trained, adapter):
    text, _ = session.answer(QUESTION, stacked(adapter), conversation=1)
    session.compare((), stacked(adapter, (adapter, 0.5)), other_model=trained.tiny("llama", F16))
    again, facts = session.answer(QUESTION, stacked(adapter), conversation=1)
    assert again == text
    assert facts.prompt_tokens - facts.reused_tokens == 1


def test_comparing_can_be_stopped(session, adapter):
    command = Compare(session.engine.next_request(), TEXT, (), stacked(adapter))
    session.engine.stop(command.request)  # overtakes the command
    with pytest.raises(UserError, match="Stopped"):
        session.engine.ask(command, Compared)
    assert session.compare((), ()).kl == 0


def test_windows_of_a_long_text_are_compared_as_they_are_scored(session, adapter):
    text = TEXT * 10  # more tokens than one window takes
    effect = session.compare((), stacked(adapter), text)
    logprobs = session.score((), text)
    assert effect.tokens == len(logprobs)
    assert effect.mean_nll == pytest.approx(-sum(logprobs) / len(logprobs), rel=1e-5)


def test_rounding_of_a_sum_is_far_below_what_counts_as_an_effect(session, tmp_path):
    paths = [random_adapter(tmp_path / f"{seed}.gguf", session.model, seed=seed) for seed in range(4)]
    assert abs(session.compare(stacked(*paths), stacked(*reversed(paths))).kl) < SUM_ORDER
