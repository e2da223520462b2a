"""A stack becomes part of a model's weights: the new file does what the stack did, and all else in it is as it was."""

import json
import os
import signal

import pytest

from desktop_app.adapters.check import MERGED
from desktop_app.adapters.effect import merge_sentence
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Merge, Merged, Progress
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from tests.process.stack_steps import TEXT, Session, stacked
from tests.support.full_disk import no_file_may_grow_beyond
from tests.support.gguf_files import F32, Q8_0, Shape, llama_model, split_model
from tests.support.random_adapters import random_adapter

F16, IQ2_XXS = 1, 16
ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
# Nats a token that the merged model may diverge from the stack: what its types round.
ROUNDING = {F32: 1e-6, F16: 1e-4, Q8_0: 0.02}


@pytest.fixture(scope="module")
def engine():
    """An engine without a model, which is all that merging needs."""
    with EngineClient() as engine:
        yield engine


def merge(engine, model, stack, out):
    return engine.ask(Merge(engine.next_request(), str(model), stack, str(out)), Merged)


def two(folder, model, kinds=("attn_q", "attn_qkv", "ffn_down")):
    first = random_adapter(folder / "first.gguf", model, 8, 1)
    second = random_adapter(folder / "second.gguf", model, 16, 2, kinds)
    return stacked((first, 0.75), (second, -0.5))


def tensors(path):
    """Return type and data of each tensor of a model by its name."""
    header, content = read_header(path), path.read_bytes()
    starts = {each.name: header.data_offset + each.offset for each in header.tensors}
    return {
        each.name: (each.type, content[starts[each.name] : starts[each.name] + each.size_bytes])
        for each in header.tensors
    }


@pytest.mark.parametrize("type_id", [F32, F16, Q8_0], ids=["F32", "F16", "Q8_0"])
def test_the_merged_model_does_what_the_stack_did(engine, trained, tmp_path, type_id):
    model, out = trained.tiny("llama", type_id), tmp_path / "out.gguf"
    stack = two(tmp_path, model)
    merged = merge(engine, model, stack, out)
    assert merged.size_bytes == out.stat().st_size
    with Session(model) as session:
        assert session.compare(stack, (), other_model=out).kl < ROUNDING[type_id]
        assert session.compare((), (), other_model=out).kl > 0.3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_so_it_is_whatever_the_architecture(engine, trained, tmp_path, architecture):
    model, out = trained.tiny(architecture), tmp_path / "out.gguf"
    stack = two(tmp_path, model)
    merge(engine, model, stack, out)
    with Session(model) as session:
        assert session.compare(stack, (), other_model=out).kl < ROUNDING[F32]


def test_so_it_is_for_experts(engine, tmp_path):
    from tests.support.tiny_experts import write_tiny_experts

    model, out = write_tiny_experts(tmp_path / "experts.gguf"), tmp_path / "out.gguf"
    stack = two(tmp_path, model, ("ffn_up_exps", "ffn_down_exps", "attn_k"))
    merge(engine, model, stack, out)
    with Session(model) as session:
        assert session.compare(stack, (), other_model=out).kl < ROUNDING[F32]
        assert session.compare((), (), other_model=out).kl > 0.3


@pytest.mark.parametrize("type_id", [F32, F16, Q8_0], ids=["F32", "F16", "Q8_0"])
def test_what_no_adapter_changes_is_the_same_byte_for_byte(engine, trained, tmp_path, type_id):
    model, out = trained.tiny("llama", type_id), tmp_path / "out.gguf"
    adapter = random_adapter(tmp_path / "adapter.gguf", model, kinds=("attn_v", "ffn_up"))
    merged = merge(engine, model, stacked(adapter), out)
    before, after = tensors(model), tensors(out)
    assert list(after) == list(before)
    assert {name: kind for name, (kind, _) in after.items()} == {name: kind for name, (kind, _) in before.items()}
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {f"blk.{layer}.{part}.weight" for layer in (0, 1) for part in ("attn_v", "ffn_up")}
    assert merged.changed == len(changed)


