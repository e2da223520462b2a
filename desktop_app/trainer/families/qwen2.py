"""Qwen 2 and 2.5: halves of heads turn, and queries, keys and values have a bias."""

from ..spec import Header, Spec


def spec(header: Header, n_ctx: int) -> Spec:
    return header.spec(header.rope(pairs_neighbors=False, n_ctx=n_ctx))
