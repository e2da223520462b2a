"""Folders of PEFT adapters: how names, rows, types and scales are converted, and what is refused."""

import json

import numpy as np
import pytest
from safetensors import TensorSpec, serialize
from safetensors.numpy import save

from desktop_app.adapters import peft
from desktop_app.adapters.lora_file import read_lora, write_lora
from desktop_app.adapters.peft import import_peft
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import llama_model
from tests.unit.adapters.files import error_of

CONFIG = {
    "peft_type": "LORA",
    "base_model_name_or_path": "someone/Tiny-Instruct",
    "r": 4,
    "lora_alpha": 8,
    "target_modules": ["q_proj"],
}
BASE = {"model_type": "llama", "num_hidden_layers": 12, "num_attention_heads": 4, "num_key_value_heads": 2}
Q = "base_model.model.model.layers.0.self_attn.q_proj"
chance = np.random.default_rng(5)


def pair(module=Q, inputs=16, outputs=16, rank=4, numbers=np.float32):
    return {
        f"{module}.lora_A.weight": chance.standard_normal((rank, inputs)).astype(numbers),
        f"{module}.lora_B.weight": chance.standard_normal((outputs, rank)).astype(numbers),
    }


@pytest.fixture
def folder(tmp_path):
    """A folder with a small adapter, to be changed by tests."""
    folder = tmp_path / "pirate-style"
    folder.mkdir()
    return written(folder, pair())


def written(folder, tensors, **changes):
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG | changes))
    (folder / "adapter_model.safetensors").write_bytes(save(tensors))
    return folder


def imported(folder, **base):
    return import_peft(folder, base_config=BASE | base)


def refused(folder, **base):
    return error_of(lambda: imported(folder, **base))


# ------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("model_type", "architecture"),
    [
        *((name, name) for name in ("llama", "qwen2", "qwen3", "gemma2", "smollm3", "granite")),
        ("mistral", "llama"),
        ("gemma3_text", "gemma3"),
    ],
)
def test_each_weight_gets_the_name_that_llama_cpp_has_for_it(folder, model_type, architecture):
    names = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    tensors = {}
    for name in names:
        tensors |= pair(f"base_model.model.model.layers.11.{name}")
    lora = imported(written(folder, tensors), model_type=model_type)
    assert lora.architecture == architecture
    assert set(lora.pairs) == {f"blk.11.{name}.weight" for name in names.values()}


def test_the_fused_weights_of_phi_keep_being_one(folder):
    modules = ("self_attn.qkv_proj", "self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj")
    tensors = {}
    for module in modules:
        tensors |= pair(f"base_model.model.model.layers.2.{module}")
    lora = imported(written(folder, tensors), model_type="phi3")
    names = ("attn_output", "attn_qkv", "ffn_down", "ffn_up")
    assert list(lora.pairs) == [f"blk.2.{name}.weight" for name in names]


@pytest.mark.parametrize("prefix", ["model.language_model.", "language_model.model.", "", "model."])
def test_models_that_also_see_have_their_layers_elsewhere(folder, prefix):
    written(folder, pair(f"base_model.model.{prefix}layers.0.mlp.up_proj"))
    inner = {"model_type": "gemma3_text", "num_hidden_layers": 1}
    lora = import_peft(folder, base_config={"model_type": "gemma3", "text_config": inner})
    assert (lora.architecture, list(lora.pairs)) == ("gemma3", ["blk.0.ffn_up.weight"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("base_model.model.model.embed_tokens.lora_embedding_A", "embedding"),
        ("base_model.model.lm_head.lora_A.weight", "output layer"),
        ("base_model.model.lm_head.weight", "output layer"),
        ("base_model.model.model.embed_tokens.weight", "embedding"),
        (f"{Q}.lora_magnitude_vector", "DoRA"),
        (f"{Q}.lora_B.bias", "biases"),
        ("base_model.model.model.layers.0.block_sparse_moe.experts.1.w1.lora_A.weight", "experts"),
        ("base_model.model.model.layers.0.mlp.experts.base_layer.lora_A.weight", "experts"),
        ("base_model.model.model.vision_tower.layers.0.self_attn.q_proj.lora_A.weight", "sees pictures"),
        ("base_model.model.visual.blocks.0.attn.qkv.lora_A.weight", "sees pictures"),
        (f"{Q}.lora_diag", "q_proj"),
        ("base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", "c_attn"),
        ("base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight", "of the architecture “llama”"),
        ("base_model.model.model.layers.0.self_attn.q_norm.lora_A.weight", "q_norm"),
    ],
)
def test_a_tensor_that_has_no_place_is_refused_with_its_reason(folder, name, words):
    written(folder, pair() | {name: np.zeros((4, 16), np.float32)})
    assert words in refused(folder)


