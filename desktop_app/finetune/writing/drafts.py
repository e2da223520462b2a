"""What is written from a text before it is known to be worth keeping, and why something is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.encoder import Conversation
from desktop_app.finetune.pieces import ASSISTANT, USER

# Why a draft is dropped, as it follows its number: “3 say what is not in the text”.
UNGROUNDED = "say what is not in the text"
ALIKE = "are like another one"
LENGTH = "are too short or too long"
UNCHANGED = "only repeat the text"
PROMPT_LEFT = "repeat what the model was asked"
NO_QUESTION = "ask nothing about the text"

# Has the model answer conversations, at most so many tokens each, and returns its answers in their order.
Ask = Callable[[Sequence[Conversation], int], list[str]]


@dataclass(frozen=True)
class Draft:
    """A prompt and its answer; `dropped` is why it is not kept, or empty."""

    prompt: str
    answer: str
    dropped: str = ""


# Writes from each text, in their order.
Writer = Callable[[Sequence[str], Ask], list[list[Draft]]]


def conversation(shown: Sequence[tuple[str, str]], asked: str) -> Conversation:
    """Return what to ask, after a few examples of how it is answered: small models need to be shown."""
    turns = [ChatMessage(role, text) for pair in shown for role, text in zip((USER, ASSISTANT), pair, strict=True)]
    return (*turns, ChatMessage(USER, asked))
