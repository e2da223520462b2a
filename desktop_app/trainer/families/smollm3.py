"""SmolLM3: Llama, but every fourth layer knows no positions."""

from dataclasses import replace

from ..spec import Header, Spec
from . import llama

_STEP = 4


def spec(header: Header, n_ctx: int) -> Spec:
    same = llama.spec(header, n_ctx)
    ropes = tuple(None if layer % _STEP == _STEP - 1 else rope for layer, rope in enumerate(same.ropes))
    return replace(same, ropes=ropes)
