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


def sampler_for(sampler: SamplerSettings, version: int) -> SamplerSettings:
    """Return a chat's settings with what makes one version of an answer differ from the others.

    Args:
        sampler: The chat's. A fixed seed is the first version's, and counts on from there. At temperature 0 every
            version would be the same: the default temperature stands in for it.
        version: The version's number, from 1.
    """
    seed = None if sampler.seed is None else sampler.seed + version - 1
    return replace(sampler, seed=seed, temperature=sampler.temperature or SamplerSettings().temperature)
