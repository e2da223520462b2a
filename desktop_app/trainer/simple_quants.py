"""The types whose blocks have one scale, and some of them one minimum, each a float16.

Source: the structures of ggml-common.h and the functions `dequantize_row_...` of ggml-quants.c (ggml 0.25.3).
"""

import torch
from torch import Tensor

from .quant_bits import Terms, halves, join, neighbors, planes


def q4_0(blocks: Tensor) -> Terms:
    return Terms(planes(blocks[:, 2:], 4).sub_(8), halves(blocks, 0))


def q4_1(blocks: Tensor) -> Terms:
    return Terms(planes(blocks[:, 4:], 4), halves(blocks, 0), -halves(blocks, 2))


def q5_0(blocks: Tensor) -> Terms:
    numbers = join(neighbors(blocks[:, 2:6], 1), planes(blocks[:, 6:], 4), 4)
    return Terms(numbers.sub_(16), halves(blocks, 0))


def q5_1(blocks: Tensor) -> Terms:
    numbers = join(neighbors(blocks[:, 4:8], 1), planes(blocks[:, 8:], 4), 4)
    return Terms(numbers, halves(blocks, 0), -halves(blocks, 2))


def q8_0(blocks: Tensor) -> Terms:
    return Terms(blocks[:, 2:].view(torch.int8), halves(blocks, 0))


def q1_0(blocks: Tensor) -> Terms:
    return Terms((neighbors(blocks[:, 2:], 1) << 1).sub_(1), halves(blocks, 0))


def q2_0(blocks: Tensor) -> Terms:
    return Terms(neighbors(blocks[:, 2:], 2).sub_(1), halves(blocks, 0))


def tq1_0(blocks: Tensor) -> Terms:
    """Five numbers of three values are the first five digits, to the base of 3, of a byte taken as a fraction."""
    powers = torch.tensor([1, 3, 9, 27, 81], dtype=torch.uint8, device=blocks.device).unsqueeze(-1)
    parts = (blocks[:, :32], powers), (blocks[:, 32:48], powers), (blocks[:, 48:52], powers[:4])
    fractions = torch.cat([(part.unsqueeze(1) * power).flatten(1) for part, power in parts], 1)
    digits = (fractions.short() * 3) >> 8
    return Terms(digits - 1, halves(blocks, 52))


def tq2_0(blocks: Tensor) -> Terms:
    return Terms(planes(blocks[:, :64], 2, parts=2).sub_(1), halves(blocks, 64))
