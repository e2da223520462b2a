"""A forecast before the download: from the first bytes of a file, however many there are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.fit import plan_load
from desktop_app.library.gguf import MAX_LAYERS, read_header
from desktop_app.library.gguf_reader import TOKENS, Skipped, Vocabulary
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.memory import forecast
from desktop_app.library.model_check import check_model
from desktop_app.library.sketch import read_beginning, sketch_header
from tests.support.gguf_files import INT32, GgufFile, Raw, Shape, Typed, llama_model, mamba_model
from tests.unit.library.sentences import assert_readable

NAME = "model.gguf"
FETCHED = 262_144  # what one would fetch to learn about a file
MERGES = "tokenizer.ggml.merges"
WHOLE = llama_model().to_bytes()
HEADER_BYTES = len(llama_model().header())
ARCHITECTURE = {f"llama.{key}": 1 for key in ("block_count", "embedding_length", "context_length")}

flips = st.lists(st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 255)), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def starter_bytes(starter_model):
    return starter_model.read_bytes()


@pytest.fixture(scope="module")
def header(starter_model):
    return read_header(starter_model)


def sketched(data, path, size_bytes):
    return sketch_header(path, read_beginning(data, NAME), size_bytes)


def look_at(data, path):
    """Look at a file's first bytes as the program does; the only way to fail is with a sentence."""
    try:
        header = sketched(data, path, 4_000_000_000)
        forecast(header, 4096)
        forecast(header, 4096, n_gpu_layers=3, kv_type="q8_0", flash_attention=False)
        assert header.quant_type
        assert sum(tensor.size_bytes for tensor in header.tensors) == 4_000_000_000
        plan_load(header, LoadSettings(), FreeMemory(ram=8_000_000_000, vram=4_000_000_000))
        check_model(header)
    except UserError as error:
        assert_readable(error)


# ------------------------------------------------------------ forecasts


@pytest.mark.parametrize("cut", [1_100, 4_096, 65_536, FETCHED, 800_000, 1_000_000, 1_780_000, 1_790_000])
@pytest.mark.parametrize(
    "how", [{}, {"kv_type": "q8_0"}, {"flash_attention": False}, {"n_gpu_layers": 12}, {"n_gpu_layers": 99}], ids=str
)
@pytest.mark.parametrize("n_ctx", [512, 8192])
def test_the_beginning_forecasts_what_the_whole_header_does(starter_bytes, header, cut, how, n_ctx):
    sketch = sketched(starter_bytes[:cut], header.path, starter.SIZE_BYTES)
    told, real = forecast(sketch, n_ctx, **how), forecast(header, n_ctx, **how)
    assert told.total == pytest.approx(real.total, rel=0.05)
    assert told.vram == pytest.approx(real.vram, rel=0.05)
    assert told.kv == real.kv


def test_a_sketch_says_what_the_file_says(starter_bytes, header):
    sketch = sketched(starter_bytes[:FETCHED], header.path, starter.SIZE_BYTES)
    assert (sketch.name, sketch.license, sketch.quant_type) == (header.name, header.license, header.quant_type)
    assert (sketch.n_layer, sketch.n_vocab, sketch.n_ctx_train) == (header.n_layer, header.n_vocab, header.n_ctx_train)
    assert sketch.n_params == pytest.approx(header.n_params, rel=0.05)
    assert sketch.path == header.path
    check_model(sketch)


def test_weights_lie_in_their_layers(starter_bytes, header):
    sketch = sketched(starter_bytes[:FETCHED], header.path, starter.SIZE_BYTES)
    assert [tensor.name for tensor in sketch.tensors[:2]] == ["token_embd.weight", "blk.0.weights"]
    assert len(sketch.tensors) == header.n_layer + 1
    assert sum(tensor.size_bytes for tensor in sketch.tensors) == starter.SIZE_BYTES
    assert sketch.tensors[0].size_bytes < starter.SIZE_BYTES / 2


def test_a_recurrent_model_can_be_sketched(tmp_path):
    data = mamba_model(n_embd=64).to_bytes()
    path = tmp_path / NAME
    path.write_bytes(data)
    told, real = forecast(sketched(data, path, len(data)), 4096), forecast(read_header(path), 4096)
    assert told.total == pytest.approx(real.total, rel=0.05)


def test_a_mixture_of_types_without_a_name_can_be_sketched(tmp_path):
    metadata = {**ARCHITECTURE, "general.architecture": "llama", "llama.vocab_size": 1000}
    for file_type in (None, 27, 999):
        known = metadata if file_type is None else {**metadata, "general.file_type": file_type}
        sketch = sketch_header(tmp_path / NAME, known, 1_000_000)
        assert sketch.quant_type
        assert forecast(sketch, 512).weights == 1_000_000


# ------------------------------------------------------------ what is read