# ------------------------------------------------------------ rows, types, scales


def test_rows_of_q_and_k_stand_in_pairs_of_neighbors_where_llama_cpp_wants_it(folder):
    """Of four heads of q, each four rows; of two heads of k, each six."""
    k = Q.replace("q_proj", "k_proj")
    tensors = pair(outputs=16) | pair(k, outputs=12)
    tensors[f"{Q}.lora_B.weight"][:] = np.arange(16)[:, None]
    tensors[f"{k}.lora_B.weight"][:] = np.arange(12)[:, None]
    lora = imported(written(folder, tensors))
    q_rows = lora.pairs["blk.0.attn_q.weight"].b[:, 0].tolist()
    assert q_rows == [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]
    assert lora.pairs["blk.0.attn_k.weight"].b[:, 0].tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
    assert np.array_equal(lora.pairs["blk.0.attn_q.weight"].a, tensors[f"{Q}.lora_A.weight"])


@pytest.mark.parametrize("model_type", ["qwen2", "qwen3", "gemma2", "gemma3_text"])
def test_rows_of_others_stay(folder, model_type):
    tensors = pair()
    b = imported(written(folder, tensors), model_type=model_type).pairs["blk.0.attn_q.weight"].b
    assert np.array_equal(b, tensors[f"{Q}.lora_B.weight"])


def test_a_model_that_is_here_tells_its_heads_itself(folder, tmp_path):
    model = read_header(llama_model().write(tmp_path / "tiny.gguf"))  # two heads, and one of them for keys
    tensors = pair(inputs=32, outputs=8)
    tensors[f"{Q}.lora_B.weight"][:] = np.arange(8)[:, None]
    lora = import_peft(written(folder, tensors), model, {"model_type": "qwen2"})
    assert lora.pairs["blk.0.attn_q.weight"].b[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize("outputs", [15, 12])
def test_rows_that_make_no_heads_are_refused(folder, outputs):
    assert "other layers or heads" in refused(written(folder, pair(outputs=outputs)))


def test_a_layer_that_the_model_does_not_have_is_refused(folder):
    assert "other layers or heads" in refused(written(folder, pair(Q.replace(".0.", ".12."))))


def test_halves_of_16_bits_stay_and_bf16_becomes_32(folder):
    numbers = np.array([1.5, -2.0, 0.15625, 3e38], np.float32).reshape(1, 4)
    halves = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    b = np.ones((16, 1), np.float16)
    specs = {
        f"{Q}.lora_A.weight": TensorSpec(dtype="bfloat16", shape=[1, 4], data_ptr=halves.ctypes.data, data_len=8),
        f"{Q}.lora_B.weight": TensorSpec(dtype="float16", shape=[16, 1], data_ptr=b.ctypes.data, data_len=32),
    }
    (folder / "adapter_model.safetensors").write_bytes(serialize(specs))
    found = imported(folder).pairs["blk.0.attn_q.weight"]
    assert found.a.dtype == np.float32
    assert np.allclose(found.a, numbers, rtol=0.01)
    assert found.a[0, :3].tolist() == [1.5, -2.0, 0.15625]
    assert found.b.dtype == np.float16


def test_each_pair_has_the_scale_of_its_rank_and_pattern(folder):
    up = Q.replace("self_attn.q_proj", "mlp.up_proj")
    tensors = pair(rank=4) | pair(up, rank=16)
    lora = imported(written(folder, tensors, use_rslora=True, alpha_pattern={"mlp.up_proj": 2}))
    assert lora.pairs["blk.0.attn_q.weight"].scale == 8 / 2
    assert lora.pairs["blk.0.ffn_up.weight"].scale == 2 / 4


# ------------------------------------------------------------ the result and its file


def test_it_says_where_it_comes_from(folder):
    assert imported(folder).metadata == {
        "general.name": "pirate-style",
        "general.base_model.0.name": "Tiny-Instruct",
        "general.base_model.0.repo_url": "https://huggingface.co/someone/Tiny-Instruct",
    }


def test_no_local_path_gets_into_it(folder):
    written(folder, pair(), base_model_name_or_path="/home/me/secret/model")
    assert imported(folder).metadata == {"general.name": "pirate-style"}


def test_it_survives_being_written(folder, tmp_path):
    lora = imported(folder)
    write_lora(tmp_path / "a.gguf", lora)
    again = read_lora(read_header(tmp_path / "a.gguf"))
    [before], [after] = lora.pairs.values(), again.pairs.values()
    assert np.array_equal(after.a, before.a)
    assert np.array_equal(after.b, before.b * np.float32(2))  # alpha 8, rank 4
    assert after.scale == 1


def test_the_same_folder_gives_the_same_bytes(folder, tmp_path):
    tensors = {}
    for layer in range(12):
        tensors |= pair(Q.replace(".0.", f".{layer}."))
    written(folder, tensors)
    for name in ("a.gguf", "b.gguf"):
        write_lora(tmp_path / name, imported(folder))
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()


# ------------------------------------------------------------ what is refused


def test_the_configuration_is_asked_before_the_weights(folder):
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG | {"use_dora": True}))
    assert "DoRA" in refused(folder)


