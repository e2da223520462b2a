"""Attention inside each of several sequences that lie end to end."""

from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from .spec import Rope


class Angles:
    """cos and sin of how far heads are turned at each position; the longest seen are kept."""

    def __init__(self, rope: Rope, factors: Tensor | None, device: torch.device) -> None:
        steps = torch.arange(0, rope.n_rot, 2, dtype=torch.float64, device="cpu")
        frequencies = rope.scale * rope.base ** (-steps / rope.n_rot)
        if factors is not None:
            frequencies = frequencies / factors.cpu().double()
        self._frequencies = frequencies
        self._magnitude = rope.magnitude
        self._device = device
        self._cos = self._sin = torch.empty(0, rope.n_rot // 2, device=device)

    def at(self, lengths: Sequence[int], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return cos and sin, (tokens, n_rot / 2), of positions that begin at 0 in each sequence."""
        if (longest := max(lengths)) > len(self._cos):
            angles = torch.arange(longest, dtype=torch.float64)[:, None] * self._frequencies
            self._cos = (angles.cos() * self._magnitude).float().to(self._device)
            self._sin = (angles.sin() * self._magnitude).float().to(self._device)
        if len(lengths) == 1:
            return self._cos[:longest].to(dtype), self._sin[:longest].to(dtype)
        cos, sin = (torch.cat([table[:length] for length in lengths]).to(dtype) for table in (self._cos, self._sin))
        return cos, sin


def attend(
    q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int], scale: float, window: int = 0, cap: float = 0.0
) -> Tensor:
    """Return what each token gathers from the tokens before it in its own sequence, and from itself.

    Sequences of the same length that follow each other are computed at once.

    Args:
        q, k, v: (tokens, heads, width); several heads of q share one of k and v, in order.
        lengths: Tokens of each sequence.
        scale: Of the products of q and k.
        window: Tokens seen with the present one; 0 is all.
        cap: Bound of the scores, or 0.
    """
    outputs = []
    start = 0
    for length, group in groupby(lengths):
        n = len(list(group))
        end = start + n * length
        # (sequences, heads, length, width)
        one_q, one_k, one_v = (each[start:end].unflatten(0, (n, length)).transpose(1, 2) for each in (q, k, v))
        if cap:
            output = _capped(one_q, one_k, one_v, scale, window, cap)
        elif 0 < window < length:
            mask = _visible(length, window, q.device)
            output = scaled_dot_product_attention(one_q, one_k, one_v, mask, scale=scale, enable_gqa=True)
        else:
            output = scaled_dot_product_attention(
                one_q, one_k, one_v, is_causal=True, scale=scale, enable_gqa=one_q.shape[1] != one_k.shape[1]
            )
        outputs.append(output.transpose(1, 2).reshape(n * length, -1))
        start = end
    return outputs[0] if len(outputs) == 1 else torch.cat(outputs)


def _capped(q: Tensor, k: Tensor, v: Tensor, scale: float, window: int, cap: float) -> Tensor:
    share = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    scores = torch.tanh((q @ k.transpose(2, 3)).float() * (scale / cap)) * cap
    scores = scores.masked_fill(~_visible(q.shape[2], window, q.device), float("-inf"))
    return scores.softmax(-1).to(v.dtype) @ v


def _visible(length: int, window: int, device: torch.device) -> Tensor:
    """Return whether a token (row) sees another one (column)."""
    seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return seen.triu(1 - window) if window else seen
