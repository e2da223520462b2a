"""What a PEFT configuration says, what is refused because of it, and the scale that each module has."""

import json
import math

import pytest

from desktop_app.adapters.peft_config import PeftConfig, read_peft_config
from tests.unit.adapters.files import error_of

PLAIN = {
    "peft_type": "LORA",
    "base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "r": 8,
    "lora_alpha": 16,
    "target_modules": ["v_proj", "q_proj"],
    "bias": "none",
    "use_rslora": False,
    "init_lora_weights": True,
    # What PEFT writes besides, whether it was used or not.
    "task_type": "CAUSAL_LM",
    "fan_in_fan_out": False,
    "qalora_group_size": 16,
    "loftq_config": {},
    "megatron_core": "megatron.core",
    "modules_to_save": None,
    "trainable_token_indices": None,
    "rank_pattern": {},
    "alpha_pattern": {},
}
ATTENTION = "model.layers.3.self_attn.o_proj"


def config(**changes):
    return PeftConfig.from_mapping(PLAIN | changes, "Pirate")


def test_a_plain_one_is_read():
    found = config()
    assert (found.base_repo, found.rank, found.alpha) == ("HuggingFaceTB/SmolLM2-135M-Instruct", 8, 16)
    assert found.targets == ("q_proj", "v_proj")
    assert found.refusals == ()
    found.check("Pirate")


@pytest.mark.parametrize(
    "base", [None, "", "/home/me/models/tiny", "./tiny", "../a/b", "tiny", "C:\\models\\tiny", "a/b/c", "~/tiny", 7]
)
def test_no_local_path_is_taken_for_a_model_of_the_hub(base):
    assert config(base_model_name_or_path=base).base_repo == ""


def test_targets_may_be_one_expression():
    assert config(target_modules="all-linear").targets == ("all-linear",)
    assert config(target_modules=None).targets == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "lora_only"}, "biases"),
        ({"bias": "all"}, "biases"),
        ({"lora_bias": True}, "biases"),
        ({"modules_to_save": ["embed_tokens", "lm_head"]}, "whole parts of the model (embed_tokens, lm_head)"),
        ({"trainable_token_indices": [5]}, "embedding"),
        ({"trainable_token_indices": {"embed_tokens": [5]}}, "embedding"),
        ({"target_modules": ["q_proj", "model.embed_tokens"]}, "embedding"),
        ({"target_modules": ["q_proj", "lm_head"]}, "output layer"),
        ({"layer_replication": [[0, 4], [2, 5]]}, "repeats layers"),
        ({"target_parameters": ["mlp.experts.gate_up_proj"]}, "experts"),
        ({"alora_invocation_tokens": [1, 2]}, "certain words"),
        ({"use_qalora": True}, "QALoRA"),
        ({"use_bdlora": {"nblocks": 2}}, "BD-LoRA"),
        ({"arrow_config": {"top_k": 3}}, "Arrow"),
        ({"kasa_config": {"beta": 1e-4}}, "KaSA"),
        ({"monteclora_config": {"num_samples": 4}}, "MonteCLoRA"),
        *(({"init_lora_weights": name}, name) for name in ("pissa", "pissa_niter_16", "olora", "loftq", "corda")),
        ({"init_lora_weights": "lora_ga"}, "lora_ga"),
    ],
)
def test_what_cannot_become_gguf_is_refused_with_its_reason(changes, words):
    found = config(**changes)
    [reason] = found.refusals
    assert words in reason
    assert reason.startswith("It ")
    assert error_of(found.check, "Pirate") == f"“Pirate” cannot be converted. {reason}"


@pytest.mark.parametrize("beginning", [True, False, "gaussian", "eva", "orthogonal", "mica"])
def test_beginnings_that_leave_the_model_alone_are_fine(beginning):
    assert config(init_lora_weights=beginning).refusals == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"peft_type": "IA3"}, "of the kind “IA3”"),
        ({"peft_type": "ADALORA"}, "of the kind “ADALORA”"),
        ({"peft_type": None}, "not an adapter made by PEFT"),  # that of MLX has none
        ({"r": 0}, "rank"),
        ({"r": True}, "rank"),
        ({"r": "8"}, "rank"),
        ({"lora_alpha": None}, "alpha"),
        ({"lora_alpha": math.nan}, "alpha"),
        ({"lora_alpha": math.inf}, "alpha"),
        ({"alpha_pattern": {"q_proj": "16"}}, "alpha"),
        ({"alpha_pattern": ["q_proj"]}, "alphas"),
        ({"alpha_pattern": {"q_proj(": 1}}, "pattern"),
        ({"alpha_pattern": {"a" * 300: 1}}, "pattern"),
    ],
)
def test_what_is_no_configuration_of_a_lora_is_refused(changes, words):
    assert words in error_of(PeftConfig.from_mapping, PLAIN | changes, "Pirate")


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", ".*.*.*.*.*b", "(a|a)(a|a)(a|a)(a|a)b", "a?a?a?a?a?aaaaa", "(([a-z])+.)+x"]
)
def test_no_pattern_takes_long(pattern):
    """Python's expressions may take longer than anybody lives, and hold up the whole program meanwhile."""
    assert "pattern" in error_of(PeftConfig.from_mapping, PLAIN | {"alpha_pattern": {pattern: 1}}, "Pirate")


def test_the_slowest_pattern_that_is_accepted_comes_to_an_end():
    alternatives = "|".join(["a"] * 90)
    slow = config(alpha_pattern={f".*({alternatives}).*x": 1})
    assert slow.scale("a." * 60, 8) == config().scale("a." * 60, 8)


def test_alpha_is_divided_by_the_rank_or_its_root():
    assert config().scale(ATTENTION, 8) == 2
    assert config().scale(ATTENTION, 4) == 4  # where `rank_pattern` has made it smaller
    assert config(use_rslora=True).scale(ATTENTION, 16) == 4
    assert config(use_rslora=True, alpha_pattern={"o_proj": 2}).scale(ATTENTION, 4) == 1


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [
        ("o_proj", True),
        ("self_attn.o_proj", True),
        (r"layers\.3\.self_attn\.o_proj", True),
        (ATTENTION, True),
        ("^" + ATTENTION, True),
        (r".*\.(q|o)_proj", True),
        (r"model\.layers\.[0-5]\..*", True),
        ("proj", False),
        ("_attn.o_proj", False),
        ("model.layers.3", False),
        (r"^layers\.3\.self_attn\.o_proj", False),
        ("layers.4.self_attn.o_proj", False),
    ],
)
def test_patterns_mean_what_they_mean_to_peft(pattern, is_meant):
    """They match whole parts of a name up to its end."""
    assert config(alpha_pattern={pattern: 40}).scale(ATTENTION, 8) == (5 if is_meant else 2)


def test_the_first_pattern_that_matches_counts():
    assert config(alpha_pattern={"q_proj": 1, "self_attn.o_proj": 8, "o_proj": 24}).scale(ATTENTION, 8) == 1


def test_it_is_read_from_the_folder(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps(PLAIN))
    assert read_peft_config(tmp_path) == config()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"r": ' + b"9" * 5000 + b"}"])
def test_a_damaged_one_is_refused(tmp_path, content):
    (tmp_path / "adapter_config.json").write_bytes(content)
    assert "is damaged" in error_of(read_peft_config, tmp_path)


def test_a_folder_without_one_is_refused(tmp_path):
    assert "adapter_config.json" in error_of(read_peft_config, tmp_path)
    assert "adapter_config.json" in error_of(read_peft_config, tmp_path / "gone")
