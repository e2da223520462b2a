"""Unpacking with torch agrees with ggml, bit for bit: `quant_bits` says why it can."""

import numpy as np
import pytest
import torch

from desktop_app.trainer import dequantize
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.quant_types import bytes_per_row
from tests.support.packed_weights import quantized, random_rows

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
TYPES = sorted(dequantize.TYPES)
COLUMNS = 768


def assert_is_ggmls(ggml, type_name, packed, device):
    expected = np.empty((len(packed), COLUMNS), np.float32)
    ggml.unpack(type_name, packed, expected)
    weights = dequantize.unpack(type_name, torch.from_numpy(packed).to(device)).cpu().numpy()
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("type_name", TYPES)
def test_possible_bytes_are_the_weights_that_ggml_makes_of_them(ggml, type_name, device):
    assert_is_ggmls(ggml, type_name, random_rows(type_name, 65, COLUMNS), device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("type_name", TYPES)
def test_quantized_weights_are_those_that_ggml_makes_of_them(ggml, ggml_path, type_name, device):
    weights = np.random.default_rng(1).standard_normal((9, COLUMNS), np.float32)
    assert_is_ggmls(ggml, type_name, quantized(ggml_path, type_name, weights), device)


@pytest.mark.parametrize("type_name", TYPES)
def test_rows_may_lie_anywhere_and_stay_as_they_are(type_name):
    packed = torch.from_numpy(random_rows(type_name, 3, COLUMNS))
    apart = torch.zeros(1 + 2 * packed.numel(), dtype=torch.uint8)[1:].view(6, -1)[::2]
    apart.copy_(packed)
    weights = dequantize.unpack(type_name, apart)
    assert weights.equal(dequantize.unpack(type_name, packed))
    weights.zero_()
    assert apart.equal(packed)


@pytest.mark.parametrize("type_name", TYPES)
def test_no_rows_are_no_weights(type_name):
    nothing = torch.empty((0, bytes_per_row(type_name, COLUMNS)), dtype=torch.uint8)
    assert dequantize.unpack(type_name, nothing).shape == (0, COLUMNS)


def test_a_type_that_cannot_be_unpacked_is_named():
    with pytest.raises(TrainerError, match="IQ2_XXS"):
        dequantize.unpack("IQ2_XXS", torch.zeros((1, 66), dtype=torch.uint8))