def test_its_header_says_what_was_merged_and_nothing_else_is_new(engine, trained, tmp_path):
    model, out = trained.tiny("llama"), tmp_path / "out.gguf"
    stack = two(tmp_path, model)
    merge(engine, model, (*stack, *stacked((tmp_path / "first.gguf", 0.0))), out)
    before, after = read_header(model).metadata, dict(read_header(out).metadata)
    hashes = [file_sha256(tmp_path / f"{name}.gguf") for name in ("first", "second")]
    assert json.loads(after.pop(MERGED)) == [[hashes[0], 0.75], [hashes[1], -0.5]]
    assert after == before


def test_a_merged_model_can_be_merged_again(engine, trained, tmp_path):
    model, once, twice = trained.tiny("llama"), tmp_path / "once.gguf", tmp_path / "twice.gguf"
    first, second = two(tmp_path, model)
    merge(engine, model, (first,), once)
    merge(engine, once, (second,), twice)
    assert len(json.loads(read_header(twice).metadata[MERGED])) == 2
    with Session(model) as session:
        assert session.compare((first, second), (), other_model=twice).kl < ROUNDING[F32]


@pytest.mark.parametrize("note", ["nonsense", "5", 5, ["x"]])
def test_a_foreign_note_of_what_was_merged_does_not_spoil_the_file(engine, tmp_path, note):
    model = llama_model().with_metadata(**{MERGED: note}).write(tmp_path / "model.gguf")
    adapter = random_adapter(tmp_path / "adapter.gguf", model)
    assert "what it says of merged adapters cannot be read" in refusal(engine, tmp_path, model, stacked(adapter))


@pytest.mark.long
def test_a_quantized_model_keeps_its_types_and_it_is_said_what_it_cannot_keep(engine, trained, tmp_path):
    """Changes finer than the steps of its weights are rounded away."""
    from tests.support.trained_adapters import TEXT as TAUGHT

    model, out = trained.starter, tmp_path / "out.gguf"
    stack = stacked(trained.starter_gguf())
    *told, merged = engine.events(Merge(engine.next_request(), str(model), stack, str(out)))
    assert isinstance(merged, Merged)
    fractions = [event.fraction for event in told]
    assert fractions == sorted(fractions)
    assert 0.9 < fractions[-1] <= 1
    before, after = read_header(model), read_header(out)
    assert {each.name: each.type for each in after.tensors} == {each.name: each.type for each in before.tensors}
    assert {each.type for each in before.tensors} >= {"Q4_1", "F32"}
    with Session(model) as session:
        taught = session.compare((), stack, TAUGHT)
        kept = session.compare(stack, (), TAUGHT, other_model=out)
    assert "has lost most of what the adapters do" in merge_sentence(taught, kept)


# ------------------------------------------------------------ refused


def refusal(engine, folder, model, stack, out=None):
    """Return the sentence; nothing is left in the folder."""
    before = sorted(folder.iterdir())
    with pytest.raises(UserError) as refused:
        merge(engine, model, stack, out or folder / "out.gguf")
    assert sorted(folder.iterdir()) == before
    assert refused.value.hint.endswith(".")
    return refused.value.sentence


def test_a_file_that_is_there_is_never_written_over(engine, trained, tmp_path):
    model, out = trained.tiny("llama"), tmp_path / "out.gguf"
    out.write_text("mine")
    assert refusal(engine, tmp_path, model, two(tmp_path, model)) == "There is a file “out.gguf” already."
    assert out.read_text() == "mine"
    size = model.stat().st_size
    assert "already" in refusal(engine, tmp_path, model, stacked(tmp_path / "first.gguf"), model)
    assert model.stat().st_size == size


def test_without_an_adapter_that_acts_there_is_nothing_to_merge(engine, trained, tmp_path):
    model = trained.tiny("llama")
    adapter = random_adapter(tmp_path / "adapter.gguf", model)
    for stack in ((), stacked((adapter, 0.0))):
        assert refusal(engine, tmp_path, model, stack) == "There is no adapter to be merged."


