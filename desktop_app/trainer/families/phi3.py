"""Phi 3 and 4: some of a head turns; queries, keys and values are one weight, and so are gate and up."""

from ..spec import Header, Spec


def spec(header: Header, n_ctx: int) -> Spec:
    return header.spec(header.rope(pairs_neighbors=False, n_ctx=n_ctx), has_fused_gate=True)
