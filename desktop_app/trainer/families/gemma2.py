"""Gemma 2: every other layer sees a window, attention and logits are bounded, halves of layers are normed twice."""

import math
from dataclasses import replace

from ..spec import GELU, Header, Spec

_PERIOD, _WINDOW = 2, 4096
_LAYERS_OF_27B = 46  # its heads are scaled by their share of the model's width


def spec(header: Header, n_ctx: int) -> Spec:
    rope = header.rope(pairs_neighbors=False, n_ctx=n_ctx)
    local = replace(rope, base=float(header.get("rope.freq_base_swa", rope.base)))
    windows = layer_windows(header, _PERIOD, _WINDOW)
    width = header.head_width
    if header.n_layer == _LAYERS_OF_27B:
        width = header.get("embedding_length") // header.get("attention.head_count")
    return header.spec(
        rope,
        ropes=tuple(local if window else rope for window in windows),
        windows=windows,
        attention_scale=1 / math.sqrt(width),
        attention_cap=header.get("attn_logit_softcapping", 50.0),
        logit_cap=header.get("final_logit_softcapping", 30.0),
        activation=GELU,
        embedding_scale=math.sqrt(header.get("embedding_length")),
    )


def layer_windows(header: Header, period: int, window: int) -> tuple[int, ...]:
    """Return the window of each layer: all see one but the last of each period, unless the file lists them."""
    window = int(header.get("attention.sliding_window", window))
    listed = header.per_layer("attention.sliding_window_pattern")
    if listed is not None and len(listed) == header.n_layer:
        return tuple(window if is_local else 0 for is_local in listed)
    period = int(header.get("attention.sliding_window_pattern", period))
    return tuple(window if period == 0 or layer % period < period - 1 else 0 for layer in range(header.n_layer))
