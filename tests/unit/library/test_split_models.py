"""Models in several files: all parts are needed, and they have to belong together."""

from dataclasses import replace

import pytest

from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import inspect_model
from desktop_app.library.model_check import check_model
from tests.support.gguf_files import INT32, GgufFile, Typed, llama_model, split_model
from tests.unit.library.sentences import assert_readable

MODEL = llama_model()


def refused(path):
    with pytest.raises(UserError) as caught:
        read_header(path)
    assert_readable(caught.value)
    return caught.value.sentence


@pytest.fixture
def parts(tmp_path):
    return split_model(MODEL, tmp_path, "Tiny-F32", 3)


def test_all_parts_count_as_one_model(parts):
    header = read_header(parts[0])
    check_model(header)
    assert header.parts == tuple(parts)
    assert header.file_size == sum(part.stat().st_size for part in parts)
    assert {tensor.name for tensor in header.tensors} == {tensor.name for tensor in MODEL.tensors}
    assert inspect_model(parts[0]).name == "Tiny"


def test_another_part_than_the_first_says_which_to_choose(parts):
    with pytest.raises(UserError) as caught:
        read_header(parts[1])
    assert "is part 2 of 3 of a model" in caught.value.sentence
    assert "Tiny-F32-00001-of-00003.gguf" in caught.value.hint


def test_a_missing_part_is_named(parts):
    parts[2].unlink()
    assert "Part 3 of 3 of this model is missing: “Tiny-F32-00003-of-00003.gguf”" in refused(parts[0])


def test_a_truncated_part_is_named(parts):
    parts[1].write_bytes(parts[1].read_bytes()[:-100])
    assert "“Tiny-F32-00002-of-00003.gguf” is truncated" in refused(parts[0])


def test_a_renamed_first_part_is_told_its_name(parts, tmp_path):
    renamed = parts[0].rename(tmp_path / "model.gguf")
    with pytest.raises(UserError) as caught:
        read_header(renamed)
    assert_readable(caught.value)
    assert "-00001-of-00003.gguf" in caught.value.hint


def test_a_part_in_the_place_of_another_is_refused(parts):
    parts[1].write_bytes(parts[2].read_bytes())
    assert "it is not part 2 of 3" in refused(parts[0])


def test_an_ordinary_file_in_the_place_of_a_part_is_refused(parts):
    GgufFile((("general.name", "x"),)).write(parts[1])
    assert "it is not part 2 of 3" in refused(parts[0])


def test_parts_of_different_models_are_refused(parts, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    longer = replace(MODEL, tensors=(*MODEL.tensors, replace(MODEL.tensors[-1], name="another.weight")))
    changed = split_model(longer, other, "Other", 3)
    parts[0].write_bytes(changed[0].read_bytes())
    assert "do not belong to the same model" in refused(parts[0])


def test_parts_with_the_same_tensor_are_refused(parts):
    entries = (("split.no", Typed(2, 1)), ("split.count", Typed(2, 3)))
    GgufFile(entries, MODEL.tensors[::3]).write(parts[1])
    assert "two parts of the model have the same tensor" in refused(parts[0])


def test_a_model_that_is_split_into_one_is_whole(tmp_path):
    model = MODEL.with_metadata(split__no=Typed(2, 0), split__count=Typed(2, 1), split__tensors__count=Typed(INT32, 0))
    assert len(read_header(model.write(tmp_path / "whole.gguf")).parts) == 1
