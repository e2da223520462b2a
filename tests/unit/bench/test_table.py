"""The arithmetic of the benchmark table."""

import pytest

from tests.bench import table
from tests.bench.table import Goal, Row, interleave, render


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(table, "SETTLE_S", 0)


def row(ours, peers=(), goal=None):
    return Row("Decode", "tokens/s", ours, goal, "the peer" if peers else "", peers)


def test_programs_take_turns_and_the_first_round_is_thrown_away(hurried):
    order = []

    def program(name, sign):
        return lambda run: order.append(f"{name}{run}") or sign * run

    figures = interleave(program("a", 1), program("b", -1), program("c", 10), runs=3)
    assert " ".join(order) == "a0 b0 c0 c1 b1 a1 a2 b2 c2 c3 b3 a3"
    assert figures == ((1, 2, 3), (-1, -2, -3), (10, 20, 30))


def test_what_takes_long_is_measured_without_a_round_to_throw_away(hurried):
    assert interleave(lambda run: f"run {run}", runs=2, warm_up=False) == (("run 0", "run 1"),)


def test_the_ratio_compares_pairs_so_that_a_slow_moment_meets_both():
    assert row((100, 50, 100), (100, 50, 100)).ratio == 1
    assert row((90, 45, 900), (100, 50, 100)).ratio == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("ours", "peers", "goal", "reached"),
    [
        ((97,), (100,), Goal("at least", 0.97), True),
        ((96,), (100,), Goal("at least", 0.97), False),
        ((111,), (100,), Goal("at most", 1.1), False),
        ((15,), (), Goal("at most", 16), True),
        ((17,), (), Goal("at most", 16), False),
        ((17,), (), None, None),
    ],
)
def test_a_goal_is_about_the_ratio_where_there_is_a_peer_else_about_the_figure(ours, peers, goal, reached):
    assert row(ours, peers, goal).reached is reached


def test_the_table_names_what_falls_short():
    text = render([row((90, 96, 99), (100, 100, 100), Goal("at least", 0.97)), row((3.14159,))])
    assert text.splitlines()[2:] == [
        "| Decode | tokens/s | 96 (90 to 99) | 100 (100 to 100) the peer | 0.96 | ≥ 0.97 | **no** |",
        "| Decode | tokens/s | 3.14 | - | - | - | - |",
    ]
