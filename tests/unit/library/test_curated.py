"""The list of models to begin with: whole, in order, and good for a forecast before anything is downloaded."""

import json
import re
from dataclasses import replace

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.library.architectures import CHAT
from desktop_app.library.curated import USES, curated_models
from desktop_app.library.fit import DoesNotFit, plan_load
from desktop_app.library.gguf_types import FILE_TYPES, TENSOR_TYPES
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.memory import forecast
from desktop_app.library.model_check import check_model
from desktop_app.paths import bundled

GB = 1_000_000_000
MODELS = curated_models()
LICENSES = {"apache-2.0", "mit", "gemma"}
SUPERLATIVES = re.compile(r"\b(best|most|fastest|smartest|strongest|leading|amazing|powerful|great|state of the art)\b")

each = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def test_the_list_is_short_and_sorted_by_size():
    sizes = [model.size_bytes for model in MODELS]
    assert 10 <= len(MODELS) <= 16
    assert sizes == sorted(sizes)
    assert sizes[0] < GB / 2
    assert len({model.repo for model in MODELS}) == len({model.name for model in MODELS}) == len(MODELS)


def test_it_is_read_once_and_holds_what_the_file_says():
    entries = json.loads(bundled("curated_models.json").read_text("utf-8"))
    assert [entry["repo"] for entry in entries] == [model.repo for model in MODELS]
    assert curated_models() is MODELS


def test_there_is_something_for_every_use():
    assert {use for model in MODELS for use in model.uses} == set(USES)


@each
def test_an_entry_is_well_formed(model):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+-GGUF", model.repo)
    assert model.quant in FILE_TYPES.values()
    assert model.architecture in CHAT
    assert model.license in LICENSES
    assert model.name.isprintable()
    assert len(model.name) <= 24
    assert model.uses
    assert list(model.uses) == [use for use in USES if use in model.uses]


@each
def test_the_words_are_one_plain_sentence(model):
    assert model.words[0].isupper()
    assert re.fullmatch(r"[^.!?\n]+(\d\.\d[^.!?\n]*)*\.", model.words)
    assert 40 <= len(model.words) <= 140
    assert not SUPERLATIVES.search(model.words.lower())


@each
def test_the_shape_makes_sense(model):
    assert 0 < model.n_params_active <= model.n_params
    assert model.n_head % model.n_head_kv == 0
    assert model.key_length % 32 == 0
    assert model.n_ctx_train >= 8192
    mixture = (model.n_expert, model.n_expert_used, model.n_ff_expert)
    assert all(mixture) or not any(mixture)
    assert (model.n_params_active < model.n_params) == (model.n_expert > 0)


@each
def test_the_shape_has_as_many_weights_as_it_says(model):
    attention = 2 * model.n_embd * model.key_length * (model.n_head + model.n_head_kv)
    feed_forward = 3 * model.n_embd * (model.n_ff_expert or model.n_ff)
    embedding = model.n_vocab * model.n_embd
    shares_output = model.n_layer * (attention + feed_forward * (model.n_expert or 1)) + embedding
    assert min(abs(model.n_params / n - 1) for n in (shares_output, shares_output + embedding)) < 0.01


@each
def test_the_size_is_that_of_the_quantization(model):
    packing = next(packing for packing in TENSOR_TYPES.values() if model.quant.startswith(packing.name))
    bits = 8 * packing.block_bytes / packing.block_size
    # A vocabulary is packed less tightly, which counts for more the smaller the model is.
    assert bits <= 8 * model.size_bytes / model.n_params <= bits * 1.45


@each
def test_its_memory_can_be_forecast(model):
    header = model.header()
    assert sum(tensor.size_bytes for tensor in header.tensors) == header.file_size == model.size_bytes
    assert (header.n_layer, header.n_vocab, header.quant_type) == (model.n_layer, model.n_vocab, model.quant)
    assert (header.key_length, header.value_length) == (model.key_length, model.key_length)
    assert model.size_bytes < forecast(header, 8192).total < model.size_bytes + 8 * GB
    on_gpu = forecast(header, 8192, n_gpu_layers=model.n_layer + 1)
    assert model.size_bytes < on_gpu.vram < on_gpu.total


@each
def test_its_header_would_pass_for_that_of_a_model(model):
    header = model.header()
    check_model(replace(header, metadata={**header.metadata, "tokenizer.ggml.model": "gpt2"}))


@each
def test_it_is_loaded_where_there_is_room_and_refused_where_there_is_not(model):
    plan = plan_load(model.header(), LoadSettings(), FreeMemory(ram=64 * GB))
    assert plan.n_ctx == 8192
    assert not plan.note
    with pytest.raises(DoesNotFit) as caught:
        plan_load(model.header(), LoadSettings(), FreeMemory(ram=GB // 4))
    assert f"“{model.name}” needs" in str(caught.value)
