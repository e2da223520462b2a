"""How to train: what a person may choose, and what is chosen for them by a preset and by how much there is to learn.

The defaults and their sources: every linear layer, alpha twice the rank, a learning rate of 2e-4 and small batches
(LoRA Without Regret, https://thinkingmachines.ai/blog/lora/); for preferences a small rank and a tenth of the rate or
less, with the likelihood of the better answer beside it (https://arxiv.org/abs/2502.07599). A fact is only learned
when it is met some dozens of times, and a step too few costs more than an early stop, so few examples are taken in
small batches and many epochs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from desktop_app.errors import UserError
from desktop_app.finetune.pieces import Exchange
from desktop_app.library.file_errors import shown_text
from desktop_app.trainer.contract import APO_ZERO, AUTO, DPO, LIKELIHOOD, LOSSES, MODES, PAIR, TARGETS, Recipe

QUICK, BALANCED, THOROUGH = PRESETS = ("quick", "balanced", "thorough")
FEWEST_PREFERENCES = 20  # fewer teach nothing that an instruction in the system prompt would not do better
MOST_RANK = 512
MOST_REPLAY = 60
SHORTEST, LONGEST = 16, 8192  # tokens

_RANKS = {QUICK: 8, BALANCED: 16, THOROUGH: 32}
_LENGTHS = {QUICK: 512, BALANCED: 512, THOROUGH: 1024}
# Epochs for fewer than `_FEW` examples, for fewer than `_MANY`, and for more.
_FEW, _MANY = 200, 2_000
_EPOCHS = {QUICK: (3, 1, 1), BALANCED: (4, 2, 2), THOROUGH: (5, 3, 3)}
_PREFERENCE_EPOCHS = {QUICK: 1, BALANCED: 2, THOROUGH: 2}
_PREFERENCE_RANK = 8
_RATE, _RATE_OF_CONTINUING = 2e-4, 1e-4
_RATE_OF_FEW_PREFERENCES, _RATE_OF_PREFERENCES = 2e-5, 5e-6
_REPLAY, _REPLAY_OF_PREFERENCES = 0.15, 0.25
_LARGEST_BATCH = 8  # LoRA learns best from fewer than 32
_STEPS_AN_EPOCH = 20


@dataclass(frozen=True)
class Choices:
    """What a person has chosen; None leaves it to the preset. Names as in `Recipe`.

    Attributes:
        replay: Share of all examples that are the model's own answers to general questions.
        steps: Most steps; 0 is no limit.
    """

    preset: str = BALANCED
    loss: str | None = None
    rank: int | None = None
    alpha: float | None = None
    targets: tuple[str, ...] | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    length: int | None = None
    batch: int | None = None
    replay: float | None = None
    seed: int = 1
    mode: str = AUTO
    steps: int = 0


def check_choices(choices: Choices, n_ctx_train: int) -> None:
    """Refuse what cannot be.

    Args:
        choices: What was chosen.
        n_ctx_train: Context length that the model was trained for.

    Raises:
        UserError: If something is beyond its limits.
    """
    _check_name("preset", choices.preset, PRESETS)
    _check_name("loss", choices.loss, LOSSES)
    _check_name("mode", choices.mode, (AUTO, *MODES))
    for target in choices.targets or ():
        _check_name("target", target, TARGETS)
    if choices.targets == ():
        raise UserError("No kind of weights was chosen to be trained.", f"Choose among {', '.join(TARGETS)}.")
    _check_number("rank", choices.rank, 1, MOST_RANK)
    _check_number("alpha", choices.alpha, 0.01, 10_000)
    _check_number("number of epochs", choices.epochs, 1, 1_000)
    _check_number("learning rate", choices.learning_rate, 1e-8, 0.1)
    _check_number("length", choices.length, SHORTEST, LONGEST)
    _check_number("batch", choices.batch, 1, 1_024)
    _check_number("share of replay", choices.replay, 0, 0.9)
    _check_number("seed", choices.seed, 0, 2**32 - 1)
    _check_number("number of steps", choices.steps, 0, 1_000_000)
    if choices.length is not None and choices.length > n_ctx_train:
        raise UserError(
            f"The length is {choices.length:,}, and this model was trained for contexts of {n_ctx_train:,} tokens.",
            "Choose a smaller length.",
        )


def _check_name(what: str, chosen: str | None, known: Sequence[str]) -> None:
    if chosen is not None and chosen not in known:
        raise UserError(f"There is no {what} “{shown_text(chosen)}”.", f"Choose among {', '.join(known)}.")


def _check_number(what: str, chosen: float | None, least: float, most: float) -> None:
    if chosen is not None and not least <= chosen <= most:  # what is no number is neither
        raise UserError(f"The {what} is {chosen:,}, and may be from {least:,} to {most:,}.", "Choose another.")


def choose_length(choices: Choices, n_ctx_train: int) -> int:
    """Return the tokens of the longest sequence."""
    return choices.length or min(_LENGTHS[choices.preset], n_ctx_train)


def choose_loss(choices: Choices, exchanges: Sequence[Exchange]) -> str:
    """Return the loss that was chosen, or else the one for these examples.

    Raises:
        UserError: If they are not what the chosen loss learns from.
    """
    preferences = {each.kind for each in exchanges if each.is_preference}
    loss = choices.loss
    if loss is None:
        if not preferences:
            return LIKELIHOOD
        return DPO if preferences == {PAIR} else APO_ZERO  # which needs no answers to other questions, as KTO does
    if loss == LIKELIHOOD and preferences:
        raise UserError(
            "Some of the examples say which answers are good and bad, and the loss likelihood would imitate them all.",
            "Leave the choice of the loss to Moatless, or leave these examples out.",
        )
    if loss != LIKELIHOOD and not preferences:
        raise UserError(
            f"The loss {loss} learns from answers that are preferred or rejected, and no example has any.",
            "Choose the loss likelihood, or add such examples.",
        )
    if loss == DPO and preferences != {PAIR}:
        raise UserError(
            "The loss dpo learns from pairs of answers, and some of the examples have one answer with a label.",
            f"Choose the loss {APO_ZERO}, which takes both.",
        )
    return loss


def choose_replay(choices: Choices, loss: str) -> float:
    """Return the share of all examples that are to be the model's own answers to general questions."""
    if choices.replay is not None:
        return choices.replay
    return _REPLAY if loss == LIKELIHOOD else _REPLAY_OF_PREFERENCES


