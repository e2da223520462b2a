"""Granite: Llama, but embeddings, what layers add, attention and logits each have a scale."""

from dataclasses import replace

from ..spec import Header, Spec
from . import llama


def spec(header: Header, n_ctx: int) -> Spec:
    same = llama.spec(header, n_ctx)
    return replace(
        same,
        ropes=same.ropes if header.get("rope.scaling.finetuned", True) else (None,) * same.n_layer,
        embedding_scale=header.get("embedding_scale", 0.0) or 1.0,
        residual_scale=header.get("residual_scale", 0.0) or 1.0,
        logit_scale=1 / header.get("logit_scale"),
    )
