"""From the last layer to log-probabilities, without ever holding (tokens, vocabulary) numbers."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from .linear import Scratch
from .spec import Spec
from .weights import PackedMatrix

_ROWS = 256  # computed at once; the more, the faster the products, up to here
_RECORDED_ROWS = 64  # of which all numbers are wanted
_LARGEST_BYTES = 100_000_000  # of unpacked output weights in the modes that keep none


class Head:
    """The frozen output weights, (vocabulary, n_embd), and the scale and bound of logits.

    Args:
        packed: The weights.
        bias: Of the logits, or None.
        spec: Of the model.
        scratch: Where slices of the weights are unpacked; None keeps all of them unpacked.
        dtype: What products are computed in.
    """

    def __init__(
        self, packed: PackedMatrix, bias: Tensor | None, spec: Spec, scratch: Scratch | None, dtype: torch.dtype
    ) -> None:
        self.n_vocab = packed.rows
        self._packed, self._bias, self._spec, self._scratch = packed, bias, spec, scratch
        self._logits = Scratch(packed.device, dtype)
        self.kept: Tensor | None = None
        if scratch is None:
            self.kept = torch.empty(packed.rows, packed.columns, dtype=dtype, device=packed.device)
            packed.unpack(out=self.kept)
        self.slice_rows = packed.rows
        if scratch is not None:
            self.slice_rows = max(1, min(packed.rows, _LARGEST_BYTES // (packed.columns * dtype.itemsize)))

    def weights(self) -> Iterator[tuple[int, Tensor]]:
        """Yield slices of the weights, each with the number of its first row."""
        if self.kept is not None:
            yield 0, self.kept
            return
        assert self._scratch is not None
        for start in range(0, self.n_vocab, self.slice_rows):
            rows = slice(start, min(start + self.slice_rows, self.n_vocab))
            out = self._scratch.take(rows.stop - rows.start, self._packed.columns)
            self._scratch.owner = None
            yield start, self._packed.unpack(rows, out)

    def logits(self, hidden: Tensor, start: int, weight: Tensor) -> Tensor:
        """Return scaled and bounded logits of a slice in 32 bits, good until the next ones."""
        products = self._logits.take(len(hidden), len(weight))  # or memory would be found anew for each of them
        logits = torch.mm(hidden, weight.t(), out=products).float()
        if self._bias is not None:
            logits += self._bias[start : start + len(weight)]
        if self._spec.logit_scale != 1.0:
            logits *= self._spec.logit_scale
        if cap := self._spec.logit_cap:
            logits.div_(cap).tanh_().mul_(cap)
        return logits

    def slope(self, logits: Tensor) -> Tensor | float:
        """Return the derivative of the logits by the bare product, from the logits."""
        cap, scale = self._spec.logit_cap, self._spec.logit_scale
        return (1 - (logits / cap).square()) * scale if cap else scale

    def logprobs(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Return ln p of each target after each row: (rows, n_embd) and (rows,) to (rows,)."""
        found: Tensor = _LogProbs.apply(hidden, targets, self)  # type: ignore[no-untyped-call]
        return found

    @torch.no_grad()
    def all_logprobs(self, hidden: Tensor) -> Iterator[Tensor]:
        """Yield ln p of all tokens after some rows at a time, (rows, vocabulary)."""
        for rows in hidden.split(_RECORDED_ROWS):
            parts = [self.logits(rows, start, weight).clone() for start, weight in self.weights()]
            yield torch.cat(parts, dim=1).log_softmax(dim=1)


class _LogProbs(torch.autograd.Function):
    """The gradient of each row's ln p is computed on the way forward, where the logits are, and only scaled later.

    d ln p(target) / d logits is onehot(target) - softmax(logits).
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, targets: Tensor, head: Head) -> Tensor:
        found = torch.empty(len(hidden), device=hidden.device)
        gradient = torch.zeros(hidden.shape, device=hidden.device) if ctx.needs_input_grad[0] else None
        if head.kept is not None:
            for row in range(0, len(hidden), _ROWS):
                rows = slice(row, row + _ROWS)
                found[rows] = _whole_rows(head, hidden[rows], targets[rows], gradient, rows)
        else:
            _in_slices(head, hidden, targets, found, gradient)
        if gradient is not None:
            ctx.save_for_backward(gradient)
            ctx.dtype = hidden.dtype
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = ctx.saved_tensors
        return (gradient * gradients[0][:, None]).to(ctx.dtype), None, None


def _whole_rows(head: Head, hidden: Tensor, targets: Tensor, gradient: Tensor | None, rows: slice) -> Tensor:
    """Return ln p of the targets, and put its gradient into these rows of `gradient`."""
    assert head.kept is not None
    logits = head.logits(hidden, 0, head.kept)
    own = logits.gather(1, targets[:, None])
    slope = head.slope(logits)
    top = logits.amax(1, keepdim=True)
    sums = logits.sub_(top).exp_().sum(1, keepdim=True)
    if gradient is not None:
        _add_gradient(gradient[rows], logits, 1 / sums, slope, targets, 0, head.kept)
    return (own - top - sums.log())[:, 0]


def _in_slices(head: Head, hidden: Tensor, targets: Tensor, found: Tensor, gradient: Tensor | None) -> None:
    """Go through slices of the vocabulary, twice if there is to be a gradient: first for the sums, then for that."""
    totals = torch.full((len(hidden), 1), float("-inf"), device=hidden.device)
    for start, weight in head.weights():
        for row in range(0, len(hidden), _ROWS):
            rows = slice(row, row + _ROWS)
            logits = head.logits(hidden[rows], start, weight)
            inside = (targets[rows] >= start) & (targets[rows] < start + len(weight))
            own = logits.gather(1, (targets[rows] - start).clamp(0, len(weight) - 1)[:, None])[:, 0]
            found[rows] = torch.where(inside, own, found[rows])
            top = logits.amax(1, keepdim=True)
            totals[rows] = torch.logaddexp(totals[rows], logits.sub_(top).exp_().sum(1, keepdim=True).log_().add_(top))
    found -= totals[:, 0]
    if gradient is None:
        return
    for start, weight in head.weights():
        for row in range(0, len(hidden), _ROWS):
            rows = slice(row, row + _ROWS)
            logits = head.logits(hidden[rows], start, weight)
            slope = head.slope(logits)
            logits.sub_(totals[rows]).exp_()
            _add_gradient(gradient[rows], logits, 1.0, slope, targets[rows], start, weight)


def _add_gradient(
    gradient: Tensor,
    likely: Tensor,
    share: Tensor | float,
    slope: Tensor | float,
    targets: Tensor,
    start: int,
    weight: Tensor,
) -> None:
    """Add what a slice of the vocabulary adds to the gradient of ln p by the hidden rows.

    Args:
        gradient: (rows, n_embd).
        likely: Probabilities, if multiplied by `share`; is used up.
        share: Of each row.
        slope: See `Head.slope`.
        targets: Of each row, in the whole vocabulary.
        start, weight: The slice.
    """
    inside = ((targets >= start) & (targets < start + len(weight))).nonzero()[:, 0]
    own = targets[inside] - start
    if isinstance(slope, Tensor):
        likely *= slope
        slope = slope[inside, own][:, None]
        factor: Tensor | float = share
    else:
        factor = share * slope
    gradient.sub_((likely.to(weight.dtype) @ weight).float().mul_(factor))
    gradient.index_add_(0, inside, weight[own].float() * slope)
