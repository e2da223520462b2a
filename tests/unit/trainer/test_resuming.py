"""Runs that are interrupted: they go on as if they had not been, bit for bit."""

import itertools
import os

import numpy as np
import pytest

from desktop_app.trainer import turns
from desktop_app.trainer.contract import ADAPTED_LOGPROBS, CHECKPOINTS
from tests.support.fake_trainee import (
    Seconds,
    at_pass,
    curve,
    events,
    loader,
    make_run,
    random_texts,
    result,
    small_adapter,
    train,
    with_recipe,
)

THUMBS = [*random_texts(3, 1, "up"), *random_texts(3, 2, "down"), *random_texts(2)]
KINDS = {
    "likelihood": (random_texts(10), random_texts(5, 9), {}),
    "dpo": ([*random_texts(5, 1, "pair"), *random_texts(2)], random_texts(3, 8, "pair"), {"label_smoothing": 0.1}),
    "kto": (THUMBS, random_texts(3, 8, "up"), {}),
    "apo_zero": (THUMBS, random_texts(3, 8, "up"), {}),
}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Nothing here is lost with the power."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


class KilledError(BaseException):
    """The process ends here, and nothing more is done."""


def kill():
    raise KilledError


def prepare(folder, kind):
    train_examples, held_out, changes = KINDS[kind]
    recipe = with_recipe(loss=kind, max_steps=5, **changes)
    return make_run(folder, train_examples, held_out, recipe, stack=[small_adapter(4)], start=small_adapter(5))


def outcome(folder):
    return curve(folder), result(folder), np.load(folder / ADAPTED_LOGPROBS)


def assert_same(ours, theirs):
    assert ours[0] == theirs[0]
    assert ours[1].keys() == theirs[1].keys()
    assert all(np.array_equal(ours[1][name], array) for name, array in theirs[1].items())
    assert np.array_equal(ours[2], theirs[2])


# The last two differ in one formula.
@pytest.fixture(scope="module", params=["likelihood", "dpo", "kto", pytest.param("apo_zero", marks=pytest.mark.long)])
def uninterrupted(request, tmp_path_factory):
    """Return the kind of a run, its outcome, and how many passes it took."""
    passes = itertools.count()
    folder = prepare(tmp_path_factory.mktemp(request.param) / "run", request.param)
    assert train(folder, loader(lambda *_: next(passes)))
    return request.param, outcome(folder), next(passes)


def test_a_run_that_was_paused_anywhere_goes_on_as_if_it_had_not_been(uninterrupted, tmp_path):
    kind, expected, n_passes = uninterrupted
    n_pauses = 0
    for number in range(1, n_passes + 1):
        folder = prepare(tmp_path / str(number), kind)
        before_pass = at_pass(number, (folder / "pause").touch, with_gradient=False)
        while not train(folder, loader(before_pass)):
            n_pauses += 1
            assert not (folder / "pause").exists()
        assert_same(outcome(folder), expected)
    assert n_pauses == n_passes - 1  # when only the result is left to be written, there is no pause any more


def test_a_run_that_was_killed_anywhere_goes_on_as_if_it_had_not_been(uninterrupted, tmp_path):
    kind, expected, n_passes = uninterrupted
    for number in range(1, n_passes + 1):
        folder = prepare(tmp_path / str(number), kind)
        with pytest.raises(KilledError):
            train(folder, loader(at_pass(number, kill, with_gradient=False)), Seconds(turns.SAVED_EVERY_S))
        assert train(folder, clock=Seconds(turns.SAVED_EVERY_S))
        assert_same(outcome(folder), expected)


def test_a_kill_loses_no_more_than_the_work_since_the_last_save(tmp_path):
    """Here every micro-batch is worth a save."""
    gradients = itertools.count(1)
    folder = prepare(tmp_path / "uninterrupted", "likelihood")
    train(folder, loader(lambda _mode, has_gradient: has_gradient and next(gradients)))
    n_gradients = next(gradients) - 1

    folder = prepare(tmp_path / "killed", "likelihood")
    with pytest.raises(KilledError):
        train(folder, loader(at_pass(7, kill)), Seconds(turns.SAVED_EVERY_S))
    assert events(folder, "saved")[-1]["micro"] > 0
    gradients = itertools.count(1)
    train(folder, loader(lambda _mode, has_gradient: has_gradient and next(gradients)))
    assert next(gradients) - 1 == n_gradients - 6