def test_a_whole_beginning_is_read_as_the_reader_does(starter_bytes, header):
    assert read_beginning(starter_bytes[: header.data_offset], NAME) == header.metadata


def test_lengths_of_lists_that_go_over_the_end_are_taken(starter_bytes):
    in_tokens = read_beginning(starter_bytes[:FETCHED], NAME)
    assert in_tokens[TOKENS] == Vocabulary(49_152, has_all_bytes=True)
    assert list(in_tokens)[-1] == TOKENS
    in_merges = read_beginning(starter_bytes[:1_000_000], NAME)
    assert in_merges[TOKENS] == Vocabulary(49_152, has_all_bytes=False)
    assert in_merges[MERGES] == Skipped(8, is_list=True, length=48_900)


def test_nothing_is_made_up_of_an_entry_that_is_cut(starter_bytes):
    keys = list(read_beginning(starter_bytes[:1_100], NAME))
    for cut in range(24, 1_100):
        some = list(read_beginning(starter_bytes[:cut], NAME))
        assert some == keys[: len(some)]


def test_merges_are_guessed_only_for_a_vocabulary_that_has_them(tmp_path):
    metadata = {**ARCHITECTURE, "general.architecture": "llama", TOKENS: Vocabulary(1000, has_all_bytes=True)}
    for kind, n_merges in (("gpt2", 1000), ("llama", None)):
        sketch = sketch_header(tmp_path / NAME, {**metadata, "tokenizer.ggml.model": kind}, 1_000_000)
        merges = sketch.metadata.get(MERGES)
        assert (merges.length if merges else None) == n_merges
    assert MERGES not in metadata


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    "data", [b"", b"GGU", b"<html><body>404</body></html>", b"PK\x03\x04" + bytes(40), bytes(4096), b"\x80\x04abc"]
)
def test_what_is_no_model_is_refused_with_a_sentence(data):
    with pytest.raises(UserError) as caught:
        read_beginning(data, NAME)
    assert_readable(caught.value)


@pytest.mark.parametrize(
    "model",
    [
        GgufFile(version=1),
        GgufFile(version=99),
        GgufFile(n_entries=1 << 40),
        GgufFile(n_tensors=1 << 40),
        GgufFile((("a", 1), ("a", 1))),
        GgufFile((("general.architecture", 7),)),
        GgufFile(((TOKENS, Raw(9, b"\x08\0\0\0" + (1 << 40).to_bytes(8, "little"))),)),
        GgufFile((("a", Raw(77, b"")),)),
        GgufFile((("a", Raw(9, b"\x09\0\0\0" + bytes(8))),)),
        GgufFile((("a", Raw(8, b"\xff" * 8)),)),
    ],
    ids=lambda model: repr(model)[:60],
)
def test_what_describes_itself_impossibly_is_refused_with_a_sentence(model):
    with pytest.raises(UserError) as caught:
        read_beginning(model.header() + bytes(64), NAME)
    assert_readable(caught.value)


@pytest.mark.parametrize("n_layer", [0, -1, MAX_LAYERS + 1, 1 << 62])
def test_an_impossible_number_of_layers_is_refused(tmp_path, n_layer):
    metadata = {"general.architecture": "llama", "llama.block_count": n_layer}
    with pytest.raises(UserError, match="layers") as caught:
        sketch_header(tmp_path / NAME, metadata, 1_000_000)
    assert_readable(caught.value)


def test_a_beginning_that_is_too_short_for_a_forecast_is_refused(starter_bytes, tmp_path):
    with pytest.raises(UserError, match="how many layers") as caught:
        sketched(starter_bytes[:200], tmp_path / NAME, starter.SIZE_BYTES)
    assert_readable(caught.value)


# ------------------------------------------------------------ anything at all


@given(st.binary(max_size=2_000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / NAME
    look_at(data, path)
    look_at(b"GGUF" + data, path)


@given(flips, st.integers(0, len(WHOLE)))
@settings(max_examples=400, deadline=None)
def test_changed_and_cut_bytes_are_read_or_refused(tmp_path_factory, changes, length):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    look_at(bytes(content[:length]), tmp_path_factory.getbasetemp() / NAME)


numbers = st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 600)
keys = st.sampled_from(
    [
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.head_count_kv",
        "attention.key_length",
        "attention.sliding_window",
        "full_attention_interval",
        "expert_used_count",
        "ssm.inner_size",
        "ssm.conv_kernel",
        "wkv.head_size",
        "vocab_size",
    ]
)


@given(st.dictionaries(keys, numbers | st.lists(numbers, min_size=1, max_size=5)))
@settings(max_examples=200, deadline=None)
def test_any_numbers_are_read_or_refused(tmp_path_factory, values):
    model = llama_model(Shape()).with_metadata(**{f"llama.{key}": Typed(INT32, value) for key, value in values.items()})
    look_at(model.header(), tmp_path_factory.getbasetemp() / NAME)
