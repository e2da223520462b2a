"""What the person left to choose is chosen so that it fits; what they chose is kept, or refused with what would fit."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.fit import SMALL_UBATCH, plan_load
from desktop_app.library.gguf import read_header
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.memory import N_UBATCH, forecast
from tests.support.gguf_files import Q8_0, Shape, llama_model
from tests.unit.library.sentences import assert_readable

PLENTY = FreeMemory(64_000_000_000)
AUTOMATIC = LoadSettings()
PLAIN = {"flash_attention": False, "n_ubatch": SMALL_UBATCH}  # attention as processors compute it fastest


@pytest.fixture(scope="module")
def header():
    return read_header(starter.starter_path())


def shaped(tmp_path, n_ctx_train=131_072, **changes):
    shape = Shape(
        n_layer=8,
        n_embd=1024,
        n_ff=4096,
        n_head=16,
        n_head_kv=16,
        n_vocab=32_000,
        type_id=Q8_0,
        n_ctx_train=n_ctx_train,
    )
    model = llama_model(shape).with_metadata(**{f"llama.{key}": value for key, value in changes.items()})
    return read_header(model.write_sparse(tmp_path / "model.gguf"))


def just_enough(needed):
    """Return free memory that has room for this, while a tenth of it stays free."""
    return FreeMemory(int(needed / 0.9) + 2)


def refused(header, settings, free, draft=None):
    with pytest.raises(UserError) as caught:
        plan_load(header, settings, free, draft)
    assert_readable(caught.value)
    return caught.value


def test_with_memory_enough_everything_is_as_good_as_it_gets(header, tmp_path):
    plan = plan_load(shaped(tmp_path), AUTOMATIC, PLENTY, draft=header)
    assert (plan.n_ctx, plan.kv_type, plan.use_draft) == (8192, "f16", True)
    assert (plan.flash_attention, plan.n_ubatch, plan.n_gpu_layers, plan.note) == (False, SMALL_UBATCH, 0, "")
    assert plan.memory == forecast(shaped(tmp_path), 8192, draft=header, **PLAIN)
    assert plan.is_comfortable(PLENTY)


def test_no_context_is_chosen_longer_than_the_model_was_trained_for(tmp_path):
    assert plan_load(shaped(tmp_path, n_ctx_train=3000), AUTOMATIC, PLENTY).n_ctx == 3000
    assert plan_load(shaped(tmp_path, n_ctx_train=1024), AUTOMATIC, PLENTY).n_ctx == 1024
    tight = just_enough(forecast(shaped(tmp_path, n_ctx_train=3000), 2048, kv_type="q8_0").ram)
    assert plan_load(shaped(tmp_path, n_ctx_train=3000), AUTOMATIC, tight).n_ctx == 2048


def test_a_longer_context_than_trained_is_the_persons_to_choose(tmp_path):
    header = shaped(tmp_path, n_ctx_train=1024)
    assert plan_load(header, LoadSettings(n_ctx=4096), PLENTY).n_ctx == 4096


def test_a_tenth_of_the_free_memory_stays_free(header):
    settings = LoadSettings(n_ctx=4096, kv_type="q4_0")
    needed = forecast(header, 4096, kv_type="q4_0", n_ubatch=SMALL_UBATCH).ram
    assert plan_load(header, settings, FreeMemory(int(needed / 0.9) + 2)).memory.ram == needed
    refused(header, settings, FreeMemory(int(needed / 0.9) - 2))


def test_things_are_given_up_one_after_the_other(header, tmp_path):
    """The second model, the fastest attention, half of the cache's precision, context, and reading speed."""
    large = shaped(tmp_path)

    def room_for(n_ctx, **how):
        needed = forecast(large, n_ctx, **how).ram
        plan = plan_load(large, AUTOMATIC, just_enough(needed), header)
        assert plan.memory.ram == needed
        return plan, plan.note.partition(" are free, ")[2]

    plan, note = room_for(8192, draft=header, **PLAIN)
    assert (plan.n_ctx, plan.flash_attention, plan.use_draft, note) == (8192, False, True, "")
    plan, note = room_for(8192, **PLAIN)
    assert (plan.flash_attention, plan.use_draft, note) == (False, False, "no second model guesses ahead.")
    plan, _ = room_for(8192)
    assert (plan.n_ctx, plan.kv_type, plan.flash_attention, plan.n_ubatch) == (8192, "f16", True, N_UBATCH)
    plan, note = room_for(8192, kv_type="q8_0")
    assert (plan.n_ctx, plan.kv_type, plan.flash_attention) == (8192, "q8_0", True)
    assert note == "the KV cache is kept in 8 bits and no second model guesses ahead."
    plan, _ = room_for(4096, kv_type="q8_0")
    assert (plan.n_ctx, plan.kv_type, plan.n_ubatch) == (4096, "q8_0", N_UBATCH)
    plan, note = room_for(2048, kv_type="q8_0", n_ubatch=SMALL_UBATCH)
    assert (plan.n_ctx, plan.kv_type, plan.n_ubatch) == (2048, "q8_0", SMALL_UBATCH)
    assert note == (
        "the context length is 2,048 tokens, the KV cache is kept in 8 bits, prompts are read in small steps, "
        "and no second model guesses ahead."
    )


