"""Adapters that PEFT has trained do the same in llama.cpp once they are imported, by loss and by logits.

On tiny models of 32-bit floats both agree but for rounding. On the starter model, which is quantized, llama.cpp
rounds more than torch does, and only means over a text can be compared.
"""

from dataclasses import replace

import numpy as np
import pytest

from desktop_app.adapters.check import adapter_facts, check_adapter, check_fits
from desktop_app.adapters.lora import Lora
from desktop_app.adapters.lora_file import read_lora, write_lora
from desktop_app.adapters.open_lora import check_values
from desktop_app.adapters.peft import import_peft
from desktop_app.library.gguf import read_header
from tests.bench.prompts import LETTER, filler
from tests.support.likelihood import mean_kl, mean_nll
from tests.support.native_logits import Job, logits

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
RECIPES = ("all-r8", "all-r16-rslora", "qv-r4", "mlp-r8", "patterns")
# What else a recipe is about is the same for all architectures, so two of them stand for the others.
COMMON = [
    (architecture, recipe)
    for architecture in ARCHITECTURES
    for recipe in RECIPES
    if architecture in ("llama", "phi3") or recipe in ("all-r8", "patterns")
]
CASES = [
    pytest.param(architecture, recipe, marks=() if (architecture, recipe) in COMMON else pytest.mark.long)
    for architecture in ARCHITECTURES
    for recipe in RECIPES
]


def limit(architecture):
    """How far apart logits are on average at most; see test_tiny_models.py."""
    return 1e-3 if architecture.startswith("gemma") else 1e-5


@pytest.fixture(scope="module")
def native(trained):
    """Return what llama.cpp computes for an architecture, with the adapter of a recipe or without one."""
    from tests.support.trained_adapters import TOKENS

    computed = {}

    def compute(cases):
        jobs = [Job(trained.tiny(case[0]), TOKENS, [(trained.gguf(*case), 1.0)] if case[1:] else []) for case in cases]
        computed.update(zip(cases, (rows for _, rows in logits(jobs)), strict=True))

    def look(*case):
        if case not in computed:
            compute([case])
        return computed[case]

    compute([*((architecture,) for architecture in ARCHITECTURES), *COMMON])
    return look


@pytest.mark.parametrize(("architecture", "recipe"), CASES)
def test_an_imported_adapter_does_what_it_does_in_peft(trained, native, architecture, recipe):
    from tests.support.tiny_models import tiny_model
    from tests.support.trained_adapters import TOKENS, peft_logits

    expected = peft_logits(tiny_model(architecture), TOKENS, trained.peft(architecture, recipe))
    found, bare = native(architecture, recipe), native(architecture)
    assert np.abs(found - expected).mean() < limit(architecture)
    # It has learned something, and so much that no rounding could be taken for it.
    assert mean_nll(found, TOKENS) < mean_nll(bare, TOKENS) - 1
    assert np.abs(found - bare).mean() > 0.5


@pytest.mark.parametrize(("architecture", "recipe"), CASES)
def test_it_is_accepted_by_our_own_checks(trained, architecture, recipe):
    from tests.support.trained_adapters import BASE_REPO

    header = read_header(trained.gguf(architecture, recipe))
    check_adapter(header)
    check_fits(header, read_header(trained.tiny(architecture)))
    check_values(read_lora(header), "it")
    assert adapter_facts(header).base_repo == BASE_REPO


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_configuration_of_the_base_model_is_enough(trained, architecture):
    from tests.support.tiny_models import tiny_model

    folder = trained.peft(architecture, "all-r8")
    by_model = import_peft(folder, read_header(trained.tiny(architecture)))
    by_config = import_peft(folder, base_config=tiny_model(architecture).config.to_dict())
    assert by_config.architecture == by_model.architecture == architecture
    assert list(by_config.pairs) == list(by_model.pairs)
    for name, pair in by_config.pairs.items():
        assert pair.scale == by_model.pairs[name].scale
        assert np.array_equal(pair.a, by_model.pairs[name].a)
        assert np.array_equal(pair.b, by_model.pairs[name].b)


def with_one_alpha(lora, alpha):
    """Return an adapter as a conversion would have it that knows a single alpha and divides it by each rank."""
    return replace(lora, pairs={name: replace(pair, scale=alpha / pair.rank) for name, pair in lora.pairs.items()})


def unmoved(lora, other):
    """Return an adapter with the rows of q and k as PEFT has them."""
    moved = ("attn_q.weight", "attn_k.weight")
    pairs = {name: other.pairs[name] if name.endswith(moved) else pair for name, pair in lora.pairs.items()}
    return Lora(lora.architecture, pairs, lora.metadata)


@pytest.mark.parametrize("wrong", ["rslora", "alpha_pattern", "rows"])
def test_what_a_simpler_conversion_would_do_is_told_from_it(trained, native, tmp_path, wrong):
    from tests.support.trained_adapters import TOKENS

    recipe = {"rslora": "all-r16-rslora", "alpha_pattern": "patterns", "rows": "all-r8"}[wrong]
    folder, model = trained.peft("llama", recipe), read_header(trained.tiny("llama"))
    lora = import_peft(folder, model)
    # A model whose rows are not moved, with the same names.
    simple = unmoved(lora, import_peft(folder, base_config={"model_type": "qwen2"}))
    write_lora(tmp_path / "wrong.gguf", simple if wrong == "rows" else with_one_alpha(lora, 16))
    [(_, found)] = logits([Job(model.path, TOKENS, [(tmp_path / "wrong.gguf", 1.0)])])
    assert np.abs(found - native("llama", recipe)).mean() > 0.1


@pytest.mark.long
def test_the_starter_model_learns_the_same_in_both(trained):
    from tests.support.trained_adapters import TEXT, peft_logits

    probe = f"{LETTER} {TEXT} {filler(120)}"
    adapter = trained.starter_gguf()
    (tokens, bare), (_, adapted) = logits([Job(trained.starter, probe), Job(trained.starter, probe, [(adapter, 1.0)])])
    assert len(tokens) >= 512
    model = trained.starter_in_torch
    expected_bare = peft_logits(model, tokens)
    expected = peft_logits(model, tokens, trained.starter_peft())
    for ours, theirs in ((bare, expected_bare), (adapted, expected)):
        assert abs(mean_nll(ours, tokens) - mean_nll(theirs, tokens)) < 0.02
        assert mean_kl(theirs, ours) < 0.01
    assert mean_kl(bare, adapted) > 0.05
    assert mean_nll(adapted, tokens) < mean_nll(bare, tokens) - 0.05
    check_fits(read_header(adapter), read_header(trained.starter))
