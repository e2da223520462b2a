"""Several adapters that act as one do what llama.cpp does when it applies each of them by itself.

On tiny models of 32-bit floats nothing is between the two but the order in which numbers are added up. On the starter
model, which is quantized, rounding makes of that what it makes of any two ways to compute the same; there, means over
a text are held against the limits that `adapters.effect` has for that.
"""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.adapters.effect import are_equal, has_effect, probe_text
from desktop_app.adapters.flatten import concatenate
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from tests.bench.peers import Server
from tests.process.stack_steps import Session, stacked
from tests.support.gguf_files import mamba_model
from tests.support.native_logits import Job, logits
from tests.support.native_stack import difference_from_native
from tests.support.random_adapters import random_adapter

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
TEXT = "The ferry to the island leaves at seven, and the baker on the quay sells bread to those who wait."
SUM_ORDER = 1e-6  # nats a token, for a divergence; an adapter here has one of about 1
QUERIES = ("attn_q", "attn_v", "attn_qkv")
OTHERS = ("attn_output", "ffn_down")


def four(folder, model):
    """Return adapters of different ranks that change different weights."""
    kinds = ((), QUERIES, OTHERS, ())
    return [
        random_adapter(folder / f"{rank}.gguf", model, rank, rank, changed)
        for rank, changed in zip((4, 8, 16, 70), kinds, strict=True)
    ]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_sum_is_what_llama_cpp_makes_of_them(trained, tmp_path, architecture):
    model = trained.tiny(architecture)
    first, second, third, fourth = four(tmp_path, model)
    stacks = [
        stacked(first, second, third, fourth),
        stacked((fourth, -0.5), (second, 2.0)),  # the same room, for other weights
        stacked((second, 0.25), (third, 1.5)),
        stacked((first, 0.3), (second, 0.0), (fourth, 1.0), (third, -1.0)),
    ]
    for effect in difference_from_native(model, stacks, TEXT):
        assert abs(effect.kl) < SUM_ORDER
        assert effect.agreement == 1


def test_so_it_is_where_each_token_asks_other_experts(trained, tmp_path):
    from tests.support.tiny_experts import write_tiny_experts

    model = write_tiny_experts(tmp_path / "experts.gguf")
    first, second, third, fourth = four(tmp_path, model)
    experts = random_adapter(tmp_path / "experts.lora.gguf", model, 8, 9, ("ffn_up_exps", "ffn_down_exps"))
    stacks = [stacked(first, (experts, 1.5)), stacked(experts, second, third, (fourth, -0.5))]
    for effect in difference_from_native(model, stacks, TEXT):
        assert abs(effect.kl) < SUM_ORDER
    with Session(model) as session:
        assert session.compare((), stacked(experts), TEXT).kl > 0.1


def lively(model):
    """Return a model whose weights are made of chance; a state of it fades with time."""
    chance = np.random.default_rng(1)

    def data(tensor):
        if tensor.name == "blk.0.ssm_a":
            return np.full(tensor.shape[::-1], -1, np.float32)
        return (chance.standard_normal(tensor.shape[::-1]) * 0.3).astype(np.float32)

    return replace(model, tensors=tuple(replace(tensor, data=data(tensor).tobytes()) for tensor in model.tensors))


def test_where_llama_cpp_passes_over_a_weight_the_others_act_all_the_same(tmp_path):
    """It never looks for an adapter of the convolution of Mamba."""
    model = lively(mamba_model()).write(tmp_path / "mamba.gguf")
    first = random_adapter(tmp_path / "1.gguf", model, 4, 1, ("ssm_in", "ssm_conv1d"))
    second = random_adapter(tmp_path / "2.gguf", model, 8, 2, ("ssm_in", "ssm_out", "ssm_conv1d"))
    for effect in difference_from_native(model, [stacked(first, second), stacked(second, (first, 0.5))], TEXT):
        assert abs(effect.kl) < SUM_ORDER
    with Session(model) as session:
        assert session.compare((), stacked(first, second), TEXT).kl > 1000 * SUM_ORDER


def test_what_the_engine_says_of_a_text_is_what_llama_cpp_says(trained, tmp_path):
    """Nothing of ours takes part in the other one: a context, adapters and logits by the plain calls."""
    model = trained.tiny("llama")
    adapters = list(zip(four(tmp_path, model), (1.0, -0.5, 1.5, 0.7), strict=True))
    (tokens, rows), (_, bare) = logits([Job(model, TEXT, adapters), Job(model, TEXT)])
    with Session(model) as session:
        found = session.score(stacked(*adapters), TEXT)
    targets = np.arange(len(tokens) - 1), tokens[1:]

    def logprobs(rows):
        return (rows - np.log(np.exp(rows.astype(np.float64)).sum(axis=1, keepdims=True)))[targets]

    assert np.abs(np.array(found) - logprobs(rows)).max() < 0.01  # the engine's KV cache has 16 bits
    assert np.abs(np.array(found) - logprobs(bare)).mean() > 0.5


def test_a_stack_that_was_written_as_one_adapter_does_the_same_in_plain_llama_cpp(trained, tmp_path):
    model = trained.tiny("qwen3")
    adapters = list(zip(four(tmp_path, model), (1.0, -0.5, 1.5, 0.7), strict=True))
    flat = tmp_path / "flat.gguf"
    write_lora(flat, concatenate([(open_lora(path), scale) for path, scale in adapters]))
    (_, together), (_, alone) = logits([Job(model, TEXT, adapters), Job(model, TEXT, [(flat, 1.0)])])
    assert np.abs(together - alone).max() < 1e-4


def test_it_does_the_same_in_a_llama_cpp_server(trained, tmp_path):
    from tests.support.tiny_models import tiny_tokens

    model = trained.tiny("llama")
    adapters = list(zip(four(tmp_path, model), (1.0, -0.5, 1.5, 0.7), strict=True))
    flat = tmp_path / "flat.gguf"
    write_lora(flat, concatenate([(open_lora(path), scale) for path, scale in adapters]))
    texts = []
    for used in (adapters, [(flat, 1.0)], []):
        with Server(model, 512, 1, adapters=used) as server:
            options = {"temperature": 0, "n_predict": 12, "ignore_eos": True}
            texts.append(server.post("/completion", prompt=tiny_tokens(TEXT), **options)["content"])
    together, alone, bare = texts
    assert together == alone != bare


@pytest.mark.long
def test_on_a_quantized_model_they_differ_no_more_than_rounding_does(trained, tmp_path):
    model = trained.starter
    adapters = [trained.starter_gguf()]
    adapters += [random_adapter(tmp_path / f"{n}.gguf", model, rank, n, size=0.1) for n, rank in ((1, 8), (2, 16))]
    stack = stacked((adapters[0], 1.0), (adapters[1], 0.5), (adapters[2], -0.5))
    [effect] = difference_from_native(model, [stack], probe_text())
    assert effect.tokens >= 512
    assert are_equal(effect)
    with Session(model) as session:
        assert has_effect(session.compare((), stack, TEXT))
