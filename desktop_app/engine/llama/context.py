"""A context of a model: the KV cache, what is in it by sequence, and the calls that change it."""

import ctypes
import math
import time
from collections.abc import Callable, Iterable
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field

import llama_cpp.llama_cpp as api

from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama.adapters import BARE, NativeStack
from desktop_app.engine.llama.cells import Cells
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native import expect_complaints
from desktop_app.engine.llama.native_adapter import apply_adapter
from desktop_app.errors import UserError
from desktop_app.library.memory import N_UBATCH

N_OUTPUTS = 16  # rows of a batch that may want logits; each reserves a row of the vocabulary's size
SLOW_DECODE_S = 0.05  # from here on, a decode is worth interrupting in the middle
KV_TYPES = {"f16": api.GGML_TYPE_F16, "q8_0": api.GGML_TYPE_Q8_0, "q4_0": api.GGML_TYPE_Q4_0}

_FLASH = {
    None: api.LLAMA_FLASH_ATTN_TYPE_AUTO,
    True: api.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    False: api.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}
_ABORTED, _NO_SLOT = 2, 1
_NEVER = api.ggml_abort_callback()


class ContextFull(Exception):
    """No room for these tokens; nothing has changed."""


@dataclass(eq=False)
class Sequence:
    """One line of tokens in the cache, and the cell of each."""

    number: int
    tokens: list[int] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One token to be decoded at the end of its sequence, with or without the logits of what comes next."""

    sequence: Sequence
    token: int
    wants_logits: bool = False


@dataclass(frozen=True)
class ContextSettings:
    """See `library.fit.LoadPlan`. `n_sequences` share the `n_ctx` tokens; no decode takes more than `n_ubatch`."""

    n_ctx: int
    n_sequences: int = 1
    n_ubatch: int = N_UBATCH
    kv_type: str = "f16"
    flash_attention: bool | None = None


class LlamaContext:
    """The sequences of one model that are in memory now.

    Args:
        model: Must outlive the context.
        settings: llama.cpp rounds `n_ctx` up to a multiple of 256.
        n_threads: Asked before each decode how many threads to use.

    Raises:
        UserError: If there is not enough memory for the cache.
    """

    def __init__(self, model: LlamaModel, settings: ContextSettings, n_threads: Callable[[], int]) -> None:
        parameters = api.llama_context_default_params()
        parameters.n_ctx = settings.n_ctx
        parameters.n_batch = parameters.n_ubatch = min(settings.n_ubatch, settings.n_ctx)
        parameters.n_seq_max = settings.n_sequences
        parameters.kv_unified = True  # any sequence may take all the room that the others leave
        parameters.n_outputs_max = min(N_OUTPUTS, parameters.n_ubatch)
        parameters.n_outputs_max_per_seq = parameters.n_outputs_max  # one sequence wants them all to check guesses
        parameters.type_k = parameters.type_v = KV_TYPES[settings.kv_type]
        parameters.flash_attn_type = _FLASH[settings.flash_attention]
        self._n_threads = n_threads
        self._threads_set = parameters.n_threads = parameters.n_threads_batch = n_threads()
        parameters.no_perf = True
        self._context = api.llama_init_from_model(model.handle, parameters)
        if not self._context:
            raise UserError(
                f"There is not enough memory for a context of {settings.n_ctx:,} tokens.",
                "Choose a shorter context length or a smaller model.",
            )
        self._memory = api.llama_get_memory(self._context)
        self._n_swa = model.n_swa
        self.n_ctx = int(api.llama_n_ctx(self._context))
        self.n_batch = int(api.llama_n_batch(self._context))
        self.sequences = tuple(Sequence(number) for number in range(settings.n_sequences))
        self._batch = api.llama_batch_init(self.n_batch, 0, 1)
        self._cells = Cells()
        self._decode_s = 0.0
        self._is_stopped: IsStopped = lambda: False
        self.stack = BARE  # what acts on what is decoded
        self._abort = api.ggml_abort_callback(self._should_abort)

    @property
    def handle(self) -> ctypes.c_void_p:
        """The native pointer, for samplers."""
        return self._context  # type: ignore[no-any-return]

    @property
    def n_free(self) -> int:
        """Tokens there is still room for."""
        return self.n_ctx - len(self._cells)

    # ------------------------------------------------------------ computing

    def use(self, stack: NativeStack) -> None:
        """Let this stack act on what is decoded from now on; never two of them on the same sequence."""
        if (stack.handle, stack.scale) != (self.stack.handle, self.stack.scale):
            apply_adapter(self._context, stack.handle, stack.scale)
        self.stack = stack

    def decode(self, rows: SequenceOf[Row], is_stopped: IsStopped) -> bool:
        """Append rows to their sequences, at most `n_batch`; logits are those of the i-th row.

        Returns:
            False if `is_stopped` ended it in the middle. Each sequence then holds what was finished of it, up to the
            first row that wants logits.

        Raises:
            ContextFull: If they do not fit.
            UserError: If llama.cpp cannot compute them; all sequences are empty then.
        """
        if len(rows) > self.n_free:
            raise ContextFull
        self._follow_load()
        self._fill(rows)
        has_prefill = sum(not row.wants_logits for row in rows) > 0
        watch = has_prefill or self._decode_s > SLOW_DECODE_S
        if watch:
            self._watch(is_stopped)
        started = time.perf_counter()
        try:
            result = api.llama_decode(self._context, self._batch)
        finally:
            expect_complaints(False)
            if watch:
                self._watch(None)
        if not has_prefill:
            self._decode_s = time.perf_counter() - started
        if result == 0:
            for row in rows:
                self._append(row.sequence, [row.token])
            return True
        if result == _NO_SLOT:
            raise ContextFull
        if result == _ABORTED:
            self._settle(rows)
            return False
        self.clear_all()
        raise UserError(
            "llama.cpp could not compute the next part of the answer.",
            "Try again; if it happens again, load the model anew with a shorter context length.",
        )

    def _follow_load(self) -> None:
        if (threads := self._n_threads()) != self._threads_set:
            self._threads_set = threads
            api.llama_set_n_threads(self._context, threads, threads)

    def _fill(self, rows: SequenceOf[Row]) -> None:
        batch = self._batch
        batch.n_tokens = len(rows)
        ends: dict[int, int] = {}
        for index, row in enumerate(rows):
            number = row.sequence.number
            position = ends.get(number, len(row.sequence.tokens))
            ends[number] = position + 1
            batch.token[index] = row.token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = number
            batch.logits[index] = row.wants_logits

    def _settle(self, rows: Iterable[Row]) -> None:
        """Keep of an aborted batch what is in the cache: whole micro-batches are, in the order of their rows."""
        by_sequence: dict[Sequence, list[Row]] = {}
        for row in rows:
            by_sequence.setdefault(row.sequence, []).append(row)
        for sequence, own in by_sequence.items():
            before = len(sequence.tokens)
            kept = int(api.llama_memory_seq_pos_max(self._memory, sequence.number)) + 1 - before
            self._append(sequence, [row.token for row in own[: max(0, kept)]])
            wanted = next((index for index, row in enumerate(own) if row.wants_logits), len(own))
            if kept > wanted:
                self.cut(sequence, before + wanted)

    def _append(self, sequence: Sequence, tokens: list[int]) -> None:
        sequence.tokens += tokens
        sequence.cells += self._cells.take(len(tokens))

    def _watch(self, is_stopped: IsStopped | None) -> None:
        """Let native code ask after every node of the graph whether to go on; only the CPU backend does ask."""
        self._is_stopped = is_stopped or (lambda: False)
        api.llama_set_abort_callback(self._context, self._abort if is_stopped else _NEVER, None)

    def _should_abort(self, _data: ctypes.c_void_p) -> bool:
        stopped = self._is_stopped()
        if stopped:
            expect_complaints(True)
        return stopped

    def has_numbers(self, row: int) -> bool:
        """Whether the logits of this row of the last batch are numbers; if not, none of them is."""
        return not math.isnan(api.llama_get_logits_ith(self._context, row)[0])

    # ------------------------------------------------------------ what the cache holds

    def keep_prefix(self, sequence: Sequence, tokens: SequenceOf[int]) -> int:
        """Cut a sequence to what it has in common with `tokens` and return that length.

        At least the last token is left to be decoded, because only decoding gives logits.
        """
        keep = min(common_prefix(sequence.tokens, tokens), len(tokens) - 1)
        return keep if self.cut(sequence, keep) else 0

    def cut(self, sequence: Sequence, keep: int) -> bool:
        """Forget what comes after the first `keep` tokens; where the model cannot go back so far, forget all."""
        if keep == len(sequence.tokens):
            return True
        # Recurrent models cannot go back part of the way.
        is_cut = api.llama_memory_seq_rm(self._memory, sequence.number, keep, -1)
        if not is_cut or not self._has_window(sequence, keep):
            self.clear(sequence)
            return False
        self._cells.release(sequence.cells[keep:])
        del sequence.tokens[keep:], sequence.cells[keep:]
        return True

    def _has_window(self, sequence: Sequence, length: int) -> bool:
        """Whether a sequence that ends after `length` tokens can go on: llama.cpp does not tell when it cannot.

        It frees cells that a sliding window has left behind, and gives what is left of a sequence before them as fine.
        """
        if not self._n_swa or not length:
            return True
        first = int(api.llama_memory_seq_pos_min(self._memory, sequence.number))  # -1 if the whole window is gone
        return 0 <= first <= max(0, length - self._n_swa)

    def copy_prefix(self, source: Sequence, target: Sequence, length: int) -> None:
        """Make an empty sequence begin with the first `length` tokens of another; they take no room of their own.

        It stays empty where the other has gone on so far that it cannot be continued from there.
        """
        api.llama_memory_seq_cp(self._memory, source.number, target.number, 0, length)
        if not self._has_window(target, length):
            self.clear(target)
            return
        target.tokens[:] = source.tokens[:length]
        target.cells[:] = source.cells[:length]
        self._cells.share(target.cells)

    def clear(self, sequence: Sequence) -> None:
        """Forget a sequence."""
        api.llama_memory_seq_rm(self._memory, sequence.number, -1, -1)
        self._cells.release(sequence.cells)
        sequence.tokens.clear()
        sequence.cells.clear()

    def clear_all(self) -> None:
        """Forget everything, also what is left in cells that nobody uses: it takes part in computing, times 0."""
        for sequence in self.sequences:
            self.clear(sequence)
        api.llama_memory_clear(self._memory, True)

    def save(self, sequence: Sequence) -> bytearray:
        """Return the KV state of a sequence; empty if llama.cpp cannot give it."""
        state = bytearray(api.llama_state_seq_get_size(self._context, sequence.number))
        view = (ctypes.c_uint8 * len(state)).from_buffer(state)
        written = api.llama_state_seq_get_data(self._context, view, len(state), sequence.number)
        del view  # a buffer that is still looked at cannot change its length
        return state if written == len(state) else bytearray()

    def restore(self, sequence: Sequence, tokens: SequenceOf[int], state: bytearray) -> bool:
        """Fill an empty sequence with a saved state of exactly these tokens; False and empty if it does not fit."""
        view = (ctypes.c_uint8 * len(state)).from_buffer(state)
        read = api.llama_state_seq_set_data(self._context, view, len(state), sequence.number)
        last = int(api.llama_memory_seq_pos_max(self._memory, sequence.number))
        if read != len(state) or last != len(tokens) - 1:
            self.clear(sequence)
            return False
        self._append(sequence, list(tokens))
        return True

    def close(self) -> None:
        api.llama_batch_free(self._batch)
        api.llama_free(self._context)


def common_prefix(first: SequenceOf[int], second: SequenceOf[int]) -> int:
    """Return how many tokens two lines have in common from the start."""
    limit = min(len(first), len(second))
    return next((index for index in range(limit) if first[index] != second[index]), limit)
