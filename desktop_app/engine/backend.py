"""What the engine's worker asks of whoever runs models: llama.cpp, or the echo where no model is needed."""

from collections.abc import Callable, Generator
from typing import Protocol

from desktop_app.engine.messages import (
    AdapterScale,
    AnswerFacts,
    ChatMessage,
    Generate,
    Hello,
    Load,
    ModelFacts,
    Prefill,
)

IsStopped = Callable[[], bool]


class Stopped(Exception):
    """The client asked to end the command before there was anything to report."""


class Backend(Protocol):
    """Runs one model. All methods are called from one thread; trouble is raised as `UserError`."""

    def hello(self) -> Hello:
        """Return the first line of the protocol; may take the time native libraries need to start."""

    def load(self, command: Load, on_progress: Callable[[float], None], is_stopped: IsStopped) -> ModelFacts:
        """Load a model in place of the one before; if it is refused the one before is loaded still.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    def unload(self) -> None:
        """Free the model; harmless without one."""

    def set_stack(self, stack: tuple[AdapterScale, ...]) -> str:
        """Make these adapters act from now on and return the stack's fingerprint, empty for the bare model."""

    def generate(
        self, command: Generate, on_prefill: Callable[[Prefill], None], is_stopped: IsStopped
    ) -> Generator[str, None, AnswerFacts]:
        """Yield the answer's text as it comes and return its facts; ends early when `is_stopped` says so."""

    def score(self, text: str, is_stopped: IsStopped) -> list[float]:
        """Return the log-probability in nats of each token of the text that has something before it.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        """Return (tokens these messages take as a prompt, the longest prompt that leaves room for an answer)."""
