"""The large model of the benchmark: types as in Q4_K_M, weights that can be computed with, and the whole size."""

from collections import Counter
from dataclasses import replace
from math import prod

import numpy as np
import pytest
import torch

from desktop_app.library.gguf import read_header
from desktop_app.trainer.dequantize import unpack
from tests.bench.large_model import LLAMA_8B, large_model, size_bytes, write_large_model
from tests.bench.shapes import Q4_K, Q6_K
from tests.support.trainees import model_file

SMALL = replace(LLAMA_8B, n_layer=8, n_embd=256, n_ff=512, n_head=2, n_head_kv=1, n_vocab=600)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_large_model(large_model(SMALL), tmp_path_factory.mktemp("large") / "model.gguf")


def test_it_has_the_size_of_llama_3_1_8b_in_q4_k_m():
    model = large_model()
    assert sum(prod(tensor.shape) for tensor in model.tensors) == pytest.approx(8.03e9, rel=1e-3)
    assert size_bytes(model) == pytest.approx(4.92e9, rel=1e-3)


def test_half_of_the_layers_have_more_bits_where_q4_k_m_gives_them():
    types = Counter((tensor.name.split(".")[-2], tensor.type_id) for tensor in large_model().tensors)
    for kind in ("attn_v", "ffn_down"):
        assert (types[kind, Q4_K], types[kind, Q6_K]) == (16, 16)
    assert types["ffn_gate", Q4_K] == 32
    assert types["output", Q6_K] == types["token_embd", Q4_K] == 1


def test_the_file_is_whole_and_as_large_as_was_said(path):
    assert read_header(path).n_layer == SMALL.n_layer
    assert path.stat().st_size == pytest.approx(size_bytes(large_model(SMALL)), abs=64)


def test_all_weights_are_numbers_of_an_ordinary_size_and_no_two_rows_are_the_same(path):
    data = np.memmap(path, np.uint8, "r")
    matrices = [tensor for tensor in model_file(path).tensors if len(tensor.shape) == 2]
    assert {tensor.type for tensor in matrices} == {"Q4_K", "Q6_K"}
    for tensor in matrices:
        packed = np.array(data[tensor.offset : tensor.offset + tensor.size_bytes]).reshape(tensor.shape[0], -1)
        weights = unpack(tensor.type, torch.from_numpy(packed))
        assert float(weights.std()) == pytest.approx(0.02, rel=0.05)
        assert abs(float(weights.mean())) < 0.001
        assert len(np.unique(packed, axis=0)) == len(packed)
