"""Texts and conversations as tokens. The engine makes them, with the vocabulary and the template that chats have."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from desktop_app.engine.messages import (
    AnyCommand,
    AnyEvent,
    ChatMessage,
    Encode,
    Encoded,
    EncodedChat,
    Event,
)

Conversation = tuple[ChatMessage, ...]
Tokens = tuple[int, ...]

_BATCH_CHARACTERS = 400_000  # of one command, which is one line of the protocol

_Closing = TypeVar("_Closing", bound=Event)
_Item = TypeVar("_Item")


class Engine(Protocol):
    """The engine, with the model loaded; `engine.client.EngineClient` is one."""

    def next_request(self) -> int:
        """Return a number for a command that was not used before."""

    def events(self, *commands: AnyCommand) -> Iterator[AnyEvent]:
        """Send commands and yield their events as they come, the last closing one last."""

    def ask(self, command: AnyCommand, answer: type[_Closing]) -> _Closing:
        """Send a command and return its closing event, which is of type `answer`."""


class Encoder(Protocol):
    """Makes tokens. `bos` belongs before a text and `eog` behind it, where the model has them."""

    @property
    def bos(self) -> int | None: ...

    @property
    def eog(self) -> int | None: ...

    def texts(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, without BOS."""

    def chats(self, conversations: Sequence[Conversation]) -> list[EncodedChat]:
        """Return the tokens of each conversation, which ends with an answer, and which of them are answers'."""


class EngineEncoder:
    """An encoder that asks the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        nothing = self._ask()
        self._bos, self._eog = nothing.bos, nothing.eog

    @property
    def bos(self) -> int | None:
        return self._bos

    @property
    def eog(self) -> int | None:
        return self._eog

    def texts(self, texts: Sequence[str]) -> list[Tokens]:
        found: list[Tokens] = []
        for batch in _batches(texts, [len(text) for text in texts]):
            found += self._ask(texts=batch).texts
        return found

    def chats(self, conversations: Sequence[Conversation]) -> list[EncodedChat]:
        sizes = [sum(len(message.content) for message in conversation) for conversation in conversations]
        found: list[EncodedChat] = []
        for batch in _batches(conversations, sizes):
            found += self._ask(batch, first=len(found) + 1).conversations
        return found

    def _ask(
        self, conversations: tuple[Conversation, ...] = (), texts: tuple[str, ...] = (), first: int = 1
    ) -> Encoded:
        return self._engine.ask(Encode(self._engine.next_request(), conversations, texts, first), Encoded)


def _batches(items: Sequence[_Item], sizes: Sequence[int]) -> Iterator[tuple[_Item, ...]]:
    batch: list[_Item] = []
    characters = 0
    for item, size in zip(items, sizes, strict=True):
        if batch and characters + size > _BATCH_CHARACTERS:
            yield tuple(batch)
            batch, characters = [], 0
        batch.append(item)
        characters += size
    if batch:
        yield tuple(batch)
