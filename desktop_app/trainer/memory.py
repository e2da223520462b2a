"""How much memory training will take, mode by mode, and which mode suits a computer. Does without torch.

What is counted is the most that is in use at any time, in bytes: of RAM, or of a GPU's own memory.
"""

from collections.abc import Mapping

from .contract import DPO, FAST, FLOAT32, LEAN, MODES, PACKED, ModelFile, Recipe, TensorPlace

PROCESS_BYTES = 350_000_000  # Python, torch and its threads, before there is a model

# Numbers that a layer keeps for its backward pass, for each token, by what they are as wide as: what goes into its
# norms; queries, and keys and values once for each head of the queries, and what attention makes of them; keys and
# values as they come; gate and up.
_KEPT_N_EMBD, _KEPT_Q, _KEPT_KV, _KEPT_FF = 2.0, 4.0, 2.0, 2.0
# While a layer's backward pass runs, the gradients of what it kept are there as well.
_LAYERS_AT_WORK = 1.0
_EXACT_BYTES = 4  # of what is summed up from layer to layer, whatever products are computed in

_ADAPTER_COPIES = 5  # A or B, its gradient, two moments, and the best or the last good one; 4 bytes each
_STACK_COPIES = 2

_HEAD_ROWS, _HEAD_COPIES = 256, 2  # logits, and their gradient
_HEAD_SLICE_BYTES = 100_000_000  # of unpacked output weights in the modes that keep none

SHARE_OF_FREE = 0.6  # that a mode may take of what is free, so that the person can go on working
LARGEST_SHARE = 0.9  # that the leanest may take
_FUSED = {"attn_qkv": ("attn_q", "attn_k", "attn_v"), "ffn_up": ("ffn_gate",)}


def forecasts(file: ModelFile, recipe: Recipe, precision: str, *, tokens: int = 0, stack: int = 0) -> dict[str, int]:
    """Return the bytes that each mode takes.

    Args:
        precision: One of `contract.PRECISIONS`.
        tokens: Of the largest micro-batch; by default the largest that the recipe allows.
        stack: Parameters of the adapters under the new one.
    """
    if not tokens:
        tokens = max(recipe.micro_tokens, recipe.length * (2 if recipe.loss == DPO else 1))
    width = 4 if precision == FLOAT32 else 2
    blocks = _blocks(file)
    whole = {tensor.name: tensor for tensor in file.tensors if not tensor.name.startswith("blk.")}
    head = whole.get("output.weight") or whole["token_embd.weight"]
    n_vocab, n_embd = head.shape
    unpacked = [sum(map(_n_numbers, block)) * width for block in blocks]
    head_bytes = n_vocab * n_embd * width

    packed = sum(tensor.size_bytes for tensor in file.tensors)
    adapter = recipe.rank * sum(
        sum(tensor.shape) for block in blocks for tensor in block if _is_trained(tensor, recipe)
    )
    always = PROCESS_BYTES + packed + 4 * (adapter * _ADAPTER_COPIES + stack * _STACK_COPIES)
    logits = _HEAD_ROWS * _EXACT_BYTES * _HEAD_COPIES  # for each token of the vocabulary that is looked at together

    kept = [_kept_numbers(block, n_embd) * tokens * width for block in blocks]
    at_work = int(max(kept) * _LAYERS_AT_WORK)
    scratch = max(*(_largest_product(block) * width for block in blocks), min(head_bytes, _HEAD_SLICE_BYTES))
    scratch += logits * min(n_vocab, _HEAD_SLICE_BYTES // (n_embd * width))
    return {
        FAST: always + sum(unpacked) + head_bytes + logits * n_vocab + sum(kept) + at_work,
        PACKED: always + scratch + sum(kept) + at_work,
        LEAN: always + scratch + len(blocks) * tokens * n_embd * _EXACT_BYTES + max(kept) + at_work,
    }


def choose(forecast: Mapping[str, int], free_bytes: int) -> str | None:
    """Return the fastest mode that leaves enough to others; None if even the leanest does not fit."""
    for mode in (FAST, PACKED):
        if forecast[mode] <= free_bytes * SHARE_OF_FREE:
            return mode
    return LEAN if forecast[LEAN] <= free_bytes * LARGEST_SHARE else None


def leaner(mode: str) -> str | None:
    """Return the mode to try when memory has run out, or None after the last one."""
    place = MODES.index(mode) + 1
    return MODES[place] if place < len(MODES) else None


def too_little(forecast: Mapping[str, int], free_bytes: int) -> tuple[str, str]:
    """Return what to say, and what can be done, where no mode fits."""
    needed = forecast[LEAN] / LARGEST_SHARE
    return (
        f"Training this model takes {needed / 1e9:.1f} GB of memory, and {free_bytes / 1e9:.1f} GB are free.",
        "Close other programs, choose a smaller model, or train on shorter texts.",
    )


def _blocks(file: ModelFile) -> list[list[TensorPlace]]:
    """Return the matrices of each layer."""
    found: dict[str, list[TensorPlace]] = {}
    for tensor in file.tensors:
        if tensor.name.startswith("blk.") and len(tensor.shape) > 1:
            found.setdefault(tensor.name.split(".")[1], []).append(tensor)
    return list(found.values())


def _kind(tensor: TensorPlace) -> str:
    return tensor.name.split(".")[2]


def _n_numbers(tensor: TensorPlace) -> int:
    rows, columns = tensor.shape
    return rows * columns


def _is_trained(tensor: TensorPlace, recipe: Recipe) -> bool:
    kind = _kind(tensor)
    return any(each in recipe.targets for each in (kind, *_FUSED.get(kind, ())))


def _largest_product(block: list[TensorPlace]) -> int:
    """Return the numbers of the largest weights of a layer that are one product: gate and up, or what else it has."""
    sizes = {_kind(tensor): _n_numbers(tensor) for tensor in block}
    return max(sizes.get("ffn_gate", 0) + sizes["ffn_up"], *sizes.values())


def _kept_numbers(block: list[TensorPlace], n_embd: int) -> int:
    """Return how many numbers a layer keeps for each token."""
    shapes = {_kind(tensor): tensor.shape for tensor in block}
    q, ff = shapes["attn_output"][1], shapes["ffn_down"][1]
    kv = shapes["attn_k"][0] if "attn_k" in shapes else (shapes["attn_qkv"][0] - q) // 2
    return int(_KEPT_N_EMBD * n_embd + _KEPT_Q * q + _KEPT_KV * kv + _KEPT_FF * ff)
