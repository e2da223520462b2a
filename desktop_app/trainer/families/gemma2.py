"""Gemma 2: every other layer sees a window, attention and logits are bounded, halves of layers are normed twice."""

import math
from dataclasses import replace
from typing import Any

from ..spec import GELU, Header, Rope, Spec

_PERIOD, _WINDOW = 2, 4096
_LAYERS_OF_27B = 46


def spec(header: Header, n_ctx: int) -> Spec:
    rope = header.rope(pairs_neighbors=False, n_ctx=n_ctx)
    local = replace(rope, base=float(header.get("rope.freq_base_swa", rope.base)))
    caps = {
        "attention_cap": header.get("attn_logit_softcapping", 50.0),
        "logit_cap": header.get("final_logit_softcapping", 30.0),
    }
    return windowed(header, rope, local, layer_windows(header, _PERIOD, _WINDOW), _LAYERS_OF_27B, **caps)


def windowed(header: Header, rope: Rope, local: Rope, windows: tuple[int, ...], layers_of_27b: int, **own: Any) -> Spec:
    """Return a Gemma.

    Args:
        header: Of the model.
        rope, local: Of layers that see all, and of those that see a window.
        windows: Of each layer.
        layers_of_27b: Of the size whose heads are scaled by their share of the model's width.
        own: What else its generation has.
    """
    n_embd = header.get("embedding_length")
    is_27b = header.n_layer == layers_of_27b
    width = n_embd // header.get("attention.head_count") if is_27b else header.head_width
    return header.spec(
        rope,
        ropes=tuple(local if window else rope for window in windows),
        windows=windows,
        attention_scale=1 / math.sqrt(width),
        activation=GELU,
        embedding_scale=math.sqrt(n_embd),
        **own,
    )


def layer_windows(header: Header, period: int, window: int) -> tuple[int, ...]:
    """Return the window of each layer: all see one but the last of each period, unless the file lists them."""
    window = int(header.get("attention.sliding_window", window))
    listed = header.per_layer("attention.sliding_window_pattern")
    if listed is not None and len(listed) == header.n_layer:
        return tuple(window if is_local else 0 for is_local in listed)
    period = int(header.get("attention.sliding_window_pattern", period))
    return tuple(window if period == 0 or layer % period < period - 1 else 0 for layer in range(header.n_layer))
