"""Sound files that are no models to chat with, or would take the engine down, are refused before native code."""

import pytest

from desktop_app.errors import UserError
from desktop_app.library import architectures
from desktop_app.library.gguf import read_header
from desktop_app.library.model_check import check_model
from tests.support.gguf_files import INT32, GgufFile, Shape, TensorSpec, Typed, llama_model
from tests.unit.library.sentences import assert_readable

MODEL = llama_model(Shape(n_layer=2))


def refused(model, tmp_path):
    header = read_header(model.write(tmp_path / "model.gguf"))
    with pytest.raises(UserError) as caught:
        check_model(header)
    assert_readable(caught.value)
    return caught.value.sentence


def with_architecture(name):
    entries = (
        (key.replace("llama.", f"{name}.") if key.startswith("llama.") else key, value) for key, value in MODEL.metadata
    )
    return GgufFile(tuple(entries), MODEL.tensors).with_metadata(general__architecture=name)


def with_tensor_type(name, type_id):
    tensors = tuple(
        TensorSpec(tensor.name, tensor.shape, type_id if tensor.name == name else tensor.type_id)
        for tensor in MODEL.tensors
    )
    return GgufFile(MODEL.metadata, tensors)


def test_a_chat_model_passes(tmp_path):
    check_model(read_header(MODEL.write(tmp_path / "model.gguf")))


def test_a_file_too_old_to_say_that_it_is_a_model_passes(tmp_path):
    check_model(read_header(MODEL.with_metadata(general__type=None).write(tmp_path / "model.gguf")))


@pytest.mark.parametrize("name", sorted(architectures.CHAT))
def test_every_known_architecture_passes(tmp_path, name):
    check_model(read_header(with_architecture(name).write(tmp_path / "model.gguf")))


def test_an_unknown_architecture_is_named(tmp_path):
    assert refused(with_architecture("foo"), tmp_path) == (
        "This model's architecture “foo” is not one this version of Moatless can run."
    )


@pytest.mark.parametrize("name", sorted(architectures.OTHER))
def test_an_architecture_for_something_else_is_refused(tmp_path, name):
    assert "cannot chat: this kind of model" in refused(with_architecture(name), tmp_path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"general__type": "adapter"}, "is an adapter, which changes a model"),
        ({"general__type": "mmproj"}, "sees pictures or hears sound"),
        ({"general__architecture": "clip"}, "sees pictures or hears sound"),
        ({"general__type": "vocab"}, "only a vocabulary and no weights"),
        ({"general__type": "imatrix"}, "holds “imatrix” data"),
        ({"general__architecture": None}, "does not say which architecture"),
        ({"tokenizer__ggml__model": None}, "has no vocabulary"),
        ({"tokenizer__ggml__model": "no_vocab"}, "has no vocabulary"),
        ({"tokenizer__ggml__tokens": None}, "has no vocabulary"),
        ({"tokenizer__ggml__tokens": 5}, "has no vocabulary"),
        ({"tokenizer__ggml__model": "bert"}, "not for chat"),
        ({"tokenizer__ggml__model": "rwkv"}, "not for chat"),
        ({"tokenizer__ggml__tokens": ["a", "b"]}, "cannot spell every character"),
    ],
)
def test_what_is_no_chat_model_is_refused_with_its_own_sentence(tmp_path, changes, expected):
    assert expected in refused(MODEL.with_metadata(**changes), tmp_path)


def test_a_vocabulary_without_weights_is_refused(tmp_path):
    assert "only a vocabulary and no weights" in refused(GgufFile(MODEL.metadata), tmp_path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"block_count": 0}, "claims to have 0 layers"),
        ({"block_count": 513}, "claims to have 513 layers"),
        ({"block_count": 2**32 - 1}, "layers"),
        ({"block_count": None}, "claims to have 0 layers"),
        ({"block_count": "two"}, "claims to have 0 layers"),
        ({"nextn_predict_layers": 3}, "more layers for guessing ahead"),
        ({"embedding_length": 0}, "how wide"),
        ({"context_length": None}, "how long"),
        ({"attention.head_count": 0}, "no attention heads"),
        ({"attention.head_count": [2]}, "describes 1 of its 2 layers"),
        ({"attention.head_count": 2**31}, "impossible number of attention heads"),
        ({"attention.head_count_kv": [1, 1, 1]}, "describes 3 of its 2 layers"),
        ({"attention.head_count_kv": 5}, "share keys and values evenly"),
        ({"attention.head_count_kv": Typed(INT32, [1, -1])}, "impossible number of attention heads"),
        ({"attention.key_length": 0}, "impossible width"),
        ({"attention.value_length": 2**20}, "impossible width"),
        ({"attention.layer_norm_rms_epsilon": -1e-5}, "below zero"),
        ({"attention.layer_norm_rms_epsilon": float("nan")}, "is not a number"),
        ({"rope.freq_base": float("inf")}, "is not a number"),
        ({"rope.scaling.type": "spiral"}, "counts positions"),
        ({"rope.scaling.type": ""}, "counts positions"),
        ({"expert_count": 4}, "numbers of experts"),
        ({"expert_used_count": 1}, "numbers of experts"),
        ({"expert_count": 4, "expert_used_count": 5}, "numbers of experts"),
        ({"expert_count": 1025, "expert_used_count": 2}, "numbers of experts"),
        ({"expert_count": 4, "expert_used_count": 2, "expert_group_count": 4}, "numbers of experts"),
        ({"expert_count": 5, "expert_used_count": 2, "expert_group_count": 2}, "numbers of experts"),
        ({"expert_group_count": 1}, "numbers of experts"),
    ],
)
def test_impossible_numbers_are_refused(tmp_path, changes, expected):
    assert expected in refused(
        MODEL.with_metadata(**{f"llama.{key}": value for key, value in changes.items()}), tmp_path
    )


def test_a_mixture_of_experts_passes(tmp_path):
    experts = {"expert_count": 8, "expert_used_count": [2, 2], "expert_group_count": 4, "expert_group_used_count": 2}
    model = MODEL.with_metadata(**{f"llama.{key}": value for key, value in experts.items()})
    check_model(read_header(model.write(tmp_path / "model.gguf")))


def test_a_recurrent_model_needs_no_attention_heads(tmp_path):
    model = with_architecture("mamba").with_metadata(
        mamba__attention__head_count=0, mamba__attention__head_count_kv=None, tokenizer__ggml__model="gpt2"
    )
    check_model(read_header(model.write(tmp_path / "model.gguf")))


@pytest.mark.parametrize(
    ("tensor", "type_id"),
    [("blk.0.attn_q.weight", 9), ("blk.0.attn_q.weight", 26), ("blk.0.attn_norm.weight", 1), ("output_norm.weight", 8)],
)
def test_a_tensor_of_a_type_that_ends_the_engine_is_refused(tmp_path, tensor, type_id):
    assert f"the tensor “{tensor}” has a type that it cannot have" in refused(
        with_tensor_type(tensor, type_id), tmp_path
    )


def test_the_table_from_tokens_to_experts_may_hold_whole_numbers(tmp_path):
    table = TensorSpec("blk.0.ffn_gate_tid2eid.weight", (2, 288), 26)
    check_model(read_header(GgufFile(MODEL.metadata, (*MODEL.tensors, table)).write(tmp_path / "model.gguf")))