def test_work_is_saved_once_a_minute(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(20), recipe=with_recipe(epochs=30, evaluations=0))
    clock = Seconds()

    def before_pass(_mode, _has_gradient):
        clock.now += 7

    train(folder, loader(before_pass), clock)
    n_saved = len(events(folder, "saved"))
    assert clock.now / 70 - 2 < n_saved < clock.now / 60 + 2  # a save waits for the end of a micro-batch


def test_a_damaged_save_costs_the_work_since_the_one_before(uninterrupted, tmp_path):
    kind, expected, n_passes = uninterrupted
    folder = prepare(tmp_path / "run", kind)
    with pytest.raises(KilledError):
        train(folder, loader(at_pass(n_passes - 1, kill, with_gradient=False)), Seconds(turns.SAVED_EVERY_S))
    last = max((folder / CHECKPOINTS).iterdir())
    last.write_bytes(last.read_bytes()[:-200])
    assert train(folder)
    assert len(events(folder, "damaged")) == 1
    assert events(folder, "started")[-1]["step"] > 0
    assert_same(outcome(folder), expected)


def test_without_any_whole_save_a_run_starts_from_the_beginning(tmp_path):
    folder = prepare(tmp_path / "run", "likelihood")
    with pytest.raises(KilledError):
        train(folder, loader(at_pass(5, kill)))
    for path in (folder / CHECKPOINTS).iterdir():
        path.write_bytes(b"")
    assert train(folder)
    assert events(folder, "started")[-1]["step"] == 0
    whole = prepare(tmp_path / "whole", "likelihood")
    train(whole)
    assert_same(outcome(folder), outcome(whole))


def test_a_run_that_is_finished_is_left_as_it_is(tmp_path):
    folder = prepare(tmp_path / "run", "likelihood")
    train(folder)
    before = (folder / "events.jsonl").read_bytes()
    assert train(folder)
    assert (folder / "events.jsonl").read_bytes() == before


def test_a_kill_before_the_result_is_written_costs_no_step(tmp_path):
    folder = prepare(tmp_path / "run", "likelihood")
    train(folder)
    expected = outcome(folder)
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:-1]))
    (folder / "result.npz").unlink()
    assert train(folder)
    assert len(events(folder, "step")) == 5
    assert_same(outcome(folder), expected)


def test_references_are_computed_once(tmp_path):
    """A run that goes on computes none of them again, unless they were lost."""
    folder = make_run(tmp_path / "run", random_texts(7, 1, "pair"), recipe=with_recipe(loss="dpo"))
    train(folder, loader(at_pass(3, (folder / "pause").touch)))

    def n_passes_without_gradient():
        passes = itertools.count()
        pause_again = at_pass(1, (folder / "pause").touch)

        def before_pass(mode, has_gradient):
            pause_again(mode, has_gradient)
            if not has_gradient:
                next(passes)

        train(folder, loader(before_pass))
        return next(passes)

    assert n_passes_without_gradient() == 1  # of the probe
    (folder / "reference.npz").unlink()
    assert n_passes_without_gradient() > 1
    assert n_passes_without_gradient() == 1


def test_references_of_another_run_are_not_used(tmp_path):
    folder = prepare(tmp_path / "run", "dpo")
    train(folder)
    kept = (folder / "reference.npz").read_bytes()
    others = make_run(tmp_path / "other", KINDS["dpo"][0][::-1], KINDS["dpo"][1], with_recipe(loss="dpo", max_steps=2))
    (others / "reference.npz").write_bytes(kept)
    train(others)
    assert (others / "reference.npz").read_bytes() != kept
