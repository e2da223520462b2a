"""The backend without a model: it answers with the person's own words, so that all above it can be tried quickly."""

import os
import re
import time
from collections.abc import Callable, Generator
from pathlib import Path

from desktop_app import __version__
from desktop_app.chat.context import PromptTooLong
from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AdapterScale,
    AnswerFacts,
    ChatMessage,
    Generate,
    Hello,
    Load,
    ModelFacts,
    Prefill,
)
from desktop_app.errors import UserError

PACE_VARIABLE = "MOATLESS_ECHO_PACE_MS"  # pause before each word: an answer one can interrupt
DEFAULT_N_CTX = 4096


class EchoBackend:
    """Counts words as tokens; repeats the last message of the person word by word."""

    def __init__(self) -> None:
        self._pace_s = float(os.environ.get(PACE_VARIABLE, "0")) / 1000
        self._model: ModelFacts | None = None

    def hello(self) -> Hello:
        return Hello(PROTOCOL_VERSION, __version__, "echo", "no native code")

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

    def unload(self) -> None:
        self._model = None

    def set_stack(self, stack: tuple[AdapterScale, ...]) -> str:
        if stack:
            raise UserError("The echo engine has no model that adapters could change.")
        return ""

    def generate(
        self, command: Generate, on_prefill: Callable[[Prefill], None], is_stopped: IsStopped
    ) -> Generator[str, None, AnswerFacts]:
        started = time.monotonic()
        prompt_tokens, limit = self.count(command.messages)
        if prompt_tokens > limit:
            raise PromptTooLong(prompt_tokens, limit)
        on_prefill(Prefill(command.request, prompt_tokens, prompt_tokens, 0, 0))
        asked = next(message.content for message in reversed(command.messages) if message.role == "user")
        words = re.findall(r"\S+\s*|\s+", asked)
        limit = command.sampler.max_tokens or len(words)
        answered, reason = 0, "stop" if limit >= len(words) else "length"
        for word in words[:limit]:
            time.sleep(self._pace_s)
            if is_stopped():
                reason = "stopped"
                break
            answered += 1
            yield word
        elapsed = time.monotonic() - started
        return AnswerFacts(prompt_tokens, 0, answered, 0, 0.0, elapsed, elapsed, reason, command.sampler.seed or 0)

    def score(self, text: str, is_stopped: IsStopped) -> list[float]:
        raise UserError("The echo engine has no model that could judge a text.")

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        if self._model is None:
            raise UserError("No model is loaded.", "Choose a model first.")
        return sum(len(message.content.split()) for message in messages), self._model.n_ctx
