"""Norm, gate and turning with their gradients written out: less memory and fewer passes than autograd would take.

`Norm` and `Gate` make the input of a linear layer. They are plain objects, because the layer keeps only what they
begin with and has them compute its input again for the backward pass (`linear`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from .spec import GELU


class Before(Protocol):
    """What a linear layer computes its input from."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's input."""

    def backward(self, x: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the input once more, and the gradient by x from the one by the input."""


class Norm:
    """y = w x / sqrt(mean(x^2) + eps) over the last dimension, with a frozen w (RMSNorm, 1910.07467).

    Args:
        weight: w, in 32 bits.
        eps: Of the model.
        dtype: Of y; x has 32 bits.
    """

    def __init__(self, weight: Tensor, eps: float, dtype: torch.dtype) -> None:
        self._weight, self._eps, self._dtype = weight, eps, dtype

    def __call__(self, x: Tensor) -> Tensor:
        """Return y where it is not the input of a linear layer."""
        y: Tensor = _Norm.apply(x, self)  # type: ignore[no-untyped-call]
        return y

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = (x * self._inverse(x)).mul_(self._weight).to(self._dtype)
        return y

    def backward(self, x: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        inverse = self._inverse(x)
        straight = x * inverse
        change = gradient * self._weight  # in 32 bits, as the weight is
        share = (change * straight).sum(-1, keepdim=True).div_(-x.shape[-1])
        change.addcmul_(straight, share).mul_(inverse)
        return straight.mul_(self._weight).to(self._dtype), change.to(x.dtype)

    def _inverse(self, x: Tensor) -> Tensor:
        norms: Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
        return norms.square_().div_(x.shape[-1]).add_(self._eps).rsqrt_()


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: Norm) -> Tensor:
        ctx.norm = norm
        ctx.save_for_backward(x)
        return norm.forward(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return ctx.norm.backward(ctx.saved_tensors[0], gradients[0])[1], None


class Gate:
    """act(gate) * up, of (tokens, 2 n) whose first half is the gate; act is SiLU, or GELU by tanh."""

    def __init__(self, activation: str) -> None:
        self._is_gelu = activation == GELU

    def forward(self, x: Tensor) -> Tensor:
        gate, up = x.chunk(2, dim=-1)
        return self._activated(gate).mul_(up)

    def backward(self, x: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        gate, up = x.chunk(2, dim=-1)
        result = torch.empty_like(x)
        of_gate, of_up = result.chunk(2, dim=-1)
        activated = self._activated(gate)
        torch.mul(gradient, activated, out=of_up)
        by_up = gradient * up
        if self._is_gelu:
            torch.ops.aten.gelu_backward.grad_input(by_up, gate, approximate="tanh", grad_input=of_gate)
        else:
            torch.ops.aten.silu_backward.grad_input(by_up, gate, grad_input=of_gate)
        return activated.mul_(up), result

    def _activated(self, x: Tensor) -> Tensor:
        if self._is_gelu:
            return torch.nn.functional.gelu(x, approximate="tanh")
        return torch.nn.functional.silu(x)


class Again(torch.autograd.Function):
    """A layer of which only the input is kept; its backward pass computes it once more.

    Takes x, the layer and what else it wants, and one of the trained parameters, so that a backward pass comes by here
    even where x itself needs no gradient. The gradients of all parameters are added to them on the way.
    (torch.utils.checkpoint does the same, and takes two seconds and 75 MB to load.)
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: Callable[..., Tensor], lengths: Sequence[int], _trained: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        ctx.call = layer, lengths
        return layer(x, lengths)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        layer, lengths = ctx.call
        x = ctx.saved_tensors[0].detach().requires_grad_(ctx.needs_input_grad[0])
        with torch.enable_grad():
            y = layer(x, lengths)
        torch.autograd.backward(y, gradients[0])
        return x.grad, None, None, None


class Turn(torch.autograd.Function):
    """Turn the first heads of each token by its position, in place.

    Takes (tokens, width), how many heads of which width at its start are turned, the cos and sin of the angles,
    (tokens, n_rot / 2), and which numbers of a head are a pair (see `spec.Rope`).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, heads: int, width: int, cos: Tensor, sin: Tensor, pairs_neighbors: bool) -> Tensor:
        ctx.save_for_backward(cos, sin)
        ctx.how = heads, width, pairs_neighbors
        ctx.mark_dirty(x)
        _turn(x[:, : heads * width].unflatten(1, (heads, width)), cos, sin, pairs_neighbors)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        cos, sin = ctx.saved_tensors
        heads, width, pairs_neighbors = ctx.how
        gradient = gradients[0].clone()
        _turn(gradient[:, : heads * width].unflatten(1, (heads, width)), cos, -sin, pairs_neighbors)
        return gradient, None, None, None, None, None


def _turn(x: Tensor, cos: Tensor, sin: Tensor, pairs_neighbors: bool) -> None:
    """Make pairs (a, b) of x, (tokens, heads, width), to (a cos - b sin, a sin + b cos)."""
    half = cos.shape[-1]
    cos, sin = cos[:, None], sin[:, None]
    if pairs_neighbors and x.dtype == torch.float32:  # as one product of complex numbers, eight times as fast
        torch.view_as_complex(x[..., : 2 * half].unflatten(-1, (half, 2))).mul_(torch.complex(cos, sin))
        return
    if pairs_neighbors:
        a, b = x[..., 0 : 2 * half : 2], x[..., 1 : 2 * half : 2]
    else:
        a, b = x[..., :half], x[..., half : 2 * half]
    turned_b = (b * cos).addcmul_(a, sin)
    a.mul_(cos).addcmul_(b, sin, value=-1)
    b.copy_(turned_b)
