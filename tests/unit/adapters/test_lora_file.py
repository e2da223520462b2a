"""Adapters written with an alpha keep their matrices as they are; without one, scales become part of B."""

import numpy as np
import pytest

from desktop_app.adapters.check import ALPHA
from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.library.gguf import read_header

Q, DOWN = "blk.0.attn_q.weight", "blk.0.ffn_down.weight"
chance = np.random.default_rng(3)


def pair(rank, scale, numbers=np.float16):
    a, b = chance.standard_normal((rank, 8)), chance.standard_normal((8, rank))
    return Pair(a.astype(numbers), b.astype(numbers), scale)


def types(path):
    return {tensor.name: tensor.type for tensor in read_header(path).tensors}


@pytest.mark.parametrize(("alpha", "rank"), [(32.0, 16), (16.0, 16), (5.0, 3), (1e-3, 7), (0.1, 4)])
def test_with_an_alpha_the_matrices_are_the_very_same(tmp_path, alpha, rank):
    path, lora = tmp_path / "a.gguf", Lora("llama", {Q: pair(rank, alpha / rank), DOWN: pair(rank, alpha / rank)})
    write_lora(path, lora, alpha)
    again = open_lora(path)
    assert set(types(path).values()) == {"F16"}
    assert read_header(path).metadata[ALPHA] == pytest.approx(alpha, rel=1e-6)
    for weight, before in lora.pairs.items():
        assert np.array_equal(again.pairs[weight].a, before.a)
        assert np.array_equal(again.pairs[weight].b, before.b)
        assert again.pairs[weight].scale == pytest.approx(before.scale, rel=1e-6)


def test_numbers_at_the_limits_of_16_bits_survive(tmp_path):
    """Multiplied by alpha / rank, as would be done without an alpha, they would not."""
    limits = np.finfo(np.float16)
    numbers = np.array([[limits.max, -limits.max, limits.smallest_subnormal, 0.0]], np.float16)
    write_lora(tmp_path / "a.gguf", Lora("llama", {Q: Pair(numbers, numbers.T, 2.0)}), 2.0)
    found = open_lora(tmp_path / "a.gguf").pairs[Q]
    assert np.array_equal(found.b, numbers.T)
    assert np.array_equal(found.a, numbers)


def test_without_an_alpha_each_scale_is_in_b(tmp_path):
    path, lora = tmp_path / "a.gguf", Lora("llama", {Q: pair(2, 3.0), DOWN: pair(4, 1.0)})
    write_lora(path, lora)
    again = open_lora(path)
    assert ALPHA not in read_header(path).metadata
    assert np.array_equal(again.pairs[Q].b, lora.pairs[Q].b.astype(np.float32) * 3)
    assert again.pairs[Q].scale == again.pairs[DOWN].scale == 1
    assert types(path)[f"{DOWN}.lora_b"] == "F16"


def test_a_scale_that_alpha_does_not_stand_for_is_in_b_for_the_rest(tmp_path):
    lora = Lora("llama", {Q: pair(4, 2.0), DOWN: pair(4, 3.0)})
    write_lora(tmp_path / "a.gguf", lora, 8.0)
    found = open_lora(tmp_path / "a.gguf").pairs[DOWN]
    assert np.allclose(found.scale * found.b.astype(np.float64), 3 * lora.pairs[DOWN].b.astype(np.float64))
