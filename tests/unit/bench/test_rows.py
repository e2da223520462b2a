"""What the rows make of what they measure."""

from types import SimpleNamespace

import pytest

from tests.bench import table
from tests.bench.ours import Answer
from tests.bench.rows import all_measures
from tests.bench.rows.batch import ANSWERS, TOKENS, scaled
from tests.bench.rows.speculation import compare_guessing
from tests.bench.rows.threads import busy_core, compare_threads
from tests.bench.table import Goal


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(table, "SETTLE_S", 0)


class FakeEngine:
    """Answers at a rate that may depend on the threads it was loaded with."""

    def __init__(self, rate, text="Well."):
        self.rate, self.text, self.threads = rate, text, 0

    def load(self, settings):
        self.threads = settings.n_threads

    def answer(self, _messages, _max_tokens):
        rate = self.rate(self.threads) if callable(self.rate) else self.rate
        facts = SimpleNamespace(answer_tokens=11, decode_s=10 / rate, accepted_tokens=6, drafted_tokens=8)
        return Answer(self.text, 0.1, facts)


class FakeServer:
    """Writes 20 tokens a second."""

    def prompt_tokens(self, _messages):
        return [1, 2, 3]

    def complete(self, _tokens, n_predict, cache_prompt):
        return {"predicted_n": n_predict, "predicted_ms": (n_predict - 1) * 50}


def test_every_row_that_is_promised_can_be_measured():
    promised = {"decode", "prefill", "resume", "threads", "batch", "speculation"}
    assert promised | {"adapters", "stacks", "stack-equality"} <= set(all_measures())


def test_the_threads_are_compared_with_the_best_of_all_fixed_numbers(monkeypatch):
    monkeypatch.setattr("tests.bench.rows.threads.physical_cores", lambda: 4)
    fixed = FakeEngine({1: 50, 2: 90, 3: 120, 4: 30}.get)
    goal = Goal("at least", 2.5)
    best, server = compare_threads("quiet machine", FakeEngine(60), fixed, FakeServer(), 96, goal)
    assert (best.ratio, best.peer_name) == (pytest.approx(0.5), "the best fixed number, 3")
    assert (server.ratio, server.goal) == (pytest.approx(3), goal)


def test_the_busy_process_is_gone_afterwards():
    with busy_core() as process:
        assert process.poll() is None
    assert process.poll() is not None


def test_an_answer_that_ends_early_does_not_count_as_a_fast_one():
    assert scaled(3, ANSWERS * TOKENS) == 3
    assert scaled(3, ANSWERS * TOKENS // 2) == 6


def test_guessing_is_compared_with_the_same_engine_and_shown_beside_the_server():
    rows = list(compare_guessing("Edit", FakeEngine(60), FakeEngine(30), [], 99, None, FakeServer()))
    assert [row.ratio for row in rows] == [pytest.approx(2), pytest.approx(3)]
    assert rows[0].notes == "11 tokens, 6 of 8 guesses right, the same answer"


def test_an_answer_that_guessing_has_changed_is_shown_as_one():
    (row,) = compare_guessing("Edit", FakeEngine(60, "Other."), FakeEngine(30), [], 99, None)
    assert "ANOTHER ANSWER" in row.notes
