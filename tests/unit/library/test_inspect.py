"""What the library keeps about a file that is added to it."""

import hashlib
import os
import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.inspect import ModelInfo, file_sha256, inspect_model
from tests.support.gguf_files import Q8_0, Shape, llama_model
from tests.unit.library.sentences import assert_readable

MODEL = llama_model(Shape(n_embd=64, n_ff=64, type_id=Q8_0, file_type=7))


def test_the_starter_model_is_listed_with_its_facts():
    assert inspect_model(starter.starter_path()) == ModelInfo(
        name="SmolLM2-135M-Instruct",
        size_bytes=starter.SIZE_BYTES,
        architecture="llama",
        quant_type="Q4_1",
        n_params=134_515_008,
        n_ctx_train=8192,
        license="apache-2.0",
    )


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Qwen3-0.6B-Q8_0.gguf", "Qwen3-0.6B"),
        ("qwen3-0.6b.q8_0.gguf", "qwen3-0.6b"),
        ("gemma 3 270m Q8_0.gguf", "gemma 3 270m"),
        ("Llama-3.2-1B-Instruct.gguf", "Llama-3.2-1B-Instruct"),
        ("ggml-model-q8_0.gguf", "Tiny"),
        ("Q8_0.gguf", "Tiny"),
        ("model.gguf", "Tiny"),
        ("sha256-" + "0a" * 32, "Tiny"),
    ],
)
def test_a_model_is_called_what_people_call_it(tmp_path, file, name):
    assert inspect_model(MODEL.write(tmp_path / file)).name == name


def test_a_file_without_any_name_keeps_its_own(tmp_path):
    assert inspect_model(MODEL.with_metadata(general__name=None).write(tmp_path / "model.gguf")).name == "model"


def test_what_is_no_chat_model_is_not_added(tmp_path):
    with pytest.raises(UserError, match="is an adapter"):
        inspect_model(MODEL.with_metadata(general__type="adapter").write(tmp_path / "lora.gguf"))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are text")
def test_one_whose_path_is_no_text_is_not_added_because_it_would_not_be_found_again(tmp_path):
    with pytest.raises(UserError, match="is not text in UTF-8") as told:
        inspect_model(MODEL.write(tmp_path / os.fsdecode(b"caf\xe9.gguf")))
    assert_readable(told.value)


def test_the_hash_is_that_of_the_whole_file_and_its_progress_is_told(tmp_path):
    content = b"abc" * 1_000_000
    (tmp_path / "file").write_bytes(content)
    told = []
    assert file_sha256(tmp_path / "file", told.append) == hashlib.sha256(content).hexdigest()
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_hash_of_an_empty_file_is_known(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"").hexdigest()


def test_hashing_can_be_stopped(tmp_path):
    (tmp_path / "file").write_bytes(b"abc" * 1_000_000)
    told = []
    assert file_sha256(tmp_path / "file", told.append, should_stop=lambda: len(told) == 2) == ""
    assert len(told) == 2


def test_a_file_that_cannot_be_hashed_is_told(tmp_path):
    with pytest.raises(UserError) as caught:
        file_sha256(tmp_path / "gone")
    assert_readable(caught.value)
