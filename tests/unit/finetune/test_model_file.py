"""The trainer gets to know where a model's tensors lie; a model that it could not train is refused by what is in it."""

import hashlib

import pytest

from desktop_app.adapters.identity import base_identity
from desktop_app.errors import UserError
from desktop_app.finetune import model_file as module
from desktop_app.finetune.model_file import base_of, check_trainable, model_file, target_weights
from desktop_app.library.gguf import read_header
from desktop_app.trainer.contract import ARCHITECTURES, MODEL, TARGETS, read_model_file, write_json
from desktop_app.trainer.model import adapter_shapes
from tests.support.gguf_files import FLOAT32, Q8_0, GgufFile, Shape, TensorSpec, Typed, llama_model, split_model

SHAPE = Shape(n_layer=2, n_embd=64, n_ff=96, type_id=Q8_0)


def numbered(model):
    """Return the model with other bytes in each tensor."""
    tensors = [
        TensorSpec(each.name, each.shape, each.type_id, data=bytes([number + 1]) * each.size_bytes)
        for number, each in enumerate(model.tensors)
    ]
    return GgufFile(model.metadata, tuple(tensors))


def read(path, model):
    return read_header(model.write(path / "tiny.gguf"))


def assert_places_are_right(model, file, paths):
    data = [path.read_bytes() for path in paths]
    assert {each.name for each in file.tensors} == {each.name for each in model.tensors}
    for each in file.tensors:
        spec = next(spec for spec in model.tensors if spec.name == each.name)
        assert data[each.part][each.offset : each.offset + each.size_bytes] == spec.data
        assert each.shape == spec.shape[::-1]


def test_each_tensor_is_where_it_is_said_to_be(tmp_path):
    model = numbered(llama_model(SHAPE))
    header = read(tmp_path, model)
    file = model_file(header)
    assert_places_are_right(model, file, header.parts)
    assert {each.type for each in file.tensors} == {"Q8_0", "F32"}


def test_each_tensor_of_a_split_model_is_in_the_part_it_is_said_to_be(tmp_path):
    model = numbered(llama_model(SHAPE))
    header = read_header(split_model(model, tmp_path, "tiny", 3)[0])
    file = model_file(header)
    assert_places_are_right(model, file, header.parts)
    assert {each.part for each in file.tensors} == {0, 1, 2}


def test_numbers_and_short_texts_of_the_header_are_kept_and_the_vocabulary_is_not(tmp_path):
    per_layer = Typed(FLOAT32, [1.0, 2.0])
    model = llama_model(SHAPE).with_metadata(llama__per_layer=per_layer, general__description="x" * 300)
    write_json(tmp_path / MODEL, model_file(read(tmp_path, model)))
    metadata = read_model_file(tmp_path).metadata
    assert metadata["general.architecture"] == "llama"
    assert metadata["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)
    assert metadata["llama.per_layer"] == [1.0, 2.0]
    assert "general.description" not in metadata
    assert not [key for key in metadata if key.startswith("tokenizer")]


def test_a_model_is_known_by_its_files_and_its_identity(tmp_path):
    path = llama_model(SHAPE).write(tmp_path / "tiny.gguf")
    header = read_header(path)
    base = base_of(header)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [(each.name, each.size_bytes, each.sha256) for each in base.parts] == [
        ("tiny.gguf", path.stat().st_size, sha256)
    ]
    assert (base.name, base.path, base.architecture) == ("tiny", str(path), "llama")
    identity = base_identity(header)
    assert (base.norms_sha256, base.vocab_sha256) == (identity.norms_sha256, identity.vocab_sha256)


def test_hashes_that_are_known_are_not_computed(tmp_path, monkeypatch):
    header = read_header(split_model(llama_model(SHAPE), tmp_path, "tiny", 3)[0])
    monkeypatch.setattr(module, "file_sha256", lambda path: f"computed of {path.name}")
    hashes = [each.sha256 for each in base_of(header, ("first", "")).parts]
    assert hashes == ["first", "computed of tiny-00002-of-00003.gguf", "computed of tiny-00003-of-00003.gguf"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_of_targets_are_those_that_the_trainer_adapts(trained, architecture):
    header = read_header(trained.tiny(architecture))
    check_trainable(header)
    file = model_file(header)
    for targets in (TARGETS, ("attn_v",), ("ffn_gate", "ffn_down")):
        found = target_weights(header, targets)
        assert found == adapter_shapes(file, targets)
        assert found


# ------------------------------------------------------------ what cannot be trained


def refusal(path, model):
    with pytest.raises(UserError) as caught:
        check_trainable(read(path, model))
    assert caught.value.hint
    return caught.value.sentence


def renamed(model, architecture):
    metadata = {
        key.replace("llama.", f"{architecture}.", 1) if key.startswith("llama.") else key: value
        for key, value in model.metadata
    }
    return GgufFile(tuple((metadata | {"general.architecture": architecture}).items()), model.tensors)


def test_a_model_of_a_known_kind_can_be_trained(tmp_path):
    check_trainable(read(tmp_path, llama_model(SHAPE)))


def test_another_architecture_is_refused_by_name(tmp_path):
    said = refusal(tmp_path, renamed(llama_model(SHAPE), "olmo2"))
    assert said == "“tiny.gguf” has the architecture “olmo2”, which cannot be trained yet."


def test_a_mixture_of_experts_is_refused(tmp_path):
    model = llama_model(SHAPE).with_metadata(llama__expert_count=4, llama__expert_used_count=2)
    assert refusal(tmp_path, model) == "“tiny.gguf” is a mixture of experts, and such models cannot be trained yet."


def test_a_tensor_that_training_does_not_know_is_refused_by_name(tmp_path):
    model = llama_model(SHAPE)
    model = GgufFile(model.metadata, (*model.tensors, TensorSpec("blk.0.attn_gate.weight", (64, 64))))
    assert (
        refusal(tmp_path, model)
        == "“tiny.gguf” has the tensor “blk.0.attn_gate.weight”, which cannot be trained with yet."
    )


def test_yarn_is_refused(tmp_path):
    assert "YaRN" in refusal(tmp_path, llama_model(SHAPE).with_metadata(llama__rope__scaling__type="yarn"))


def test_what_is_no_model_is_refused(tmp_path):
    assert "adapter" in refusal(tmp_path, llama_model(SHAPE).with_metadata(general__type="adapter"))
