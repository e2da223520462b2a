"""Whether two adapters get in each other's way is computed from thin matrices and said in words."""

import numpy as np
import pytest
from hypothesis import given, settings

from desktop_app.adapters.conflict import (
    OPPOSITE_DIRECTION,
    SAME_DIRECTION,
    Conflict,
    Harmony,
    conflict,
    conflict_sentence,
)
from desktop_app.adapters.lora import Lora, Pair
from tests.unit.adapters.loras import dense, random_pair, several_loras

NAME = "blk.0.attn_q.weight"


def dense_cosine(first, second, names):
    """Return the cosine of what both do to these weights, written out as one long vector each."""
    one, other = (np.concatenate([dense(lora.pairs[name]).ravel() for name in names]) for lora in (first, second))
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


@given(several_loras(least=2, most=2))
@settings(deadline=None)
def test_the_cosine_is_that_of_the_whole_changes(loras):
    first, second = loras
    found = conflict(first, second)
    shared = [name for name in first.pairs if name in second.pairs]
    layers = {int(name.split(".")[1]) for name in shared}
    assert found.shared_weights == len(shared)
    assert list(found.by_layer) == sorted(layers)
    for layer in layers:
        names = [name for name in shared if name.startswith(f"blk.{layer}.")]
        assert found.by_layer[layer] == pytest.approx(dense_cosine(first, second, names), abs=1e-6)
    assert found.cosine == pytest.approx(dense_cosine(first, second, shared) if shared else 0.0, abs=1e-6)


def one_pair(scale=1.0, seed=1, rank=3):
    pair = random_pair(np.random.default_rng(seed), 6, 5, rank)
    return Lora("llama", {NAME: Pair(pair.a, pair.b, scale)})


def test_an_adapter_agrees_with_itself_at_any_strength_and_opposes_its_opposite():
    assert conflict(one_pair(), one_pair(7.0)).cosine == pytest.approx(1.0)
    assert conflict(one_pair(), one_pair(-0.1)).cosine == pytest.approx(-1.0)


def test_what_only_one_of_them_changes_does_not_count():
    first, second = one_pair(), one_pair()
    more = Lora("llama", {**second.pairs, "blk.1.attn_q.weight": random_pair(np.random.default_rng(2), 6, 5, 3)})
    assert conflict(first, more) == conflict(first, second)


def test_an_adapter_that_changes_nothing_yet_agrees_with_nobody():
    untrained = Lora("llama", {NAME: Pair(np.ones((3, 6), np.float32), np.zeros((5, 3), np.float32))})
    assert conflict(untrained, one_pair()) == Conflict(0.0, {0: 0.0}, 1)


def test_the_largest_numbers_do_not_overflow():
    huge = Lora("llama", {NAME: Pair(np.full((2, 6), 3e38, np.float32), np.full((5, 2), 3e38, np.float32))})
    assert conflict(huge, huge).cosine == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        ([], "change different things and do not touch each other."),
        ([0.0, 0.1, -0.1], "change the same weights in different ways and hardly touch each other."),
        (
            [OPPOSITE_DIRECTION, -0.9, 0.0],
            "pull in opposite directions in 2 of 3 layers and may undo part of each other.",
        ),
        ([SAME_DIRECTION, 0.0], "pull in the same direction in 1 of 2 layers: together they may overdo it."),
        ([-0.5, 0.5, 0.6], "pull in opposite directions in 1 of 3 layers and in the same direction in 2."),
    ],
)
def test_what_to_expect_is_said_in_a_sentence(cosines, expected):
    found = Conflict(0.0, dict(enumerate(cosines)), len(cosines))
    assert conflict_sentence(found, "pirate", "legal") == f"“pirate” and “legal” {expected}"


def test_a_word_says_how_they_get_along_and_the_worst_is_known():
    apart, against, both, same, nothing = (
        Conflict(sum(cosines) / 3, dict(enumerate(cosines)), 3)
        for cosines in ([0.1, 0.0, 0.0], [-0.9, 0.0, 0.0], [-0.3, 0.3, 0.3], [0.3, 0.3, 0.0], [0.0, 0.0, 0.0])
    )
    assert [each.harmony for each in (nothing, apart)] == [Harmony.FITS] * 2
    assert [each.harmony for each in (against, both)] == [Harmony.PULLS_AGAINST] * 2
    assert same.harmony == Harmony.OVERLAPS
    assert sorted([same, against, nothing, both, apart], key=lambda each: each.badness) == [
        nothing,
        apart,
        same,
        both,
        against,
    ]
