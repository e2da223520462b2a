"""The forecast says how much memory a model needs as it is to be loaded."""

import pytest

from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.library.memory import PROCESS_BYTES, can_quantize_kv, forecast, readable_size
from tests.support.gguf_files import Q8_0, GgufFile, Shape, TensorSpec, llama_model

MIB = 1 << 20
LOGITS = 16 * 49_152 * 4  # of the starter model
SLIDING = {"attention.sliding_window": 512}


@pytest.fixture(scope="module")
def header():
    return read_header(starter.starter_path())


def shaped(tmp_path, tensors=(), **changes):
    shape = Shape(n_layer=4, n_embd=2048, n_ff=8192, n_head=32, n_head_kv=8, n_vocab=32_000, type_id=Q8_0)
    model = llama_model(shape).with_metadata(**{f"llama.{key}": value for key, value in changes.items()})
    model = GgufFile(model.metadata, (*model.tensors, *tensors))
    return read_header(model.write_sparse(tmp_path / "model.gguf"))


def test_the_parts_add_up(header):
    parts = forecast(header, 4096, adapters_bytes=7, draft=header)
    named = parts.weights + parts.kv + parts.compute + parts.vocabulary + parts.process + parts.adapters + parts.draft
    assert parts.total == parts.ram == named
    assert parts.vram == 0
    assert (parts.process, parts.adapters) == (PROCESS_BYTES, 7)
    assert parts.weights == pytest.approx(starter.SIZE_BYTES, rel=0.02)  # the rest of the file is its vocabulary


# What llama.cpp printed for these as "KV buffer size" and "compute buffer size", in MiB.
@pytest.mark.parametrize(
    ("n_ctx", "kv", "compute"), [(512, 11.25, 14.01), (2048, 45.0, 15.51), (8192, 180.0, 21.51), (32_768, 720.0, 45.51)]
)
def test_the_starter_model_needs_what_the_engine_says_it_takes(header, n_ctx, kv, compute):
    parts = forecast(header, n_ctx)
    assert parts.kv == kv * MIB
    assert parts.compute - LOGITS == pytest.approx(compute * MIB, rel=0.02)


@pytest.mark.parametrize(("n_ctx", "kv", "compute"), [(512, 4.0, 64.51), (32_768, 256.0, 96.01)])
def test_a_wider_model_needs_what_the_engine_says_it_takes(tmp_path, n_ctx, kv, compute):
    parts = forecast(shaped(tmp_path), n_ctx)
    assert parts.kv == kv * MIB
    assert parts.compute == pytest.approx(compute * MIB, rel=0.04)


@pytest.mark.parametrize(("kv_type", "kv"), [("f16", 180.0), ("q8_0", 95.625), ("q4_0", 50.625)])
def test_a_less_exact_cache_takes_what_the_engine_says_it_takes(header, kv_type, kv):
    assert forecast(header, 8192, kv_type=kv_type).kv == kv * MIB


def test_smaller_steps_need_less_at_once(header):
    assert forecast(header, 8192, n_ubatch=128).compute - LOGITS == pytest.approx(5.38 * MIB, rel=0.02)
    assert forecast(header, 8192, n_ubatch=128).kv == forecast(header, 8192).kv


def test_without_flash_attention_all_scores_are_written_down(header):
    parts = forecast(header, 8192, flash_attention=False)
    assert parts.compute - LOGITS == pytest.approx(166.38 * MIB, rel=0.02)


def test_a_wide_vocabulary_needs_room_for_its_logits(tmp_path):
    narrow = llama_model(Shape(n_ff=32, n_embd=32, n_vocab=100_000))
    parts = forecast(read_header(narrow.write_sparse(tmp_path / "wide.gguf")), 512)
    assert parts.compute == 2 * 16 * 100_000 * 4 + 512 * 512 * 2
    assert parts.vocabulary == pytest.approx(100_000 * 160, rel=0.1)


def test_merges_of_a_vocabulary_are_kept_too(header, tmp_path):
    assert forecast(header, 512).vocabulary == pytest.approx(17_200_000, rel=0.1)  # as measured; half are merges


def test_cells_come_in_steps_of_256(header):
    assert forecast(header, 1025) == forecast(header, 1280)


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


def test_a_sliding_window_has_a_mask_of_its_own(tmp_path):
    without, with_window = forecast(shaped(tmp_path), 8192), forecast(shaped(tmp_path, **SLIDING), 8192)
    assert with_window.compute - without.compute == 512 * 8192 * 2
    assert with_window.kv == without.kv


def test_experts_that_answer_together_need_room_side_by_side(tmp_path):
    many = {"expert_count": 32, "expert_used_count": 8, "expert_feed_forward_length": 1024}
    assert forecast(shaped(tmp_path, **many), 4096).compute > forecast(shaped(tmp_path), 4096).compute


def test_a_model_that_guesses_ahead_needs_everything_but_a_process_of_its_own(header, tmp_path):
    alone, small = forecast(shaped(tmp_path), 4096, kv_type="q8_0"), forecast(header, 4096, kv_type="q8_0")
    both = forecast(shaped(tmp_path), 4096, kv_type="q8_0", draft=header)
    assert both.draft == small.total - PROCESS_BYTES
    assert both.total == alone.total + both.draft


def test_layers_on_the_gpu_leave_ram_with_their_weights_and_their_cache(tmp_path):
    header = shaped(tmp_path, [TensorSpec("output.weight", (2048, 32_000), Q8_0)])
    in_ram = forecast(header, 4096)
    layer = sum(tensor.size_bytes for tensor in header.tensors if tensor.name.startswith("blk.3."))
    output = sum(tensor.size_bytes for tensor in header.tensors if tensor.name.startswith("output"))
    compute = in_ram.compute - 16 * 32_000 * 4
    assert forecast(header, 4096, n_gpu_layers=1).vram == output + compute
    two = forecast(header, 4096, n_gpu_layers=2)
    assert two.vram == output + layer + in_ram.kv // 4 + compute
    assert two.ram == in_ram.total - output - layer - in_ram.kv // 4
    assert forecast(header, 4096, n_gpu_layers=99) == forecast(header, 4096, n_gpu_layers=5)
    assert forecast(header, 4096, n_gpu_layers=5).ram < in_ram.total - in_ram.kv


def test_an_output_that_is_the_embedding_is_copied_to_the_gpu(tmp_path):
    header = shaped(tmp_path)
    embedding = header.tensors[0].size_bytes
    assert forecast(header, 4096, n_gpu_layers=1).weights == forecast(header, 4096).weights + embedding


def test_only_heads_of_whole_blocks_can_be_kept_less_exactly(header, tmp_path):
    assert can_quantize_kv(header)
    assert not can_quantize_kv(shaped(tmp_path, **{"attention.key_length": 80}))
    assert not can_quantize_kv(shaped(tmp_path, **{"attention.value_length": 80}))
    assert not can_quantize_kv(shaped(tmp_path, **{"attention.key_length": 80, "attention.value_length": 80}))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 MB"),
        (300, "1 kB"),
        (640_000, "640 kB"),
        (999_600, "1 MB"),
        (98_362_432, "98 MB"),
        (999_600_000, "1.0 GB"),
        (4_700_000_000, "4.7 GB"),
    ],
)
def test_sizes_are_written_as_people_read_them(size, text):
    assert readable_size(size) == text
