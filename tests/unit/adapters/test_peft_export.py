"""An adapter written as PEFT has it: read back it is the same one, and it says what PEFT wants to know."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.peft import import_peft
from desktop_app.adapters.peft_export import export_peft
from desktop_app.adapters.peft_names import base_of_heads
from desktop_app.trainer.contract import ARCHITECTURES
from tests.unit.adapters.files import error_of

KINDS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
PHI_KINDS = ("attn_qkv", "attn_output", "ffn_up", "ffn_down")
N_LAYER, N_HEAD, N_HEAD_KV, WIDTH = 2, 4, 2, 16
MODEL_TYPES = ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "smollm3", "granite")
ALPHA, RANK = 32.0, 4


def adapter(architecture, kinds=KINDS, numbers=np.float16):
    chance = np.random.default_rng(7)
    pairs = {}
    for layer in range(N_LAYER):
        for kind in kinds:
            outputs = WIDTH // 2 if kind in ("attn_k", "attn_v") else WIDTH
            a, b = chance.standard_normal((RANK, WIDTH)), chance.standard_normal((outputs, RANK))
            pairs[f"blk.{layer}.{kind}.weight"] = Pair(a.astype(numbers), b.astype(numbers), ALPHA / RANK)
    return Lora(architecture, pairs)


def base(architecture):
    return base_of_heads(architecture, (N_HEAD,) * N_LAYER, (N_HEAD_KV,) * N_LAYER)


def config(model_type):
    heads = {"num_attention_heads": N_HEAD, "num_key_value_heads": N_HEAD_KV}
    return {"model_type": model_type, "num_hidden_layers": N_LAYER, **heads}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_what_is_read_back_is_the_same_adapter(tmp_path, model_type):
    architecture = {"mistral": "llama", "gemma3_text": "gemma3"}.get(model_type, model_type)
    before = adapter(architecture, PHI_KINDS if architecture == "phi3" else KINDS)
    export_peft(before, ALPHA, base(architecture), "someone/Tiny", tmp_path / "peft")
    after = import_peft(tmp_path / "peft", base_config=config(model_type))
    assert after.architecture == architecture
    assert after.pairs.keys() == before.pairs.keys()
    for weight, pair in before.pairs.items():
        assert np.array_equal(after.pairs[weight].a, pair.a)
        assert np.array_equal(after.pairs[weight].b, pair.b)
        assert after.pairs[weight].b.dtype == np.float16
        assert after.pairs[weight].scale == pair.scale
    assert after.metadata["general.base_model.0.repo_url"].endswith("/someone/Tiny")


def test_whatever_can_be_trained_can_be_written_for_peft():
    for architecture in ARCHITECTURES:
        assert base(architecture).module("blk.3.attn_output.weight") == "model.layers.3.self_attn.o_proj"


def test_rows_of_q_are_in_the_order_that_transformers_has_them_in(tmp_path):
    lora = adapter("llama", ("attn_q",))
    pair = lora.pairs["blk.0.attn_q.weight"]
    pair.b[:] = np.arange(WIDTH)[:, None]
    export_peft(lora, ALPHA, base("llama"), "Tiny", tmp_path / "peft")
    found = load_file(tmp_path / "peft" / "adapter_model.safetensors")
    rows = found["base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"][:, 0]
    assert rows.tolist() == [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]


def test_its_configuration_is_that_of_a_plain_lora(tmp_path):
    export_peft(adapter("qwen3", ("attn_q", "ffn_down")), ALPHA, base("qwen3"), "Tiny", tmp_path / "peft")
    told = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    assert (told["r"], told["lora_alpha"], told["target_modules"]) == (RANK, ALPHA, ["down_proj", "q_proj"])
    assert (told["peft_type"], told["base_model_name_or_path"]) == ("LORA", "Tiny")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    assert "something in the folder" in error_of(export_peft, adapter("llama"), ALPHA, base("llama"), "Tiny", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_to_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "peft"
    assert "could not be written" in error_of(export_peft, adapter("llama"), ALPHA, base("llama"), "Tiny", folder)


@pytest.mark.parametrize(("architecture", "kind"), [("phi3", "attn_q"), ("llama", "attn_qkv")])
def test_a_weight_that_peft_does_not_know_is_refused_by_name(tmp_path, architecture, kind):
    said = error_of(export_peft, adapter(architecture, (kind,)), ALPHA, base(architecture), "Tiny", tmp_path / "peft")
    assert f"“blk.0.{kind}.weight”" in said
    assert not (tmp_path / "peft").exists()
