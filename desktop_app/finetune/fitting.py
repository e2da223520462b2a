"""Makes conversations short enough.

Of a long one the end is kept, from one of the person's messages on; what was before it becomes an example of its own
where its answers are to be learned. An answer that is too long even so loses its end. Where there is no room for an
answer at all the exchange is left out: who learns to answer what they have not read learns to make things up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from desktop_app.engine.messages import ChatMessage, EncodedChat
from desktop_app.finetune.encoder import Encoder
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER, Exchange
from desktop_app.trainer.contract import TEXT
from desktop_app.trainer.contract import Sequence as Tokens


@dataclass(frozen=True)
class Fitted:
    """An exchange, or what is kept of it, and the tokens of one example."""

    exchange: Exchange
    sequences: tuple[Tokens, ...]


class Fitting:
    """Makes exchanges fit into a length, and counts those that did not."""

    def __init__(self, encoder: Encoder, length: int) -> None:
        self._encoder = encoder
        self._length = length
        self._n_parted = self._n_shortened = self._n_left_out = 0

    def notes(self) -> tuple[str, ...]:
        """Return sentences about what did not fit."""
        length = f"{self._length:,} tokens"
        notes = {
            f"Conversations that were cut because they are longer than {length}": self._n_parted,
            f"Answers that lost their end because they are longer than {length}": self._n_shortened,
            f"Examples that were left out because their question leaves no room for an answer in {length}": (
                self._n_left_out
            ),
        }
        return tuple(f"{note}: {number:,}." for note, number in notes.items() if number)

    def fit(self, exchanges: Sequence[Exchange]) -> list[Fitted]:
        """Return the exchanges with their tokens. One may become several, and have none where there is no room."""
        encoded = iter(self._encoder.chats([each for exchange in exchanges for each in exchange.conversations]))
        return [
            fitted
            for exchange in exchanges
            for fitted in self._fit(exchange, [next(encoded) for _ in exchange.answers])
        ]

    def shorten(self, tokens: Tokens) -> Tokens:
        """Return a sequence without what is too long of it."""
        end = min(len(tokens.tokens), self._length)
        learned = tuple((start, min(stop, end)) for start, stop in tokens.learned if start < end)
        return Tokens(tokens.tokens[:end], learned)

    def _fit(self, exchange: Exchange, chats: Sequence[EncodedChat]) -> Iterator[Fitted]:
        """Yield an exchange as it is, or its parts, the last one first."""
        rest: Exchange | None = exchange
        while rest is not None and not self._fits(chats):
            turns = _turns(rest.prompt)
            start = self._start_of_longest_end(rest, turns)
            self._n_parted += rest is exchange and len(turns) > 1
            end = _from(rest, start)
            yield from self._shortened(end, self._encoder.chats(end.conversations))
            rest = _before(rest, start) if rest.kind == TEXT else None
            chats = self._encoder.chats(rest.conversations) if rest is not None else ()
        if rest is not None:
            yield from self._shortened(rest, chats)

    def _start_of_longest_end(self, exchange: Exchange, turns: Sequence[int]) -> int:
        """Return where the longest end begins that fits, or else the last turn."""
        first, last = min(1, len(turns) - 1), len(turns) - 1
        while first < last:
            middle = (first + last) // 2
            if self._fits(self._encoder.chats(_from(exchange, turns[middle]).conversations)):
                last = middle
            else:
                first = middle + 1
        return turns[last]

    def _shortened(self, exchange: Exchange, chats: Sequence[EncodedChat]) -> Iterator[Fitted]:
        whole = [sequences_of(exchange, chat) for chat in chats]
        short = [[self.shorten(each) for each in sequences] for sequences in whole]
        if all(each.n_learned for sequences in short for each in sequences):
            self._n_shortened += short != whole
            yield from _fitted(exchange, short)
        else:
            self._n_left_out += 1

    def _fits(self, chats: Sequence[EncodedChat]) -> bool:
        return all(len(each.tokens) <= self._length for chat in chats for each in chat.sequences)


def sequences_of(exchange: Exchange, chat: EncodedChat) -> list[Tokens]:
    """Return what is learned of a conversation: all answers, or of a preference its last one."""
    if exchange.is_preference:
        last = chat.sequences[-1]
        return [Tokens(last.tokens, last.learned[-1:])]
    return [Tokens(each.tokens, each.learned) for each in chat.sequences]


def _fitted(exchange: Exchange, sequences: Sequence[Sequence[Tokens]]) -> Iterator[Fitted]:
    if exchange.is_preference:  # one sequence for each answer, which belong together
        yield Fitted(exchange, tuple(each for answer in sequences for each in answer))
    else:
        yield from (Fitted(exchange, (each,)) for answer in sequences for each in answer)


def _turns(prompt: Sequence[ChatMessage]) -> list[int]:
    """Return where the person begins to speak."""
    roles = [each.role for each in prompt]
    return [place for place, role in enumerate(roles) if role == USER and (place == 0 or roles[place - 1] != USER)]


def _from(exchange: Exchange, start: int) -> Exchange:
    """Return the end of an exchange; a system message stays."""
    system = exchange.prompt[:1] if exchange.prompt[0].role == SYSTEM and start else ()
    return replace(exchange, prompt=(*system, *exchange.prompt[start:]))


def _before(exchange: Exchange, start: int) -> Exchange | None:
    """Return what comes before the end of an exchange, which ends with an answer; None if there is nothing."""
    before = exchange.prompt[:start]
    if not before or before[-1].role != ASSISTANT:
        return None
    return replace(exchange, prompt=before[:-1], answers=(before[-1].content,))
