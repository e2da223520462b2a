"""What is read out of a sound model."""

import tracemalloc
from dataclasses import replace

import pytest

from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.library.gguf_reader import Skipped
from desktop_app.library.gguf_types import STRING
from desktop_app.library.model_check import check_model
from tests.support.gguf_files import INT32, Q4_0, Q8_0, GgufFile, Shape, TensorSpec, Typed, llama_model


def test_the_starter_model_is_described_as_it_is():
    header = read_header(starter.starter_path())
    check_model(header)
    assert (header.version, header.architecture, header.quant_type, header.kind) == (3, "llama", "Q4_1", "model")
    assert (header.n_params, header.file_size, len(header.tensors)) == (134_515_008, starter.SIZE_BYTES, 272)
    assert (header.n_ctx_train, header.n_layer, header.n_embd, header.n_ff) == (8192, 30, 576, 1536)
    assert (header.n_head, header.n_head_kv) == ((9,) * 30, (3,) * 30)
    assert (header.key_length, header.value_length, header.n_vocab, header.n_swa) == (64, 64, 49_152, 0)
    assert header.license == "apache-2.0"
    assert header.chat_template is not None
    assert "<|im_start|>" in header.chat_template


def test_the_last_tensor_of_the_starter_model_ends_where_the_file_ends():
    header = read_header(starter.starter_path())
    last = header.tensors[-1]
    assert header.data_offset + last.offset + last.size_bytes == header.file_size


def test_a_vocabulary_is_counted_and_not_kept():
    tracemalloc.start()
    header = read_header(starter.starter_path())
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.metadata["tokenizer.ggml.merges"] == Skipped(STRING, is_list=True, length=48_900)
    assert kept < 1_000_000
    assert peak < 20_000_000


def test_a_small_model_can_be_read(tmp_path):
    header = read_header(llama_model(Shape(n_layer=2, n_vocab=300)).write(tmp_path / "tiny.gguf"))
    check_model(header)
    assert (header.name, header.license, header.n_layer, header.n_vocab) == ("Tiny", "mit", 2, 300)
    assert header.parts == (header.path,) == (tmp_path / "tiny.gguf",)
    assert header.tensors[0].shape == (32, 300)
    assert header.chat_template is None


def test_the_version_before_the_current_one_can_be_read(tmp_path):
    header = read_header(replace(llama_model(), version=2).write(tmp_path / "old.gguf"))
    check_model(header)
    assert header.version == 2


def test_another_alignment_is_respected(tmp_path):
    model = replace(llama_model(), alignment=256).with_metadata(general__alignment=256)
    header = read_header(model.write(tmp_path / "aligned.gguf"))
    assert header.data_offset % 256 == 0
    assert all(tensor.offset % 256 == 0 for tensor in header.tensors)


def test_padding_after_the_last_tensor_may_be_missing(tmp_path):
    model = GgufFile(llama_model().metadata, (*llama_model().tensors, TensorSpec("rope_freqs.weight", (8,))))
    assert len(model.to_bytes()) % 32 == 0
    path = tmp_path / "unpadded.gguf"
    path.write_bytes(GgufFile(model.metadata, (*model.tensors, TensorSpec("last.weight", (1,)))).to_bytes())
    assert read_header(path).tensors[-1].size_bytes == 4


def test_numbers_that_differ_between_layers_are_kept_for_each_layer(tmp_path):
    model = llama_model(Shape(n_layer=3)).with_metadata(llama__attention__head_count_kv=[1, 2, 0])
    header = read_header(model.write(tmp_path / "uneven.gguf"))
    assert header.n_head_kv == (1, 2, 0)
    assert header.n_head == (2, 2, 2)


def test_heads_without_a_word_on_keys_and_values_have_their_own(tmp_path):
    model = llama_model().with_metadata(llama__attention__head_count_kv=None)
    assert read_header(model.write(tmp_path / "plain.gguf")).n_head_kv == (2,)


@pytest.mark.parametrize(
    ("file_type", "expected"), [(15, "Q4_K_M"), (7, "Q8_0"), (1024 + 3, "Q4_1"), (38, "MXFP4"), (999, "Q4_0")]
)
def test_the_quantization_has_its_usual_name(tmp_path, file_type, expected):
    model = llama_model(Shape(n_embd=64, n_ff=64, type_id=Q4_0, file_type=file_type))
    assert read_header(model.write(tmp_path / "q.gguf")).quant_type == expected


def test_without_a_file_type_the_type_of_most_weights_counts(tmp_path):
    model = llama_model(Shape(n_embd=64, n_ff=64, type_id=Q8_0, file_type=None))
    assert read_header(model.write(tmp_path / "q.gguf")).quant_type == "Q8_0"


def test_a_long_text_is_stepped_over_and_what_follows_is_read(tmp_path):
    model = llama_model()
    entries = (("tokenizer.huggingface.json", "x" * 3_000_000), *model.metadata)
    header = read_header(replace(model, metadata=entries).write(tmp_path / "long.gguf"))
    assert header.metadata["tokenizer.huggingface.json"] == Skipped(STRING, is_list=False, length=3_000_000)
    assert header.architecture == "llama"


def test_a_token_longer_than_what_is_read_at_once_does_not_confuse_the_reader(tmp_path):
    merges = ["a" * 600_000, "b", "c" * 600_000]
    header = read_header(llama_model().with_metadata(tokenizer__ggml__merges=merges).write(tmp_path / "m.gguf"))
    assert header.metadata["tokenizer.ggml.merges"] == Skipped(STRING, is_list=True, length=3)
    check_model(header)


def test_a_text_that_is_not_unicode_is_read_with_question_marks(tmp_path):
    entries = tuple((key, value) for key, value in llama_model().metadata if key != "general.name")
    model = replace(llama_model(), metadata=((b"\xff\xfe", "x"), *entries))
    assert "\N{REPLACEMENT CHARACTER}" * 2 in read_header(model.write(tmp_path / "odd.gguf")).metadata


def test_several_empty_tokens_are_no_repetition(tmp_path):
    tokens = dict(llama_model().metadata)["tokenizer.ggml.tokens"]
    model = llama_model(Shape(n_vocab=288)).with_metadata(tokenizer__ggml__tokens=[*tokens[:-2], "", ""])
    check_model(read_header(model.write(tmp_path / "empty.gguf")))


def test_values_of_an_unexpected_type_count_as_absent(tmp_path):
    model = llama_model().with_metadata(general__name=5, llama__vocab_size="many", llama__attention__key_length=True)
    header = read_header(model.write(tmp_path / "types.gguf"))
    assert header.name == ""
    assert header.key_length == 16


def test_a_lie_about_the_number_of_layers_takes_no_memory(tmp_path):
    header = read_header(llama_model().with_metadata(llama__block_count=2**32 - 1).write(tmp_path / "deep.gguf"))
    assert len(header.n_head) == 512


def test_small_lists_of_numbers_are_kept(tmp_path):
    model = llama_model().with_metadata(one=Typed(INT32, [-1, 2]), two=[True, False], three=[0.5])
    metadata = read_header(model.write(tmp_path / "lists.gguf")).metadata
    assert (metadata["one"], metadata["two"], metadata["three"]) == ((-1, 2), (True, False), (0.5,))
