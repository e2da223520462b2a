"""Linear layers with an adapter over frozen, packed weights.

Weights that take the same input are one layer here: queries, keys and values are one product, gate and up another.

In 32 bits, what the adapters add is added to the weights before the product: W + S + s B A, with S of the frozen
stack. Then a forward pass is one product, as without any adapter, and so is the gradient of the input. W itself is
never changed: it is unpacked again from the file, after each step of the optimizer, or in each pass. In 16 bits a sum
would lose what is added, so that x A' B' stays a product of its own.

Neither the weight nor the input is kept for the backward pass, only what the input is computed from (`Before`): the
norm or gate before a layer is cheaper to do again than to remember. Of a frozen W there is no gradient to be computed
(4 N floating-point operations a token rather than 6 N).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from .functions import Before
from .weights import PackedMatrix


class Scratch:
    """Memory that all layers of a model unpack their weights into, one after the other."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        self._memory = torch.empty(0, device=device, dtype=dtype)
        self.owner: object = None  # whose weights are in it

    def take(self, rows: int, columns: int) -> Tensor:
        """Return a matrix that is good until the next one is taken."""
        if self._memory.numel() < rows * columns:
            self._memory = torch.empty(0, device=self.device, dtype=self.dtype)  # before there is a larger one
            self._memory = torch.empty(rows * columns, device=self.device, dtype=self.dtype)
        return self._memory[: rows * columns].view(rows, columns)


@dataclass
class Member:
    """One weight of a layer.

    Attributes:
        a, b: Of the adapter, or None where it does not change this weight.
        scale: What their product is multiplied by.
        frozen: A and B of the stack, or None.
        rows: Of the layer's output.
    """

    packed: PackedMatrix
    a: Parameter | None
    b: Parameter | None
    scale: float
    frozen: tuple[Tensor, Tensor] | None
    rows: slice = field(default_factory=lambda: slice(0))


class Linear:
    """Several weights that take the same input: y = x W' + bias, (tokens, in) to (tokens, out).

    Args:
        members: In the order of their outputs.
        before: What x goes through first, or None.
        bias: Of all outputs, or None.
        scratch: Where the weights are unpacked in each pass; None keeps them unpacked.
        dtype: What is computed in.
    """

    def __init__(
        self,
        members: Sequence[Member],
        before: Before | None,
        bias: Tensor | None,
        scratch: Scratch | None,
        dtype: torch.dtype,
    ) -> None:
        self.members = tuple(members)
        self.columns = members[0].packed.columns
        self.rows = 0
        for member in self.members:
            member.rows = slice(self.rows, self.rows + member.packed.rows)
            self.rows = member.rows.stop
        self.before = before
        self._bias = bias
        self._scratch = scratch
        self._dtype = dtype
        self.is_merged = dtype == torch.float32
        self._kept: Tensor | None = None
        self._parameters = [each for member in self.members for each in (member.a, member.b) if each is not None]

    def __call__(self, x: Tensor) -> Tensor:
        y: Tensor = _Product.apply(x, self, *self._parameters)  # type: ignore[no-untyped-call]
        return y if self._bias is None else y + self._bias

    def refresh(self) -> None:
        """Follow the adapter, which has changed."""
        if self._scratch is None:
            if self._kept is None:
                device = self.members[0].packed.device
                self._kept = torch.empty(self.rows, self.columns, dtype=self._dtype, device=device)
                self._fill(self._kept)
            elif self.is_merged:
                self._fill(self._kept)
        elif self._scratch.owner is self:
            self._scratch.owner = None

    def weight(self) -> Tensor:
        """Return W, in 32 bits with all that adapters add: (out, in), good until the next layer is asked."""
        if self._scratch is None:
            assert self._kept is not None, "refresh first"
            return self._kept
        weight = self._scratch.take(self.rows, self.columns)
        if self._scratch.owner is not self:
            self._scratch.owner = None
            self._fill(weight)
            self._scratch.owner = self
        return weight

    @torch.no_grad()
    def _fill(self, weight: Tensor) -> None:
        for member in self.members:
            part = weight[member.rows]
            member.packed.unpack(out=part)
            if self.is_merged:
                if member.frozen is not None:
                    part.addmm_(member.frozen[1], member.frozen[0])
                if member.a is not None and member.b is not None:
                    part.addmm_(member.b, member.a, alpha=member.scale)

    def additions(self, member: Member) -> list[tuple[Tensor, Tensor, float]]:
        """Return A, B and the scale of what is added to a member's output in 16 bits."""
        added = []
        if member.frozen is not None:
            added.append((member.frozen[0].to(self._dtype), member.frozen[1].to(self._dtype), 1.0))
        if member.a is not None and member.b is not None:
            added.append((member.a.detach().to(self._dtype), member.b.detach().to(self._dtype), member.scale))
        return added


class _Product(torch.autograd.Function):
    """y = x W', of what is before the layer; the gradients are by that, and by A and B of each trained member."""

    @staticmethod
    def forward(ctx: Any, begin: Tensor, layer: Linear, *parameters: Parameter) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(begin)
        x = layer.before.forward(begin) if layer.before else begin
        y = x @ layer.weight().t()
        if not layer.is_merged:
            for member in layer.members:
                for a, b, scale in layer.additions(member):
                    y[:, member.rows].addmm_(x @ a.t(), b.t(), alpha=scale)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (grad,), (begin,), layer = gradients, ctx.saved_tensors, ctx.layer
        if not ctx.needs_input_grad[0]:  # nothing is trained before this layer
            x, by_begin = layer.before.forward(begin) if layer.before else begin, None
        elif layer.before:
            x, by_begin = layer.before.backward(begin, _input_gradient(layer, grad))
        else:
            x, by_begin = begin, _input_gradient(layer, grad)
        return by_begin, None, *_adapter_gradients(layer, x, grad)


def _input_gradient(layer: Linear, grad: Tensor) -> Tensor:
    by_x = grad @ layer.weight()
    if not layer.is_merged:
        for member in layer.members:
            for a, b, scale in layer.additions(member):
                by_x.addmm_(grad[:, member.rows] @ b, a, alpha=scale)
    return by_x


def _adapter_gradients(layer: Linear, x: Tensor, grad: Tensor) -> list[Tensor]:
    """Return dA = s (g B)' x and dB = s g' (x A') of each member that is trained.

    The products with x are done for all members at once, because thin ones are slow.
    """
    trained = [member for member in layer.members if member.a is not None]
    if not trained:
        return []
    down = x @ torch.cat([member.a for member in trained]).to(x.dtype).t()  # type: ignore[misc]
    up = torch.empty_like(down)
    columns: list[slice] = []
    for member in trained:
        assert member.b is not None
        start = columns[-1].stop if columns else 0
        columns.append(slice(start, start + member.b.shape[1]))
        torch.mm(grad[:, member.rows], member.b.to(x.dtype), out=up[:, columns[-1]])
    by_a = (up.t() @ x).float()
    pairs: list[Tensor] = []
    for member, own in zip(trained, columns, strict=True):
        by_b = (down[:, own].t() @ grad[:, member.rows]).t()  # this way round, which is faster
        pairs += [by_a[own] * member.scale, by_b.float() * member.scale]
    return pairs
