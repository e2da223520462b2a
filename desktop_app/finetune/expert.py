"""What can be chosen of a recipe besides its preset, declared once: titles, help, limits, and what the preset has.

The form of the plan is built from it, as the settings are from theirs. A value that is as the preset has it is not
kept, so that it follows when the preset, the model or the examples become others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import ceil
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course, CourseExample
from desktop_app.finetune.paces import text_size
from desktop_app.finetune.pieces import Exchange
from desktop_app.finetune.recipe import (
    LONGEST,
    MOST_RANK,
    SHORTEST,
    Choices,
    check_choices,
    choose_length,
    choose_loss,
    choose_replay,
    make_recipe,
    replay_count,
)
from desktop_app.settings.option import Choice, Decimal, Option, Whole
from desktop_app.trainer.contract import APO_ZERO, AUTO, DPO, FAST, KTO, LEAN, LIKELIHOOD, PACKED, TARGETS, Recipe

Value = int | float | str | tuple[str, ...]

ADAPTER, LEARNING, COMPUTING = "The adapter", "How it learns", "How it is computed"
_ATTENTION, _FEED_FORWARD = TARGETS[:4], TARGETS[4:]


def _joined(targets: Sequence[str]) -> str:
    return " ".join(targets)


EXPERT_OPTIONS: tuple[Option[Any], ...] = (
    Whole(
        "rank",
        ADAPTER,
        "Rank",
        "How much the adapter can take in. A higher one makes a larger file, and learns by heart more easily.",
        16,
        1,
        MOST_RANK,
    ),
    Decimal(
        "alpha",
        ADAPTER,
        "Alpha",
        "How strongly it acts at scale 1: its weights are multiplied by alpha over rank. Twice the rank is usual.",
        32.0,
        0.01,
        10_000.0,
        1.0,
    ),
    Choice(
        "targets",
        ADAPTER,
        "Weights that are changed",
        "All of them learn best. Fewer make a smaller adapter.",
        _joined(TARGETS),
        (
            (_joined(TARGETS), "All"),
            (_joined(_ATTENTION), "Attention only"),
            (_joined(_FEED_FORWARD), "Feed-forward only"),
        ),
    ),
    Whole(
        "epochs",
        LEARNING,
        "Epochs",
        "How often each example is met. Too often, and it is learned by heart.",
        3,
        1,
        1_000,
    ),
    Whole(
        "steps", LEARNING, "Limit of steps", "Training ends after so many, if not before.", 0, 0, 1_000_000, "No limit"
    ),
    Decimal(
        "learning_rate",
        LEARNING,
        "Learning rate",
        "How far each step goes. Too far, and the model forgets what it knew.",
        2e-4,
        1e-6,
        0.1,
        5e-5,
        6,
    ),
    Whole("batch", LEARNING, "Examples a step", "Few at a time make many small steps.", 8, 1, 1_024),
    Whole(
        "length",
        LEARNING,
        "Longest example",
        "What is longer is cut. More takes more memory.",
        512,
        SHORTEST,
        LONGEST,
        unit="tokens",
    ),
    Decimal(
        "replay",
        LEARNING,
        "Share of replay",
        "Of all examples, so many are the model's own answers to general questions, so that it stays what it is.",
        0.15,
        0.0,
        0.9,
        0.05,
    ),
    Choice(
        "loss",
        LEARNING,
        "Loss",
        "What is made smaller. Likelihood imitates answers; the others learn from answers that you prefer or reject.",
        LIKELIHOOD,
        ((LIKELIHOOD, "Likelihood"), (DPO, "DPO, of pairs"), (KTO, "KTO, of thumbs"), (APO_ZERO, "APO-zero, of both")),
    ),
    Choice(
        "mode",
        COMPUTING,
        "Mode",
        "How the model lies in memory. Automatic takes the fastest that leaves enough to others.",
        AUTO,
        (
            (AUTO, "Automatic"),
            (FAST, "Fast: weights unpacked"),
            (PACKED, "Packed: unpacked by layer"),
            (LEAN, "Lean: least memory"),
        ),
    ),
    Whole(
        "seed",
        COMPUTING,
        "Seed",
        "Where chance begins: the same seed gives the same adapter on this computer.",
        1,
        0,
        2**31 - 1,
    ),
)

_NAMES = {each.name for each in fields(Choices)} - {"preset"}


@dataclass(frozen=True)
class Learned:
    """The rows of a course that are learned, as far as a plan depends on them.

    Attributes:
        n_exchanges: Questions with their answers.
        passages: Characters of each text.
        exchanges: One of each kind.
        n_new: How many rows no run has learned yet.
        size, held_out: How much there is to read in them, and in what is held out; see `paces.text_size`.
    """

    n_exchanges: int = 0
    passages: tuple[int, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    n_new: int = 0
    size: int = 0
    held_out: int = 0

    @property
    def n_rows(self) -> int:
        return self.n_exchanges + len(self.passages)

    def share_of(self, old_share: float) -> float:
        """Return how much is learned of all, where of what was learned before only a share is."""
        return (self.n_new + old_share * (self.n_rows - self.n_new)) / max(1, self.n_rows)


@dataclass(frozen=True)
class Matter:
    """What there is to learn, as far as a recipe depends on it.

    Attributes:
        n_examples: Of an epoch, replay included.
        exchanges: At least one of each kind.
        n_ctx_train: Context length that the model was trained for.
        continued_rank: Of the adapter that is trained further, or None.
        size, held_out: How much there is to read in an epoch, and in what is held out; see `paces.text_size`.
    """

    n_examples: int
    exchanges: tuple[Exchange, ...] = ()
    n_ctx_train: int = LONGEST
    continued_rank: int | None = None
    size: int = 0
    held_out: int = 0


def learned_of(course: Course, rows: Sequence[CourseExample]) -> Learned:
    """Return what is learned of a course: neither held out nor left out."""
    left_out = {each.sha256 for each in course.documents if each.is_left_out}
    used = [row for row in rows if not (row.is_left_out or row.document in left_out)]
    learned = [row for row in used if not row.is_held_out]
    asked = [row for row in learned if row.prompt]
    kinds = {row.kind: row for row in asked}
    return Learned(
        n_exchanges=len(asked),
        passages=tuple(row.characters for row in learned if not row.prompt),
        exchanges=tuple(piece for row in kinds.values() if isinstance(piece := row.piece(), Exchange)),
        n_new=sum(not row.run for row in learned),
        size=_size(learned),
        held_out=_size([row for row in used if row.is_held_out]),
    )


def _size(rows: Sequence[CourseExample]) -> int:
    return text_size(sum(row.characters for row in rows), sum(bool(row.prompt) for row in rows))


def matter_of(
    learned: Learned,
    choices: Choices,
    characters_per_token: float,
    n_ctx_train: int = LONGEST,
    continued_rank: int | None = None,
    share: float = 1.0,
) -> Matter:
    """Return what there is to learn; how many examples texts become is a guess before they are cut.

    Args:
        share: Of all that, if not all of it is learned again.
    """
    fits = choose_length(choices, n_ctx_train) * characters_per_token
    n_learned = learned.n_exchanges + sum(ceil(characters / fits) for characters in learned.passages)
    matter = Matter(round(n_learned * share), learned.exchanges, n_ctx_train, continued_rank)
    n_replay = replay_count(matter.n_examples, min(0.9, choose_replay(choices, _loss(choices, matter))))
    return replace(
        matter,
        n_examples=matter.n_examples + n_replay,
        size=round(learned.size * share) + text_size(0, 0, n_replay),
        held_out=learned.held_out,
    )


def with_values(preset: str, values: Mapping[str, Value]) -> Choices:
    """Return choices from names and values; a name that this version does not know counts for nothing."""
    known: dict[str, Any] = {name: value for name, value in values.items() if name in _NAMES}
    return Choices(preset=preset, **known)


def recipe_of(choices: Choices, matter: Matter) -> Recipe:
    """Return the recipe that comes of some choices.

    Raises:
        UserError: If something is beyond its limits, or is not for examples of this kind.
    """
    check_choices(choices, matter.n_ctx_train)
    loss = choose_loss(choices, matter.exchanges)
    length = choose_length(choices, matter.n_ctx_train)
    return make_recipe(choices, loss, length, matter.n_examples, matter.continued_rank)


def without(choices: Choices, key: str) -> Choices:
    """Return the choices with one of them as the preset has it."""
    preset: Any = next(each.default for each in fields(Choices) if each.name == key)
    return replace(choices, **{key: preset})


def as_preset(key: str, choices: Choices, matter: Matter) -> Value:
    """Return what a field shows if nothing is chosen for it; the other choices stay."""
    chosen = without(choices, key)
    if key == "replay":
        return choose_replay(chosen, _loss(chosen, matter))
    if key in ("steps", "seed", "mode"):
        value: Value = getattr(chosen, key)
        return value
    length = choose_length(chosen, matter.n_ctx_train)
    recipe = make_recipe(chosen, _loss(chosen, matter), length, matter.n_examples, matter.continued_rank)
    return shown(getattr(recipe, key))


def _loss(choices: Choices, matter: Matter) -> str:
    try:
        return choose_loss(choices, matter.exchanges)
    except UserError:  # which is told where the recipe is made
        return choices.loss or LIKELIHOOD


def shown(value: Value) -> Value:
    """Return a value as a field has it."""
    return _joined(value) if isinstance(value, tuple) else value


def chosen(key: str, value: Value) -> Value:
    """Return what a field has as `Choices` does."""
    return tuple(str(value).split()) if key == "targets" else value
