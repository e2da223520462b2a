"""What is to be expected of a model that is not here yet, from what little the Hub says of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.engine.choices import LoadSettings
from desktop_app.library.gguf import read_header
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.outlook import Fit
from desktop_app.library.prospects import (
    Machine,
    bytes_a_token_of,
    header_of_usual_shape,
    measured_models,
    prospect,
    prospects_of,
    rough_prospect,
)
from desktop_app.library.sketch import read_beginning
from desktop_app.library.speed import Measured, bytes_a_token
from tests.support.gguf_files import Shape, llama_model
from tests.unit.library.transfers import a_model

GB = 10**9
B = 10**9  # parameters


def machine(ram_gb=16.0, measured=()):
    return Machine(LoadSettings(), FreeMemory(round(ram_gb * GB)), tuple(measured))


@pytest.mark.parametrize(
    ("n_params", "ram_gb", "fit"),
    [(B // 2, 16, Fit.WELL), (8 * B, 16, Fit.WELL), (70 * B, 16, Fit.TOO_LARGE), (8 * B, 3, Fit.TOO_LARGE)],
)
def test_whether_it_fits_is_told_from_its_parameters(n_params, ram_gb, fit):
    assert rough_prospect(n_params, 0, machine(ram_gb)).outlook.fit == fit


def test_without_its_size_nothing_is_said():
    assert rough_prospect(0, 8192, machine()) is None
    assert rough_prospect(-5, 8192, machine()) is None


def test_more_parameters_write_more_slowly():
    here = machine(measured=[Measured(GB, 40.0)])
    speeds = [rough_prospect(n * B, 0, here).tokens_per_s for n in (1, 3, 8, 14)]
    assert speeds == sorted(speeds, reverse=True)
    assert rough_prospect(8 * B, 0, here).tokens_per_s == pytest.approx(40 / (8 * 0.61), rel=0.01)
    assert rough_prospect(8 * B, 0, machine()).tokens_per_s is None


@pytest.mark.parametrize("n_params", [B // 3, 8 * B, 70 * B])
def test_a_model_of_usual_shape_weighs_what_it_should(n_params):
    header = header_of_usual_shape(n_params, 5 * GB, 4096)
    assert sum(tensor.size_bytes for tensor in header.tensors) == 5 * GB
    assert header.n_ctx_train == 4096


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))
def test_no_numbers_whatever_of_the_hub_stop_it(n_params, n_ctx_train):
    rough_prospect(n_params, max(0, n_ctx_train), machine())


def test_with_the_numbers_of_its_header_it_is_told_for_each_quantization(tmp_path):
    file = llama_model(Shape(n_layer=4, n_embd=256, n_ff=1024, n_vocab=1000))
    metadata = read_beginning(file.to_bytes(), "m.gguf")
    here = machine(ram_gb=4, measured=[Measured(GB, 10.0)])
    small, large = prospects_of(metadata, [GB, 40 * GB], here)
    assert (small.outlook.fit, large.outlook.fit) == (Fit.WELL, Fit.TOO_LARGE)
    assert (small.tokens_per_s, large.tokens_per_s) == pytest.approx((10.0, 0.25), rel=0.01)


def test_a_model_that_is_here_is_told_by_itself(tmp_path):
    path = llama_model().write(tmp_path / "m.gguf")
    assert prospect(read_header(path), machine()).outlook.fit == Fit.WELL


def test_what_was_measured_is_known_from_the_models_of_the_library(tmp_path):
    path = llama_model().write(tmp_path / "m.gguf")
    fast, silent, gone = a_model(path, tokens_per_s=50.0), a_model(path), a_model(Path("/gone.gguf"), tokens_per_s=9.0)
    assert measured_models([fast, silent, gone]) == (Measured(bytes_a_token(read_header(path)), 50.0), Measured(0, 9.0))
    assert bytes_a_token_of(gone) == 0


def test_the_largest_model_leaves_room_for_the_conversation():
    assert machine(10).largest_model_bytes < 8 * GB
    with_gpu = Machine(LoadSettings(), FreeMemory(ram=8 * GB, vram=24 * GB))
    assert with_gpu.largest_model_bytes > machine(8).largest_model_bytes
