"""What adapters from before do to the weights is the same in the arrays that the trainer gets."""

import numpy as np
import pytest

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.engine.messages import AdapterScale
from desktop_app.errors import UserError
from desktop_app.finetune.frozen import check_continues, open_parent, open_stack, stack_arrays, start_arrays
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, TARGETS, Recipe
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.support.random_adapters import random_adapter

SHAPE = Shape(n_layer=2, n_embd=64, n_ff=96)


@pytest.fixture
def model(tmp_path):
    return read_header(llama_model(SHAPE).write(tmp_path / "tiny.gguf"))


@pytest.fixture
def adapter(tmp_path):
    """Of rank 4 and alpha 8, for all seven weights of both layers."""
    return lora_adapter(SHAPE).write(tmp_path / "pirate.gguf")


def change(arrays, name, factor=1.0):
    return factor * arrays[name + B_SUFFIX] @ arrays[name + A_SUFFIX]


def assert_same_changes(arrays, lora, factor, scale):
    for name, pair in lora.pairs.items():
        expected = scale * pair.scale * pair.b.astype(np.float64) @ pair.a.astype(np.float64)
        np.testing.assert_allclose(change(arrays, name, factor), expected, rtol=1e-4, atol=1e-6)


def test_a_frozen_adapter_has_its_scales_in_b(adapter, model):
    [layer] = open_stack((AdapterScale(str(adapter), -0.75),), model)
    arrays = stack_arrays(layer)
    assert (layer.sha256, layer.scale) == (file_sha256(adapter), -0.75)
    assert layer.lora.pairs["blk.0.attn_q.weight"].scale == 2.0
    assert_same_changes(arrays, layer.lora, 1.0, -0.75)
    assert {each.dtype for each in arrays.values()} == {np.dtype(np.float32)}
    assert arrays["blk.1.ffn_down.weight.lora_a"].shape == (4, 96)
    assert arrays["blk.1.ffn_down.weight.lora_b"].shape == (64, 4)


def test_adapters_that_do_not_act_are_left_out_and_the_order_is_kept(adapter, model, tmp_path):
    other = lora_adapter(SHAPE, seed=2).write(tmp_path / "other.gguf")
    stack = tuple(AdapterScale(str(path), scale) for path, scale in ((other, 1.0), (adapter, 0.0), (adapter, 0.5)))
    assert [each.sha256 for each in open_stack(stack, model)] == [file_sha256(other), file_sha256(adapter)]


def test_an_adapter_of_another_model_is_refused(adapter, tmp_path):
    other = read_header(llama_model(Shape(n_layer=1, n_embd=32)).write(tmp_path / "other.gguf"))
    with pytest.raises(UserError, match="was made for another model"):
        open_stack((AdapterScale(str(adapter)),), other)
    with pytest.raises(UserError, match="was made for another model"):
        open_parent(adapter, other)


@pytest.mark.parametrize("alpha", [8.0, 3.0])
def test_an_adapter_trained_further_begins_with_what_it_did(adapter, model, alpha):
    parent = open_parent(adapter, model)
    assert (parent.rank, parent.targets, parent.sha256) == (4, TARGETS, file_sha256(adapter))
    arrays = start_arrays(parent, Recipe(rank=4, alpha=alpha), model)
    assert_same_changes(arrays, parent.lora, alpha / 4, 1.0)


def test_weights_that_it_does_not_change_begin_as_those_of_a_new_one(model, tmp_path):
    path = random_adapter(tmp_path / "few.gguf", model.path, 4, kinds=("attn_q", "ffn_down"))
    parent = open_parent(path, model)
    assert parent.targets == ("attn_q", "ffn_down")
    arrays = start_arrays(parent, Recipe(rank=4, alpha=8.0), model)
    assert {name.split(".")[2] for name in arrays} == set(TARGETS)
    assert not arrays["blk.0.attn_k.weight.lora_b"].any()
    assert arrays["blk.0.attn_k.weight.lora_a"].std() == pytest.approx(64**-0.5, rel=0.2)
    assert_same_changes(arrays, parent.lora, 2.0, 1.0)


def test_several_ranks_cannot_be_trained_further(model, tmp_path):
    def pair(rank):
        return Pair(np.ones((rank, 64), np.float32), np.ones((64, rank), np.float32))

    path = tmp_path / "mixed.gguf"
    write_lora(path, Lora("llama", {"blk.0.attn_q.weight": pair(2), "blk.1.attn_q.weight": pair(3)}))
    with pytest.raises(UserError, match="has different ranks, from 2 to 3"):
        open_parent(path, model)


def test_choices_that_it_cannot_follow_are_refused(adapter, model):
    parent = open_parent(adapter, model)
    check_continues(parent, None, None)
    check_continues(parent, 4, TARGETS)
    with pytest.raises(UserError, match="has the rank 4, and 8 was chosen"):
        check_continues(parent, 8, None)
    with pytest.raises(UserError, match="changes ffn_gate, ffn_up, ffn_down, too"):
        check_continues(parent, None, ("attn_q", "attn_k", "attn_v", "attn_output"))


def test_weights_that_a_model_has_in_one_are_named_by_all_their_targets(trained, tmp_path):
    model = trained.tiny("phi3")
    path = random_adapter(tmp_path / "phi.gguf", model, 4, kinds=("attn_qkv",))
    parent = open_parent(path, read_header(model))
    assert parent.targets == ("attn_q", "attn_k", "attn_v")
    arrays = start_arrays(parent, Recipe(rank=4, alpha=4.0, targets=parent.targets), read_header(model))
    assert {name.split(".")[2] for name in arrays} == {"attn_qkv"}
