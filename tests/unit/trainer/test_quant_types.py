"""The trainer's table of quantization types."""

import pytest

from desktop_app.library.gguf_types import TENSOR_TYPES
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.quant_types import QUANT_TYPES, bytes_per_row


def test_the_trainer_knows_each_type_as_the_rest_of_the_program_does():
    known = {number: (each.name, each.block_size, each.block_bytes) for number, each in TENSOR_TYPES.items()}
    assert {number: (name, *sizes) for name, (number, *sizes) in QUANT_TYPES.items()} == known


@pytest.mark.parametrize(("name", "columns", "size"), [("F16", 5, 10), ("Q4_0", 64, 36), ("Q6_K", 512, 420)])
def test_a_row_has_the_bytes_of_its_blocks(name, columns, size):
    assert bytes_per_row(name, columns) == size


def test_an_unknown_type_is_named():
    with pytest.raises(TrainerError, match="Q9_9"):
        bytes_per_row("Q9_9", 256)


def test_a_row_that_ends_inside_a_block_is_refused():
    with pytest.raises(TrainerError, match=r"300 weights .* Q4_K"):
        bytes_per_row("Q4_K", 300)
