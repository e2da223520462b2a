"""The backend without a model: it answers with the person's own words, so that all above it can be tried quickly."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from desktop_app import __version__
from desktop_app.adapters.stack import check_stack, fingerprint
from desktop_app.chat.context import PromptTooLong
from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AnswerFacts,
    ChatMessage,
    Compare,
    Device,
    Effect,
    Encode,
    Encoded,
    Event,
    Finished,
    Generate,
    Hello,
    Load,
    Merge,
    ModelFacts,
    Piece,
    Prefill,
    Record,
    Score,
    Stack,
)
from desktop_app.errors import UserError

PACE_VARIABLE = "MOATLESS_ECHO_PACE_MS"  # pause before each word: an answer one can interrupt
DEFAULT_N_CTX = 4096


class EchoBackend:
    """Counts words as tokens; repeats the last message of the person word by word."""

    def __init__(self) -> None:
        self._pace_s = float(os.environ.get(PACE_VARIABLE, "0")) / 1000
        self._model: ModelFacts | None = None
        self._answers: list[_Answer] = []

    def hello(self) -> Hello:
        return Hello(PROTOCOL_VERSION, __version__, "echo", "no native code", (Device("echo", "no device", "cpu"),))

    def load(self, command: Load, on_progress: Callable[[float], None], is_stopped: IsStopped) -> ModelFacts:
        path = Path(command.path)
        if not path.is_file():
            raise UserError(f"The file {path.name} is not there.", "Choose another model.")
        for step in range(1, 5):
            if is_stopped():
                raise Stopped
            time.sleep(self._pace_s)
            on_progress(step / 4)
        self._model = ModelFacts(
            path=command.path,
            architecture="echo",
            n_ctx=command.settings.n_ctx or DEFAULT_N_CTX,
            n_ctx_train=DEFAULT_N_CTX,
            n_params=0,
            size_bytes=path.stat().st_size,
            n_threads=1,
        )
        return self._model

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    def unload(self) -> None:
        self._model = None

    def prepare(self, stack: Stack) -> str:
        check_stack([each.scale for each in stack])
        return fingerprint([(each.path, each.scale) for each in stack])

    def begin(self, command: Generate, is_stopped: IsStopped) -> None:
        prompt_tokens, limit = self.count(command.messages)
        if prompt_tokens > limit:
            raise PromptTooLong(prompt_tokens, limit)
        asked = (message.content for message in reversed(command.messages) if message.role == "user")
        words = re.findall(r"\S+\s*|\s+", command.text or next(asked))
        self._answers.append(_Answer(command, is_stopped, prompt_tokens, words))

    @property
    def busy(self) -> bool:
        return bool(self._answers)

    def step(self) -> list[Event]:
        time.sleep(self._pace_s)
        events = [event for answer in self._answers for event in answer.step()]
        self._answers = [answer for answer in self._answers if not answer.is_over]
        return events

    def rest(self) -> None:
        pass

    def forget(self, conversation: int) -> None:
        pass

    def close(self) -> None:
        pass

    def score(self, command: Score, is_stopped: IsStopped) -> list[float]:
        raise UserError("The echo engine has no model that could judge a text.")

    def compare(self, command: Compare, is_stopped: IsStopped) -> Effect:
        raise UserError("The echo engine has no model that could judge a text.")

    def merge(self, command: Merge, on_progress: Callable[[float], None], is_stopped: IsStopped) -> tuple[int, int]:
        raise UserError("The echo engine has no model that could be changed.")

    def encode(self, command: Encode, is_stopped: IsStopped) -> Encoded:
        raise UserError("The echo engine has no model that could learn from a text.")

    def record(self, command: Record, is_stopped: IsStopped) -> None:
        raise UserError("The echo engine has no model that could judge a text.")

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        if self._model is None:
            raise UserError("No model is loaded.", "Choose a model first.")
        return sum(len(message.content.split()) for message in messages), self._model.n_ctx


class _Answer:
    """One answer being echoed."""

    def __init__(self, command: Generate, is_stopped: IsStopped, prompt_tokens: int, words: list[str]) -> None:
        self._command = command
        self._is_stopped = is_stopped
        self._prompt_tokens = prompt_tokens
        self._words = words
        self._limit = min(len(words), command.sampler.max_tokens or len(words))
        self._started = time.monotonic()
        self._answered = -1  # before it was said how long the prompt is
        self.is_over = False

    def step(self) -> list[Event]:
        request = self._command.request
        if self._answered < 0:
            self._answered = 0
            return [Prefill(request, self._prompt_tokens, self._prompt_tokens, 0, 0)]
        if self._is_stopped():
            return self._end("stopped")
        if self._answered == self._limit:
            return self._end("stop" if self._limit == len(self._words) else "length")
        self._answered += 1
        return [Piece(request, self._words[self._answered - 1])]

    def _end(self, reason: str) -> list[Event]:
        self.is_over = True
        elapsed = time.monotonic() - self._started
        seed = self._command.sampler.seed or 0
        stack = fingerprint([(each.path, each.scale) for each in self._command.stack])
        facts = AnswerFacts(self._prompt_tokens, 0, self._answered, 0, 0.0, elapsed, elapsed, reason, seed, stack)
        return [Finished(self._command.request, facts)]
