"""An adapter that is written for PEFT does there what it does in llama.cpp."""

import numpy as np
import pytest

from desktop_app.adapters.open_lora import open_lora
from desktop_app.adapters.peft_export import export_peft
from desktop_app.adapters.peft_names import base_of_model
from desktop_app.library.gguf import read_header
from tests.process.test_peft_import import ARCHITECTURES, limit
from tests.support.native_logits import Job, logits
from tests.support.random_adapters import random_adapter

RANK = 8


@pytest.fixture(scope="module")
def adapters(trained, tmp_path_factory):
    """An adapter for each architecture."""
    folder = tmp_path_factory.mktemp("adapters")
    return {name: random_adapter(folder / f"{name}.gguf", trained.tiny(name), RANK) for name in ARCHITECTURES}


@pytest.fixture(scope="module")
def native(trained, adapters):
    from tests.support.trained_adapters import TOKENS

    jobs = [Job(trained.tiny(name), TOKENS, [(adapters[name], 1.0)]) for name in ARCHITECTURES]
    return dict(zip(ARCHITECTURES, (rows for _, rows in logits(jobs)), strict=True))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_does_in_peft_what_it_does_in_llama_cpp(trained, adapters, native, tmp_path, architecture):
    from tests.support.tiny_models import tiny_model
    from tests.support.trained_adapters import TOKENS, peft_logits

    base = base_of_model(read_header(trained.tiny(architecture)))
    export_peft(open_lora(adapters[architecture]), float(RANK), base, "example/tiny", tmp_path / "peft")
    found = peft_logits(tiny_model(architecture), TOKENS, tmp_path / "peft")
    bare = peft_logits(tiny_model(architecture), TOKENS)
    assert np.abs(found - native[architecture]).mean() < limit(architecture)
    assert np.abs(found - bare).mean() > 0.1
