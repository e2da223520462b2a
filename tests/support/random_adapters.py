"""Adapters with random matrices for any model, so strong that no rounding could be taken for what they do."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.library.gguf import read_header

_FFN = ("ffn_gate", "ffn_up", "ffn_down")
_ALL = ("attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", *_FFN, *(f"{kind}_exps" for kind in _FFN))


def random_adapter(
    path: Path, model: Path, rank: int = 8, seed: int = 1, kinds: Sequence[str] = (), size: float = 0.3
) -> Path:
    """Write an adapter.

    Args:
        path: Where to.
        model: The file of the model that it is for.
        rank: Of all pairs.
        seed: Others are other adapters.
        kinds: What is changed, such as attn_q; nothing means all matrices but routers.
        size: Of what is added to each output, where inputs are about 1; whatever the rank.
    """
    header = read_header(model)
    chance = np.random.default_rng(seed)
    pairs = {}
    for tensor in header.tensors:
        kind = tensor.name.split(".")[-2]
        if tensor.name.startswith("blk.") and len(tensor.shape) > 1 and kind in (kinds or _ALL):
            n_in, n_out, *experts = tensor.shape
            a = chance.standard_normal((*experts, rank, n_in)) / n_in**0.5
            b = chance.standard_normal((*experts, n_out, rank)) * size / rank**0.5
            pairs[tensor.name] = Pair(a.astype(np.float32), b.astype(np.float32))
    write_lora(path, Lora(header.architecture, pairs, {"general.name": path.stem}))
    return path
