"""What a run does from its start to its result; see also `test_training_faults`."""

import itertools
import json

import numpy as np
import pytest

from desktop_app.trainer import contract
from desktop_app.trainer.errors import TrainerError
from tests.support.fake_trainee import (
    N_EMBD,
    WEIGHT,
    FakeTrainee,
    Seconds,
    at_pass,
    curve,
    events,
    loader,
    make_run,
    random_texts,
    result,
    small_adapter,
    text,
    train,
    with_recipe,
)

B = WEIGHT + contract.B_SUFFIX


def names(folder):
    return [event["event"] for event in contract.read_events(folder)]


# ------------------------------------------------------------ what is learned


def test_what_is_taught_is_learned(tmp_path):
    """Few texts that do not contradict each other."""
    texts = [text(number, 20 - 3 * number) for number in range(4)]
    recipe = with_recipe(rank=8, epochs=300, learning_rate=0.1, weight_decay=0.0)
    folder = make_run(tmp_path / "run", texts, recipe=recipe)
    train(folder)
    losses = [event["loss"] for event in events(folder, "step")]
    assert losses[0] > 3
    assert losses[-1] < 1  # it cannot do better, because what comes out of its layer is at most 1


def test_the_result_is_what_was_trained_in_the_bits_it_is_exported_with(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder)
    found = result(folder)
    assert {name: array.dtype for name, array in found.items()} == dict.fromkeys(found, np.float16)
    assert {name: array.shape for name, array in found.items()} == {
        WEIGHT + contract.A_SUFFIX: (2, N_EMBD),
        B: (N_EMBD, 2),
    }
    assert np.abs(found[B]).max() > 0.01


def test_the_probe_is_recorded_with_exactly_the_adapter_that_is_written(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder)
    as_written = make_run(
        tmp_path / "again",
        random_texts(1),
        start={name: array.astype(np.float32) for name, array in result(folder).items()},
    )
    recorded = np.load(folder / contract.ADAPTED_LOGPROBS)
    assert recorded.dtype == np.float16
    np.testing.assert_allclose(recorded, np.load(as_written / contract.PROBE_LOGPROBS), atol=1e-2)


def test_the_stack_stays_under_the_new_adapter(tmp_path):
    plain = make_run(tmp_path / "plain", random_texts(10))
    stacked = make_run(tmp_path / "stacked", random_texts(10), stack=[small_adapter(1), small_adapter(2)])
    for folder in (plain, stacked):
        train(folder)
    assert curve(plain)["step", 1] != curve(stacked)["step", 1]


def test_an_adapter_is_continued_from_where_it_was(tmp_path):
    recipe = with_recipe(learning_rate=1e-9, weight_decay=0.0)
    folder = make_run(tmp_path / "run", random_texts(10), recipe=recipe, start=small_adapter(1))
    train(folder)
    np.testing.assert_allclose(result(folder)[B], small_adapter(1)[B], atol=1e-3)


def test_what_is_computed_at_once_makes_no_difference(tmp_path):
    curves = []
    for micro_tokens in (1, 16, 1000):
        recipe = with_recipe(micro_tokens=micro_tokens)
        folder = make_run(tmp_path / str(micro_tokens), random_texts(10), random_texts(4, 1), recipe)
        train(folder)
        curves.append(curve(folder))
    for other in curves[1:]:
        assert other == pytest.approx(curves[0], rel=1e-4)


def test_one_example_will_do(tmp_path):
    folder = make_run(tmp_path / "run", [text(1, 2, 3)])
    assert train(folder)
    assert events(folder, "finished")[0]["step"] == 3


def test_without_examples_nothing_is_started(tmp_path):
    with pytest.raises(TrainerError, match="nothing to learn"):
        train(make_run(tmp_path / "run", []))


# ------------------------------------------------------------ what is told


def test_events_tell_what_happens_in_order(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(4), random_texts(2, 1), with_recipe(epochs=4, evaluations=2))
    train(folder, clock=Seconds(1.0))
    told = names(folder)
    assert told[:3] == ["started", "checked", "evaluated"]
    assert [name for name in told if name != "saved"][3:] == [
        *("step", "step", "evaluated", "step", "calibrated", "step", "evaluated", "finished")
    ]
    started = events(folder, "started")[0]
    assert (started["steps"], started["examples"], started["step"], started["parameters"]) == (4, 4, 0, 4 * N_EMBD)
    assert started["mode"] == "fast"
    checked = events(folder, "checked")[0]
    assert checked["tokens"] == 599
    assert checked["divergence"] < 1e-4
    assert events(folder, "calibrated")[0]["seconds_left"] > 0
    lefts = [event["seconds_left"] for event in events(folder, "step")]
    assert lefts[:2] == [None, None]
    assert lefts[3] == 0


