"""What a run does when the disk or the memory is full, or its folder or its model is not what it was."""

import itertools
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from desktop_app.trainer import contract
from desktop_app.trainer.errors import TrainerError
from tests.support.fake_trainee import (
    QUICK,
    FakeTrainee,
    Seconds,
    at_pass,
    curve,
    events,
    loader,
    make_run,
    no_memory,
    random_texts,
    result,
    small_adapter,
    train,
    with_recipe,
)
from tests.support.full_disk import no_file_may_grow_beyond


def names(folder):
    return [event["event"] for event in contract.read_events(folder)]


# ------------------------------------------------------------ no room on the disk


def test_training_goes_on_while_nothing_can_be_saved(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10), random_texts(3, 1))
    undisturbed = make_run(tmp_path / "undisturbed", random_texts(10), random_texts(3, 1))
    train(undisturbed)
    with ExitStack() as full:
        fill = at_pass(3, lambda: full.enter_context(no_file_may_grow_beyond(200)))
        free = at_pass(8, full.close)

        def before_pass(*facts):
            fill(*facts)
            free(*facts)

        train(folder, loader(before_pass), Seconds(60.0))
    assert "disk is full" in events(folder, "unsaved")[0]["sentence"]
    told = names(folder)
    assert "saved" in told[told.index("unsaved") :]
    assert curve(folder) == curve(undisturbed)


def test_a_result_without_room_is_told_and_can_be_written_later(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10), random_texts(3, 1))
    undisturbed = make_run(tmp_path / "undisturbed", random_texts(10), random_texts(3, 1))
    train(undisturbed)
    size = max(path.stat().st_size for path in (undisturbed / contract.CHECKPOINTS).iterdir())
    with no_file_may_grow_beyond(size + 1000), pytest.raises(TrainerError, match="the disk is full") as error:
        train(folder)  # the recording of the probe is larger
    assert error.value.hint == "Free some space, then resume the run."
    assert len(events(folder, "step")) == 9
    train(folder)
    assert len(events(folder, "step")) == 9
    assert all(np.array_equal(array, result(undisturbed)[name]) for name, array in result(folder).items())


def test_a_pause_that_cannot_be_saved_is_told(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    (folder / "pause").touch()
    with no_file_may_grow_beyond(200), pytest.raises(TrainerError, match="could not be saved"):
        train(folder)


# ------------------------------------------------------------ no memory


def test_where_memory_runs_out_the_run_goes_on_in_a_leaner_mode(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10), random_texts(3, 1))
    undisturbed = make_run(tmp_path / "undisturbed", random_texts(10), random_texts(3, 1))
    train(undisturbed)
    modes = []

    def before_pass(mode, has_gradient):
        if has_gradient:
            modes.append(mode)
            if (mode, len(modes)) in (("fast", 4), ("packed", 9)):
                no_memory()

    train(folder, loader(before_pass))
    assert [(event["mode"], event["reason"]) for event in events(folder, "leaner")] == [
        ("packed", "Memory ran out."),
        ("lean", "Memory ran out."),
    ]
    assert set(modes[:4]) == {"fast"}
    assert set(modes[4:9]) == {"packed"}
    assert set(modes[9:]) == {"lean"}
    assert len(events(folder, "checked")) == 3
    assert curve(folder) == curve(undisturbed)
    assert all(np.array_equal(array, result(undisturbed)[name]) for name, array in result(folder).items())


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_memory_may_run_out_in_any_pass(tmp_path, number):
    """While the probe is read, while references are computed, while held-out examples are looked at."""
    folder = make_run(
        tmp_path / "run", random_texts(6, 0, "pair"), random_texts(3, 1, "pair"), with_recipe(loss="dpo", max_steps=3)
    )
    train(folder, loader(at_pass(number, no_memory, with_gradient=False)))
    assert [event["mode"] for event in events(folder, "leaner")] == ["packed"]
    assert len(events(folder, "finished")) == 1


def test_gradients_that_are_there_in_part_when_memory_runs_out_are_not_used(tmp_path):
    passes = itertools.count(1)
    hooks, models = [], []

    class Torn(FakeTrainee):
        def hidden(self, tokens, lengths):
            found = super().hidden(tokens, lengths)
            if found.requires_grad and next(passes) == 4:
                hooks.extend(each.register_post_accumulate_grad_hook(tear) for each in self.adapter.parameters())
            return found

    def tear(_parameter):
        for hook in hooks:
            hook.remove()
        no_memory()

    def load(_file, _parts, adapter, stack, *, dtype, mode, **_rest):
        models.append(Torn(adapter, stack, dtype, mode, lambda *_: None))
        return models[-1]

    folder = make_run(tmp_path / "run", random_texts(10))
    undisturbed = make_run(tmp_path / "undisturbed", random_texts(10))
    train(undisturbed)
    train(folder, load)
    assert len(models) == 2
    assert curve(folder) == curve(undisturbed)
    assert all(np.array_equal(array, result(undisturbed)[name]) for name, array in result(folder).items())


