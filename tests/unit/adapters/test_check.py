"""Only an adapter that llama.cpp can be given without harm passes; all others are refused, each with its sentence."""

import struct
from dataclasses import replace

import pytest

from desktop_app.adapters.check import check_adapter
from desktop_app.adapters.lora_file import read_lora
from desktop_app.adapters.open_lora import check_values
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import Q8_0, TensorSpec, Typed, lora_adapter, split_model
from tests.unit.adapters.files import ADAPTER, EXPERTS, MODEL, A, B, changed, error_of, only, pair, with_tensors

F16, BF16, I32, FLOAT64 = 1, 30, 26, 12
ALPHA_TYPE = "“adapter.lora.alpha” in its header is of the wrong type"
UNSAFE = "which an adapter cannot change safely"

MALFORMED = {
    "a model": (MODEL, "is a model, not an adapter"),
    "a model that does not say so": (MODEL.with_metadata(general__type=None), "is a model, not an adapter"),
    "an adapter that does not say so": (ADAPTER.with_metadata(general__type=None), "is not an adapter"),
    "something else": (ADAPTER.with_metadata(general__type="imatrix"), "is not an adapter"),
    "another kind of adapter": (ADAPTER.with_metadata(adapter__type="ia3"), "of the kind “ia3”"),
    "no kind of adapter": (ADAPTER.with_metadata(adapter__type=None), "of the kind “unknown”"),
    "a kind that is a number": (ADAPTER.with_metadata(adapter__type=1), "of the wrong type"),
    "no architecture": (ADAPTER.with_metadata(general__architecture=None), "for which architecture"),
    "an activated LoRA": (ADAPTER.with_metadata(adapter__alora__invocation_tokens=[1, 2]), "activated LoRA"),
    "alpha as a whole number": (ADAPTER.with_metadata(adapter__lora__alpha=16), ALPHA_TYPE),
    "alpha with 64 bits": (ADAPTER.with_metadata(adapter__lora__alpha=Typed(FLOAT64, 16.0)), ALPHA_TYPE),
    "alpha as a text": (ADAPTER.with_metadata(adapter__lora__alpha="16"), ALPHA_TYPE),
    "alpha as a list": (ADAPTER.with_metadata(adapter__lora__alpha=[16.0]), ALPHA_TYPE),
    "alpha that is not a number": (ADAPTER.with_metadata(adapter__lora__alpha=float("nan")), "(alpha) is not a number"),
    "endless alpha": (ADAPTER.with_metadata(adapter__lora__alpha=float("inf")), "(alpha) is not a number"),
    "nothing": (only(), "changes nothing"),
    "nothing that acts": (only(TensorSpec("blk.0.attn_norm.weight")), "changes nothing"),
    "A without B": (changed(ADAPTER, B, name="blk.1.attn_q.weight.lora_b"), f"“{A}” is there without its other half"),
    "B without A": (only(pair("blk.0.attn_q.weight")[1]), f"“{B}” is there without its other half"),
    "a whole weight": (with_tensors(ADAPTER, TensorSpec("blk.0.attn_q.weight")), "not part of a LoRA adapter"),
    "a tensor without a name": (with_tensors(ADAPTER, TensorSpec("")), "not part of a LoRA adapter"),
    "a pair without a name": (only(*pair("")), UNSAFE),
    "a tensor twice": (with_tensors(ADAPTER, ADAPTER.tensors[0]), "twice"),
    "a name of 64 bytes": (only(*pair("blk.0." + "x" * 44 + ".weight")), "claims to be 64 bytes long"),
    "quantized": (changed(ADAPTER, A, type_id=Q8_0), "is quantized (Q8_0)"),
    "whole numbers": (changed(ADAPTER, A, type_id=I32), "is quantized (I32)"),
    "a quantized norm": (with_tensors(ADAPTER, TensorSpec("blk.0.attn_norm.weight", type_id=Q8_0)), "is quantized"),
    "rank 0": (only(*pair("blk.0.attn_q.weight", rank=0)), "has an impossible size"),
    "rank 513": (only(*pair("blk.0.attn_q.weight", rank=513)), "has the rank 513, and up to 512 is supported"),
    "two ranks": (changed(ADAPTER, B, shape=(8, 32)), "have the ranks 4 and 8"),
    "one dimension": (changed(ADAPTER, A, shape=(32,)), "impossible shapes"),
    "four dimensions": (only(*pair(EXPERTS, experts=(2, 2))), "impossible shapes"),
    "experts in one half": (changed(ADAPTER, A, shape=(32, 4, 2)), "impossible shapes"),
    "two numbers of experts": (
        only(pair(EXPERTS, experts=(8,))[0], pair(EXPERTS, experts=(4,))[1]),
        "are for 8 and 4 experts",
    ),
    **{
        f"changes {weight!r}": (only(*pair(weight)), UNSAFE)
        for weight in (
            "token_embd.weight",
            "per_layer_token_embd.weight",
            "output.weight",
            "output_norm.weight",
            "blk.0.attn_norm.weight",
            "blk.0.attn_norm_2.weight",
            "blk.0.ffn_gate_inp.weight",
            "blk.0.ffn_gate_inp_shexp.weight",
            "blk.0.attn_q.bias",
            "blk.0.attn_q.weight\0",
            "blk.0.lora_a.weight",
            "blk.0.attn_q.lora_b.weight",
            "blk.x.attn_q.weight",
            "blk.٣.attn_q.weight",
        )
    },
}


