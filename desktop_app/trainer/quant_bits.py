"""What the code that unpacks quantized weights with torch is made of; it runs on any device.

Blocks come as bytes of shape (blocks, bytes of a block). For each type there is a function in `simple_quants`,
`k_quants` or `table_quants` that splits them into `Terms`, and `dequantize` makes weights of those.

The weights are ggml's own, bit for bit, in whatever order it multiplies: a number of a weight, the scale of its group
and the float16 of its block have fewer significant bits together than the 24 of a 32-bit float. Only what is subtracted
in the end is rounded, and that once.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Terms(NamedTuple):
    """Weights are numbers * scales - minima.

    Attributes:
        numbers: Of any type, (blocks, weights of a block), in the order of the weights.
        scales: 32-bit floats, (blocks, groups): the weights of a block are in so many groups of one size.
        minima: Likewise; None stands for zeros.
    """

    numbers: Tensor
    scales: Tensor
    minima: Tensor | None = None


def halves(blocks: Tensor, at: int) -> Tensor:
    """Return the float16 at a byte of each block as 32-bit float, (blocks, 1)."""
    # What lies at an odd address cannot be viewed as halves, but a copy can.
    return blocks[:, at : at + 2].contiguous().view(torch.float16).float()


def planes(packed: Tensor, bits: int, parts: int = 1) -> Tensor:
    """Return numbers of so many bits, (blocks, m): of each part of a block's bytes first the lowest bits, then more."""
    return _split(packed.reshape(len(packed), parts, packed.shape[1] // parts), bits, 2)


def neighbors(packed: Tensor, bits: int) -> Tensor:
    """Return numbers of so many bits, (blocks, m): of each byte first the lowest bits, then more."""
    return _split(packed, bits, 2)


def _split(packed: Tensor, bits: int, dim: int) -> Tensor:
    packed = packed.contiguous()
    # One shift after the other is five times as fast on CPUs as all in one operation, and so is making floats of int8.
    split = [(packed >> shift).bitwise_and_((1 << bits) - 1) for shift in range(0, 8, bits)]
    return torch.stack(split, dim).flatten(1).view(torch.int8)


def join(high: Tensor, low: Tensor, low_bits: int) -> Tensor:
    """Return numbers whose high bits and low bits were in different places; uses up the high ones."""
    return high.bitwise_left_shift_(low_bits).bitwise_or_(low)
