"""Unpacking by ggml's own library."""

import _ctypes
import sys
from contextlib import closing
from pathlib import Path

import gguf
import numpy as np
import pytest

from desktop_app.trainer import ggml_library
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.ggml_library import Ggml, find_ggml
from desktop_app.trainer.quant_types import QUANT_TYPES, QuantType
from tests.support.packed_weights import quantized, random_rows

NOT_OF_FILES = {"Q8_1", "Q8_K", "I8", "I16", "I32", "I64", "F64"}
TYPES = sorted(QUANT_TYPES.keys() - NOT_OF_FILES)
NOT_IN_GGUF_PY = {"Q1_0", "Q2_0"}
# ggml takes seconds to prepare what these are quantized with.
SLOWLY_QUANTIZED = {"IQ1_M", "IQ1_S", "IQ2_S", "IQ2_XS", "IQ2_XXS"}


def unpacked(ggml, type_name, packed, columns):
    out = np.full((len(packed), columns), np.nan, np.float32)
    ggml.unpack(type_name, packed, out)
    return out


# ------------------------------------------------------------ which library


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The folder of a llama_cpp that cannot be imported, and is the only one."""
    package = tmp_path / "llama_cpp"
    package.joinpath("lib").mkdir(parents=True)
    package.joinpath("__init__.py").write_text("raise RuntimeError")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)  # which another test may have imported
    return package


@pytest.mark.parametrize("name", ["libggml-base.so", "libggml-base.dylib", "ggml-base.dll"])
def test_the_library_is_found_without_an_import(elsewhere, name):
    library = elsewhere / "lib" / name
    library.touch()
    assert find_ggml() == library


def test_no_library_is_found_where_there_is_none(elsewhere):
    assert find_ggml() is None
    elsewhere.rename(elsewhere.with_name("something_else"))
    assert find_ggml() is None


def test_all_types_that_files_have_can_be_unpacked(ggml):
    assert ggml.types == set(TYPES)


def test_what_is_no_library_is_refused(tmp_path):
    path = tmp_path / "libggml-base.so"
    path.write_text("no library")
    with pytest.raises(TrainerError, match=r"libggml-base\.so"):
        Ggml(path, 1)


def test_another_library_is_refused():
    with pytest.raises(TrainerError, match="of another version"):
        Ggml(Path(_ctypes.__file__), 1)


def test_an_old_version_is_refused(ggml_path, monkeypatch):
    monkeypatch.setattr(ggml_library, "LEAST_VERSION", (99, 0))
    with pytest.raises(TrainerError, match="of another version"):
        Ggml(ggml_path, 1)


@pytest.mark.parametrize("known", [QuantType(12, 256, 148), QuantType(12, 128, 144), QuantType(13, 256, 144)])
def test_a_version_that_packs_differently_is_refused(ggml_path, monkeypatch, known):
    monkeypatch.setitem(QUANT_TYPES, "Q4_K", known)
    with pytest.raises(TrainerError, match="of another version"):
        Ggml(ggml_path, 1)


# ------------------------------------------------------------ what it does


@pytest.mark.parametrize("type_name", [name for name in TYPES if name not in NOT_IN_GGUF_PY])
def test_weights_are_what_gguf_py_makes_of_them(ggml, type_name):
    packed = random_rows(type_name, 33, 768)
    expected = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType[type_name])
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(unpacked(ggml, type_name, packed, 768), expected)


@pytest.mark.parametrize(
    "type_name", [pytest.param(name, marks=pytest.mark.long if name in SLOWLY_QUANTIZED else ()) for name in TYPES]
)
def test_quantized_weights_come_back_as_nearly_as_their_bits_allow(ggml, ggml_path, type_name):
    weights = np.random.default_rng(1).standard_normal((8, 768), np.float32)
    back = unpacked(ggml, type_name, quantized(ggml_path, type_name, weights), 768)
    packing = QUANT_TYPES[type_name]
    bits = 8 * packing.block_bytes / packing.block_size
    error = np.sqrt(np.mean((back - weights) ** 2))
    assert error < min(max(4 / 2**bits, 1 / 256), 0.9)  # BF16 has eight significant bits; zeros would be 1 away


@pytest.mark.parametrize("type_name", ["F32", "BF16", "Q4_K", "IQ3_S"])
def test_many_rows_are_unpacked_by_all_threads_as_by_one(ggml, ggml_path, type_name):
    packed = random_rows(type_name, 1031, 768)
    with closing(Ggml(ggml_path, 1)) as alone:
        expected = unpacked(alone, type_name, packed, 768)
    assert not np.isnan(expected).any()
    np.testing.assert_array_equal(unpacked(ggml, type_name, packed, 768), expected)


def test_rows_of_a_file_that_cannot_be_written_are_unpacked(ggml, tmp_path):
    packed = random_rows("Q8_0", 20, 64)
    path = tmp_path / "weights"
    path.write_bytes(b"123" + packed.tobytes())
    mapped = np.memmap(path, np.uint8, "r", 3, packed.shape)
    np.testing.assert_array_equal(unpacked(ggml, "Q8_0", mapped[5:9], 64), unpacked(ggml, "Q8_0", packed, 64)[5:9])


def test_no_rows_are_no_weights(ggml):
    assert unpacked(ggml, "Q4_0", np.empty((0, 18), np.uint8), 32).shape == (0, 32)


@pytest.mark.parametrize("type_name", ["I32", "Q8_K", "Q9_9"])
def test_a_type_that_cannot_be_unpacked_is_named(ggml, type_name):
    with pytest.raises(TrainerError, match=type_name):
        unpacked(ggml, type_name, np.zeros((1, 292), np.uint8), 256)


@pytest.mark.parametrize(
    ("packed", "out"),
    [
        (np.zeros((2, 36), np.uint8), np.empty((2, 96), np.float32)),
        (np.zeros((2, 36), np.uint8), np.empty((3, 64), np.float32)),
        (np.zeros((2, 36), np.int8), np.empty((2, 64), np.float32)),
        (np.zeros((2, 36), np.uint8), np.empty((2, 64), np.float64)),
        (np.zeros((2, 72), np.uint8)[:, ::2], np.empty((2, 64), np.float32)),
        (np.zeros((2, 36), np.uint8), np.empty((2, 128), np.float32)[:, ::2]),
        (np.zeros((2, 36), np.uint8), np.broadcast_to(np.float32(0), (2, 64))),
    ],
    ids=[
        "too few bytes",
        "too few rows",
        "not bytes",
        "not floats",
        "bytes apart",
        "floats apart",
        "not to be written",
    ],
)
def test_arrays_that_do_not_fit_are_refused(ggml, packed, out):
    with pytest.raises(ValueError, match=r"bytes|arrays"):
        ggml.unpack("Q4_0", packed, out)
