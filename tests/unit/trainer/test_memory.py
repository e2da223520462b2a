"""The forecast of memory, and the mode that follows from it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from desktop_app.trainer.contract import FAST, LEAN, PACKED, ModelFile, Recipe, TensorPlace
from desktop_app.trainer.memory import choose, forecasts, leaner, too_little

GB = 1_000_000_000


def model(n_layer=30, n_embd=576, kv=192, n_ff=1536, n_vocab=49152, bytes_a_weight=0.625, is_tied=True):
    """Return the header of a model, by default one like SmolLM2-135M in Q4_1."""
    shapes = {"token_embd.weight": (n_vocab, n_embd)} | ({} if is_tied else {"output.weight": (n_vocab, n_embd)})
    for layer in range(n_layer):
        parts = {
            "attn_norm": (n_embd,),
            "attn_q": (n_embd, n_embd),
            "attn_k": (kv, n_embd),
            "attn_v": (kv, n_embd),
            "attn_output": (n_embd, n_embd),
            "ffn_gate": (n_ff, n_embd),
            "ffn_up": (n_ff, n_embd),
            "ffn_down": (n_embd, n_ff),
        }
        shapes |= {f"blk.{layer}.{name}.weight": shape for name, shape in parts.items()}

    def size(shape):
        return int(shape[0] * (shape[1] if len(shape) > 1 else 1) * bytes_a_weight)

    return ModelFile({}, tuple(TensorPlace(name, "Q4_1", shape, 0, 0, size(shape)) for name, shape in shapes.items()))


LARGE = model(32, 4096, 1024, 14336, 128256, 0.61, is_tied=False)  # like Llama 3 8B in Q4_K_M


def test_leaner_modes_take_less():
    for file in (model(), LARGE):
        found = forecasts(file, Recipe(), "float32")
        assert found[FAST] > found[PACKED] > found[LEAN]


def test_fast_has_all_weights_in_four_bytes_each():
    found = forecasts(model(), Recipe(), "float32")
    assert found[FAST] - found[PACKED] == pytest.approx(4 * 134_500_000, rel=0.25)


def test_eight_billion_parameters_fit_in_little_more_than_their_file():
    recipe = Recipe(micro_tokens=512)
    packed = sum(tensor.size_bytes for tensor in LARGE.tensors)
    assert forecasts(LARGE, recipe, "float32")[LEAN] < packed + 3 * GB


def test_sixteen_bits_take_less():
    assert forecasts(model(), Recipe(), "bfloat16")[FAST] < forecasts(model(), Recipe(), "float32")[FAST]


@pytest.mark.parametrize(
    ("change", "mode"),
    [({"micro_tokens": 4096}, LEAN), ({"micro_tokens": 4096}, FAST), ({"rank": 128}, LEAN), ({"length": 4096}, PACKED)],
)
def test_larger_recipes_take_more(change, mode):
    recipe = Recipe()
    assert forecasts(model(), replace(recipe, **change), "float32")[mode] > forecasts(model(), recipe, "float32")[mode]


def test_fewer_weights_to_train_take_less():
    few = forecasts(model(), Recipe(rank=64, targets=("attn_q",)), "float32")
    assert few[LEAN] < forecasts(model(), Recipe(rank=64), "float32")[LEAN]


def test_both_answers_of_a_pair_are_computed_at_once():
    recipe = Recipe(length=1024)
    assert (
        forecasts(model(), replace(recipe, loss="dpo"), "float32")[FAST] > forecasts(model(), recipe, "float32")[FAST]
    )


def test_a_stack_takes_memory_too():
    more = forecasts(model(), Recipe(), "float32", stack=10_000_000)[LEAN]
    assert more - forecasts(model(), Recipe(), "float32")[LEAN] == pytest.approx(80_000_000)


def test_models_with_several_weights_in_one_are_understood():
    fused = {"attn_qkv": (960, 576), "attn_output": (576, 576), "ffn_up": (3072, 576), "ffn_down": (576, 1536)}
    places = [TensorPlace(f"blk.0.{name}.weight", "F16", shape, 0, 0, 1) for name, shape in fused.items()]
    file = ModelFile({}, (TensorPlace("token_embd.weight", "F16", (1000, 576), 0, 0, 1), *places))
    single = model(n_layer=1, n_vocab=1000, bytes_a_weight=0)
    ours, theirs = (forecasts(each, Recipe(targets=("attn_output",)), "float32") for each in (file, single))
    for mode in (FAST, PACKED, LEAN):
        assert ours[mode] == pytest.approx(theirs[mode], rel=1e-6)
    by_part = forecasts(file, Recipe(targets=("attn_q", "ffn_gate")), "float32")
    assert by_part == forecasts(file, Recipe(targets=("attn_qkv", "ffn_up")), "float32")


@pytest.mark.parametrize(
    ("free_gb", "mode"), [(100, FAST), (9, FAST), (7.9, PACKED), (3.4, PACKED), (3.3, LEAN), (1.2, LEAN), (1.1, None)]
)
def test_the_fastest_mode_is_chosen_that_leaves_enough_to_others(free_gb, mode):
    assert choose({FAST: 5 * GB, PACKED: 2 * GB, LEAN: GB}, int(free_gb * GB)) == mode


def test_where_nothing_fits_it_is_told_in_numbers():
    sentence, hint = too_little({FAST: 5 * GB, PACKED: 2 * GB, LEAN: GB}, GB // 2)
    assert sentence == "Training this model takes 1.1 GB of memory, and 0.5 GB are free."
    assert hint.endswith(".")


def test_the_next_mode_is_leaner_until_there_is_none():
    assert [leaner(mode) for mode in (FAST, PACKED, LEAN)] == [PACKED, LEAN, None]


def test_the_program_can_forecast_without_torch():
    code = "import sys, desktop_app.trainer.memory; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