def test_a_split_model_is_refused(engine, tmp_path):
    whole = llama_model()
    adapter = random_adapter(tmp_path / "adapter.gguf", whole.write(tmp_path / "whole.gguf"))
    first, *_ = split_model(whole, tmp_path, "split", 2)
    assert "consists of several files" in refusal(engine, tmp_path, first, stacked(adapter))


def test_weights_that_need_their_makers_data_are_refused(engine, tmp_path):
    shape = Shape(n_embd=256, n_ff=256, type_id=IQ2_XXS)
    model = llama_model(shape).write_sparse(tmp_path / "model.gguf")
    adapter = random_adapter(tmp_path / "adapter.gguf", model)
    assert "weights of the type IQ2_XXS" in refusal(engine, tmp_path, model, stacked(adapter))


def test_what_would_be_refused_in_a_stack_is_refused_here(engine, trained, tmp_path):
    model = trained.tiny("llama")
    adapter = random_adapter(tmp_path / "adapter.gguf", model)
    foreign = random_adapter(tmp_path / "foreign.gguf", trained.tiny("qwen3"))
    assert "made for another model" in refusal(engine, tmp_path, model, stacked(adapter, foreign))
    assert "between -10 and 10" in refusal(engine, tmp_path, model, stacked((adapter, 11)))
    assert "up to 8 adapters" in refusal(engine, tmp_path, model, stacked(*[adapter] * 9))
    assert "is not there" in refusal(engine, tmp_path, tmp_path / "nowhere.gguf", stacked(adapter))


# ------------------------------------------------------------ ended before its end


def test_stopped_in_the_middle_nothing_is_left(engine, starter_model, tmp_path):
    adapter = random_adapter(tmp_path / "adapter.gguf", starter_model)
    command = Merge(engine.next_request(), str(starter_model), stacked(adapter), str(tmp_path / "out.gguf"))
    fractions = []
    with pytest.raises(UserError, match="Stopped"):  # noqa: PT012 - the events are read one by one
        for event in engine.events(command):
            assert isinstance(event, Progress)
            fractions.append(event.fraction)
            engine.stop(command.request)
    assert fractions[-1] < 1
    assert list(tmp_path.iterdir()) == [adapter]


def test_killed_in_the_middle_there_is_no_model_and_the_next_time_there_is(trained, starter_model, tmp_path):
    adapter, out = random_adapter(tmp_path / "adapter.gguf", starter_model), tmp_path / "out.gguf"
    with EngineClient() as client:
        command = Merge(client.next_request(), str(starter_model), stacked(adapter), str(out))
        with pytest.raises(UserError):  # noqa: PT012 - the events are read one by one
            for event in client.events(command):
                assert isinstance(event, Progress)
                os.kill(client.process_id, signal.SIGKILL)
    assert not out.exists()
    model = trained.tiny("llama")
    with EngineClient() as client:
        merge(client, model, stacked(random_adapter(adapter, model)), out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter.gguf", "out.gguf"]


def test_on_a_full_disk_nothing_is_left(trained, tmp_path):
    model = trained.tiny("llama")
    stack = two(tmp_path, model)
    with no_file_may_grow_beyond(model.stat().st_size // 2):
        client = EngineClient()
    with client:
        sentence = refusal(client, tmp_path, model, stack)
        assert sentence == "The merged model “out.gguf” could not be written."


def test_where_nothing_can_be_written_it_is_said(trained, tmp_path):
    model = trained.tiny("llama")
    stack = two(tmp_path, model)
    (tmp_path / "file").write_bytes(b"")
    with EngineClient() as client:
        sentence = refusal(client, tmp_path, model, stack, tmp_path / "file" / "out.gguf")
        assert sentence == "The merged model “out.gguf” could not be written."


def test_a_model_that_is_loaded_goes_on_while_it_is_merged(trained, tmp_path):
    model = trained.tiny("llama")
    with Session(model) as session:
        stack = two(tmp_path, model)
        before = session.score(stack, TEXT)
        merge(session.engine, model, stack, tmp_path / "out.gguf")
        assert session.score(stack, TEXT) == before
