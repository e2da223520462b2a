"""Four levels say how far an adapter can be trusted to be for a model, each in a sentence and for a reason."""

import json
import re
from dataclasses import replace

import pytest

from desktop_app.adapters.identity import BaseIdentity, base_identity
from desktop_app.adapters.verdict import Level, judge
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import Q8_0, Shape, llama_model
from tests.unit.adapters.files import ADAPTER, MODEL
from tests.unit.library.sentences import assert_readable

INSTRUCT = replace(MODEL, tensors=tuple(replace(each, data=b"\1" * each.size_bytes) for each in MODEL.tensors))


@pytest.fixture
def judged(tmp_path):
    """Return the verdict over files that are written first; its words are read on the way."""

    def ask(adapter=ADAPTER, model=MODEL, *rest):
        headers = [
            read_header(file.write(tmp_path / name)) for file, name in ((adapter, "a.gguf"), (model, "Tiny-Q8_0.gguf"))
        ]
        verdict = judge(*headers, *rest)
        assert_readable(UserError(verdict.sentence, verdict.hint or "None needed."))
        assert len(re.findall(r"\.(?= |$)", verdict.sentence)) == 1
        return verdict

    return ask


def identity_of(model, tmp_path):
    return base_identity(read_header(model.write(tmp_path / "original.gguf")))


def made_for(identity):
    return ADAPTER.with_metadata(
        moatless__base__norms_sha256=identity.norms_sha256, moatless__base__vocab_sha256=identity.vocab_sha256
    )


def named(**entries):
    return ADAPTER.with_metadata(**{f"general__base_model__0__{key}": value for key, value in entries.items()})


def test_what_is_no_adapter_is_blocked_with_the_reason(judged):
    verdict = judged(adapter=MODEL)
    assert verdict.level is Level.BLOCKED
    assert "is a model, not an adapter" in verdict.sentence
    assert verdict.hint


def test_what_does_not_fit_is_blocked_with_the_reason(judged, tmp_path):
    """Also if it says that it was made for this very model."""
    model = llama_model(Shape(n_embd=64))
    verdict = judged(made_for(identity_of(model, tmp_path)), model)
    assert verdict.level is Level.BLOCKED
    assert "its layers are 32 wide and the model's 64" in verdict.sentence


def test_the_recorded_identity_verifies_any_quantization(judged, tmp_path):
    verdict = judged(made_for(identity_of(MODEL, tmp_path)), llama_model(Shape(type_id=Q8_0)))
    assert (verdict.level, verdict.sentence) == (Level.VERIFIED, "“Pirate” was made for this model.")


def test_an_identity_known_from_elsewhere_verifies_too(judged, tmp_path):
    identity = identity_of(MODEL, tmp_path)
    assert judged(ADAPTER, MODEL, (), identity).level is Level.VERIFIED
    assert judged(made_for(BaseIdentity("a", "b")), MODEL, (), identity).level is Level.VERIFIED


def test_an_adapter_for_the_base_of_an_instruct_model_is_not_verified(judged, tmp_path):
    """Not even if names match: the identity knows better."""
    adapter = made_for(identity_of(MODEL, tmp_path)).with_metadata(general__base_model__0__name="Tiny")
    verdict = judged(adapter, INSTRUCT)
    assert verdict.level is Level.UNVERIFIED
    assert "another model of the same shape as “Tiny-Q8_0”" in verdict.sentence


def test_two_models_without_norms_are_not_taken_for_one(judged, tmp_path):
    bare = replace(MODEL, tensors=tuple(each for each in MODEL.tensors if "norm" not in each.name))
    assert judged(ADAPTER, bare, (), identity_of(bare, tmp_path)).level is Level.UNVERIFIED


@pytest.mark.parametrize(
    ("base", "model_repo"),
    [
        ("Qwen/Qwen3-1.7B", "Qwen/Qwen3-1.7B"),
        ("Qwen/Qwen3-1.7B", "qwen/qwen3-1.7b-gguf"),
        ("Qwen/Qwen3-1.7B", "bartowski/Qwen_Qwen3-1.7B-GGUF"),
        ("Qwen/Qwen3-1.7B", "mradermacher/Qwen3-1.7B-i1-GGUF"),
        ("Qwen/Qwen3-1.7B", "someone/Qwen3-1.7B-Q4_K_M-GGUF"),
        ("Qwen/Qwen3-1.7B", "someone/Qwen3-1.7B.Q6_K_L"),
        ("unsloth/Qwen3-1.7B-unsloth-bnb-4bit", "unsloth/Qwen3-1.7B-GGUF"),
    ],
)
def test_the_name_of_the_repository_is_a_declared_match(judged, base, model_repo):
    verdict = judged(named(repo_url=f"https://huggingface.co/{base}"), MODEL, ("x/y", model_repo))
    assert verdict.level is Level.DECLARED
    assert f"says that it was made for “{base}”, and that is what this model is called" in verdict.sentence


@pytest.mark.parametrize(
    "model_repo",
    ["Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B-Base", "Qwen/Qwen3-1.7B-Instruct-GGUF", "Qwen/Qwen2-1.7B", "GGUF", "x/-gguf"],
)
def test_another_model_of_the_family_is_no_match(judged, model_repo):
    verdict = judged(named(repo_url="https://huggingface.co/Qwen/Qwen3-1.7B"), MODEL, (model_repo,))
    assert verdict.level is Level.UNVERIFIED
    assert verdict.sentence == "“Pirate” fits “Tiny-Q8_0”, but says that it was made for “Qwen/Qwen3-1.7B”."


def test_the_name_of_the_model_is_a_declared_match(judged):
    verdict = judged(named(name="SmolLM2 135M Instruct"), MODEL.with_metadata(general__name="smollm2-135m_instruct"))
    assert verdict.level is Level.DECLARED


@pytest.mark.parametrize("entry", ["name", "repo_url"])
def test_what_the_model_was_made_from_is_a_declared_match_and_said_so(judged, entry):
    base = {"name": "SmolLM2 135M", "repo_url": "https://huggingface.co/HuggingFaceTB/SmolLM2-135M"}[entry]
    model = MODEL.with_metadata(**{f"general__base_model__0__{entry}": base})
    verdict = judged(named(**{entry: base}), model)
    assert verdict.level is Level.DECLARED
    assert "which “Tiny-Q8_0” was made from" in verdict.sentence


def test_an_adapter_that_names_no_model_is_unverified(judged):
    verdict = judged(model=MODEL.with_metadata(general__name=""))
    assert verdict.level is Level.UNVERIFIED
    assert verdict.sentence == "“Pirate” fits “Tiny-Q8_0”, but does not say which model it was made for."


def test_an_adapter_that_is_merged_into_the_model_already_is_told(tmp_path):
    merged = MODEL.with_metadata(moatless__merged=json.dumps([["a" * 64, 0.5]])).write(tmp_path / "merged.gguf")
    adapter, model = read_header(ADAPTER.write(tmp_path / "a.gguf")), read_header(merged)
    verdict = judge(adapter, model, sha256="a" * 64)
    assert verdict.level is Level.UNVERIFIED
    assert "in the weights of “merged” already" in verdict.sentence
    assert "already" not in judge(adapter, model, sha256="b" * 64).sentence
