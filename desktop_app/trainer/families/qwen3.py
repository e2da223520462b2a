"""Qwen 3: halves of heads turn, and each head of queries and keys is normed before."""

from ..spec import Header, Spec


def spec(header: Header, n_ctx: int) -> Spec:
    return header.spec(header.rope(pairs_neighbors=False, n_ctx=n_ctx))
