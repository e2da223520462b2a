"""What can be learned from, before it is cut into tokens: passages of text, and exchanges of a chat.

`kind` is one of the contract's: text (imitate it), pair (two answers, the better one first), up or down (a thumb).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.engine.messages import ChatMessage
from desktop_app.trainer.contract import TEXT

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"


@dataclass(frozen=True)
class Passage:
    """A text to be learned as it is: a document, or a part of one.

    Attributes:
        group: The document's hash.
        is_end: The document ends here.
    """

    text: str
    group: str
    is_end: bool = True

    @property
    def size(self) -> int:
        """Characters to be learned."""
        return len(self.text)


@dataclass(frozen=True)
class Exchange:
    """What was said, and how it was answered.

    Attributes:
        prompt: Begins with a system message or with the person's, and ends with the person's. Of an exchange of the
            kind text, the answers in it are learned, too.
        answers: One; of a pair two, the better one first.
        group: What it may not be parted from; empty until `split` has seen all of them.
    """

    kind: str
    prompt: tuple[ChatMessage, ...]
    answers: tuple[str, ...]
    group: str = ""

    @property
    def size(self) -> int:
        """Characters to be learned."""
        before = self.prompt if self.kind == TEXT else ()
        return sum(map(len, self.answers)) + sum(len(each.content) for each in before if each.role == ASSISTANT)

    @property
    def is_preference(self) -> bool:
        return self.kind != TEXT

    @property
    def conversations(self) -> tuple[tuple[ChatMessage, ...], ...]:
        """The whole conversation, once for each answer."""
        return tuple((*self.prompt, ChatMessage(ASSISTANT, answer)) for answer in self.answers)

    @property
    def id(self) -> str:
        """A hash of all of it."""
        return _digest([self.kind, *self.answers], self.prompt)

    @property
    def beginning(self) -> str:
        """A hash of how the conversation begins: logs of one conversation go on differently from there."""
        first = next(number for number, each in enumerate(self.prompt) if each.role == USER)
        return _digest([], self.prompt[: first + 1])


Piece = Passage | Exchange


def _digest(texts: Sequence[str], messages: Sequence[ChatMessage]) -> str:
    content = json.dumps([texts, [(each.role, each.content) for each in messages]])
    return hashlib.sha256(content.encode()).hexdigest()
