"""How fast a model will write here is told from one that has been measured here, by the bytes a token reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.library.gguf import read_header
from desktop_app.library.speed import (
    LAYER_BYTES,
    Measured,
    active_bytes,
    bytes_a_token,
    expected_tokens_per_s,
    readable_speed,
)
from tests.support.gguf_files import GgufFile, Shape, TensorSpec, llama_model

GB = 10**9


def test_before_anything_was_measured_nothing_is_said():
    assert expected_tokens_per_s(GB, []) is None
    assert expected_tokens_per_s(GB, [Measured(GB, 0.0), Measured(0, 5.0)]) is None
    assert expected_tokens_per_s(0, [Measured(GB, 5.0)]) is None


def test_twice_the_bytes_take_twice_the_time():
    measured = [Measured(GB, 40.0)]
    assert expected_tokens_per_s(GB, measured) == 40.0
    assert expected_tokens_per_s(2 * GB, measured) == 20.0
    assert expected_tokens_per_s(GB // 2, measured) == 80.0


def test_the_nearest_in_size_is_taken_by_proportion():
    measured = [Measured(GB, 50.0), Measured(9 * GB, 3.0)]
    assert expected_tokens_per_s(round(2.9 * GB), measured) == pytest.approx(50 / 2.9)
    assert expected_tokens_per_s(round(3.1 * GB), measured) == pytest.approx(27 / 3.1)
    assert expected_tokens_per_s(100 * GB, measured) == pytest.approx(0.27)
    assert expected_tokens_per_s(GB // 100, measured) == pytest.approx(5000)


@given(st.integers(1, 10**13), st.integers(1, 10**13), st.floats(0.01, 1000))
def test_a_larger_model_is_never_said_to_be_faster(small, large, tokens_per_s):
    small, large = sorted((small, large))
    measured = [Measured(3 * GB, tokens_per_s)]
    assert expected_tokens_per_s(large, measured) <= expected_tokens_per_s(small, measured)


# ------------------------------------------------------------ mixtures of experts


def experts(tmp_path, count, used, in_experts=True):
    """A model whose experts weigh 8 times as much as the rest of a layer."""
    plain = llama_model(Shape(n_layer=1))
    name = "blk.0.ffn_up_exps.weight" if in_experts else "blk.0.other.weight"
    tensors = (*plain.tensors, TensorSpec(name, (32, 32, 80)))
    facts = {"llama__expert_count": count, "llama__expert_used_count": used}
    file = GgufFile(plain.metadata, tensors).with_metadata(**facts)
    return read_header(file.write(tmp_path / "experts.gguf"))


def total(header):
    return sum(tensor.size_bytes for tensor in header.tensors)


def test_of_a_usual_model_all_weights_take_part(tmp_path):
    header = read_header(llama_model().write(tmp_path / "m.gguf"))
    assert active_bytes(header) == total(header)


def test_of_many_experts_only_the_chosen_ones_take_part(tmp_path):
    header = experts(tmp_path, count=8, used=2)
    weights = 32 * 32 * 80 * 4
    assert active_bytes(header) == total(header) - weights + weights // 4


def test_where_the_experts_are_not_known_they_are_most_of_the_model(tmp_path):
    header = experts(tmp_path, count=8, used=2, in_experts=False)
    assert active_bytes(header) == pytest.approx(total(header) * (0.1 + 0.9 / 4), rel=0.001)


@pytest.mark.parametrize(("count", "used"), [(0, 2), (8, 0), (8, 9)])
def test_numbers_of_experts_that_make_no_sense_count_for_nothing(tmp_path, count, used):
    header = experts(tmp_path, count, used)
    assert active_bytes(header) == total(header)


def test_a_mixture_is_as_fast_as_a_small_model(tmp_path):
    mixture = experts(tmp_path, count=8, used=1)
    measured = [Measured(total(mixture), 10.0)]
    assert expected_tokens_per_s(active_bytes(mixture), measured) > 35


# ------------------------------------------------------------ in words


@pytest.mark.parametrize(
    ("tokens_per_s", "words"),
    [
        (0.01, "less than 0.1 tokens/s"),
        (0.1, "about 0.1 tokens/s"),
        (0.34, "about 0.3 tokens/s"),
        (1.4, "about 1 tokens/s"),
        (6.7, "about 7 tokens/s"),
        (9.7, "about 10 tokens/s"),
        (12.3, "about 12 tokens/s"),
        (99.6, "about 100 tokens/s"),
        (123.0, "about 120 tokens/s"),
        (1234.0, "about 1,200 tokens/s"),
    ],
)
def test_a_speed_is_told_as_exactly_as_it_is_known(tokens_per_s, words):
    assert readable_speed(tokens_per_s) == words


def test_every_layer_costs_something_besides_its_weights(tmp_path):
    shallow = read_header(llama_model(Shape(n_layer=1)).write(tmp_path / "1.gguf"))
    deep = read_header(llama_model(Shape(n_layer=5)).write(tmp_path / "5.gguf"))
    assert bytes_a_token(shallow) == active_bytes(shallow) + LAYER_BYTES
    assert bytes_a_token(deep) == active_bytes(deep) + 5 * LAYER_BYTES
