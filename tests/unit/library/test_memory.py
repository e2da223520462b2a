"""The forecast says how much memory a model needs and what else would fit."""

import pytest

from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.library.memory import PROCESS_BYTES, check_fits, forecast, readable_size
from tests.support.gguf_files import Q8_0, Shape, llama_model
from tests.unit.library.sentences import assert_readable

MIB = 1 << 20


@pytest.fixture(scope="module")
def header():
    return read_header(starter.starter_path())


def shaped(tmp_path, **changes):
    shape = Shape(n_layer=4, n_embd=2048, n_ff=8192, n_head=32, n_head_kv=8, n_vocab=32_000, type_id=Q8_0)
    model = llama_model(shape).with_metadata(**{f"llama.{key}": value for key, value in changes.items()})
    return read_header(model.write_sparse(tmp_path / "model.gguf"))


def test_the_parts_add_up(header):
    parts = forecast(header, 4096)
    assert parts.total == parts.weights + parts.kv + parts.compute + parts.process
    assert (parts.weights, parts.process) == (starter.SIZE_BYTES, PROCESS_BYTES)


# What llama.cpp printed for these as "KV buffer size" and "compute buffer size", in MiB.
@pytest.mark.parametrize(
    ("n_ctx", "kv", "compute"), [(512, 11.25, 14.01), (2048, 45.0, 15.51), (8192, 180.0, 21.51), (32_768, 720.0, 45.51)]
)
def test_the_starter_model_needs_what_the_engine_says_it_takes(header, n_ctx, kv, compute):
    parts = forecast(header, n_ctx)
    assert parts.kv == kv * MIB
    assert parts.compute == pytest.approx(compute * MIB, rel=0.02)


@pytest.mark.parametrize(("n_ctx", "kv", "compute"), [(512, 4.0, 64.51), (32_768, 256.0, 96.01)])
def test_a_wider_model_needs_what_the_engine_says_it_takes(tmp_path, n_ctx, kv, compute):
    parts = forecast(shaped(tmp_path), n_ctx)
    assert parts.kv == kv * MIB
    assert parts.compute == pytest.approx(compute * MIB, rel=0.02)


def test_cells_come_in_steps_of_256(header):
    assert forecast(header, 257) == forecast(header, 512)


def test_layers_without_attention_keep_no_keys(tmp_path):
    every_layer = forecast(shaped(tmp_path), 1024).kv
    assert forecast(shaped(tmp_path, **{"attention.head_count_kv": [8, 0, 8, 0]}), 1024).kv == every_layer / 2
    assert forecast(shaped(tmp_path, full_attention_interval=4), 1024).kv == every_layer / 4


def test_a_recurrent_model_needs_the_same_for_any_length(tmp_path):
    header = shaped(
        tmp_path,
        **{"attention.head_count": 0, "attention.head_count_kv": 0},
        **{"ssm.inner_size": 4096, "ssm.state_size": 16, "ssm.conv_kernel": 4},
    )
    assert forecast(header, 512).kv == forecast(header, 32_768).kv == 4 * (4096 * 16 + 3 * 4096) * 4


def test_the_state_of_an_rwkv_model_is_counted(tmp_path):
    header = shaped(tmp_path, **{"attention.head_count_kv": 0, "wkv.head_size": 64})
    assert forecast(header, 512).kv == 4 * 2048 * (64 + 2) * 4


def test_a_model_that_fits_gives_its_forecast(header):
    assert check_fits(header, 4096, 8_000_000_000) == forecast(header, 4096)


def test_a_tenth_of_the_free_memory_stays_free(header):
    needed = forecast(header, 4096).total
    assert check_fits(header, 4096, int(needed / 0.9) + 2).total == needed
    with pytest.raises(UserError):
        check_fits(header, 4096, int(needed / 0.9) - 2)


def test_a_context_too_long_is_refused_with_the_numbers_and_one_that_fits(header):
    with pytest.raises(UserError) as caught:
        check_fits(header, 32_768, 500_000_000)
    assert_readable(caught.value)
    assert caught.value.sentence == (
        f"“{starter.FILE}” needs about 971 MB of memory with a context length of 32,768 tokens, "
        "but only 500 MB are free, and a tenth of that must stay free."
    )
    assert caught.value.hint == "Choose a context length of at most 10,240 tokens, or a smaller model."
    check_fits(header, 10_240, 500_000_000)
    with pytest.raises(UserError):
        check_fits(header, 10_240 + 1_024, 500_000_000)


def test_a_model_too_large_for_any_context_is_refused_with_its_least_need(header):
    with pytest.raises(UserError) as caught:
        check_fits(header, 4096, 200_000_000)
    assert_readable(caught.value)
    assert "needs about 195 MB of memory even with a short context, but only 200 MB are free" in caught.value.sentence
    assert "smaller model" in caught.value.hint


def test_no_memory_at_all_is_refused_too(header):
    with pytest.raises(UserError):
        check_fits(header, 4096, 0)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 MB"), (98_362_432, "98 MB"), (999_600_000, "1.0 GB"), (4_700_000_000, "4.7 GB")]
)
def test_sizes_are_written_as_people_read_them(size, text):
    assert readable_size(size) == text
