"""An adapter fits a model whose weights have the shapes it was made for, and the first that has not is named."""

from dataclasses import replace

import pytest

from desktop_app.adapters.check import check_adapter, check_fits
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import Q4_1, Q8_0, Shape, TensorSpec, llama_model, lora_adapter, split_model
from tests.unit.adapters.files import ADAPTER, EXPERTS, MODEL, error_of, only, pair, with_tensors

WIDE = Shape(n_layer=2, n_embd=64, n_ff=96, n_head=4, n_head_kv=2)
EIGHT = with_tensors(MODEL, TensorSpec(EXPERTS, (32, 64, 8)))

MISFITS = {
    "another architecture": (
        ADAPTER.with_metadata(general__architecture="qwen3"),
        MODEL,
        "its architecture is “qwen3” and the model's “llama”",
    ),
    "more layers": (lora_adapter(Shape(n_layer=3)), MODEL, "it changes layer 3 and the model has 1"),
    "wider layers": (lora_adapter(Shape(n_embd=2048, n_ff=8)), MODEL, "its layers are 2,048 wide and the model's 32"),
    "narrower layers": (ADAPTER, llama_model(WIDE), "its layers are 32 wide and the model's 64"),
    "fewer heads": (
        lora_adapter(replace(WIDE, n_head_kv=1)),
        llama_model(WIDE),
        "“blk.0.attn_k.weight” gives 16 numbers in it and 32 in the model",
    ),
    "a narrower way in": (
        only(*pair("blk.0.ffn_down.weight", inputs=1024)),
        llama_model(Shape(n_ff=64)),
        "“blk.0.ffn_down.weight” takes 1,024 numbers in it and 64 in the model",
    ),
    "a weight that is not there": (
        only(*pair("blk.0.attn_qkv.weight")),
        MODEL,
        "has no matrix “blk.0.attn_qkv.weight”",
    ),
    "a weight that is no matrix": (
        only(*pair("blk.0.attn_sinks.weight", outputs=1)),
        with_tensors(MODEL, TensorSpec("blk.0.attn_sinks.weight")),
        "has no matrix “blk.0.attn_sinks.weight”",
    ),
    "fewer experts": (
        only(*pair(EXPERTS, outputs=64, experts=(4,))),
        EIGHT,
        f"“{EXPERTS}” has 4 experts in it and 8 experts in the model",
    ),
    "more experts": (only(*pair(EXPERTS, outputs=64, experts=(9,))), EIGHT, "has 9 experts in it"),
    "no experts": (only(*pair(EXPERTS, outputs=64)), EIGHT, "has no experts in it and 8 experts in the model"),
    "experts for a weight without": (
        only(*pair("blk.0.attn_q.weight", experts=(1,))),
        MODEL,
        "has 1 experts in it and no experts in the model",
    ),
    "as large as two models": (lora_adapter(rank=256), MODEL, "it is more than twice as large"),
}


def check(adapter_path, model_path):
    adapter = read_header(adapter_path)
    check_adapter(adapter)
    check_fits(adapter, read_header(model_path))


@pytest.mark.parametrize(("adapter", "model", "expected"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_refused_with_the_first_difference(tmp_path, adapter, model, expected):
    sentence = error_of(check, adapter.write(tmp_path / "a.gguf"), model.write(tmp_path / "Qwen.gguf"))
    assert sentence.startswith("“Pirate” was made for another model than “Qwen”: ")
    assert expected in sentence


@pytest.mark.parametrize(
    ("adapter", "model"),
    [
        (ADAPTER, MODEL),
        (ADAPTER, llama_model(Shape(type_id=Q4_1, file_type=3))),
        (lora_adapter(WIDE), llama_model(replace(WIDE, type_id=Q8_0))),
        (lora_adapter(Shape(n_layer=1)), llama_model(Shape(n_layer=2))),
        (only(*pair(EXPERTS, outputs=64, experts=(8,))), EIGHT),
    ],
    ids=["same", "quantized", "wide", "some layers", "experts"],
)
def test_an_adapter_fits_every_quantization_of_its_model(tmp_path, adapter, model):
    check(adapter.write(tmp_path / "pirate.gguf"), model.write(tmp_path / "model.gguf"))


def test_an_adapter_fits_a_split_model(tmp_path):
    check(ADAPTER.write(tmp_path / "pirate.gguf"), split_model(MODEL, tmp_path, "Tiny", 3)[0])