def test_less_than_usual_is_said_in_a_sentence(tmp_path):
    header = shaped(tmp_path)
    free = just_enough(forecast(header, 4096).ram)
    plan = plan_load(header, AUTOMATIC, free)
    assert (plan.n_ctx, plan.kv_type) == (4096, "f16")
    assert plan.note.startswith("So that it fits into the ")
    assert plan.note.endswith("the context length is 4,096 tokens.")
    assert not plan.is_comfortable(free)


def test_more_than_half_of_the_free_memory_is_not_comfortable(header):
    needed = plan_load(header, AUTOMATIC, PLENTY).memory.ram
    for share, is_comfortable in ((0.49, True), (0.51, False)):
        free = FreeMemory(int(needed / share))
        assert plan_load(header, AUTOMATIC, free).is_comfortable(free) is is_comfortable


def test_nothing_is_comfortable_for_which_something_was_given_up(header, tmp_path):
    free = FreeMemory(1_000_000_000)
    plan = plan_load(header, AUTOMATIC, free, draft=shaped(tmp_path))
    assert plan.memory.ram < free.ram / 2
    assert plan.note
    assert not plan.is_comfortable(free)


# ------------------------------------------------------------ what the person chose


def test_what_the_person_chose_is_kept(header):
    settings = LoadSettings(n_ctx=3000, kv_type="q4_0", flash_attention="on")
    plan = plan_load(header, settings, just_enough(forecast(header, 3000, kv_type="q4_0").ram))
    assert (plan.n_ctx, plan.kv_type, plan.flash_attention, plan.note) == (3000, "q4_0", True, "")


def test_a_context_too_long_is_refused_with_the_numbers_and_one_that_fits(header):
    free = FreeMemory(330_000_000)
    error = refused(header, LoadSettings(n_ctx=32_768), free)
    assert error.sentence == (
        f"“{starter.FILE}” needs about 579 MB of memory with a context length of 32,768 tokens, "
        "but only 330 MB are free, and a tenth of that must stay free."
    )
    assert error.hint == "Choose a context length of at most 9,216 tokens or a smaller model."
    assert plan_load(header, LoadSettings(n_ctx=9216), free).n_ctx == 9216
    refused(header, LoadSettings(n_ctx=9216 + 1024), free)


def test_a_cache_too_exact_is_refused_and_a_smaller_one_offered(header):
    free = FreeMemory(800_000_000)
    error = refused(header, LoadSettings(n_ctx=32_768, kv_type="f16"), free)
    assert "8 bits for the KV cache" in error.hint
    assert plan_load(header, LoadSettings(n_ctx=32_768, kv_type="q8_0"), free).kv_type == "q8_0"
    assert "8 bits" not in refused(header, LoadSettings(n_ctx=32_768, kv_type="f16", flash_attention="off"), free).hint


def test_where_only_a_very_short_context_fits_that_is_said(tmp_path):
    header = shaped(tmp_path)
    free = just_enough(forecast(header, 768, kv_type="q8_0", n_ubatch=SMALL_UBATCH).ram)
    assert "a context length of at most 768 tokens" in refused(header, AUTOMATIC, free).hint
    assert plan_load(header, LoadSettings(n_ctx=768), free).n_ctx == 768


