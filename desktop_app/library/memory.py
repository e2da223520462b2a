"""How much memory a model needs as it is to be loaded, told from its header before anything is loaded.

The parts, and where their formulas come from (llama.cpp 0c1e570; `make bench ROWS=forecast` compares them with what the
engine takes):

- Weights: the tensors. They are mapped, so the system may drop pages of them, but then each token waits for the disk.
  Types that are repacked for the processor (Q4_0, Q4_K, IQ4_NL and others) are copied into memory of the same size;
  they are counted once, because nothing reads their place in the file again.
- KV cache: a key and a value for each layer, head and cell; cells are the context length rounded up to 256, and shared
  by all sequences. Sliding-window layers get all cells too, because the engine keeps `swa_full`. Recurrent layers have
  a state of fixed size. Too much is forecast for layers that use the keys of another (gemma3n) and for compressed keys
  (deepseek2 and its relatives).
- Compute: what a micro-batch needs at once, the widest place of a layer (met by measuring models of eleven shapes), and
  the attention mask; without flash attention also each head's scores. Once more on a GPU. And the logits that are kept.
- Vocabulary: the tokens and merges as llama.cpp keeps them to look them up; 155 to 175 bytes each were measured.
- Process: Python and the native libraries; 47 to 50 MB were measured on Linux.
"""

from dataclasses import dataclass

from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import Skipped, Tensor

