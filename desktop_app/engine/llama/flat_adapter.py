"""An adapter whose matrices can be written anew while it is loaded: what several adapters become to act as one.

llama.cpp reads adapters from files only, and reading one as large as a whole stack takes longer than a person should
wait for a slider. So a file of zeros is loaded once, its tensors are found in the graph that llama.cpp builds with them
(`cb_eval` of a context is shown every node), and from then on a change of the stack is a copy in memory.

Ranks are padded with zeros up to a multiple of `RANK_STEP`, so that stacks of a few adapters more or less have the same
shape. The padding stands behind all that counts and is zero whatever was there before: what comes out depends on the
stack alone.

Where the model's own weights have no more than 16 bits, neither have these matrices: half of the memory to be read for
each token is half of what a stack costs, and what is lost is less than the model's weights round away. Both matrices
of a pair are brought to the same size by a power of two first, so that neither is too small for 16 bits.
"""

import ctypes
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import llama_cpp.llama_cpp as api
import numpy as np

from desktop_app.adapters.check import A_SUFFIX, B_SUFFIX
from desktop_app.adapters.lora import Lora, Matrix, Pair
from desktop_app.adapters.lora_file import lora_parts
from desktop_app.engine.llama.ggml import ggml
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native_adapter import apply_adapter, load_adapter
from desktop_app.errors import UserError

RANK_STEP = 32

# For each weight: the padded rank, and the shape of the weight as NumPy has it, experts first if there are any.
Ranks = Mapping[str, tuple[int, tuple[int, ...]]]
Stacked = Sequence[tuple[Lora, float]]  # adapters and the person's scales

_FEW_TOKENS = 32


class _Full:
    """A pair as it is put among others in 32 bits: all scales are in A, whose part of the whole is contiguous."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.b = pair.b

    def a(self, scale: float) -> Matrix:
        """Return A for a person's scale."""
        return self._pair.a * np.float32(self._pair.scale * scale)


class _Half:
    """The same in 16 bits. Numbers take longer to be made shorter than to be copied, so the last ones are kept."""

    def __init__(self, pair: Pair) -> None:
        a, b = (float(np.abs(matrix).max()) for matrix in (pair.a, pair.b))
        balance = 2.0 ** round(math.log2(b / (a * abs(pair.scale))) / 2) if a and b and pair.scale else 1.0
        self._unscaled = pair.a
        self._own_scale = pair.scale * balance
        self._last: tuple[float, Matrix] | None = None
        self.b: Matrix = (pair.b / np.float32(balance)).astype(np.float16)

    def a(self, scale: float) -> Matrix:
        """Return A for a person's scale."""
        if self._last is None or self._last[0] != scale:
            self._last = scale, (self._unscaled * np.float32(self._own_scale * scale)).astype(np.float16)
        return self._last[1]


_halves: WeakKeyDictionary[Pair, _Half] = WeakKeyDictionary()


def _half(pair: Pair) -> _Half:
    if pair not in _halves:
        _halves[pair] = _Half(pair)
    return _halves[pair]


class _Tensor(ctypes.Structure):
    """`struct ggml_tensor` of ggml.h (ggml 0.25.3), up to its name."""

    _fields_ = [
        ("type", ctypes.c_int32),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int32),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
    ]


