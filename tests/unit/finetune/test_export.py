"""The adapter of a run as a file: the trainer's very numbers, and where they come from without saying too much."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from desktop_app.adapters.check import adapter_facts, check_fits
from desktop_app.adapters.identity import base_identity
from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.open_lora import open_lora
from desktop_app.adapters.peft import import_peft
from desktop_app.adapters.verdict import Level, judge
from desktop_app.finetune.export import write_adapter, write_frozen, write_peft, write_start
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import RESULT, RUN, STACK, START, Recipe, read_run, write_json
from tests.support.gguf_files import llama_model
from tests.support.random_adapters import random_adapter
from tests.support.run_folders import finish, make_run, write_npz
from tests.unit.adapters.files import error_of

RECIPE = Recipe(rank=4, alpha=6.0)
ABOUT = {
    "documents": [{"name": "my secret diary.txt", "sha256": "d1" * 32, "kind": "text", "rows": 3}],
    "stack": [{"sha256": "aa" * 32, "scale": 0.5}],
    "parent": {"sha256": "bb" * 32},
}


@pytest.fixture
def model(tmp_path):
    return llama_model().write(tmp_path / "Tiny-F32.gguf")


@pytest.fixture
def run(tmp_path, model):
    return make_run(tmp_path / "runs" / "pirate", model, recipe=RECIPE, about=ABOUT)


@pytest.fixture
def lora(tmp_path, model):
    """What was learned, in 16 bits."""
    found = open_lora(random_adapter(tmp_path / "drawn.gguf", model, RECIPE.rank))
    pairs = {
        name: Pair(pair.a.astype(np.float16), pair.b.astype(np.float16), RECIPE.alpha / RECIPE.rank)
        for name, pair in found.pairs.items()
    }
    return replace(found, pairs=pairs)


@pytest.fixture
def exported(run, lora, tmp_path):
    finish(run, lora)
    write_adapter(run, tmp_path / "out.gguf")
    return tmp_path / "out.gguf"


def assert_same(found, lora):
    assert found.pairs.keys() == lora.pairs.keys()
    for weight, pair in lora.pairs.items():
        assert np.array_equal(found.pairs[weight].a, pair.a)
        assert np.array_equal(found.pairs[weight].b, pair.b)
        assert found.pairs[weight].scale == pair.scale


def test_the_numbers_are_those_that_were_learned(exported, lora, model):
    assert_same(open_lora(exported, read_header(model)), lora)
    header = read_header(exported)
    assert {tensor.type for tensor in header.tensors} == {"F16"}
    check_fits(header, read_header(model))


def test_a_result_in_32_bits_that_was_rounded_before_is_the_same_file(run, exported, lora, tmp_path):
    write_npz(run / RESULT, lora, np.float32)
    write_adapter(run, tmp_path / "again.gguf")
    assert (tmp_path / "again.gguf").read_bytes() == exported.read_bytes()


def test_it_says_where_it_comes_from(exported, model, run):
    header = read_header(exported)
    facts, identity = adapter_facts(header), base_identity(read_header(model))
    assert (facts.name, facts.base_name, facts.base_repo) == ("pirate", "Tiny-F32", "")
    assert facts.base_sha256 == file_sha256(model)
    assert facts.base_identity == identity
    assert (facts.alpha, facts.default_scale) == (6.0, 1.0)
    assert json.loads(header.text("moatless.recipe")) == json.loads(json.dumps(asdict(RECIPE)))
    assert json.loads(header.text("moatless.data")) == ["d1" * 32]
    assert json.loads(header.text("moatless.stack")) == [["aa" * 32, 0.5]]
    assert header.text("moatless.parent_sha256") == "bb" * 32
    assert judge(header, read_header(model)).level == Level.VERIFIED


def test_it_says_where_its_model_is_on_the_hub_if_that_is_known(run, exported, tmp_path):
    write_adapter(run, tmp_path / "known.gguf", "someone/Tiny-GGUF")
    assert adapter_facts(read_header(tmp_path / "known.gguf")).base_repo == "someone/Tiny-GGUF"


def test_what_was_measured_is_in_the_file(run, exported, tmp_path):
    assert read_header(exported).text("moatless.eval") == ""
    write_adapter(run, tmp_path / "measured.gguf", evaluation={"loss_before": 3.0, "loss_after": 2.5})
    told = json.loads(read_header(tmp_path / "measured.gguf").text("moatless.eval"))
    assert told == {"loss_before": 3.0, "loss_after": 2.5}


def test_neither_names_of_documents_nor_paths_are_in_it(exported, run, tmp_path):
    data = exported.read_bytes()
    for secret in ("diary", str(tmp_path), str(run)):
        assert secret.encode() not in data


def test_the_same_run_gives_the_same_bytes(exported, run, tmp_path):
    write_adapter(run, tmp_path / "again.gguf")
    assert file_sha256(tmp_path / "again.gguf") == file_sha256(exported)


# ------------------------------------------------------------ PEFT


def test_what_peft_gets_is_the_same_adapter(run, lora, exported, model, tmp_path):
    write_peft(run, tmp_path / "peft", "someone/Tiny")
    found = import_peft(tmp_path / "peft", read_header(model))
    assert_same(found, lora)
    assert found.metadata["general.base_model.0.repo_url"].endswith("/someone/Tiny")


def test_without_a_repository_peft_gets_the_models_name(run, exported, tmp_path):
    write_peft(run, tmp_path / "peft")
    told = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    assert (told["base_model_name_or_path"], told["r"], told["lora_alpha"]) == ("Tiny-F32", 4, 6.0)


def test_the_models_file_need_not_be_here(run, exported, model, tmp_path):
    model.unlink()
    write_peft(run, tmp_path / "peft")


# ------------------------------------------------------------ what was there before


def test_the_stack_and_the_adapter_that_is_continued_are_written_as_they_acted(run, lora, tmp_path):
    folded = {name: Pair(pair.a.astype(np.float32), pair.b.astype(np.float32) / 3) for name, pair in lora.pairs.items()}
    write_npz(run / STACK.format(0), lora)
    write_npz(run / STACK.format(1), Lora("llama", folded))
    write_npz(run / START, lora)
    write_json(run / RUN, replace(read_run(run), n_stack=2, continues=True))
    what = read_run(run)
    first, second = (open_lora(path) for path in write_frozen(run, what, tmp_path))
    weight = next(iter(lora.pairs))
    assert first.pairs[weight].scale == second.pairs[weight].scale == 1
    assert np.array_equal(first.pairs[weight].b, lora.pairs[weight].b.astype(np.float32))
    assert np.array_equal(second.pairs[weight].b, folded[weight].b)
    start = open_lora(write_start(run, what, tmp_path))
    assert start.pairs[weight].scale == RECIPE.alpha / RECIPE.rank
    assert np.array_equal(start.pairs[weight].b, lora.pairs[weight].b.astype(np.float32))


# ------------------------------------------------------------ what cannot be used


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e6])
def test_what_is_out_of_all_measure_is_refused(run, lora, tmp_path, number):
    spoiled = {name: Pair(pair.a, pair.b.astype(np.float32)) for name, pair in lora.pairs.items()}
    next(iter(spoiled.values())).b[0, 0] = number
    write_npz(run / RESULT, Lora("llama", spoiled))
    assert "out of all measure" in error_of(write_adapter, run, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no more", b"\x93NUMPY"])
def test_a_result_that_cannot_be_read_is_told_in_a_sentence(run, tmp_path, content):
    if content is not None:
        (run / RESULT).write_bytes(content)
    assert "cannot be read" in error_of(write_adapter, run, tmp_path / "out.gguf")


def test_halves_without_the_other_are_told_in_a_sentence(run, lora, tmp_path):
    np.savez(run / RESULT, **{"blk.0.attn_q.weight.lora_a": np.zeros((4, 8), np.float16)})
    assert "cannot be read" in error_of(write_adapter, run, tmp_path / "out.gguf")
