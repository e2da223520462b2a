"""Llama, and what has its form: Mistral, SmolLM, TinyLlama."""

from ..spec import Header, Spec


def spec(header: Header, n_ctx: int) -> Spec:
    own = {"attention_scale": scale} if (scale := header.get("attention.scale", 0.0)) else {}
    return header.spec(header.rope(pairs_neighbors=True, n_ctx=n_ctx), **own)