@pytest.mark.parametrize("name", ["adapter_model.bin", "adapter_model.pt", "weights.ckpt"])
def test_files_that_can_run_code_are_never_opened(folder, name):
    (folder / "adapter_model.safetensors").rename(folder / name)
    assert "PyTorch's own format" in refused(folder)


def test_a_folder_without_weights_is_refused(folder):
    (folder / "adapter_model.safetensors").unlink()
    assert "has no weights" in refused(folder)


def test_what_is_larger_than_any_adapter_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(peft, "MAX_BYTES", 100)
    assert "larger than any adapter" in refused(folder)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"\0", lambda _: b"", lambda _: b"{}" * 9]
)
def test_a_damaged_file_is_refused(folder, damage):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    assert "is damaged" in refused(folder)


def test_a_pair_has_to_be_whole_and_of_one_rank(folder):
    whole = pair()
    assert "other half" in refused(written(folder, {f"{Q}.lora_A.weight": whole[f"{Q}.lora_A.weight"]}))
    assert "ranks" in refused(written(folder, whole | {f"{Q}.lora_B.weight": np.zeros((16, 3), np.float32)}))
    assert "impossible shape" in refused(written(folder, whole | {f"{Q}.lora_A.weight": np.zeros((0, 16), np.float32)}))
    assert "impossible shape" in refused(written(folder, whole | {f"{Q}.lora_A.weight": np.zeros(16, np.float32)}))
    # Stored the other way round, as `fan_in_fan_out` might suggest.
    turned = {name: np.ascontiguousarray(matrix.T) for name, matrix in pair(inputs=8).items()}
    assert "ranks" in refused(written(folder, turned, fan_in_fan_out=True))


def test_how_the_base_model_stores_its_weights_does_not_matter(folder):
    plain = imported(folder).pairs["blk.0.attn_q.weight"]
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG | {"fan_in_fan_out": True}))
    assert np.array_equal(imported(folder).pairs["blk.0.attn_q.weight"].b, plain.b)


def test_one_weight_twice_is_refused(folder):
    written(folder, pair() | pair("base_model.model.layers.0.self_attn.q_proj"))
    assert "twice" in refused(folder)


def test_numbers_of_other_sizes_are_refused(folder):
    assert "type F64" in refused(written(folder, pair(numbers=np.float64)))


def test_an_adapter_that_changes_nothing_is_refused(folder):
    assert "changes nothing" in refused(written(folder, {}))


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ({"model_type": "mamba"}, "architecture “mamba” cannot be converted yet"),
        ({"model_type": ""}, "not known which kind of model"),
        ({"num_attention_heads": None}, "how many layers and heads"),
        ({"num_hidden_layers": 10**9}, "how many layers and heads"),
    ],
)
def test_a_base_model_that_does_not_tell_is_refused(folder, base, words):
    assert words in refused(folder, **base)


def test_the_base_models_configuration_may_lie_in_the_folder(folder):
    assert "not known which kind of model" in error_of(import_peft, folder)
    (folder / "config.json").write_text(json.dumps(BASE))
    assert import_peft(folder).architecture == "llama"
