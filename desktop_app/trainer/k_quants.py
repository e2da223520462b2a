"""The K types: blocks of 256 weights in groups of 16 or 32, each with a small scale, and maybe a minimum, of its own.

Source: the structures of ggml-common.h and the functions `dequantize_row_...` of ggml-quants.c (ggml 0.25.3).
"""

import torch
from torch import Tensor

from .quant_bits import Terms, halves, join, planes


def q2_k(blocks: Tensor) -> Terms:
    scales = blocks[:, :16]
    numbers = planes(blocks[:, 16:80], 2, parts=2)
    return Terms(numbers, halves(blocks, 80) * (scales & 15), halves(blocks, 82) * (scales >> 4))


def q3_k(blocks: Tensor) -> Terms:
    numbers = join(planes(blocks[:, :32], 1), planes(blocks[:, 32:96], 2, parts=2), 2)
    scales = join(planes(blocks[:, 104:108], 2), planes(blocks[:, 96:104], 4), 4)
    return Terms(numbers.sub_(4), halves(blocks, 108) * scales.sub_(32))


def q4_k(blocks: Tensor) -> Terms:
    return Terms(planes(blocks[:, 16:], 4, parts=4), *_scales_and_minima(blocks))


def q5_k(blocks: Tensor) -> Terms:
    numbers = join(planes(blocks[:, 16:48], 1), planes(blocks[:, 48:], 4, parts=4), 4)
    return Terms(numbers, *_scales_and_minima(blocks))


def q6_k(blocks: Tensor) -> Terms:
    low = planes(blocks[:, :128], 4, parts=2)
    high = planes(blocks[:, 128:192], 2, parts=2)
    scales = blocks[:, 192:208].view(torch.int8)
    return Terms(join(high, low, 4).sub_(32), halves(blocks, 208) * scales)


def _scales_and_minima(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """Return both for the eight groups of each block.

    They have six bits each and lie in twelve bytes: four scales and then four minima in the low bits of a byte. The
    last four bytes have the low bits of another scale and another minimum each; their high bits are in the first eight.
    """
    scales, minima, both = blocks[:, 4:8], blocks[:, 8:12], blocks[:, 12:16]
    scales = torch.cat([scales & 63, join(scales >> 6, both & 15, 4)], 1)
    minima = torch.cat([minima & 63, join(minima >> 6, both >> 4, 4)], 1)
    return halves(blocks, 0) * scales, halves(blocks, 2) * minima