def check(path):
    header = read_header(path)
    check_adapter(header)
    return header


@pytest.mark.parametrize(("file", "expected"), MALFORMED.values(), ids=MALFORMED)
def test_what_could_do_harm_is_refused_in_a_sentence(tmp_path, file, expected):
    sentence = error_of(check, file.write(tmp_path / "pirate.gguf"))
    assert "“pirate.gguf”" in sentence
    assert expected in sentence


@pytest.mark.parametrize(
    "file",
    [
        ADAPTER,
        ADAPTER.with_metadata(adapter__lora__alpha=None),
        ADAPTER.with_metadata(adapter__lora__alpha=0.0),
        changed(changed(ADAPTER, A, type_id=F16), B, type_id=BF16),
        lora_adapter(rank=1),
        only(*pair("blk.0.attn_q.weight", rank=512)),
        only(*pair(EXPERTS, experts=(8,))),
        only(*pair("blk.30.nextn.eh_proj.weight")),
        only(*pair("blk.0." + "x" * 43 + ".weight")),
        with_tensors(ADAPTER, TensorSpec("blk.0.attn_norm.weight")),
    ],
    ids=["usual", "no alpha", "alpha 0", "16 bits", "rank 1", "rank 512", "experts", "nested", "63 bytes", "norm"],
)
def test_a_sound_adapter_passes_and_can_be_read(tmp_path, file):
    header = check(file.write(tmp_path / "pirate.gguf"))
    lora = read_lora(header)
    check_values(lora, "pirate")
    assert 2 * len(lora.pairs) == sum(".lora_" in tensor.name for tensor in file.tensors)


def test_an_adapter_cut_off_anywhere_is_refused(tmp_path):
    path, whole = tmp_path / "pirate.gguf", ADAPTER.to_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        error_of(check, path)


def test_a_split_adapter_is_refused(tmp_path):
    """llama.cpp would read its first file and take it for the whole."""
    assert "split into several files" in error_of(check, split_model(ADAPTER, tmp_path, "pirate", 2)[0])


def test_a_file_larger_than_any_adapter_should_be_is_refused(tmp_path):
    huge = only(*pair("blk.0.attn_q.weight", inputs=1 << 20, rank=257))
    sentence = error_of(check, huge.write_sparse(tmp_path / "pirate.gguf"))
    assert "is 1.1 GB large, and adapters of up to 1.0 GB are supported" in sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("half", [A, B])
@pytest.mark.parametrize("type_id", [0, F16])
def test_a_single_value_that_is_not_a_number_is_refused(tmp_path, value, half, type_id):
    values = [0.5] * 128
    values[77] = value
    data = struct.pack("<128e" if type_id == F16 else "<128f", *values)
    tensors = tuple(
        replace(each, type_id=type_id, data=data) if each.name == half else each for each in ADAPTER.tensors
    )
    lora = read_lora(check(replace(ADAPTER, tensors=tensors).write(tmp_path / "pirate.gguf")))
    sentence = error_of(check_values, lora, "pirate")
    assert "“pirate” is damaged: some of what it adds to “blk.0.attn_q.weight” is not a number" in sentence