def replay_count(n_examples: int, share: float) -> int:
    """Return how many answers of the model make up this share of all examples."""
    return min(MOST_REPLAY, math.ceil(n_examples * share / (1 - share))) if share else 0


def make_recipe(choices: Choices, loss: str, length: int, n_examples: int, continued_rank: int | None = None) -> Recipe:
    """Return the recipe for what is to be learned.

    Args:
        choices: Have passed `check_choices`.
        loss, length: See `choose_loss` and `choose_length`.
        n_examples: All of an epoch, replay included.
        continued_rank: Of the adapter that is trained further, or None.
    """
    recipe = _preferences(choices, n_examples) if loss != LIKELIHOOD else _imitation(choices, n_examples)
    recipe = replace(
        recipe,
        loss=loss,
        length=length,
        micro_tokens=max(recipe.micro_tokens, length),
        seed=choices.seed,
        mode=choices.mode,
        max_steps=choices.steps,
        label_smoothing=0.1 if loss == DPO else 0.0,  # people choose wrongly, and few pairs do not average that out
    )
    if continued_rank is not None:
        # What it has learned is to be kept, so it is changed at half the rate.
        rate = min(recipe.learning_rate, _RATE_OF_CONTINUING)
        recipe = replace(recipe, rank=continued_rank, learning_rate=rate)
    chosen = ("rank", "targets", "epochs", "learning_rate", "batch")
    recipe = replace(recipe, **{name: value for name in chosen if (value := getattr(choices, name)) is not None})
    return replace(recipe, alpha=choices.alpha or 2.0 * recipe.rank)


def _imitation(choices: Choices, n_examples: int) -> Recipe:
    few, some, many = _EPOCHS[choices.preset]
    epochs = few if n_examples < _FEW else some if n_examples < _MANY else many
    return Recipe(rank=_RANKS[choices.preset], learning_rate=_RATE, epochs=epochs, batch=_batch(n_examples))


def _preferences(choices: Choices, n_examples: int) -> Recipe:
    return Recipe(
        rank=_PREFERENCE_RANK,
        learning_rate=_RATE_OF_FEW_PREFERENCES if n_examples < _FEW else _RATE_OF_PREFERENCES,
        epochs=_PREFERENCE_EPOCHS[choices.preset],
        batch=max(2, _batch(n_examples)),  # KTO compares within a batch
    )


def _batch(n_examples: int) -> int:
    """Return a batch small enough for some steps an epoch."""
    return max(1, min(_LARGEST_BATCH, n_examples // _STEPS_AN_EPOCH))
