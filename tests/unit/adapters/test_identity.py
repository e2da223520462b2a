"""A model has one identity, whatever its quantization and in however many files; another model has another."""

import struct
from dataclasses import replace

import pytest

from desktop_app.adapters.identity import base_identity
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import F32, Q4_1, Q8_0, GgufFile, Shape, TensorSpec, llama_model, split_model
from tests.unit.adapters.files import with_tensors
from tests.unit.library.sentences import assert_readable


def model(type_id=0, first=1.0, **changes):
    """Return a model with norms of its own and weights that differ from one quantization to the other."""
    file = llama_model(Shape(type_id=type_id, **changes))
    tensors = []
    for number, tensor in enumerate(file.tensors):
        if "norm" in tensor.name:
            values = [first + number + column for column in range(tensor.shape[0])]
            tensors.append(replace(tensor, data=struct.pack(f"<{len(values)}f", *values)))
        else:
            tensors.append(replace(tensor, data=bytes([type_id]) * tensor.size_bytes))
    return GgufFile(file.metadata, tuple(tensors))


@pytest.fixture
def identity(tmp_path):
    """Return the identity of a file that is written first."""
    written = []

    def take(file):
        written.append(file)
        return base_identity(read_header(file.write(tmp_path / f"{len(written)}.gguf")))

    return take


def renamed(file, old, new):
    return replace(file, tensors=tuple(replace(each, name=each.name.replace(old, new)) for each in file.tensors))


@pytest.mark.parametrize("type_id", [Q4_1, Q8_0])
def test_every_quantization_of_a_model_is_the_same_model(identity, type_id):
    again = model(type_id).with_metadata(general__name="Tiny Q4", general__file_type=3)
    assert identity(again) == identity(model())


def test_the_order_of_tensors_does_not_matter(identity):
    assert identity(replace(model(), tensors=model().tensors[::-1])) == identity(model())


def test_a_finetune_is_another_model(identity):
    base, finetune = identity(model()), identity(model(first=1.0001))
    assert base.norms_sha256 != finetune.norms_sha256
    assert base.vocab_sha256 == finetune.vocab_sha256


def test_a_model_with_another_vocabulary_is_another_model(identity):
    base, other = identity(model()), identity(model(n_vocab=300))
    assert base.norms_sha256 == other.norms_sha256
    assert base.vocab_sha256 != other.vocab_sha256


def test_norms_cannot_change_places(identity):
    swapped = renamed(renamed(renamed(model(), "attn_norm", "x_norm"), "ffn_norm", "attn_norm"), "x_norm", "ffn_norm")
    assert identity(swapped).norms_sha256 != identity(model()).norms_sha256


def test_a_norm_of_another_name_is_another_norm(identity):
    other = renamed(model(), "ffn_norm", "ffn_norm_2")
    assert identity(other).norms_sha256 != identity(model()).norms_sha256


def test_a_matrix_does_not_count_whatever_its_name(identity):
    """It is quantized like any other."""
    files = (with_tensors(model(), TensorSpec("blk.0.norm_proj.weight", (32, 32), type_id)) for type_id in (F32, Q8_0))
    assert {identity(file) for file in files} == {identity(model())}


def test_a_split_model_is_the_same_model_as_the_whole(identity, tmp_path):
    parts = split_model(model(), tmp_path, "Tiny", 3)
    assert base_identity(read_header(parts[0])) == identity(model())


def test_a_model_without_norms_has_no_fingerprint_of_them(identity):
    bare = replace(model(), tensors=tuple(each for each in model().tensors if "norm" not in each.name))
    assert identity(bare).norms_sha256 == ""


def test_a_large_weight_that_calls_itself_a_norm_is_not_read(tmp_path):
    huge = TensorSpec("blk.0.huge_norm.weight", (1 << 21,))
    path = with_tensors(llama_model(), huge).write_sparse(tmp_path / "huge.gguf")
    plain = llama_model().write(tmp_path / "plain.gguf")
    assert base_identity(read_header(path)) == base_identity(read_header(plain))


def test_a_file_that_changes_is_read_again(tmp_path):
    path = tmp_path / "model.gguf"
    before = base_identity(read_header(model().write(path)))
    assert base_identity(read_header(model(first=2.0, n_ff=64).write(path))) != before


def test_a_file_that_has_gone_is_told_in_a_sentence(tmp_path):
    header = read_header(model().write(tmp_path / "model.gguf"))
    header.path.unlink()
    with pytest.raises(UserError) as caught:
        base_identity(header)
    assert_readable(caught.value)
