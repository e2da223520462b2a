"""A preset and what there is to learn make a recipe; what a person chooses comes before both, within its limits."""

from dataclasses import replace

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.pieces import Exchange
from desktop_app.finetune.recipe import (
    BALANCED,
    PRESETS,
    QUICK,
    THOROUGH,
    Choices,
    check_choices,
    choose_length,
    choose_loss,
    choose_replay,
    make_recipe,
)
from desktop_app.trainer.contract import APO_ZERO, DOWN, DPO, KTO, LIKELIHOOD, LOSSES, PAIR, TARGETS, TEXT, UP

BY_PRESET = Choices()


def recipe(choices=BY_PRESET, loss=LIKELIHOOD, n_examples=100, continued_rank=None):
    return make_recipe(choices, loss, 512, n_examples, continued_rank)


def exchanges(*kinds):
    return [Exchange(kind, (ChatMessage("user", "Which?"),), ("A.", "B.")[: 1 + (kind == PAIR)]) for kind in kinds]


def steps_an_epoch(made, n_examples):
    return -(-n_examples // made.batch)


@pytest.mark.parametrize("preset", PRESETS)
def test_few_examples_are_met_more_often_and_in_smaller_batches(preset):
    made = [recipe(Choices(preset), n_examples=n) for n in (10, 60, 500, 5_000)]
    assert [each.batch for each in made] == [1, 3, 8, 8]
    epochs = [each.epochs for each in made]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[-1] >= 1
    assert all(steps_an_epoch(each, n) >= 20 for each, n in zip(made[1:], (60, 500, 5_000), strict=True))


def test_presets_differ_in_how_much_they_can_learn_and_for_how_long():
    quick, balanced, thorough = (recipe(Choices(preset)) for preset in (QUICK, BALANCED, THOROUGH))
    assert (quick.rank, balanced.rank, thorough.rank) == (8, 16, 32)
    assert quick.epochs < balanced.epochs < thorough.epochs
    assert [choose_length(Choices(preset), 4096) for preset in PRESETS] == [512, 512, 1024]
    for each in (quick, balanced, thorough):
        assert (each.alpha, each.targets, each.learning_rate) == (2 * each.rank, TARGETS, 2e-4)


@pytest.mark.parametrize("loss", [DPO, KTO, APO_ZERO])
def test_preferences_move_a_model_less_and_keep_more_of_it(loss):
    few, many = recipe(loss=loss, n_examples=50), recipe(loss=loss, n_examples=5_000)
    assert few.rank == many.rank == 8
    assert 5e-6 <= many.learning_rate < few.learning_rate <= 2e-5
    assert few.epochs <= 2
    assert few.likelihood_share >= 0.5
    assert few.label_smoothing == (0.1 if loss == DPO else 0.0)
    assert recipe(loss=loss, n_examples=3).batch == 2
    assert choose_replay(Choices(), loss) == 0.25 > choose_replay(Choices(), LIKELIHOOD)


def test_what_is_chosen_counts():
    choices = Choices(
        preset=QUICK,
        rank=4,
        alpha=3.0,
        targets=("attn_q",),
        epochs=7,
        learning_rate=1e-5,
        length=64,
        batch=5,
        replay=0.0,
        seed=9,
        mode="lean",
        steps=11,
    )
    made = recipe(choices)
    assert (made.rank, made.alpha, made.targets, made.epochs, made.learning_rate) == (4, 3.0, ("attn_q",), 7, 1e-5)
    assert (made.batch, made.seed, made.mode, made.max_steps) == (5, 9, "lean", 11)
    assert (choose_length(choices, 4096), choose_replay(choices, LIKELIHOOD)) == (64, 0.0)
    assert recipe(Choices(rank=4)).alpha == 8.0


def test_a_length_is_never_beyond_what_the_model_knows_or_what_is_computed_at_once():
    assert choose_length(Choices(THOROUGH), 256) == 256
    assert make_recipe(Choices(), LIKELIHOOD, 4096, 10).micro_tokens == 4096
    assert recipe().micro_tokens == 1024


def test_an_adapter_that_is_trained_further_keeps_its_rank_and_moves_slowly():
    made = recipe(continued_rank=24)
    assert (made.rank, made.alpha, made.learning_rate) == (24, 48.0, 1e-4)
    assert recipe(Choices(learning_rate=3e-4), continued_rank=24).learning_rate == 3e-4
    assert recipe(loss=DPO, continued_rank=24).learning_rate == recipe(loss=DPO).learning_rate


# ------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"preset": "best"}, "There is no preset “best”. Choose among quick, balanced, thorough."),
        ({"loss": "ppo"}, "There is no loss “ppo”."),
        ({"mode": "slow"}, "There is no mode “slow”. Choose among auto, fast, packed, lean."),
        ({"targets": ("attn_q", "output")}, "There is no target “output”."),
        ({"targets": ()}, "No kind of weights was chosen to be trained."),
        ({"rank": 0}, "The rank is 0, and may be from 1 to 512."),
        ({"rank": 513}, "The rank is 513, and may be from 1 to 512."),
        ({"alpha": 0.0}, "The alpha is 0.0"),
        ({"alpha": float("nan")}, "The alpha is nan"),
        ({"epochs": 0}, "The number of epochs is 0"),
        ({"learning_rate": float("inf")}, "The learning rate is inf"),
        ({"learning_rate": -1e-4}, "The learning rate is -0.0001"),
        ({"length": 15}, "The length is 15, and may be from 16 to 8,192."),
        ({"length": 8193}, "The length is 8,193"),
        ({"length": 2049}, "The length is 2,049, and this model was trained for contexts of 2,048 tokens."),
        ({"batch": 0}, "The batch is 0"),
        ({"replay": 1.0}, "The share of replay is 1.0"),
        ({"seed": -1}, "The seed is -1"),
        ({"steps": -1}, "The number of steps is -1"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(choices, said):
    with pytest.raises(UserError) as caught:
        check_choices(replace(Choices(), **choices), 2048)
    assert str(caught.value).startswith(said)
    assert caught.value.hint


def test_the_limits_themselves_are_allowed():
    check_choices(Choices(rank=1, length=16, replay=0, seed=0, steps=0), 2048)
    check_choices(Choices(rank=512, length=8192, seed=2**32 - 1, targets=TARGETS), 8192)


# ------------------------------------------------------------ the loss


@pytest.mark.parametrize(
    ("kinds", "loss"),
    [
        ([], LIKELIHOOD),
        ([TEXT], LIKELIHOOD),
        ([TEXT, PAIR], DPO),
        ([UP, DOWN], APO_ZERO),
        ([PAIR, UP], APO_ZERO),
    ],
    ids=["texts", "answers", "pairs", "thumbs", "pairs and thumbs"],
)
def test_the_loss_follows_from_the_examples(kinds, loss):
    assert choose_loss(Choices(), exchanges(*kinds)) == loss


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_can_learn_from_the_examples_is_taken(loss):
    kind = TEXT if loss == LIKELIHOOD else PAIR
    assert choose_loss(Choices(loss=loss), exchanges(kind, TEXT)) == loss


@pytest.mark.parametrize(
    ("loss", "kinds", "said"),
    [
        (LIKELIHOOD, [TEXT, PAIR], "the loss likelihood would imitate them all"),
        (LIKELIHOOD, [DOWN], "the loss likelihood would imitate them all"),
        (DPO, [TEXT], "The loss dpo learns from answers that are preferred or rejected"),
        (KTO, [], "The loss kto learns from answers that are preferred or rejected"),
        (DPO, [PAIR, UP], "some of the examples have one answer with a label"),
    ],
)
def test_a_loss_that_cannot_learn_from_the_examples_is_refused(loss, kinds, said):
    with pytest.raises(UserError) as caught:
        choose_loss(Choices(loss=loss), exchanges(*kinds))
    assert said in caught.value.sentence
    assert caught.value.hint
