"""From exchanges to examples: answers to be imitated, pairs, and thumbs, whichever the loss knows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from desktop_app.errors import UserError
from desktop_app.finetune.encoder import Encoder
from desktop_app.finetune.fitting import Fitting, sequences_of
from desktop_app.finetune.pieces import Exchange
from desktop_app.trainer.contract import APO_ZERO, DOWN, KTO, PAIR, UP, Example
from desktop_app.trainer.contract import Sequence as Tokens


@dataclass(frozen=True)
class ChatExamples:
    """Examples, and sentences about what did not fit."""

    examples: tuple[Example, ...]
    notes: tuple[str, ...]


def chat_examples(
    exchanges: Sequence[Exchange], encoder: Encoder, length: int, loss: str, others: Sequence[Exchange] = ()
) -> ChatExamples:
    """Return the examples of some exchanges.

    Args:
        exchanges: What is to be learned.
        encoder: Makes the tokens.
        length: Tokens of the longest sequence.
        loss: Of the recipe. Where it knows only thumbs, a pair is a thumb up and a thumb down.
        others: KTO needs an answer to something else beside each; where these have none, they are from here.

    Raises:
        UserError: If there is no such answer.
    """
    fitting = Fitting(encoder, length)
    fitted = fitting.fit(thumbs(exchanges) if loss in (KTO, APO_ZERO) else exchanges)
    strangers: dict[int, Tokens] = {}
    if loss == KTO:
        preferred = {place: each.exchange for place, each in enumerate(fitted) if each.exchange.is_preference}
        mixed = _with_answers_to_others(list(preferred.values()), thumbs(others))
        encoded = encoder.chats([each.conversations[0] for each in mixed])
        sequences = [sequences_of(each, chat)[0] for each, chat in zip(mixed, encoded, strict=True)]
        strangers = dict(zip(preferred, map(fitting.shorten, sequences), strict=True))
    examples = []
    for place, each in enumerate(fitted):
        stranger = (strangers[place],) if place in strangers else ()
        examples.append(Example(each.exchange.kind, (*each.sequences, *stranger), each.exchange.group))
    return ChatExamples(tuple(examples), fitting.notes())


def thumbs(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return each pair as a thumb up and a thumb down, and all others as they are."""
    found = []
    for each in exchanges:
        if each.kind == PAIR:
            chosen, rejected = each.answers
            found += [replace(each, kind=UP, answers=(chosen,)), replace(each, kind=DOWN, answers=(rejected,))]
        else:
            found.append(each)
    return found


def _with_answers_to_others(exchanges: Sequence[Exchange], others: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges, each with the answer of the next one that has another, best of all to something else."""
    pool = [*exchanges, *(each for each in others if each.is_preference)]
    mixed = []
    for place, each in enumerate(exchanges):
        best = next(
            (other for other in _after(pool, place) if other.answers != each.answers and other.prompt != each.prompt),
            next((other for other in _after(pool, place) if other.answers != each.answers), None),
        )
        if best is None:
            raise UserError(
                "The loss KTO compares each answer with one to something else, and there is no other.",
                "Choose the loss apo_zero, or add more examples.",
            )
        mixed.append(replace(each, answers=best.answers))
    return mixed


def _after(pool: Sequence[Exchange], place: int) -> Iterator[Exchange]:
    """Yield all others, beginning with the next one."""
    return (pool[(place + step) % len(pool)] for step in range(1, len(pool)))
