"""The time that is left."""

import pytest

from desktop_app.trainer.pace import Pace


def paced(steps, **changes):
    pace = Pace(
        **{"step_tokens": [10] * 10, "held_out_tokens": 0, "evaluation_steps": frozenset(), "n_trial": 10} | changes
    )
    for tokens, seconds in steps:
        pace.step_took(tokens, seconds)
    return pace


def test_nothing_is_said_before_three_steps():
    assert paced([(10, 1.0)] * 2).seconds_left(2) is None
    assert not paced([(10, 1.0)] * 2).is_calibrated_now
    assert paced([(10, 1.0)] * 3).is_calibrated_now
    assert not paced([(10, 1.0)] * 4).is_calibrated_now


def test_what_is_left_takes_as_long_as_what_was_done():
    assert paced([(10, 2.0)] * 3).seconds_left(3) == pytest.approx(14.0)
    assert paced([(10, 2.0)] * 10).seconds_left(10) == 0.0


def test_long_steps_take_longer():
    assert paced([(10, 1.0)] * 3, step_tokens=[10, 10, 10, 50]).seconds_left(3) == pytest.approx(5.0)


def test_the_slow_first_step_is_not_counted():
    assert paced([(10, 60.0), (10, 1.0), (10, 1.0)]).tokens_per_s == pytest.approx(10.0)


def test_a_computer_that_has_become_slower_is_noticed():
    steps = [(10, 1.0)] * 40 + [(10, 3.0)] * 30
    assert paced(steps, step_tokens=[10] * 100).seconds_left(70) == pytest.approx(90.0)


def test_looks_at_held_out_examples_are_counted():
    facts = {"held_out_tokens": 100, "evaluation_steps": frozenset({2, 5, 10})}
    pace = paced([(10, 1.0)] * 3, **facts)
    assert pace.seconds_left(3) == pytest.approx(7.0 + 2 * 5.0)  # guessed, at twice the speed of a step
    pace.evaluation_took(2.0)
    assert pace.seconds_left(3) == pytest.approx(7.0 + 2 * 2.0)
    assert paced([(10, 1.0)] * 3, **facts | {"held_out_tokens": 0}).seconds_left(3) == pytest.approx(7.0)


def test_a_trial_of_one_step_has_its_say():
    assert paced([(10, 1.0)], n_trial=1).seconds_left(1) == pytest.approx(9.0)
