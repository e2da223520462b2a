"""How much memory a model needs at a context length, told from its header before anything is loaded.

The parts, and where their formulas come from (llama.cpp 0c1e570, one sequence, CPU, flash attention, n_outputs_max 1):

- Weights: the files. They are mapped, so the system may drop pages of them, but then each token waits for the disk.
  Types that are repacked for AVX2 or NEON (Q4_0, Q4_K, IQ4_NL and others) are copied into memory of the same size;
  they are counted once, because nothing reads their place in the file again.
- KV cache: a key and a value of 16-bit numbers for each layer, head and cell; cells are the context length rounded up
  to 256. Sliding-window layers get all cells too, because the engine keeps `swa_full`. Recurrent layers have a state
  of fixed size.
- Compute buffer: what a micro-batch needs at once. `3 * n_ff + 4 * n_embd` numbers a token, the attention mask, and
  one row of logits: within 1 MB of what llama.cpp reports for four dense models at 512 to 32,768 tokens.
- Process: Python and the native libraries; 60 to 64 MB were measured on Linux.
"""

from dataclasses import dataclass

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader

CELL_STEP = 256
N_UBATCH = 512  # as the engine has it
PROCESS_BYTES = 70_000_000
USABLE_SHARE = 0.9  # of what is free; the rest is for what other programs take meanwhile
SHORTEST_CONTEXT = 512

_F16_BYTES, _F32_BYTES = 2, 4
_ROUND_CONTEXT = 1024


@dataclass(frozen=True)
class MemoryForecast:
    """Bytes."""

    weights: int
    kv: int
    compute: int
    process: int

    @property
    def total(self) -> int:
        return self.weights + self.kv + self.compute + self.process


def forecast(header: GgufHeader, n_ctx: int) -> MemoryForecast:
    """Return what a model needs with a context of `n_ctx` tokens."""
    cells = -(-n_ctx // CELL_STEP) * CELL_STEP
    return MemoryForecast(
        weights=header.file_size,
        kv=cells * _kv_bytes_per_cell(header) + _recurrent_state_bytes(header),
        compute=_compute_bytes(header, cells),
        process=PROCESS_BYTES,
    )


def check_fits(header: GgufHeader, n_ctx: int, free_bytes: int) -> MemoryForecast:
    """Return the forecast if the model fits.

    Args:
        header: Of a model that `check_model` lets pass.
        n_ctx: Context length in tokens.
        free_bytes: Memory that can be had now.

    Raises:
        UserError: If it needs more than `USABLE_SHARE` of the free memory; names the numbers and what would fit.
    """
    needed = forecast(header, n_ctx)
    usable = int(free_bytes * USABLE_SHARE)
    if needed.total <= usable:
        return needed
    longest = _longest_context(header, n_ctx, usable)
    name, free = shown_name(header.path), readable_size(free_bytes)
    if longest:
        raise UserError(
            f"“{name}” needs about {readable_size(needed.total)} of memory with a context length of {n_ctx:,} tokens, "
            f"but only {free} are free, and a tenth of that must stay free.",
            f"Choose a context length of at most {longest:,} tokens, or a smaller model.",
        )
    least = readable_size(forecast(header, SHORTEST_CONTEXT).total)
    raise UserError(
        f"“{name}” needs about {least} of memory even with a short context, but only {free} are free, "
        "and a tenth of that must stay free.",
        "Choose a smaller model or a smaller quantization of it, or close other programs.",
    )


def readable_size(size_bytes: int) -> str:
    """Return a size as people read it: 98 MB, 4.7 GB."""
    megabytes = round(size_bytes / 1_000_000)
    return f"{megabytes:,} MB" if megabytes < 1000 else f"{size_bytes / 1_000_000_000:,.1f} GB"


def _longest_context(header: GgufHeader, below: int, usable: int) -> int:
    """Return the longest context that fits, in round numbers; 0 if not even a short one does."""
    fixed = forecast(header, 0)
    per_token = _kv_bytes_per_cell(header) + N_UBATCH * _F16_BYTES
    n_ctx = min((usable - fixed.total) // per_token, below - 1)
    step = _ROUND_CONTEXT if n_ctx >= _ROUND_CONTEXT else CELL_STEP
    n_ctx = n_ctx // step * step
    return n_ctx if n_ctx >= SHORTEST_CONTEXT else 0


def _kv_bytes_per_cell(header: GgufHeader) -> int:
    heads = header.n_head_kv
    if (interval := header.integer("full_attention_interval")) > 1:  # the layers between are recurrent
        heads = heads[interval - 1 :: interval]
    return sum(heads) * (header.key_length + header.value_length) * _F16_BYTES


def _recurrent_state_bytes(header: GgufHeader) -> int:
    """Return the state of recurrent layers, counted for every layer: what is too much is a few megabytes."""
    if wkv_head := header.integer("wkv.head_size"):  # RWKV
        numbers = header.n_embd * (wkv_head + header.integer("token_shift_count", 2))
    else:  # Mamba and its relatives
        inner, state = header.integer("ssm.inner_size"), header.integer("ssm.state_size")
        groups, kernel = header.integer("ssm.group_count"), header.integer("ssm.conv_kernel", 1)
        numbers = inner * state + (kernel - 1) * (inner + 2 * groups * state)
    return header.n_layer * max(0, numbers) * _F32_BYTES


def _compute_bytes(header: GgufHeader, cells: int) -> int:
    width = max(header.n_embd, max(header.n_head, default=0) * header.key_length)
    experts_used = max(header.per_layer("expert_used_count"), default=0)
    n_ff = max(header.n_ff, experts_used * header.integer("expert_feed_forward_length"))
    activations = N_UBATCH * (3 * n_ff + 4 * width) * _F32_BYTES
    return activations + N_UBATCH * cells * _F16_BYTES + header.n_vocab * _F32_BYTES
