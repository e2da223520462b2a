"""What a model makes of a given text: log-probabilities token by token, and how two ways of reading it differ."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

import llama_cpp.llama_cpp as api
import numpy as np
from numpy.typing import NDArray

from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.llama.adapters import NativeStack
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native_adapter import apply_adapter
from desktop_app.engine.messages import Effect
from desktop_app.errors import UserError

N_WINDOW = 2048
# Logits of a whole batch are kept: 128 rows of a 262k vocabulary are 134 MB.
N_ROWS = 128

Logits = NDArray[np.float32]  # (rows, vocabulary)


@dataclass(frozen=True)
class Chunk:
    """Some tokens of a text: `inputs` come at `position` of their window, and `targets` follow each of them."""

    position: int
    inputs: Sequence[int]
    targets: NDArray[np.int64]


class Reader:
    """A model under a stack, in a context of its own; use it in a `with` statement.

    Raises:
        UserError: If there is not enough memory.
    """

    def __init__(self, model: LlamaModel, stack: NativeStack, n_threads: int) -> None:
        self.model = model
        parameters = api.llama_context_default_params()
        parameters.n_ctx = N_WINDOW
        parameters.n_batch = parameters.n_ubatch = parameters.n_outputs_max = N_ROWS
        parameters.n_threads = parameters.n_threads_batch = n_threads
        self._context = api.llama_init_from_model(model.handle, parameters)
        if not self._context:
            raise UserError("There is not enough memory to measure this text.", "Close other programs and try again.")
        self._batch = api.llama_batch_init(N_ROWS, 0, 1)
        apply_adapter(self._context, stack.handle, stack.scale)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        api.llama_batch_free(self._batch)
        api.llama_free(self._context)

    def read(self, position: int, inputs: Sequence[int]) -> Logits:
        """Return the logits after each of up to `N_ROWS` inputs; good until the next call. Position 0 begins anew."""
        if position == 0:
            api.llama_memory_clear(api.llama_get_memory(self._context), False)
        batch = self._batch
        batch.n_tokens = len(inputs)
        for row, token in enumerate(inputs):
            batch.token[row] = token
            batch.pos[row] = position + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = 0
            batch.logits[row] = True
        if api.llama_decode(self._context, batch) != 0:
            raise UserError("llama.cpp could not measure this text.", "Try again with a shorter text.")
        pointer = ctypes.cast(api.llama_get_logits(self._context), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, shape=(len(inputs), self.model.n_vocab))


def score_tokens(reader: Reader, tokens: list[int], is_stopped: IsStopped) -> list[float]:
    """Return ln p of each token that has something before it, in nats.

    The text is cut into windows of `N_WINDOW` tokens that know nothing of each other. Each begins with BOS if the
    model wants that; otherwise its first token has nothing before it and gets no number.

    Raises:
        Stopped: If `is_stopped` said so before the end.
    """
    logprobs: list[float] = []
    for chunk in _chunks(reader.model, tokens):
        if is_stopped():
            raise Stopped
        found = log_softmax(reader.read(chunk.position, chunk.inputs))
        logprobs += found[np.arange(len(chunk.targets)), chunk.targets].tolist()
    return logprobs


def compare_readings(first: Reader, other: Reader, tokens: list[int], is_stopped: IsStopped) -> Effect:
    """Return how two ways of reading the same tokens differ; both models have the same vocabulary.

    Raises:
        Stopped: If `is_stopped` said so before the end.
    """
    own, others, divergences, same = [], [], [], 0
    # One of two models may have more rows of padding at the end of its vocabulary.
    width = min(first.model.n_vocab, other.model.n_vocab)
    for chunk in _chunks(first.model, tokens):
        if is_stopped():
            raise Stopped
        both = (reader.read(chunk.position, chunk.inputs)[:, :width] for reader in (first, other))
        logp, logq = map(log_softmax, both)
        rows = np.arange(len(chunk.targets))
        own.append(logp[rows, chunk.targets])
        others.append(logq[rows, chunk.targets])
        divergences.append((np.exp(logp) * (logp - logq)).sum(axis=1))
        same += int((logp.argmax(axis=1) == logq.argmax(axis=1)).sum())
    mine, theirs, kl = (np.concatenate(each) for each in (own, others, divergences))
    difference = theirs - mine
    return Effect(
        tokens=len(mine),
        mean_nll=-float(mine.mean()),
        other_nll=-float(theirs.mean()),
        nll_error=float(difference.std() / np.sqrt(len(difference))),
        kl=float(kl.mean()),
        agreement=same / len(mine),
    )


def no_numbers() -> UserError:
    """Return what to say when what a model computes overflows."""
    return UserError(
        "What this model computes for the text are no numbers, so its answers would be noise.",
        "Take adapters out of the stack or lower their scales; a model that does so by itself is damaged.",
    )


def _chunks(model: LlamaModel, tokens: list[int]) -> Iterator[Chunk]:
    start = [model.bos_id] if model.adds_bos else []
    width = N_WINDOW - len(start)
    for begin in range(0, len(tokens), width):
        window = [*start, *tokens[begin : begin + width]]
        inputs, targets = window[:-1], np.asarray(window[1:])
        for at in range(0, len(inputs), N_ROWS):
            yield Chunk(at, inputs[at : at + N_ROWS], targets[at : at + N_ROWS])


def log_softmax(logits: Logits) -> NDArray[np.float32]:
    """Return ln softmax of each row; the sum is taken with 64 bits.

    Raises:
        UserError: If there are no numbers in them, which no client could be told.
    """
    top = logits.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise no_numbers()
    total = np.exp(logits - top).sum(axis=1, keepdims=True, dtype=np.float64)
    logp: NDArray[np.float32] = logits - (top + np.log(total)).astype(np.float32)
    return logp
