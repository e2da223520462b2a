"""The types whose numbers are places in a table of values, of four bits each, and whose scales are of several kinds.

Source: the structures of ggml-common.h and the functions `dequantize_row_...` of ggml-quants.c (ggml 0.25.3).
"""

import torch
from torch import Tensor

from .quant_bits import Terms, halves, join, neighbors, planes

_IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
_FP4 = (0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)  # E2M1, twice its value


def iq4_nl(blocks: Tensor) -> Terms:
    return Terms(_values(planes(blocks[:, 2:], 4), _IQ4), halves(blocks, 0))


def iq4_xs(blocks: Tensor) -> Terms:
    scales = join(neighbors(blocks[:, 2:4], 2), neighbors(blocks[:, 4:8], 4), 4)
    numbers = planes(blocks[:, 8:], 4, parts=8)
    return Terms(_values(numbers, _IQ4), halves(blocks, 0) * scales.sub_(32))


def mxfp4(blocks: Tensor) -> Terms:
    """The scale is a power of two, half of what OCP's E8M0 says; the smallest two are denormal."""
    exponents = blocks[:, :1].int()
    bits = torch.where(exponents < 2, 0x200000 << exponents, (exponents - 1) << 23)
    return Terms(_values(planes(blocks[:, 1:], 4), _FP4), bits.view(torch.float32))


def nvfp4(blocks: Tensor) -> Terms:
    """The scale is half of an E4M3 whose sign does not count; zero stands in place of what is no number."""
    exponents, fractions = (blocks[:, :4] >> 3 & 15).int(), (blocks[:, :4] & 7).int()
    significands = torch.where(exponents > 0, fractions + 8, fractions)
    scales = (significands << exponents.clamp(min=1)).float() / 2048
    scales[blocks[:, :4] == 127] = 0
    return Terms(_values(planes(blocks[:, 4:], 4, parts=4), _FP4), scales)


def _values(places: Tensor, table: tuple[int, ...]) -> Tensor:
    values = torch.tensor(table, dtype=torch.float32, device=places.device)
    return values.index_select(0, places.flatten().int()).view(places.shape)
