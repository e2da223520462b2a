"""What training will take is told in numbers that people understand, and in time before it begins."""

from dataclasses import replace

import msgspec
import pytest

from desktop_app.finetune.expert import Matter
from desktop_app.finetune.paces import Pace
from desktop_app.finetune.training_needs import (
    MemoryFit,
    about,
    disk_bytes,
    disk_sentence,
    ground_of,
    plan_memory,
    seconds_for,
)
from desktop_app.library.gguf import read_header
from desktop_app.trainer.contract import FAST, FLOAT32, LEAN, LIKELIHOOD, PACKED, Recipe
from desktop_app.trainer.memory import forecasts
from tests.support.gguf_files import Shape, llama_model

RECIPE = Recipe()
PACE = Pace("a" * 64, "cpu", FLOAT32, PACKED, LIKELIHOOD, 16, 512, "Letters", 200.0, 1.0)
MATTER = Matter(240, size=40_000)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.gguf"
    llama_model(Shape()).write(path)
    return ground_of(read_header(path))


@pytest.fixture(scope="module")
def forecast(ground):
    return forecasts(ground.file, RECIPE, FLOAT32)


def test_what_leaves_enough_to_others_fits(ground, forecast):
    plan = plan_memory(ground, RECIPE, 10 * forecast[FAST], None)
    assert (plan.fit, plan.mode) == (MemoryFit.FITS, FAST)
    assert "fast mode" in plan.sentence


def test_what_takes_nearly_all_is_tight_and_says_what_helps(ground, forecast):
    plan = plan_memory(ground, RECIPE, round(forecast[LEAN] / 0.8), None)
    assert (plan.fit, plan.mode) == (MemoryFit.TIGHT, LEAN)
    assert "two thirds longer" in plan.sentence
    assert "Closing other programs helps." in plan.sentence


def test_what_does_not_fit_says_what_to_do(ground, forecast):
    plan = plan_memory(ground, RECIPE, forecast[LEAN] // 2, None)
    assert plan.fit == MemoryFit.TOO_LARGE
    assert "Close other programs, choose a smaller model" in plan.sentence


def test_a_mode_that_was_chosen_and_does_not_fit_says_so(ground, forecast):
    plan = plan_memory(ground, replace(RECIPE, mode=FAST), round(forecast[FAST] / 0.95), None)
    assert (plan.fit, plan.mode) == (MemoryFit.TOO_LARGE, FAST)
    assert "chosen automatically" in plan.sentence


def test_the_memory_of_a_gpu_is_what_the_trainer_has_seen(ground):
    plan = plan_memory(ground, RECIPE, 0, msgspec.structs.replace(PACE, device="NVIDIA A10"))
    assert (plan.fit, plan.mode) == (MemoryFit.FITS, PACKED)
    assert "of the memory of NVIDIA A10" in plan.sentence


def test_a_higher_rank_takes_more_of_the_disk(ground):
    assert disk_bytes(ground, replace(RECIPE, rank=32)) > disk_bytes(ground, RECIPE) > 0
    few = replace(RECIPE, targets=("attn_q",))
    assert disk_bytes(ground, few) < disk_bytes(ground, RECIPE)


def test_too_little_of_the_disk_is_told():
    assert disk_sentence(2_000_000_000, 5_000_000_000) == (
        True,
        "It takes about 2.0 GB on the disk while it lasts; 5.0 GB are free.",
    )
    is_enough, sentence = disk_sentence(2_000_000_000, 1_000_000_000)
    assert not is_enough
    assert "Free some space first." in sentence


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [({}, 600.0), ({"epochs": 6}, 1200.0), ({"batch": 4}, 600.0), ({"max_steps": 30}, 200.0), ({"rank": 4}, 600.0)],
)
def test_time_goes_by_how_often_each_example_is_met(changes, seconds):
    recipe = replace(RECIPE, epochs=3, batch=8)
    assert seconds_for(PACE, replace(recipe, **changes), PACKED, MATTER) == pytest.approx(seconds)


def test_time_goes_by_how_much_text_there_is_and_what_is_held_out_is_looked_at_too():
    once = seconds_for(PACE, RECIPE, PACKED, MATTER)
    assert seconds_for(PACE, RECIPE, PACKED, replace(MATTER, size=80_000)) == pytest.approx(2 * once)
    more = seconds_for(PACE, RECIPE, PACKED, replace(MATTER, held_out=8_000)) - once
    assert 0 < more < RECIPE.evaluations * 8_000 / PACE.text_per_s


def test_a_mode_that_takes_less_memory_takes_more_time():
    times = [seconds_for(PACE, RECIPE, mode, MATTER) for mode in (FAST, PACKED, LEAN)]
    assert times == sorted(times)
    assert times[1] == pytest.approx(times[0] * 4 / 3)


def test_a_time_is_told_in_words():
    assert about(720) == "About 12 minutes"
