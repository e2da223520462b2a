"""Unpacking with torch, on any device: for GPUs, and where ggml's own library is not at hand (see `ggml_library`)."""

from collections.abc import Callable

import torch
from torch import Tensor

from . import k_quants, simple_quants, table_quants
from .errors import TrainerError
from .quant_bits import Terms
from .quant_types import QUANT_TYPES

_FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

_TERMS: dict[str, Callable[[Tensor], Terms]] = {
    "Q4_0": simple_quants.q4_0,
    "Q4_1": simple_quants.q4_1,
    "Q5_0": simple_quants.q5_0,
    "Q5_1": simple_quants.q5_1,
    "Q8_0": simple_quants.q8_0,
    "Q2_K": k_quants.q2_k,
    "Q3_K": k_quants.q3_k,
    "Q4_K": k_quants.q4_k,
    "Q5_K": k_quants.q5_k,
    "Q6_K": k_quants.q6_k,
    "IQ4_NL": table_quants.iq4_nl,
    "IQ4_XS": table_quants.iq4_xs,
    "TQ1_0": simple_quants.tq1_0,
    "TQ2_0": simple_quants.tq2_0,
    "MXFP4": table_quants.mxfp4,
    "NVFP4": table_quants.nvfp4,
    "Q1_0": simple_quants.q1_0,
    "Q2_0": simple_quants.q2_0,
}

TYPES = frozenset({*_FLOATS, *_TERMS})


def unpack(type_name: str, packed: Tensor) -> Tensor:
    """Return the weights of whole rows as 32-bit floats, (rows, columns), on the device where they are packed.

    Args:
        packed: Bytes (uint8), (rows, bytes of a row); they are not changed.

    Raises:
        TrainerError: If the type is none of `TYPES`.
    """
    if type_name in _FLOATS:
        return packed.clone(memory_format=torch.contiguous_format).view(_FLOATS[type_name]).float()
    if type_name not in _TERMS:
        raise TrainerError(
            f"Weights of type {type_name} cannot be unpacked here.", "Choose another quantization of this model."
        )
    _, block_size, block_bytes = QUANT_TYPES[type_name]
    rows, row_bytes = packed.shape
    numbers, scales, minima = _TERMS[type_name](packed.reshape(-1, block_bytes))
    n_groups = scales.shape[1]
    weights = numbers.reshape(-1, n_groups, block_size // n_groups).float().mul_(scales.unsqueeze(-1))
    if minima is not None:
        weights.sub_(minima.unsqueeze(-1))
    return weights.view(rows, row_bytes // block_bytes * block_size)
