"""The engine as the window uses it, behind the words of the benchmark."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    AnswerFacts,
    ChatMessage,
    Finished,
    Generate,
    Load,
    Loaded,
    ModelFacts,
    Piece,
    Prepare,
    Prepared,
    Stack,
    StateFolder,
)
from desktop_app.library import starter
from tests.bench.prompts import Messages
from tests.bench.sampling import greedy


@dataclass(frozen=True)
class Answer:
    """Text, seconds from sending the command to the first piece of it, and what the engine says of it."""

    text: str
    first_s: float
    facts: AnswerFacts

    @property
    def tokens_per_s(self) -> float:
        """Of decoding alone; the first token comes out of the prefill."""
        return (self.facts.answer_tokens - 1) / self.facts.decode_s


class Engine:
    """An engine process with a model, the starter model unless told otherwise; use it in a `with` statement.

    Args:
        settings: How the model is loaded.
        model: A file whose KV states are kept in memory alone.
        states: Where the starter model's KV states are kept on disk.
    """

    def __init__(self, settings: LoadSettings, model: Path | None = None, states: Path | None = None) -> None:
        self._path = str(model or starter.starter_path())
        self._sha256 = "" if model else starter.SHA256
        self._states = StateFolder(str(states)) if states else None
        self.client = EngineClient()
        self.load(settings)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def load(self, settings: LoadSettings) -> ModelFacts:
        """Load the model, also in place of itself with other settings."""
        command = Load(self.client.next_request(), self._path, settings, self._sha256, self._states)
        return self.client.ask(command, Loaded).model

    def prepare(self, stack: Stack) -> None:
        """Get adapters ready."""
        self.client.ask(Prepare(self.client.next_request(), stack), Prepared)

    def answer(self, messages: Messages, max_tokens: int, conversation: int = 0, stack: Stack = ()) -> Answer:
        """Answer with the likeliest tokens."""
        command = self._command(messages, greedy(max_tokens), conversation, stack)
        started = time.perf_counter()
        first: float | None = None
        text = ""
        for event in self.client.events(command):
            if isinstance(event, Piece) and event.text:
                first = first or time.perf_counter() - started
                text += event.text
            if isinstance(event, Finished):
                assert first is not None
                return Answer(text, first, event.facts)
        raise AssertionError("no closing event")

    def answer_at_once(
        self, messages: Messages, samplers: Sequence[SamplerSettings], conversation: int = 0
    ) -> list[AnswerFacts]:
        """Answer the same messages once with each sampler, side by side."""
        commands = [self._command(messages, sampler, conversation) for sampler in samplers]
        events = self.client.events(*commands)
        return [event.facts for event in events if isinstance(event, Finished)]

    def _command(self, messages: Messages, sampler: SamplerSettings, conversation: int, stack: Stack = ()) -> Generate:
        turns = tuple(ChatMessage(message["role"], message["content"]) for message in messages)
        return Generate(self.client.next_request(), turns, sampler, conversation=conversation, stack=stack)
