"""What an adapter's file says about itself is shown, and nothing it says can do harm."""

import pytest

from desktop_app.adapters.check import adapter_facts
from desktop_app.adapters.identity import BaseIdentity
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import Shape, Typed, lora_adapter
from tests.unit.adapters.files import ADAPTER, only, pair

FLOAT64 = 12


@pytest.fixture
def facts(tmp_path):
    """Return the facts of an adapter, with some entries of its header changed."""

    def read(file=ADAPTER, **entries):
        named = {name.replace("base_model_", "general__base_model__0__"): value for name, value in entries.items()}
        return adapter_facts(read_header(file.with_metadata(**named).write(tmp_path / "my pirate.v2.gguf")))

    return read


def test_all_that_a_file_says(facts, tmp_path):
    found = facts(
        lora_adapter(Shape(n_layer=2), rank=6),
        general__license="mit",
        base_model_name="SmolLM2 135M Instruct",
        base_model_organization="HuggingFaceTB",
        moatless__base__norms_sha256="aa",
        moatless__base__vocab_sha256="bb",
        moatless__base__sha256="cc",
        moatless__default_scale="0.7",
    )
    assert (found.name, found.architecture, found.license) == ("Pirate", "llama", "mit")
    assert found.size_bytes == (tmp_path / "my pirate.v2.gguf").stat().st_size
    assert (found.max_rank, found.n_weights, found.alpha) == (6, 14, 8.0)
    assert found.targets == ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    assert (found.base_name, found.base_repo) == ("SmolLM2 135M Instruct", "HuggingFaceTB/SmolLM2-135M-Instruct")
    assert (found.base_identity, found.base_sha256, found.default_scale) == (BaseIdentity("aa", "bb"), "cc", 0.7)


def test_a_file_that_says_nothing(facts):
    found = facts(general__name=None, adapter__lora__alpha=None)
    assert found.name == "my pirate.v2"
    assert (found.base_name, found.base_repo, found.license) == ("", "", "")
    assert (found.base_identity, found.base_sha256, found.default_scale, found.alpha) == (None, None, 1.0, 0.0)


@pytest.mark.parametrize("name", ["", "  ", 7])
def test_an_adapter_with_an_empty_name_is_called_like_its_file(facts, name):
    assert facts(general__name=name).name == "my pirate.v2"


def test_a_name_made_to_deceive_is_made_harmless(facts):
    name = facts(general__name="Pirate\n\u202eEvil" + "x" * 1000).name
    assert name.startswith("Pirate??Evil")
    assert len(name) < 70


def test_the_largest_rank_counts_and_targets_are_in_the_order_of_a_layer(facts):
    ranks = {"ssm_out": 1, "ssm_in": 2, "ffn_up": 7, "attn_k": 3}
    found = facts(only(*(half for kind, rank in ranks.items() for half in pair(f"blk.0.{kind}.weight", rank=rank))))
    assert (found.max_rank, found.targets) == (7, ("attn_k", "ffn_up", "ssm_out", "ssm_in"))


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("0.5", 0.5),
        ("0", 0.0),
        ("-1", -1.0),
        ("10", 10.0),
        ("11", 1.0),
        ("-11", 1.0),
        ("nan", 1.0),
        ("inf", 1.0),
        ("strong", 1.0),
        ("", 1.0),
        (Typed(FLOAT64, 0.5), 1.0),
    ],
)
def test_a_scale_that_is_none_is_the_usual_one(facts, scale, expected):
    assert facts(moatless__default_scale=scale).default_scale == expected


@pytest.mark.parametrize("missing", ["norms", "vocab"])
def test_half_an_identity_is_none(facts, missing):
    entries = {"moatless__base__norms_sha256": "aa", "moatless__base__vocab_sha256": "bb"}
    entries[f"moatless__base__{missing}_sha256"] = ""
    assert facts(**entries).base_identity is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://huggingface.co/Qwen/Qwen3-1.7B", "Qwen/Qwen3-1.7B"),
        ("https://huggingface.co/Qwen/Qwen3-1.7B/tree/main", "Qwen/Qwen3-1.7B"),
        ("Qwen/Qwen3-1.7B", "Qwen/Qwen3-1.7B"),
        ("https://huggingface.co/Qwen", ""),
        ("https://huggingface.co/../Qwen3", ""),
        ("https://huggingface.co/Qwen/a b", ""),
        ("/home/me/model", ""),
    ],
)
def test_the_model_on_the_hub(facts, url, expected):
    assert facts(base_model_repo_url=url).base_repo == expected
