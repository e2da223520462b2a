"""How each type of weight is packed: the trainer's own table, because it imports nothing else of this program."""

from typing import NamedTuple

from .errors import TrainerError


class QuantType(NamedTuple):
    """`number` stands for the type in files; `block_bytes` bytes hold `block_size` neighboring weights of a row."""

    number: int
    block_size: int
    block_bytes: int


QUANT_TYPES = {
    "F32": QuantType(0, 1, 4),
    "F16": QuantType(1, 1, 2),
    "Q4_0": QuantType(2, 32, 18),
    "Q4_1": QuantType(3, 32, 20),
    "Q5_0": QuantType(6, 32, 22),
    "Q5_1": QuantType(7, 32, 24),
    "Q8_0": QuantType(8, 32, 34),
    "Q8_1": QuantType(9, 32, 36),
    "Q2_K": QuantType(10, 256, 84),
    "Q3_K": QuantType(11, 256, 110),
    "Q4_K": QuantType(12, 256, 144),
    "Q5_K": QuantType(13, 256, 176),
    "Q6_K": QuantType(14, 256, 210),
    "Q8_K": QuantType(15, 256, 292),
    "IQ2_XXS": QuantType(16, 256, 66),
    "IQ2_XS": QuantType(17, 256, 74),
    "IQ3_XXS": QuantType(18, 256, 98),
    "IQ1_S": QuantType(19, 256, 50),
    "IQ4_NL": QuantType(20, 32, 18),
    "IQ3_S": QuantType(21, 256, 110),
    "IQ2_S": QuantType(22, 256, 82),
    "IQ4_XS": QuantType(23, 256, 136),
    "I8": QuantType(24, 1, 1),
    "I16": QuantType(25, 1, 2),
    "I32": QuantType(26, 1, 4),
    "I64": QuantType(27, 1, 8),
    "F64": QuantType(28, 1, 8),
    "IQ1_M": QuantType(29, 256, 56),
    "BF16": QuantType(30, 1, 2),
    "TQ1_0": QuantType(34, 256, 54),
    "TQ2_0": QuantType(35, 256, 66),
    "MXFP4": QuantType(39, 32, 17),
    "NVFP4": QuantType(40, 64, 36),
    "Q1_0": QuantType(41, 128, 18),
    "Q2_0": QuantType(42, 64, 18),
}


def bytes_per_row(type_name: str, columns: int) -> int:
    """Return how many bytes a row of so many weights takes.

    Raises:
        TrainerError: If the type is unknown, or its blocks do not fill the row.
    """
    packing = QUANT_TYPES.get(type_name)
    if packing is None:
        raise TrainerError(
            f"The model has weights of type {type_name}, which is not known here.",
            "Choose another quantization of this model.",
        )
    blocks, rest = divmod(columns, packing.block_size)
    if rest:
        raise TrainerError(
            f"The model is damaged: {columns} weights of a row cannot be of type {type_name}.",
            "Download it again.",
        )
    return blocks * packing.block_bytes
