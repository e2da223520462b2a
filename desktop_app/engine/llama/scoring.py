"""How likely a model finds a given text: log-probabilities token by token, in a context of their own."""

import ctypes

import llama_cpp.llama_cpp as api
import numpy as np

from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.errors import UserError

N_WINDOW = 2048
# Logits of a whole batch are kept: 128 rows of a 262k vocabulary are 134 MB.
N_ROWS = 128


def score_tokens(model: LlamaModel, tokens: list[int], n_threads: int, is_stopped: IsStopped) -> list[float]:
    """Return ln p of each token that has something before it, in nats.

    The text is cut into windows of `N_WINDOW` tokens that know nothing of each other. Each begins with BOS if the
    model wants that; otherwise its first token has nothing before it and gets no number.

    Raises:
        Stopped: If `is_stopped` said so before the end.
        UserError: If there is not enough memory.
    """
    start = [model.bos_id] if model.adds_bos else []
    width = N_WINDOW - len(start)
    parameters = api.llama_context_default_params()
    parameters.n_ctx = N_WINDOW
    parameters.n_batch = parameters.n_ubatch = parameters.n_outputs_max = N_ROWS
    parameters.n_threads = parameters.n_threads_batch = n_threads
    context = api.llama_init_from_model(model.handle, parameters)
    if not context:
        raise UserError("There is not enough memory to measure this text.", "Close other programs and try again.")
    batch = api.llama_batch_init(N_ROWS, 0, 1)
    try:
        logprobs: list[float] = []
        for at in range(0, len(tokens), width):
            api.llama_memory_clear(api.llama_get_memory(context), False)
            logprobs += _score_window(context, batch, [*start, *tokens[at : at + width]], model.n_vocab, is_stopped)
        return logprobs
    finally:
        api.llama_batch_free(batch)
        api.llama_free(context)


def _score_window(
    context: ctypes.c_void_p, batch: api.llama_batch, window: list[int], n_vocab: int, is_stopped: IsStopped
) -> list[float]:
    logprobs: list[float] = []
    inputs, targets = window[:-1], window[1:]
    for at in range(0, len(inputs), N_ROWS):
        if is_stopped():
            raise Stopped
        rows = inputs[at : at + N_ROWS]
        _fill(batch, rows, at)
        if api.llama_decode(context, batch) != 0:
            raise UserError("llama.cpp could not measure this text.", "Try again with a shorter text.")
        logits = np.ctypeslib.as_array(api.llama_get_logits(context), shape=(len(rows), n_vocab))
        logprobs += _logprobs(logits, np.asarray(targets[at : at + N_ROWS])).tolist()
    return logprobs


def _fill(batch: api.llama_batch, tokens: list[int], first_position: int) -> None:
    batch.n_tokens = len(tokens)
    for row, token in enumerate(tokens):
        batch.token[row] = token
        batch.pos[row] = first_position + row  # type: ignore[call-overload]  # the binding declares it one level too deep
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = 0
        batch.logits[row] = True


def _logprobs(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return ln softmax(logits)[target] for each row; logits (rows, vocabulary), targets (rows,)."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top, dtype=np.float64).sum(axis=1)) + top[:, 0]
    chosen: np.ndarray = logits[np.arange(len(targets)), targets] - log_sum
    return chosen
