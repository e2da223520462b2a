"""The tiny models of tests are the same in llama.cpp as in transformers: the ground on which adapters are compared."""

import numpy as np
import pytest

from tests.support.gguf_files import F32, Q8_0
from tests.support.native_logits import Job, logits

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
F16 = 1
# Means over logits that are about 2 wide.
ROUNDING = {F32: 1e-5, F16: 0.01, Q8_0: 0.2}
GELU_TABLE = 1e-3  # llama.cpp looks the activation of Gemma up in a table of 16 bits


@pytest.fixture(scope="module")
def native(trained):
    """What llama.cpp computes for the text of the tests, by architecture and type of the weights."""
    from tests.support.trained_adapters import TOKENS

    cases = [(architecture, type_id) for architecture in ARCHITECTURES for type_id in ROUNDING]
    found = logits([Job(trained.tiny(*case), TOKENS) for case in cases])
    return {case: rows for case, (_, rows) in zip(cases, found, strict=True)}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_llama_cpp_computes_what_torch_computes(native, architecture):
    from tests.support.tiny_models import tiny_model
    from tests.support.trained_adapters import TOKENS, peft_logits

    expected = peft_logits(tiny_model(architecture), TOKENS)
    assert expected.std() > 1.5
    for type_id, rounding in ROUNDING.items():
        limit = max(rounding, GELU_TABLE) if architecture.startswith("gemma") else rounding
        assert np.abs(native[architecture, type_id] - expected).mean() < limit


def test_their_vocabulary_has_each_byte_as_a_token(trained):
    from tests.support.trained_adapters import TEXT, TOKENS

    [(tokens, _)] = logits([Job(trained.tiny("llama"), TEXT)])
    assert tokens == TOKENS


def test_every_architecture_is_tried():
    from tests.support.tiny_models import KINDS

    assert tuple(KINDS) == ARCHITECTURES
