"""What the engine's worker asks of whoever runs models: llama.cpp, or the echo where no model is needed."""

from collections.abc import Callable
from typing import Protocol

from desktop_app.engine.messages import (
    ChatMessage,
    Compare,
    Effect,
    Encode,
    Encoded,
    Event,
    Generate,
    Hello,
    Load,
    Merge,
    ModelFacts,
    Record,
    Score,
    Stack,
)

IsStopped = Callable[[], bool]


class Stopped(Exception):
    """The client asked to end the command before there was anything to report."""


class Backend(Protocol):
    """Runs one model. All methods are called from one thread; trouble is raised as `UserError`."""

    def hello(self) -> Hello:
        """Return the first line of the protocol; may take the time native libraries need to start."""

    def load(self, command: Load, on_progress: Callable[[float], None], is_stopped: IsStopped) -> ModelFacts:
        """Load a model in place of the one before; if it is refused the one before is loaded still, if that can be.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    @property
    def is_loaded(self) -> bool:
        """Whether there is a model."""

    def unload(self) -> None:
        """Free the model; harmless without one."""

    def prepare(self, stack: Stack) -> str:
        """Check these adapters, get them ready and return the stack's fingerprint, empty for the bare model."""

    def begin(self, command: Generate, is_stopped: IsStopped) -> None:
        """Take on an answer, to be written by `step` beside those that are being written already."""

    @property
    def busy(self) -> bool:
        """Whether there are answers to be written. While there are, only `begin`, `prepare`, `count` and `forget`
        are called."""

    def step(self) -> list[Event]:
        """Go on a little with every answer and return what there is to say of them.

        That is `Prefill`, `Piece`s of any length, and at the end of each answer `Finished`, or `Failed` where there is
        trouble: what happens to one answer is told to that one alone.
        """

    def rest(self) -> None:
        """Called once when there has been nothing to do for a while: time to save what would be a pity to lose."""

    def score(self, command: Score, is_stopped: IsStopped) -> list[float]:
        """Return the log-probability in nats of each token of the text that has something before it.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    def compare(self, command: Compare, is_stopped: IsStopped) -> Effect:
        """Return how two ways of reading a text differ.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    def merge(self, command: Merge, on_progress: Callable[[float], None], is_stopped: IsStopped) -> tuple[int, int]:
        """Write a model with adapters in its weights and return (weights changed, size in bytes).

        Raises:
            Stopped: If `is_stopped` said so before the end; nothing is left behind.
        """

    def encode(self, command: Encode, is_stopped: IsStopped) -> Encoded:
        """Return conversations and texts as tokens.

        Raises:
            Stopped: If `is_stopped` said so before the end.
        """

    def record(self, command: Record, is_stopped: IsStopped) -> None:
        """Write the log-probabilities after each of some tokens.

        Raises:
            Stopped: If `is_stopped` said so before the end; nothing is left behind.
        """

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        """Return (tokens these messages take as a prompt, the longest prompt that leaves room for an answer)."""

    def forget(self, conversation: int) -> None:
        """Destroy what is kept of a conversation, in memory and on disk."""

    def close(self) -> None:
        """Save what would be a pity to lose and free the model; the process ends afterwards."""
