"""Gemma 3: five layers of six see a window and turn faster, heads are normed, halves of layers are normed twice."""

import math
from dataclasses import replace

from ..spec import GELU, Header, Spec
from .gemma2 import layer_windows

_PERIOD, _WINDOW = 6, 0
_LOCAL_BASE = 10_000.0
_LAYERS_OF_27B = 62  # its heads are scaled by their share of the model's width


def spec(header: Header, n_ctx: int) -> Spec:
    rope = header.rope(pairs_neighbors=False, n_ctx=n_ctx)
    local = replace(rope, base=float(header.get("rope.freq_base_swa", _LOCAL_BASE)), scale=1.0)
    windows = layer_windows(header, _PERIOD, _WINDOW)
    width = header.head_width
    if header.n_layer == _LAYERS_OF_27B:
        width = header.get("embedding_length") // header.get("attention.head_count")
    return header.spec(
        rope,
        ropes=tuple(local if window else rope for window in windows),
        windows=windows,
        attention_scale=1 / math.sqrt(width),
        logit_cap=header.get("final_logit_softcapping", 0.0),
        activation=GELU,
        embedding_scale=math.sqrt(header.get("embedding_length")),
    )