def test_where_the_leanest_mode_takes_too_much_it_is_told(tmp_path):
    def before_pass(_mode, has_gradient):
        if has_gradient:
            no_memory()

    folder = make_run(tmp_path / "run", random_texts(10))
    with pytest.raises(TrainerError, match="Memory ran out") as error:
        train(folder, loader(before_pass))
    assert "Close other programs" in error.value.hint
    train(folder)
    assert events(folder, "finished")


def test_errors_that_are_ours_are_not_taken_for_want_of_memory(tmp_path):
    def fail():
        raise RuntimeError("a fault of ours")

    folder = make_run(tmp_path / "run", random_texts(10))
    with pytest.raises(RuntimeError, match="fault of ours"):
        train(folder, loader(at_pass(2, fail)))
    assert not events(folder, "leaner")


def test_the_mode_follows_from_the_memory_that_is_free(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    with pytest.raises(TrainerError, match=r"takes 0\.4 GB of memory, and 0\.0 GB are free"):
        train(folder, memory=1000)
    train(folder, memory=400_000_000)
    assert events(folder, "started")[0]["mode"] == "lean"


def test_the_person_may_choose_a_mode(tmp_path):
    by_recipe = make_run(tmp_path / "recipe", random_texts(4), recipe=with_recipe(mode="packed"))
    train(by_recipe)
    assert events(by_recipe, "started")[0]["mode"] == "packed"
    by_option = make_run(tmp_path / "option", random_texts(4), recipe=with_recipe(mode="packed"))
    train(by_option, mode="lean", memory=1)
    assert events(by_option, "started")[0]["mode"] == "lean"


# ------------------------------------------------------------ another model


def test_training_does_not_start_where_the_engine_computes_something_else(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10), probe_error=0.8)
    with pytest.raises(TrainerError, match="does not compute what it computes in a chat") as error:
        train(folder)
    assert "0.02" in error.value.sentence
    assert names(folder) == ["started"]


def test_where_sixteen_bits_are_too_coarse_the_model_is_opened_in_thirty_two(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10), recipe=with_recipe(precision="bfloat16"))
    train(folder, loader(error=1.5))
    assert [event["precision"] for event in events(folder, "started")] == ["bfloat16"]
    assert [event["precision"] for event in events(folder, "precision")] == ["float32"]
    assert events(folder, "finished")


def test_a_model_that_has_changed_is_refused(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, loader(at_pass(3, (folder / "pause").touch)))
    (tmp_path / "model.gguf").write_bytes(b"WEIGHTS")
    with pytest.raises(TrainerError, match="not the one that this run was prepared for"):
        train(folder)


def test_a_model_may_lie_elsewhere_under_another_name(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(4))
    (tmp_path / "elsewhere").mkdir()
    moved = (tmp_path / "model.gguf").rename(tmp_path / "elsewhere" / "renamed.gguf")
    with pytest.raises(TrainerError, match="missing"):
        train(folder)
    assert train(folder, model=moved)


@pytest.mark.parametrize("change", [{"learning_rate": 0.02}, {"seed": 2}])
def test_another_recipe_does_not_go_on_with_what_was_saved(tmp_path, change):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, loader(at_pass(3, (folder / "pause").touch)))
    run = contract.read_run(folder)
    contract.write_json(folder / contract.RUN, replace(run, recipe=replace(run.recipe, **change)))
    with pytest.raises(TrainerError, match="belongs to another recipe"):
        train(folder)


def test_another_name_place_or_mode_does(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(10))
    train(folder, loader(at_pass(3, (folder / "pause").touch)))
    moved = (tmp_path / "model.gguf").rename(tmp_path / "moved.gguf")
    run = contract.read_run(folder)
    changed = replace(run, name="x", base=replace(run.base, path=str(moved)), recipe=replace(QUICK, mode="lean"))
    contract.write_json(folder / contract.RUN, changed)
    assert train(folder)
    assert events(folder, "started")[-1]["step"] > 0


@pytest.mark.parametrize(
    "name", [contract.RUN, contract.MODEL, contract.TRAIN, contract.PROBE, contract.PROBE_LOGPROBS]
)
@pytest.mark.parametrize("change", ["missing", "damaged"])
def test_a_folder_that_is_not_whole_is_refused(tmp_path, name, change):
    folder = make_run(tmp_path / "run", random_texts(4))
    if change == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(TrainerError, match="incomplete, damaged"):
        train(folder)


def test_an_adapter_of_another_shape_is_not_continued(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(4), start=small_adapter(1))
    np.savez(folder / contract.START, **small_adapter(1, rank=3))
    with pytest.raises(TrainerError, match="another rank"):
        train(folder)
