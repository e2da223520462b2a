"""Which examples make up a step, and which are computed at the same time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.trainer.batches import Schedule, evaluation_steps, pack
from desktop_app.trainer.contract import Recipe


def steps(n_examples, **recipe):
    schedule = Schedule(n_examples, Recipe(**recipe))
    return [schedule.examples(step) for step in range(schedule.n_steps)]


def test_each_epoch_has_every_example_once_in_another_order():
    order = [number for step in steps(10, batch=4, epochs=2) for number in step]
    assert sorted(order[:10]) == sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]


def test_no_step_of_an_epoch_is_left_with_a_few():
    assert [len(step) for step in steps(9, batch=8, epochs=1)] == [5, 4]


def test_steps_depend_on_the_seed_alone():
    assert steps(20, seed=7) == steps(20, seed=7) != steps(20, seed=8)


def test_a_step_can_be_asked_for_without_those_before_it():
    schedule = Schedule(10, Recipe(batch=4, epochs=3))
    last = schedule.examples(8)
    schedule.examples(0)
    assert last == schedule.examples(8) == steps(10, batch=4, epochs=3)[8]


@pytest.mark.parametrize(("max_steps", "n_steps"), [(0, 9), (4, 4), (100, 9)])
def test_a_run_ends_with_its_epochs_or_its_steps(max_steps, n_steps):
    assert len(steps(10, batch=4, epochs=3, max_steps=max_steps)) == n_steps


def test_one_example_is_a_step_an_epoch():
    assert steps(1, epochs=3) == [[0], [0], [0]]


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(20, 50))
def test_items_are_packed_once_each_and_within_the_limit(sizes, limit):
    groups = pack(sizes, limit)
    assert Counter(item for group in groups for item in group) == Counter(range(len(sizes)))
    assert all(sum(sizes[item] for item in group) <= limit or len(group) == 1 for group in groups)


def test_packing_fills_gaps_with_what_is_short():
    assert [sorted(group) for group in pack([2, 9, 5, 8, 5, 1], 10)] == [[1, 5], [0, 3], [2, 4]]


@pytest.mark.parametrize(
    ("n_steps", "evaluations", "expected"),
    [(12, 3, {4, 8, 12}), (10, 3, {3, 7, 10}), (2, 6, {0, 1, 2}), (5, 0, {5})],
)
def test_held_out_examples_are_looked_at_evenly_and_at_the_end(n_steps, evaluations, expected):
    assert evaluation_steps(n_steps, evaluations) == expected
