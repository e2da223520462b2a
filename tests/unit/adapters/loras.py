"""Adapters with random matrices, and what they do to each weight written out in full."""

import numpy as np
from hypothesis import strategies as st

from desktop_app.adapters.lora import Lora, Pair

SCALES = (0.5, 1.0, -2.0, 1 / 3)


def dense(pair):
    """Return the whole change of a weight."""
    return pair.scale * pair.b.astype(np.float64) @ pair.a.astype(np.float64)


def random_pair(chance, inputs, outputs, rank, experts=0, dtype=np.float32):
    front = (experts,) if experts else ()
    a = chance.standard_normal((*front, rank, inputs)).astype(dtype)
    b = chance.standard_normal((*front, outputs, rank)).astype(dtype)
    return Pair(a, b, float(chance.choice(SCALES)))


@st.composite
def several_loras(draw, least=1, most=4):
    """Some adapters for one model, each of which changes any of its weights."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes, flags = st.integers(1, 9), st.booleans()
    shapes = {
        f"blk.{layer}.{kind}.weight": (draw(sizes), draw(sizes), draw(st.sampled_from((0, 0, 3))))
        for layer in range(draw(st.integers(1, 3)))
        for kind in ("attn_q", "ffn_down")
    }
    loras = []
    for _ in range(draw(st.integers(least, most))):
        dtype = np.float16 if draw(flags) else np.float32
        pairs = {
            name: random_pair(chance, inputs, outputs, draw(sizes), experts, dtype)
            for name, (inputs, outputs, experts) in shapes.items()
            if draw(flags)
        }
        loras.append(Lora("llama", pairs))
    return loras
