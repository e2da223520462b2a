"""Answers to the same message beside each other: the one that is there, and others written to be compared with it."""

from dataclasses import replace

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import Struct
from desktop_app.storage.records import Message

OTHERS = 3  # are written at the same time


class Comparison(Struct, frozen=True):
    """What is compared.

    Attributes:
        question: The person's message.
        answers: The one that is the conversation's first, then the others as they were begun.
    """

    question: Message
    answers: tuple[Message, ...]

    def with_answer(self, message: Message) -> "Comparison":
        """Return the comparison with another state of one of its answers; any other message changes nothing."""
        answers = tuple(message if each.id == message.id else each for each in self.answers)
        return Comparison(self.question, answers)


class Comparisons:
    """What is compared in each conversation, one comparison at most."""

    def __init__(self) -> None:
        self._by_conversation: dict[int, Comparison] = {}

    def of(self, conversation_id: int) -> Comparison | None:
        return self._by_conversation.get(conversation_id)

    def begin(self, conversation_id: int, comparison: Comparison | None) -> None:
        """Compare this from now on, in place of what was compared; None compares nothing any more."""
        self._by_conversation.pop(conversation_id, None)
        if comparison is not None:
            self._by_conversation[conversation_id] = comparison

    def forget(self, conversation_id: int) -> Comparison | None:
        """Compare nothing any more; return what was compared."""
        return self._by_conversation.pop(conversation_id, None)

    def take(self, message: Message) -> None:
        """Take over another state of a message, whether it is compared or not."""
        if (comparison := self.of(message.conversation_id)) is not None:
            self._by_conversation[message.conversation_id] = comparison.with_answer(message)


def sampler_for(sampler: SamplerSettings, version: int) -> SamplerSettings:
    """Return a chat's settings with what makes one version of an answer differ from the others.

    Args:
        sampler: The chat's. A fixed seed is the first version's, and counts on from there. At temperature 0 every
            version would be the same: the default temperature stands in for it.
        version: The version's number, from 1.
    """
    seed = None if sampler.seed is None else sampler.seed + version - 1
    return replace(sampler, seed=seed, temperature=sampler.temperature or SamplerSettings().temperature)
