"""Gemma 3: five layers of six see a window and turn faster, heads are normed, halves of layers are normed twice."""

from dataclasses import replace

from ..spec import Header, Spec
from .gemma2 import layer_windows, windowed

_PERIOD, _WINDOW = 6, 0
_LOCAL_BASE = 10_000.0
_LAYERS_OF_27B = 62


def spec(header: Header, n_ctx: int) -> Spec:
    rope = header.rope(pairs_neighbors=False, n_ctx=n_ctx)
    local = replace(rope, base=float(header.get("rope.freq_base_swa", _LOCAL_BASE)), scale=1.0)
    windows = layer_windows(header, _PERIOD, _WINDOW)
    return windowed(header, rope, local, windows, _LAYERS_OF_27B, logit_cap=header.get("final_logit_softcapping", 0.0))
