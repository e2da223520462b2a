"""From a plan to examples and a recipe: what is learned and how, before anything is generated."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.errors import UserError
from desktop_app.finetune.chat_examples import chat_examples
from desktop_app.finetune.encoder import Encoder
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.finetune.plan import Plan
from desktop_app.finetune.recipe import FEWEST_PREFERENCES, choose_replay, make_recipe, replay_count
from desktop_app.finetune.split import Split, split
from desktop_app.finetune.text_examples import text_examples
from desktop_app.finetune.words import count
from desktop_app.trainer.contract import Example, Recipe


@dataclass(frozen=True)
class Lessons:
    """What a run is made of.

    Attributes:
        learned, held_out: As tokens.
        parts: The same as texts.
        n_replay: How many of the model's own answers are to come to what is learned.
        notes: Sentences about what was left out, and what is to be expected.
    """

    learned: tuple[Example, ...]
    held_out: tuple[Example, ...]
    parts: Split
    recipe: Recipe
    n_replay: int
    notes: tuple[str, ...]


def make_lessons(plan: Plan, encoder: Encoder) -> Lessons:
    """Turn the documents of a plan into examples.

    Raises:
        UserError: If nothing is left to be learned.
    """
    exchanges = plan.documents.exchanges
    if plan.settled is not None:
        parts = plan.settled.parts
    else:
        parts = split(plan.documents.passages, exchanges, plan.choices.seed)
    learned, notes = _examples(parts.learned, parts.held_out, plan, encoder)
    held_out, more_notes = _examples(parts.held_out, parts.learned, plan, encoder)
    if not learned:
        raise UserError(
            f"Nothing is left to learn: no answer fits into {plan.length:,} tokens with its question.",
            "Choose a larger length.",
        )
    n_replay = replay_count(len(learned), choose_replay(plan.choices, plan.loss))
    rank = plan.parent.rank if plan.parent else None
    return Lessons(
        learned=learned,
        held_out=held_out,
        parts=parts,
        recipe=make_recipe(plan.choices, plan.loss, plan.length, len(learned) + n_replay, rank),
        n_replay=n_replay,
        notes=tuple(dict.fromkeys((*plan.documents.notes, *parts.notes, *notes, *more_notes, *_advice(exchanges)))),
    )


def _examples(
    pieces: Sequence[Piece], others: Sequence[Piece], plan: Plan, encoder: Encoder
) -> tuple[tuple[Example, ...], tuple[str, ...]]:
    texts = text_examples([each for each in pieces if isinstance(each, Passage)], encoder, plan.length)
    chats = chat_examples(_exchanges(pieces), encoder, plan.length, plan.loss, _exchanges(others))
    return (*texts, *chats.examples), chats.notes


def _exchanges(pieces: Sequence[Piece]) -> list[Exchange]:
    return [each for each in pieces if isinstance(each, Exchange)]


def _advice(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    n_preferences = sum(each.is_preference for each in exchanges)
    if 0 < n_preferences < FEWEST_PREFERENCES:
        return (
            f"Only {count(n_preferences, 'rated answer')} will hardly change a model; what you want from it may better "
            "be said in the system prompt.",
        )
    return ()