CELL_STEP = 256
N_UBATCH = 512
N_OUTPUTS = 16  # rows of logits that the engine keeps
PROCESS_BYTES = 50_000_000
KV_TYPES = {"f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}  # numbers in a block, and its bytes

_F16_BYTES, _F32_BYTES = 2, 4
_ENTRY_BYTES = 165
_EMBEDDING, _OUTPUT = "token_embd.weight", "output.weight"


@dataclass(frozen=True)
class MemoryForecast:
    """Bytes.

    Attributes:
        weights, kv, compute, vocabulary: Of the model.
        process: Of the engine whatever it runs.
        adapters: Their files, also while their scale is 0.
        draft: All that a model that guesses ahead needs.
        vram: How much of all this lies in the memory of the GPU.
    """

    weights: int
    kv: int
    compute: int
    vocabulary: int
    process: int = PROCESS_BYTES
    adapters: int = 0
    draft: int = 0
    vram: int = 0

    @property
    def total(self) -> int:
        parts = (self.weights, self.kv, self.compute, self.vocabulary, self.process, self.adapters, self.draft)
        return sum(parts)

    @property
    def ram(self) -> int:
        return self.total - self.vram


def forecast(
    header: GgufHeader,
    n_ctx: int,
    *,
    kv_type: str = "f16",
    flash_attention: bool = True,
    n_ubatch: int = N_UBATCH,
    n_gpu_layers: int = 0,
    adapters_bytes: int = 0,
    draft: GgufHeader | None = None,
) -> MemoryForecast:
    """Return what the engine needs with a model that is loaded like this.

    Args:
        header: Of a model that `check_model` lets pass.
        n_ctx: Context length in tokens.
        kv_type: One of `KV_TYPES`.
        flash_attention: Whether attention is computed without writing all scores down; "auto" is, on a processor.
        n_ubatch: Tokens that are computed at once while a prompt is read.
        n_gpu_layers: Counted from the end as llama.cpp does: the first is the output, then the last layer.
        adapters_bytes: Sum of the sizes of their files.
        draft: Of a model that guesses ahead, with the same context and beside it in RAM.
    """
    cells = -(-n_ctx // CELL_STEP) * CELL_STEP
    compute = _compute_bytes(header, cells, min(n_ubatch, n_ctx), flash_attention)
    kv_by_layer = _kv_bytes_by_layer(header, cells, kv_type)
    weights, gpu = sum(tensor.size_bytes for tensor in header.tensors), 0
    if n_gpu_layers > 0:
        first = max(0, header.n_layer + 1 - n_gpu_layers)
        names = {tensor.name: tensor.size_bytes for tensor in header.tensors}
        shared_output = 0 if _OUTPUT in names else names.get(_EMBEDDING, 0)  # the GPU gets a copy of its own
        on_gpu = sum(tensor.size_bytes for tensor in header.tensors if _layer(tensor, header.n_layer) >= first)
        weights += shared_output
        gpu = on_gpu + shared_output + sum(kv_by_layer[first:]) + compute
        compute *= 2
    logits = N_OUTPUTS * header.n_vocab * _F32_BYTES
    beside = (
        forecast(draft, n_ctx, kv_type=kv_type, flash_attention=flash_attention, n_ubatch=n_ubatch) if draft else None
    )
    return MemoryForecast(
        weights=weights,
        kv=sum(kv_by_layer),
        compute=compute + logits,
        vocabulary=_ENTRY_BYTES * (header.n_vocab + _n_merges(header)),
        adapters=adapters_bytes,
        draft=beside.total - beside.process if beside else 0,
        vram=gpu,
    )


def can_quantize_kv(header: GgufHeader) -> bool:
    """Return whether keys and values of a head can be cut into whole blocks of the quantized types."""
    return header.key_length % 32 == header.value_length % 32 == 0


def readable_size(size_bytes: int) -> str:
    """Return a size as people read it: 640 kB, 98 MB, 4.7 GB."""
    if 0 < size_bytes < 999_500:
        return f"{max(1, round(size_bytes / 1000))} kB"
    megabytes = round(size_bytes / 1_000_000)
    return f"{megabytes:,} MB" if megabytes < 1000 else f"{size_bytes / 1_000_000_000:,.1f} GB"


def _layer(tensor: Tensor, n_layer: int) -> int:
    """Return which layer a tensor belongs to; -1 for the input, `n_layer` for the output."""
    first, _, rest = tensor.name.partition(".")
    if first == "blk":
        number = rest.partition(".")[0]
        return int(number) if number.isdecimal() else -1
    return n_layer if first.startswith("output") else -1


def _kv_bytes_by_layer(header: GgufHeader, cells: int, kv_type: str) -> list[int]:
    block_size, block_bytes = KV_TYPES[kv_type]
    interval = header.integer("full_attention_interval")
    state = _recurrent_state_bytes(header)
    head_width = header.key_length + header.value_length
    layers = []
    for number, heads in enumerate(header.n_head_kv, start=1):
        is_recurrent = interval > 1 and number % interval
        width = 0 if is_recurrent else heads * head_width
        layers.append(cells * width * block_bytes // block_size + state)
    return layers


def _recurrent_state_bytes(header: GgufHeader) -> int:
    """Return the state of a recurrent layer, counted for every layer: what is too much is a few megabytes."""
    if wkv_head := header.integer("wkv.head_size"):  # RWKV
        numbers = header.n_embd * (wkv_head + header.integer("token_shift_count", 2))
    else:  # Mamba and its relatives
        inner, state = header.integer("ssm.inner_size"), header.integer("ssm.state_size")
        groups, kernel = header.integer("ssm.group_count"), header.integer("ssm.conv_kernel", 1)
        numbers = inner * state + (kernel - 1) * (inner + 2 * groups * state)
    return max(0, numbers) * _F32_BYTES


def _compute_bytes(header: GgufHeader, cells: int, n_ubatch: int, flash_attention: bool) -> int:
    """Return the size of the compute buffer: close for dense models, rather too much for mixtures of experts."""
    n_embd, n_head = header.n_embd, max(header.n_head, default=0)
    experts_used = max(header.per_layer("expert_used_count"), default=0)
    n_ff = max(header.n_ff, experts_used * header.integer("expert_feed_forward_length"))
    numbers = max(
        3 * n_ff + 4 * n_embd,
        2 * n_ff + 2 * experts_used * n_embd,
        3 * n_head * header.key_length + n_embd,
        6 * header.integer("ssm.inner_size") + n_embd,
    )
    has_attention = any(header.n_head_kv)
    n_masks = has_attention + (has_attention and header.n_swa > 0)
    scores = n_head * _F32_BYTES if has_attention and not flash_attention else 0
    widest = max(n_ubatch * numbers, N_OUTPUTS * header.n_vocab) * _F32_BYTES
    return widest + n_ubatch * cells * (n_masks * _F16_BYTES + scores)


def _n_merges(header: GgufHeader) -> int:
    merges = header.metadata.get("tokenizer.ggml.merges")
    return merges.length if isinstance(merges, Skipped) else 0
