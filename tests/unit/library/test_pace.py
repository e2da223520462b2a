"""How fast a download goes and how long it will take, from looking at it now and then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.library.pace import SETTLE_S, WINDOW_S, Pace

MB = 1_000_000


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(clock)


def run(pace, clock, bytes_per_s, seconds, done=0, step=0.25):
    """Look at it all the time while so many bytes come; return how many are there."""
    for _ in range(round(seconds / step)):
        clock.now += step
        done += round(bytes_per_s * step)
        pace.note(done)
    return done


def test_before_it_was_looked_at_nothing_is_known(pace):
    assert pace.bytes_per_s == 0.0
    assert pace.seconds_left(MB) is None


def test_a_moment_is_too_short_to_tell(pace, clock):
    pace.note(0)
    run(pace, clock, 10 * MB, SETTLE_S - 0.25)
    assert pace.bytes_per_s == 0.0
    run(pace, clock, 10 * MB, 0.25, done=round(10 * MB * 0.75))
    assert pace.bytes_per_s == pytest.approx(10 * MB)


def test_what_is_left_takes_what_it_takes_at_this_pace(pace, clock):
    pace.note(0)
    run(pace, clock, 10 * MB, 5)
    assert pace.bytes_per_s == pytest.approx(10 * MB)
    assert pace.seconds_left(100 * MB) == pytest.approx(10)
    assert pace.seconds_left(0) == 0


def test_what_was_there_before_does_not_count(pace, clock):
    pace.note(900 * MB)
    run(pace, clock, MB, 5, done=900 * MB)
    assert pace.bytes_per_s == pytest.approx(MB)


def test_it_follows_what_the_network_does_within_seconds(pace, clock):
    pace.note(0)
    done = run(pace, clock, 10 * MB, 60)
    done = run(pace, clock, MB, WINDOW_S / 2, done)
    assert MB < pace.bytes_per_s < 10 * MB
    run(pace, clock, MB, WINDOW_S / 2, done)
    assert pace.bytes_per_s == pytest.approx(MB)


def test_where_nothing_moves_any_more_there_is_no_time_left_to_tell(pace, clock):
    pace.note(0)
    done = run(pace, clock, 10 * MB, 10)
    run(pace, clock, 0, WINDOW_S + 0.25, done)
    assert pace.bytes_per_s == 0.0
    assert pace.seconds_left(MB) is None


def test_a_computer_that_slept_begins_from_what_it_sees_now(pace, clock):
    pace.note(0)
    done = run(pace, clock, 10 * MB, 10)
    clock.now += 8 * 3600
    pace.note(done)
    assert pace.bytes_per_s == 0.0
    run(pace, clock, 2 * MB, 2, done)
    assert pace.bytes_per_s == pytest.approx(2 * MB)


def test_who_begins_anew_is_as_fast_as_from_then_on(pace, clock):
    pace.note(0)
    run(pace, clock, 10 * MB, 10)
    pace.note(0)
    assert pace.bytes_per_s == 0.0
    run(pace, clock, MB, 2)
    assert pace.bytes_per_s == pytest.approx(MB)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 10**13)), max_size=50))
def test_a_pace_is_never_below_nothing(looks):
    clock = Clock()
    pace = Pace(clock)
    for seconds, done in looks:
        clock.now += seconds
        pace.note(done)
        assert pace.bytes_per_s >= 0
        left = pace.seconds_left(MB)
        assert left is None or left >= 0