def test_the_loss_of_a_step_is_the_mean_over_what_it_learns(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(4), random_texts(4))
    train(folder)
    before = events(folder, "evaluated")[0]
    assert before["step"] == 0
    assert curve(folder)["step", 1] == pytest.approx(before["loss"], rel=1e-5)


def test_a_trial_keeps_nothing_and_says_how_long_it_takes(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(20), random_texts(3, 1))
    before = {path.name for path in folder.iterdir()}
    assert train(folder, clock=Seconds(1.0), trial_steps=3)
    assert {path.name for path in folder.iterdir()} - before == {"events.jsonl"}
    assert names(folder) == ["started", "checked", "step", "step", "step", "calibrated"]
    assert events(folder, "calibrated")[0]["seconds_left"] > 0


def test_a_trial_tells_the_time_of_the_whole_run(tmp_path):
    recipe = with_recipe(batch=1, epochs=3)
    folder = make_run(tmp_path / "run", [text(1, 2, 3)], recipe=recipe)
    train(folder, clock=Seconds(1.0), trial_steps=3)
    took = events(folder, "step")[2]["seconds"]
    assert events(folder, "calibrated")[0]["seconds_left"] == pytest.approx(3 * took)


@pytest.mark.parametrize("loss", ["likelihood", "kto"])
def test_a_step_of_a_trial_is_not_more_than_is_computed_at_once(tmp_path, loss):
    kinds = {"likelihood": ["text"], "kto": ["text", "up", "down"]}[loss]
    examples = [each for number, kind in enumerate(kinds) for each in random_texts(20, number, kind)]
    recipe = with_recipe(loss=loss, batch=len(examples), micro_tokens=16)
    whole, trial = (
        make_run(tmp_path / "run", examples, recipe=recipe),
        make_run(tmp_path / "t", examples, recipe=recipe),
    )
    train(whole)
    train(trial, trial_steps=1)
    assert events(trial, "step")[0]["tokens"] * 3 < events(whole, "step")[0]["tokens"]
    assert events(trial, "started")[0]["steps"] == events(whole, "started")[0]["steps"]


def test_a_trial_of_preferences_needs_only_the_references_of_its_steps(tmp_path):
    pairs = random_texts(40, 1, "pair")
    folder = make_run(tmp_path / "run", pairs, pairs, with_recipe(loss="dpo", batch=2))
    passes = itertools.count()
    train(folder, loader(lambda _mode, has_gradient: has_gradient or next(passes)), trial_steps=2)
    assert next(passes) < 8
    assert not (folder / "reference.npz").exists()


# ------------------------------------------------------------ held-out examples and the end


def contrary(n):
    """Return texts to learn from, and texts to hold out to which all of that does harm."""
    return [text(1, 2) for _ in range(n)], [text(1, 3) for _ in range(2)]


def test_what_was_best_on_held_out_examples_is_kept(tmp_path):
    teaching, held_out = contrary(8)
    # At first both get likelier, because the head knows better than to say anything else.
    folder = make_run(tmp_path / "run", teaching, held_out, with_recipe(epochs=10, evaluations=20, patience=0))
    train(folder)
    losses = {event["step"]: event["loss"] for event in events(folder, "evaluated")}
    finished = events(folder, "finished")[0]
    best = min((step for step in losses if step > 0), key=losses.get)
    assert (finished["reason"], finished["best_step"]) == ("done", best)
    assert best < finished["step"] == 20
    assert finished["loss_before"] == losses[0]
    assert finished["loss_after"] == losses[best]

    shorter = make_run(tmp_path / "shorter", teaching, held_out, with_recipe(epochs=10, evaluations=20, patience=0))
    pause = at_pass(best + 1, (shorter / "stop").touch)
    train(shorter, loader(pause))
    assert events(shorter, "finished")[0]["best_step"] == best
    assert all(np.array_equal(array, result(folder)[name]) for name, array in result(shorter).items())


def test_a_run_ends_early_once_it_has_stopped_gaining(tmp_path):
    folder = make_run(tmp_path / "run", *contrary(8), with_recipe(epochs=20, evaluations=40, patience=3))
    train(folder)
    finished = events(folder, "finished")[0]
    told = events(folder, "evaluated")
    assert finished["reason"] == "early"
    assert finished["step"] == finished["best_step"] + 3 < 40
    assert [event["is_best"] for event in told[-4:]] == [True, False, False, False]


def test_a_run_that_was_ended_early_stays_so_if_its_result_is_lost(tmp_path):
    folder = make_run(tmp_path / "run", *contrary(8), with_recipe(epochs=20, evaluations=40, patience=3))
    train(folder)
    expected = result(folder)
    (folder / contract.RESULT).unlink()
    train(folder)
    assert [event["reason"] for event in events(folder, "finished")] == ["early", "early"]
    assert all(np.array_equal(array, expected[name]) for name, array in result(folder).items())


