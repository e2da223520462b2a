"""One layer of a decoder; what a family does differently is in its `Spec`, or in which weights the file has."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .attention import Angles, attend
from .functions import Before, Gate, Norm, Turn
from .linear import Linear
from .spec import Rope, Spec
from .weights import Weights

# From the names of its weights and what is before it.
MakeLinear = Callable[[Sequence[str], Before | None], Linear]


class Block:
    """A layer: attention and feed-forward, each behind a norm and added to what came before.

    Args:
        spec: Of the model.
        layer: Its number.
        weights: Of the model.
        linear: Makes its linear layers.
        angles: How its heads turn, or None.
        dtype: What products are computed in; sums stay in 32 bits.
    """

    def __init__(
        self, spec: Spec, layer: int, weights: Weights, linear: MakeLinear, angles: Angles | None, dtype: torch.dtype
    ) -> None:
        self._spec = spec
        self._angles = angles
        self._rope: Rope | None = spec.ropes[layer]
        self._window = spec.windows[layer]
        self._dtype = dtype
        prefix = f"blk.{layer}."

        def norm(name: str) -> Norm | None:
            full = f"{prefix}{name}.weight"
            return Norm(weights.vector(full), spec.eps, dtype) if full in weights else None

        def joined(before: Before | None, *names: str) -> Linear:
            return linear([f"{prefix}{name}.weight" for name in names], before)

        self._q_norm, self._k_norm = norm("attn_q_norm"), norm("attn_k_norm")
        self._attn_post_norm, self._ffn_post_norm = norm("post_attention_norm"), norm("post_ffw_norm")
        qkv = ("attn_qkv",) if f"{prefix}attn_qkv.weight" in weights else ("attn_q", "attn_k", "attn_v")
        gate_up = ("ffn_up",) if spec.has_fused_gate else ("ffn_gate", "ffn_up")
        self._qkv = joined(norm("attn_norm"), *qkv)
        self._output = joined(None, "attn_output")
        self._gate_up = joined(norm("ffn_norm"), *gate_up)
        self._down = joined(Gate(spec.activation), "ffn_down")
        self.linears = (self._qkv, self._output, self._gate_up, self._down)

    def __call__(self, x: Tensor, lengths: Sequence[int]) -> Tensor:
        """Return x, (tokens, n_embd) in 32 bits, after this layer."""
        x = self._added(x, self._attention(x, lengths), self._attn_post_norm)
        return self._added(x, self._down(self._gate_up(x)), self._ffn_post_norm)

    def _attention(self, x: Tensor, lengths: Sequence[int]) -> Tensor:
        spec = self._spec
        qkv = self._qkv(x)
        widths = [spec.n_head * spec.head_width, spec.n_head_kv * spec.head_width, spec.n_head_kv * spec.value_width]
        if self._q_norm is None or self._k_norm is None:
            q, k, v = self._turned(qkv, spec.n_head + spec.n_head_kv, lengths).split(widths, dim=1)
        else:
            q, k, v = qkv.split(widths, dim=1)
            q = self._q_norm(q.unflatten(1, (spec.n_head, -1)).float()).flatten(1)
            k = self._k_norm(k.unflatten(1, (spec.n_head_kv, -1)).float()).flatten(1)
            q, k = self._turned(q, spec.n_head, lengths), self._turned(k, spec.n_head_kv, lengths)
        q, k, v = (
            each.unflatten(1, (heads, -1))
            for each, heads in ((q, spec.n_head), (k, spec.n_head_kv), (v, spec.n_head_kv))
        )
        return self._output(attend(q, k, v, lengths, spec.attention_scale, self._window, spec.attention_cap))

    def _turned(self, x: Tensor, heads: int, lengths: Sequence[int]) -> Tensor:
        if self._rope is None or self._angles is None:
            return x
        cos, sin = self._angles.at(lengths, self._dtype)
        turned: Tensor = Turn.apply(x, heads, self._spec.head_width, cos, sin, self._rope.pairs_neighbors)  # type: ignore[no-untyped-call]
        return turned

    def _added(self, x: Tensor, change: Tensor, post_norm: Norm | None) -> Tensor:
        if post_norm is not None:
            change = post_norm(change.float())
        scale = self._spec.residual_scale
        return x + change if scale == 1.0 else x + change * scale
