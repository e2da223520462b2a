"""A trainer waits while the person waits for something else on the computer, and that time is not its own."""

import os

import pytest

from desktop_app.trainer.contract import HELD_S, HOLD, PAUSE, STOP
from desktop_app.trainer.ranks import Ranks
from desktop_app.trainer.turns import LOOK_EVERY_S, Turns
from desktop_app.trainer.wishes import Wishes
from tests.support.fake_trainee import Seconds

NOW = 1_000_000.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def hold(folder, touched_s_ago=0.0):
    (folder / HOLD).touch()
    os.utime(folder / HOLD, (NOW - touched_s_ago,) * 2)


@pytest.fixture
def turns(folder):
    """Return turns of one process, whose clock is a minute on after each time it has slept.

    `while_asleep` are done one at each time.
    """
    clock = Seconds()

    def sleep(seconds):
        assert seconds == LOOK_EVERY_S
        clock.now += 60
        turns.while_asleep.pop(0)()

    turns = Turns(Ranks(0, 1), Wishes(folder, lambda: NOW), clock, sleep)
    turns.while_asleep = []
    turns.seconds = clock
    return turns


def test_nothing_is_computed_until_the_wish_is_withdrawn(turns, folder):
    hold(folder)
    computed = []
    turns.while_asleep = [lambda: None, lambda: None, (folder / HOLD).unlink]
    outcome = turns.take([5.0], lambda each: computed.append(len(turns.while_asleep)) or each)
    assert computed == [0]
    assert outcome.total == 5.0
    assert (outcome.pause, outcome.stop) == (False, False)


def test_the_time_it_waits_is_not_counted(turns, folder):
    hold(folder)
    turns.while_asleep = [lambda: None, (folder / HOLD).unlink]
    before = turns.clock()

    def compute(_each):
        turns.seconds.now += 3
        return 0.0

    outcome = turns.take([1], compute)
    assert turns.clock() - before == 3
    assert not outcome.is_due  # although two minutes have gone by


@pytest.mark.parametrize("wish", [PAUSE, STOP])
def test_other_wishes_are_obeyed_while_it_waits(turns, folder, wish):
    hold(folder)
    turns.while_asleep = [(folder / wish).touch]
    outcome = turns.take([1], lambda _each: 0.0)
    assert (outcome.pause, outcome.stop) == (wish == PAUSE, wish == STOP)


def test_a_wish_that_nobody_has_renewed_is_none(folder):
    wishes = Wishes(folder, lambda: NOW)
    assert not wishes.hold
    hold(folder, HELD_S - 1)
    assert wishes.hold
    hold(folder, HELD_S + 1)
    assert not wishes.hold


def test_a_wish_from_before_the_clock_was_set_back_does_not_hold_forever(folder):
    hold(folder, -3600)
    assert not Wishes(folder, lambda: NOW).hold


def test_only_the_first_of_several_processes_looks(folder):
    hold(folder)
    sums = []

    class Second(Ranks):
        def sums(self, values):
            sums.append(values)
            return values

    def sleep(_seconds):
        raise AssertionError("it waits")

    Turns(Second(1, 2), Wishes(folder, lambda: NOW), Seconds(), sleep).take([1, 2], float)
    assert sums[0][0] == 2.0
