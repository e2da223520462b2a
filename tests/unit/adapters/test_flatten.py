"""Several adapters in one do what they did together; one cut to a smaller rank does what is nearest to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.adapters.flatten import concatenate, truncate
from desktop_app.adapters.lora import Lora, Pair
from tests.unit.adapters.loras import dense, random_pair, several_loras

NAME = "blk.0.attn_q.weight"


def close(first, second):
    return np.allclose(first, second, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(second).max(initial=0.0)))


@given(several_loras(), st.data())
@settings(deadline=None)
def test_adapters_put_together_do_the_sum_of_what_each_does(loras, data):
    scales = [data.draw(st.sampled_from((1.0, 0.25, 2.0, -1.0))) for _ in loras]
    together = concatenate(list(zip(loras, scales, strict=True)))
    assert set(together.pairs) == {name for lora in loras for name in lora.pairs}
    for name, pair in together.pairs.items():
        parts = [(lora.pairs[name], scale) for lora, scale in zip(loras, scales, strict=True) if name in lora.pairs]
        assert pair.rank == sum(part.rank for part, _ in parts)
        assert close(dense(pair), sum(scale * dense(part) for part, scale in parts))


@given(several_loras(most=1), st.integers(1, 9))
@settings(deadline=None)
def test_a_truncated_adapter_is_the_nearest_of_its_rank(loras, rank):
    """The nearest is known: the whole change without its smallest singular values."""
    (lora,) = loras
    small, kept = truncate(lora, rank)
    energy = best = 0.0
    for name, pair in lora.pairs.items():
        left, values, right = np.linalg.svd(dense(pair), full_matrices=False)
        nearest = (left[..., :rank] * values[..., None, :rank]) @ right[..., :rank, :]
        assert small.pairs[name].rank <= rank
        assert close(dense(small.pairs[name]), nearest)
        energy += (values**2).sum()
        best += (values[..., :rank] ** 2).sum()
    assert list(small.pairs) == list(lora.pairs)
    assert kept == pytest.approx(best / energy if energy else 1.0)


def test_weights_that_are_small_enough_stay_as_they_are():
    chance = np.random.default_rng(1)
    small, large = random_pair(chance, 8, 8, 2), random_pair(chance, 8, 8, 3)
    result, kept = truncate(Lora("llama", {NAME: small, "blk.1.attn_q.weight": large}), 2)
    assert result.pairs[NAME] is small
    assert result.pairs["blk.1.attn_q.weight"].rank == 2
    assert 0 < kept < 1


def test_a_weight_cannot_have_a_larger_rank_than_it_is_wide():
    pair = random_pair(np.random.default_rng(1), 8, 3, 7)
    result, kept = truncate(Lora("llama", {NAME: pair}), 6)
    assert result.pairs[NAME].rank == 3
    assert kept == pytest.approx(1.0)


def test_both_halves_of_a_truncated_pair_are_of_the_same_size():
    """However the original divided it: 16 bits could not hold one huge and one tiny half."""
    pair = random_pair(np.random.default_rng(1), 8, 8, 4)
    uneven = Pair(pair.a * np.float32(1e6), pair.b * np.float32(1e-6), pair.scale)
    result = truncate(Lora("llama", {NAME: uneven}), 2)[0].pairs[NAME]
    assert np.linalg.norm(result.a, axis=1) == pytest.approx(np.linalg.norm(result.b, axis=0), rel=1e-5)
    assert result.a.dtype == result.b.dtype == np.float32


def test_products_that_32_bits_cannot_hold_do_not_overflow():
    huge = np.full((2, 4), 1e30, np.float32)
    result, kept = truncate(Lora("llama", {NAME: Pair(huge, huge.T)}), 1)
    assert np.isfinite(result.pairs[NAME].a).all()
    assert kept == pytest.approx(1.0)


def test_what_the_file_says_besides_is_kept_and_nothing_to_lose_is_nothing_lost():
    lora = Lora("llama", {NAME: Pair(np.ones((2, 4), np.float32), np.zeros((4, 2), np.float32))}, {"general.name": "x"})
    result, kept = truncate(lora, 1)
    assert (result.architecture, result.metadata, kept) == ("llama", {"general.name": "x"}, 1.0)