def ranks_of(stack: Stacked) -> Ranks:
    """Return the shape that an adapter needs to hold these."""
    totals: dict[str, int] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for lora, _ in stack:
        for weight, pair in lora.pairs.items():
            totals[weight] = totals.get(weight, 0) + pair.rank
            shapes[weight] = (*pair.b.shape[:-1], pair.a.shape[-1])
    return {weight: (-(-total // RANK_STEP) * RANK_STEP, shapes[weight]) for weight, total in totals.items()}


class FlatAdapter:
    """One loaded adapter; it does nothing until it is filled.

    Args:
        model: The loaded model, with which it ends.
        ranks: What it has room for.
        bits: 16 or 32.

    Raises:
        UserError: If there is no room for it on the disk or in memory.
    """

    def __init__(self, model: LlamaModel, ranks: Ranks, bits: int) -> None:
        self.ranks = ranks
        self._is_half = bits == 16
        self._model = model
        self._stack: Stacked = ()
        pairs = {weight: _zeros(*room, self._is_half) for weight, room in ranks.items()}
        self.handle = _load(model, pairs)
        self._tensors = _find_tensors(model, self.handle, pairs)
        # Where a tensor lies in memory of another device, it is filled here and sent there.
        self._is_host = self.can_be_refilled and all(map(_is_host, self._tensors.values()))
        if self._is_host:
            pairs = {weight: Pair(self._view(weight + A_SUFFIX), self._view(weight + B_SUFFIX)) for weight in ranks}
        self._pairs = pairs

    @property
    def can_be_refilled(self) -> bool:
        """Whether llama.cpp has shown where the matrices are. Where it has not, they can be filled once, by a file."""
        return bool(self._tensors)

    def fill(self, stack: Stacked) -> None:
        """Become the sum of these; what is the same as before is left as it is."""
        before, self._stack = self._stack, tuple(stack)
        is_new = [lora for lora, _ in before] != [lora for lora, _ in stack]
        for weight, whole in self._pairs.items():
            at = 0
            for number, (lora, scale) in enumerate(stack):
                if (pair := lora.pairs.get(weight)) is None:
                    continue
                own = slice(at, at + pair.rank)
                scaled = _half(pair) if self._is_half else _Full(pair)
                if is_new or before[number][1] != scale:
                    whole.a[..., own, :] = scaled.a(scale)
                if is_new:
                    whole.b[..., own] = scaled.b
                at += pair.rank
            if is_new:
                whole.a[..., at:, :] = 0
                whole.b[..., at:] = 0
        if not self.can_be_refilled:
            self.close()
            self.handle = _load(self._model, self._pairs)
        elif not self._is_host:
            self._send()

    def close(self) -> None:
        """Free it; no context may use it any more."""
        api.llama_adapter_lora_free(self.handle)

    def _view(self, name: str) -> Matrix:
        tensor = self._tensors[name]
        shape = tuple(reversed(tensor.ne[: 3 if tensor.ne[2] > 1 else 2]))
        if self._is_half:
            halves = np.ctypeslib.as_array(ctypes.cast(tensor.data, ctypes.POINTER(ctypes.c_uint16)), shape)
            return halves.view(np.float16)
        return np.ctypeslib.as_array(ctypes.cast(tensor.data, ctypes.POINTER(ctypes.c_float)), shape)

    def _send(self) -> None:
        for weight, pair in self._pairs.items():
            for suffix, matrix in ((A_SUFFIX, pair.a), (B_SUFFIX, pair.b)):
                tensor = ctypes.byref(self._tensors[weight + suffix])
                ggml.ggml_backend_tensor_set(
                    tensor, ctypes.c_void_p(matrix.ctypes.data), ctypes.c_size_t(0), ctypes.c_size_t(matrix.nbytes)
                )


def _zeros(rank: int, shape: tuple[int, ...], is_half: bool) -> Pair:
    *experts, n_out, n_in = shape
    a, b = (*experts, rank, n_in), (*experts, n_out, rank)
    if is_half:
        return Pair(np.zeros(a, np.float16), np.zeros(b, np.float16))
    return Pair(np.zeros(a, np.float32), np.zeros(b, np.float32))


def _load(model: LlamaModel, pairs: Mapping[str, Pair]) -> api.llama_adapter_lora_p:
    lora = Lora(model.metadata("general.architecture") or "", pairs)
    handle, name = tempfile.mkstemp(".gguf", "moatless-stack-")
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            for part in lora_parts(lora):
                file.write(part)
        return load_adapter(model, Path(name))
    except OSError as error:
        raise UserError(
            "There is no room on the disk to put these adapters together.", "Free some space and try again."
        ) from error
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _find_tensors(model: LlamaModel, handle: api.llama_adapter_lora_p, pairs: Mapping[str, Pair]) -> dict[str, _Tensor]:
    """Return the adapter's tensors by name, from the graph of one token that it acts on; none unless all are there."""
    found: dict[str, _Tensor] = {}

    def look(address: int, _is_question: bool, _data: ctypes.c_void_p) -> bool:
        for source in _Tensor.from_address(address).src[:2]:
            if source:
                tensor = _Tensor.from_address(source)
                found[tensor.name.decode(errors="replace")] = tensor
        return False  # nothing of this node needs to be computed by itself

    callback = api.ggml_backend_sched_eval_callback(look)
    parameters = api.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = _FEW_TOKENS
    parameters.n_threads = parameters.n_threads_batch = 1
    parameters.cb_eval = callback
    context = api.llama_init_from_model(model.handle, parameters)
    if not context:
        raise UserError("There is not enough memory for these adapters.", "Close other programs and try again.")
    try:
        apply_adapter(context, handle, 1.0)
        token = (api.llama_token * 1)(max(0, model.bos_id))
        api.llama_decode(context, api.llama_batch_get_one(token, 1))
    finally:
        api.llama_free(context)
    names = [weight + suffix for weight in pairs for suffix in (A_SUFFIX, B_SUFFIX)]
    return {name: found[name] for name in names} if found.keys() >= set(names) else {}


def _is_host(tensor: _Tensor) -> bool:
    is_host = ggml.ggml_backend_buffer_is_host
    is_host.argtypes, is_host.restype = [ctypes.c_void_p], ctypes.c_bool
    return bool(is_host(tensor.buffer))
