"""A context of a model: the KV cache, what is in it, and the two ways to add to it (prefill and decode)."""

import ctypes
import time
from collections.abc import Callable, Sequence

import llama_cpp.llama_cpp as api

from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama.model import LlamaModel, token_array
from desktop_app.engine.llama.native import expect_complaints
from desktop_app.errors import UserError

N_BATCH = 512  # also the longest stretch of prefill without a look at "stop" where the abort callback does not work
SLOW_TOKEN_S = 0.05  # from here on, decoding one token is worth interrupting in the middle

_ABORTED, _NO_SLOT = 2, 1
_NEVER = api.ggml_abort_callback()


class ContextFull(Exception):
    """No room for another token."""


class LlamaContext:
    """One sequence of tokens and its KV cache.

    `tokens` is what the cache holds, in order; every method keeps the two in step.

    Args:
        model: Must outlive the context.
        n_ctx: Tokens it can hold; llama.cpp rounds it up to a multiple of 256.
        n_threads: Asked before each decode how many threads to use.

    Raises:
        UserError: If there is not enough memory for the cache.
    """

    def __init__(self, model: LlamaModel, n_ctx: int, n_threads: Callable[[], int]) -> None:
        parameters = api.llama_context_default_params()
        parameters.n_ctx = n_ctx
        parameters.n_batch = parameters.n_ubatch = min(N_BATCH, n_ctx)
        parameters.n_outputs_max = (
            1  # chat looks at the last token only; the default reserves a row for each of a batch
        )
        self._n_threads = n_threads
        self._threads_set = parameters.n_threads = parameters.n_threads_batch = n_threads()
        parameters.no_perf = True
        self._context = api.llama_init_from_model(model.handle, parameters)
        if not self._context:
            raise UserError(
                f"There is not enough memory for a context of {n_ctx:,} tokens.",
                "Choose a shorter context length or a smaller model.",
            )
        self._memory = api.llama_get_memory(self._context)
        self._n_swa = model.n_swa
        self.n_ctx = int(api.llama_n_ctx(self._context))
        self.tokens: list[int] = []
        self._token_s = 0.0
        self._is_stopped: IsStopped = lambda: False
        self._abort = api.ggml_abort_callback(self._should_abort)

    @property
    def handle(self) -> ctypes.c_void_p:
        """The native pointer, for samplers."""
        return self._context  # type: ignore[no-any-return]

    def keep_prefix(self, tokens: Sequence[int]) -> int:
        """Cut the cache to its longest common prefix with `tokens` and return that length.

        At least the last token is left to be decoded, because only decoding gives logits.
        """
        limit = min(len(self.tokens), len(tokens) - 1)
        keep = next((n for n in range(limit) if self.tokens[n] != tokens[n]), limit)
        if keep < len(self.tokens) and not self._cut(keep):
            keep = 0
            self.clear()
        return keep

    def _cut(self, keep: int) -> bool:
        if not api.llama_memory_seq_rm(self._memory, 0, keep, -1):
            return False  # recurrent models cannot go back part of the way
        # A sliding window cut too far back is reported as fine although the tokens before it are gone.
        if self._n_swa and api.llama_memory_seq_pos_min(self._memory, 0) > max(0, keep - self._n_swa):
            return False
        del self.tokens[keep:]
        return True

    def clear(self) -> None:
        """Forget everything; whenever adapters or their scales change, because old KV would be silently wrong."""
        api.llama_memory_clear(self._memory, False)
        self.tokens.clear()

    def prefill(self, tokens: Sequence[int], is_stopped: IsStopped, on_slice: Callable[[int], None]) -> bool:
        """Append tokens in slices; `on_slice` gets the number done after each. Returns False if stopped on the way.

        Raises:
            ContextFull: If they do not fit.
        """
        self._watch(is_stopped)
        done = 0
        try:
            while done < len(tokens):
                if is_stopped() or not self._decode(tokens[done : done + N_BATCH]):
                    return False
                done += N_BATCH
                on_slice(min(done, len(tokens)))
        finally:
            self._watch(None)
        return True

    def append(self, token: int, is_stopped: IsStopped) -> bool:
        """Append one token. Returns False if stopped in the middle.

        Raises:
            ContextFull: If there is no room.
        """
        slow = self._token_s > SLOW_TOKEN_S
        started = time.perf_counter()
        if slow:
            self._watch(is_stopped)
        try:
            return self._decode([token])
        finally:
            if slow:
                self._watch(None)
            self._token_s = time.perf_counter() - started

    def _watch(self, is_stopped: IsStopped | None) -> None:
        """Let native code ask after every node of the graph whether to go on; only the CPU backend does ask."""
        self._is_stopped = is_stopped or (lambda: False)
        api.llama_set_abort_callback(self._context, self._abort if is_stopped else _NEVER, None)

    def _should_abort(self, _data: ctypes.c_void_p) -> bool:
        stopped = self._is_stopped()
        if stopped:
            expect_complaints(True)
        return stopped

    def _decode(self, tokens: Sequence[int]) -> bool:
        if len(self.tokens) + len(tokens) > self.n_ctx:
            raise ContextFull
        if (threads := self._n_threads()) != self._threads_set:
            self._threads_set = threads
            api.llama_set_n_threads(self._context, threads, threads)
        array = token_array(tokens)  # the batch only points to it
        result = api.llama_decode(self._context, api.llama_batch_get_one(array, len(tokens)))
        expect_complaints(False)
        if result == 0:
            self.tokens.extend(tokens)
            return True
        # Whole micro-batches that were finished stay in the cache.
        kept = int(api.llama_memory_seq_pos_max(self._memory, 0)) + 1
        self.tokens.extend(tokens[: max(0, kept - len(self.tokens))])
        if result == _ABORTED:
            return False
        if result == _NO_SLOT:
            raise ContextFull
        self.clear()
        raise UserError(
            "llama.cpp could not compute the next part of the answer.",
            "Try again; if it happens again, load the model anew with a shorter context length.",
        )

    def close(self) -> None:
        api.llama_free(self._context)