def test_a_run_that_was_stopped_stays_so_if_its_result_is_lost(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, loader(at_pass(5, (folder / "stop").touch)), Seconds(20.0))
    (folder / contract.RESULT).unlink()
    train(folder)
    assert [event["reason"] for event in events(folder, "finished")] == ["stopped", "stopped"]


def test_without_held_out_examples_the_last_step_is_kept(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(8))
    train(folder)
    finished = events(folder, "finished")[0]
    assert finished["best_step"] == finished["step"] == 6
    assert finished["loss_before"] is finished["loss_after"] is None


@pytest.mark.parametrize(("held_out", "looks"), [(0, []), (3, [0, 3, 4])])
def test_a_run_that_is_stopped_keeps_the_best_of_what_it_has(tmp_path, held_out, looks):
    recipe = with_recipe(micro_tokens=1000)
    folder = make_run(tmp_path / "run", random_texts(10), random_texts(held_out, 1), recipe)
    train(folder, loader(at_pass(5, (folder / "stop").touch)))
    finished = events(folder, "finished")[0]
    assert (finished["reason"], finished["step"]) == ("stopped", 4)
    losses = {event["step"]: event["loss"] for event in events(folder, "evaluated")}
    assert list(losses) == looks
    assert finished["best_step"] == min(looks[1:], key=losses.get, default=4)
    assert np.abs(result(folder)[B]).max() > 0.001
    assert not (folder / "stop").exists()


@pytest.mark.parametrize("loss", ["likelihood", "dpo"])
def test_a_run_that_is_stopped_before_its_first_step_has_changed_nothing(tmp_path, loss):
    kind = "pair" if loss == "dpo" else "text"
    folder = make_run(tmp_path / "run", random_texts(10, 0, kind), random_texts(3, 1, kind), with_recipe(loss=loss))
    train(folder, loader(at_pass(2, (folder / "stop").touch, with_gradient=False)))
    finished = events(folder, "finished")[0]
    assert (finished["reason"], finished["step"], finished["best_step"]) == ("stopped", 0, 0)
    assert not result(folder)[B].any()


# ------------------------------------------------------------ numbers that are none


def poisoned(number, has_no_number="hidden"):
    """Return a loader whose model computes no numbers in one pass, or whose gradients are none there."""
    passes = itertools.count(1)

    class Poisoned(FakeTrainee):
        def hidden(self, tokens, lengths):
            found = super().hidden(tokens, lengths)
            if not found.requires_grad or next(passes) != number:
                return found
            if has_no_number == "hidden":
                return found * float("nan")
            found.register_hook(lambda gradient: gradient * float("inf"))
            return found

    def load(_file, _parts, adapter, stack, *, dtype, mode, **_rest):
        return Poisoned(adapter, stack, dtype, mode, lambda *_: None)

    return load


@pytest.mark.parametrize("what", ["hidden", "gradient"])
@pytest.mark.parametrize("held_out", [0, 3])
def test_a_run_whose_loss_is_no_number_ends_with_what_was_good(tmp_path, what, held_out):
    recipe = with_recipe(micro_tokens=1000, evaluations=9)
    folder = make_run(tmp_path / "run", random_texts(10), random_texts(held_out, 1), recipe)
    train(folder, poisoned(6, what))
    finished = events(folder, "finished")[0]
    assert (finished["reason"], finished["step"]) == ("diverged", 5)
    good = make_run(tmp_path / "good", random_texts(10), random_texts(held_out, 1), recipe)
    train(good, loader(at_pass(finished["best_step"] + 1, (good / "stop").touch)))
    assert all(np.array_equal(array, result(good)[name]) for name, array in result(folder).items())
    assert finished["best_step"] == (5 if held_out else 4)


def test_a_run_that_has_no_loss_from_the_first_step_on_changes_nothing(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, poisoned(1))
    finished = events(folder, "finished")[0]
    assert (finished["reason"], finished["best_step"]) == ("diverged", 0)
    assert not result(folder)[B].any()
    assert np.isfinite(np.load(folder / contract.ADAPTED_LOGPROBS)).all()


def test_a_rate_far_too_high_does_not_spoil_the_result(tmp_path):
    recipe = with_recipe(learning_rate=1e30, weight_decay=0.0, epochs=30, clip=0.0)
    folder = make_run(tmp_path / "run", random_texts(10), recipe=recipe)
    train(folder)
    assert events(folder, "finished")
    assert all(np.isfinite(array).all() for array in result(folder).values())


def test_events_have_no_numbers_that_json_does_not_know(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, poisoned(3))

    def refuse(name):
        raise AssertionError(name)

    for line in (folder / contract.EVENTS).read_text().splitlines():
        json.loads(line, parse_constant=refuse)