def test_a_model_too_large_for_any_context_is_refused_with_its_least_need(header):
    error = refused(header, AUTOMATIC, FreeMemory(150_000_000))
    assert "needs about 176 MB of memory even with a short context, but only 150 MB are free" in error.sentence
    assert "smaller model" in error.hint


def test_no_memory_at_all_is_refused_too(header):
    refused(header, AUTOMATIC, FreeMemory(0))


def test_a_smaller_cache_needs_flash_attention(header):
    error = refused(header, LoadSettings(kv_type="q8_0", flash_attention="off"), PLENTY)
    assert "needs flash attention" in error.sentence
    tight = just_enough(forecast(header, 2048, flash_attention=False).ram)
    plan = plan_load(header, LoadSettings(flash_attention="off"), tight)
    assert (plan.n_ctx, plan.kv_type, plan.flash_attention) == (2048, "f16", False)
    assert plan_load(header, LoadSettings(kv_type="q8_0"), PLENTY).flash_attention is True


def test_heads_that_cannot_be_cut_into_blocks_keep_an_exact_cache(tmp_path):
    header = shaped(tmp_path, **{"attention.key_length": 80})
    assert "heads" in refused(header, LoadSettings(kv_type="q4_0"), PLENTY).sentence
    tight = just_enough(forecast(header, 4096).ram)
    assert plan_load(header, AUTOMATIC, tight).kv_type == "f16"


def test_a_model_without_a_cache_is_not_asked_about_its_precision(tmp_path):
    recurrent = {"attention.head_count": 0, "attention.head_count_kv": 0, "ssm.inner_size": 2048}
    plan = plan_load(shaped(tmp_path, **recurrent), LoadSettings(kv_type="q8_0", flash_attention="off"), PLENTY)
    assert (plan.kv_type, plan.note) == ("f16", "")


# ------------------------------------------------------------ the GPU


def test_as_many_layers_as_fit_are_put_on_the_gpu(tmp_path):
    header = shaped(tmp_path)
    for n_layers in (0, 1, 5, 9):
        vram = int(forecast(header, 8192, n_gpu_layers=n_layers).vram / 0.9) + 2
        plan = plan_load(header, AUTOMATIC, FreeMemory(PLENTY.ram, vram, is_shared=False))
        assert plan.n_gpu_layers == n_layers
        assert plan.memory.ram == plan.memory.total - plan.memory.vram
    assert plan_load(header, AUTOMATIC, FreeMemory(PLENTY.ram, PLENTY.ram, is_shared=False)).n_gpu_layers == 9


def test_what_is_on_the_gpu_needs_no_ram_unless_they_share_it(tmp_path):
    header = shaped(tmp_path)
    everything = forecast(header, 8192, n_gpu_layers=9)
    ram = int(everything.ram / 0.9) + 2
    assert plan_load(header, AUTOMATIC, FreeMemory(ram, PLENTY.ram, is_shared=False)).note == ""
    assert refused(header, AUTOMATIC, FreeMemory(ram, PLENTY.ram, is_shared=True))


def test_a_number_of_layers_is_kept_or_refused_with_one_that_fits(tmp_path):
    header = shaped(tmp_path)
    free = FreeMemory(PLENTY.ram, int(forecast(header, 2048, n_gpu_layers=4).vram / 0.9) + 2, is_shared=False)
    assert plan_load(header, LoadSettings(n_gpu_layers=3, n_ctx=2048), free).n_gpu_layers == 3
    everything = FreeMemory(PLENTY.ram, PLENTY.ram, is_shared=False)
    assert plan_load(header, LoadSettings(n_gpu_layers=99), everything).n_gpu_layers == 9
    error = refused(header, LoadSettings(n_gpu_layers=9, n_ctx=2048, kv_type="f16"), free)
    assert "with 9 layers there" in error.sentence
    assert "Choose at most " in error.hint
    most = int(error.hint.split()[3])
    settings = LoadSettings(n_gpu_layers=most, n_ctx=2048, kv_type="f16")
    assert plan_load(header, settings, free).n_gpu_layers == most


def test_layers_for_a_gpu_that_is_not_there_are_refused(header):
    assert "finds none" in refused(header, LoadSettings(n_gpu_layers=4), PLENTY).sentence
    assert plan_load(header, LoadSettings(n_gpu_layers=0), PLENTY).n_gpu_layers == 0
