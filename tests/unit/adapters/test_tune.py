"""The search for better scales finds them where there are some, soon, and is not led astray by rounding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.adapters.tune import GRID, LEAST_GAIN, MOST_EVALUATIONS, tune

SCALES = st.floats(0, 2).map(lambda scale: round(scale, 2))


def run(start, loss):
    """Return (what was found, all that was measured, in order)."""
    search, measured = tune(start), []
    scales = next(search)
    while True:
        measured.append(scales)
        try:
            scales = search.send(loss(scales))
        except StopIteration as end:
            return end.value, measured


def bowl(*best):
    """Return a loss that grows with the distance from the best scales."""
    return lambda scales: 2.5 + sum((scale - wanted) ** 2 for scale, wanted in zip(scales, best, strict=True))


@pytest.mark.parametrize(
    ("start", "best"),
    [
        ((1.0,), (0.5,)),
        ((1.0, 1.0), (0.5, 1.5)),
        ((0.8, 0.4), (1.0, 0.0)),
        ((1.0, 1.0, 1.0), (1.5, 1.0, 0.0)),
        ((2.0, 0.0), (0.0, 1.5)),
    ],
)
def test_the_best_mix_is_found_with_few_measurements(start, best):
    found, measured = run(start, bowl(*best))
    assert found == best
    assert measured[0] == start
    assert len(measured) <= MOST_EVALUATIONS


def test_scales_that_depend_on_each_other_are_visited_again():
    """The second one should be what is left by the first, which moves after it."""

    def loss(scales):
        first, second = scales
        return (first + second - 1.5) ** 2 + 0.1 * second

    found, measured = run((0.0, 0.0), loss)
    assert found == (1.5, 0.0)
    assert len(measured) <= MOST_EVALUATIONS


def test_what_is_set_stays_where_nothing_is_better():
    found, measured = run((0.8, 0.4), bowl(0.8, 0.4))
    assert found == (0.8, 0.4)
    assert len(measured) == 5  # itself, and each of the two a step down and up


def test_rounding_is_not_taken_for_a_gain():
    losses = iter(2.5 - number * LEAST_GAIN / 20 for number in range(MOST_EVALUATIONS))
    found, _ = run((1.0, 1.0), lambda _scales: next(losses))
    assert found == (1.0, 1.0)


@given(st.lists(SCALES, min_size=1, max_size=8).map(tuple), st.lists(st.sampled_from(GRID), min_size=8, max_size=8))
def test_it_ends_soon_and_finds_nothing_worse(start, best):
    loss = bowl(*best[: len(start)])
    found, measured = run(start, loss)
    assert len(measured) == len(set(measured)) <= MOST_EVALUATIONS
    assert loss(found) == min(map(loss, measured)) or loss(found) < min(map(loss, measured)) + LEAST_GAIN
    assert all(scale in GRID or scale == was for scale, was in zip(found, start, strict=True))
