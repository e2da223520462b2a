"""What can be chosen of a recipe is declared once, and the defaults are what the preset really has."""

from dataclasses import fields, replace

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.course import Course, CourseDocument, CourseExample
from desktop_app.finetune.expert import (
    EXPERT_OPTIONS,
    Learned,
    Matter,
    as_preset,
    chosen,
    learned_of,
    matter_of,
    recipe_of,
    shown,
    with_values,
)
from desktop_app.finetune.goals import GIVEN, PASSAGE
from desktop_app.finetune.recipe import MOST_REPLAY, PRESETS, Choices, check_choices
from desktop_app.settings.option import Choice
from desktop_app.trainer.contract import DPO, LIKELIHOOD, PAIR, TARGETS

KEYS = [option.key for option in EXPERT_OPTIONS]
MATTER = Matter(240)


def row(number, **changes):
    facts = {"prompt": (ChatMessage("user", f"Question {number}"),), "answers": ("An answer",), **changes}
    return CourseExample(id=str(number), origin=GIVEN, document="", group=str(number), **facts)


def passage(number, characters=4000, **changes):
    return CourseExample(
        id=str(number), origin=PASSAGE, document="d", group="d", answers=("x" * characters,), **changes
    )


def test_everything_that_a_person_may_choose_is_there_once():
    assert sorted(KEYS) == sorted({each.name for each in fields(Choices)} - {"preset"})
    assert all(option.help.endswith(".") for option in EXPERT_OPTIONS)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("option", EXPERT_OPTIONS, ids=KEYS)
def test_a_field_takes_what_the_preset_has(option, preset):
    default = as_preset(option.key, Choices(preset), MATTER)
    assert option.accepted(default) == default


@pytest.mark.parametrize("preset", PRESETS)
def test_choosing_everything_as_the_preset_has_it_changes_nothing(preset):
    told = {key: chosen(key, as_preset(key, Choices(preset), MATTER)) for key in KEYS}
    assert recipe_of(with_values(preset, told), MATTER) == recipe_of(Choices(preset), MATTER)


def test_alpha_follows_the_rank_that_is_chosen():
    assert as_preset("alpha", with_values("balanced", {"rank": 64}), MATTER) == 128
    assert as_preset("rank", with_values("balanced", {"rank": 64}), MATTER) == 16


@pytest.mark.parametrize("option", [option for option in EXPERT_OPTIONS if not isinstance(option, Choice)], ids=str)
def test_the_limits_of_the_fields_are_allowed(option):
    for value in (option.minimum, option.maximum):
        check_choices(with_values("quick", {option.key: value}), n_ctx_train=1_000_000)


def test_kinds_of_weights_are_shown_as_one_choice():
    assert chosen("targets", shown(TARGETS[:2])) == TARGETS[:2]
    assert chosen("rank", 8) == 8


def test_a_value_that_another_version_has_chosen_counts_for_nothing():
    assert with_values("quick", {"rank": 4, "magic": 1}) == Choices("quick", rank=4)


# ------------------------------------------------------------ what there is to learn


def test_what_is_held_out_or_left_out_is_not_learned():
    course = Course("Letters", documents=(CourseDocument("/a", "a", sha256="d", is_left_out=True),))
    rows = [row(1), row(2, is_held_out=True), row(3, is_left_out=True), passage(4), row(5, run="Letters")]
    learned = learned_of(course, rows)
    assert (learned.n_exchanges, learned.passages, learned.n_new) == (2, (), 1)


def test_texts_count_as_many_examples_as_they_are_cut_into():
    learned = Learned(passages=(4000, 100))
    choices = Choices(length=500, replay=0.0)
    assert matter_of(learned, choices, characters_per_token=4.0).n_examples == 3


def test_replay_is_counted():
    assert matter_of(Learned(n_exchanges=85), Choices(), 4.0).n_examples == 100
    assert matter_of(Learned(n_exchanges=10_000), Choices(), 4.0).n_examples == 10_000 + MOST_REPLAY


def test_of_what_was_learned_before_only_a_share_is_learned_again():
    learned = Learned(n_exchanges=100, n_new=20)
    assert learned.share_of(0.25) == pytest.approx(0.4)
    matter = matter_of(learned, Choices(replay=0.0), 4.0, share=learned.share_of(0.25))
    assert matter.n_examples == 40


def test_how_much_text_there_is_follows_what_is_learned_and_held_out():
    rows = [passage(1), passage(2), passage(3, 500, is_held_out=True), passage(4, is_left_out=True)]
    learned = learned_of(Course("Letters"), rows)
    matter = matter_of(learned, Choices(replay=0.0), 4.0, share=0.5)
    assert (matter.size, matter.held_out) == (4000, 500)
    assert matter_of(learned, Choices(), 4.0).size > 8000


def test_pairs_of_answers_are_learned_by_a_loss_for_pairs():
    rows = [row(number, kind=PAIR, answers=("good", "bad")) for number in range(30)]
    matter = matter_of(learned_of(Course("Letters"), rows), Choices(), 4.0)
    assert as_preset("loss", Choices(), matter) == DPO
    assert recipe_of(Choices(), matter).loss == DPO
    with pytest.raises(UserError, match="would imitate them all"):
        recipe_of(Choices(loss=LIKELIHOOD), matter)


def test_an_adapter_that_is_continued_keeps_its_rank():
    assert as_preset("rank", Choices(), replace(MATTER, continued_rank=24)) == 24
