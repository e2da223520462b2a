"""What the trainer computes is what llama.cpp computes: every family, every quantization, and the starter model."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.gguf_files import F32, Q8_0
from tests.support.native_logits import Job, logits

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
F16 = 1
QUANTIZED = (
    *("F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"),
    *("IQ4_NL", "IQ4_XS", "IQ3_XXS", "IQ3_S", "TQ1_0", "TQ2_0", "MXFP4"),
)
SLOWLY_QUANTIZED = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S")
TOKENS = [1, *np.random.default_rng(5).integers(3, 280, 639).tolist()]


def reading(path: Path, tokens: list[int], native: np.ndarray):
    """Return how the trainer's log-probabilities differ from llama.cpp's logits of the same file."""
    import torch

    from desktop_app.trainer.contract import LEAN
    from desktop_app.trainer.parity import compare
    from tests.support.trainees import logprobs, open_trainee

    torch.set_num_threads(1)
    model, _ = open_trainee(path, LEAN)
    found = logprobs(model, [tokens]).numpy()
    model.close()
    theirs = torch.from_numpy(native).log_softmax(-1).numpy()
    return compare(theirs, found, tokens)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_family_is_what_llama_cpp_makes_of_it(trained, architecture):
    """Exact files differ by rounding alone; quantized products round what goes in, too, and these models shout."""
    paths = [trained.tiny(architecture, type_id) for type_id in (F32, F16, Q8_0)]
    found = logits([Job(path, TOKENS) for path in paths])
    readings = [reading(path, TOKENS, native) for path, (_, native) in zip(paths, found, strict=True)]
    assert readings[0].divergence < 1e-4
    assert readings[0].agreement > 0.99
    assert readings[1].divergence < 1e-3
    assert readings[2].divergence < 0.05


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """Return a model in a quantization, and what llama.cpp makes of it."""
    from desktop_app.trainer.ggml_library import find_ggml
    from tests.support.quantized_models import quantized_llama

    folder = tmp_path_factory.mktemp("quantized")
    known = {}

    def make(names):
        paths = [folder / f"{name}.gguf" for name in names]
        for name, path in zip(names, paths, strict=True):
            path.write_bytes(quantized_llama(find_ggml(), name).to_bytes())
        found = logits([Job(path, TOKENS) for path in paths])
        known.update(zip(names, zip(paths, (rows for _, rows in found), strict=True), strict=True))

    def look(name):
        if name not in known:
            make(QUANTIZED if name in QUANTIZED else [name])
        return known[name]

    return look


@pytest.mark.parametrize(
    "type_name", [*QUANTIZED, *(pytest.param(name, marks=pytest.mark.long) for name in SLOWLY_QUANTIZED)]
)
def test_each_quantization_is_what_llama_cpp_makes_of_it(quantized, type_name):
    path, native = quantized(type_name)
    found = reading(path, TOKENS, native)
    assert found.tokens >= 512
    assert found.is_same, found


def test_the_starter_model_is_what_llama_cpp_makes_of_it(starter_model):
    from desktop_app.adapters.effect import probe_text

    [(tokens, native)] = logits([Job(starter_model, probe_text()[:2500])])
    found = reading(starter_model, tokens, native)
    assert found.tokens >= 512
    assert found.is_same, found
    assert found.agreement > 0.9
