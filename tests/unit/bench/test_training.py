"""What is trained in the benchmark, how its programs are run, and what the rows make of what comes of them."""

import json
import resource
import subprocess
import sys
from dataclasses import replace

import pytest

from desktop_app.library.gguf import read_header
from desktop_app.trainer import contract
from desktop_app.trainer.contract import FAST, LEAN, Recipe
from tests.bench import training
from tests.bench.rows import all_measures, training_large
from tests.bench.rows import training as rows
from tests.bench.table import Goal
from tests.bench.training import Task, Trained
from tests.support.gguf_files import GgufFile, Shape, TensorSpec, llama_model
from tests.support.run_folders import FINISHED, STARTED, step, tell

RECIPE = Recipe(batch=2, epochs=2, length=4)


def trained(*seconds, losses=(3.0, 2.5, 2.0), peak_bytes=1_000_000_000, **facts):
    return Trained(100, losses, seconds, peak_bytes, **facts)


def test_every_row_of_the_trainer_can_be_measured():
    assert {"train", "train-share", "train-start", "train-large"} <= set(all_measures())


def test_the_peers_of_the_trainer_are_not_needed_to_know_the_rows():
    words = "import sys; from tests.bench.rows import all_measures; all_measures(); print({*sys.modules} & {*sys.argv})"
    needed_later = ["torch", "transformers", "trl", "datasets", "peft"]
    done = subprocess.run([sys.executable, "-c", words, *needed_later], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# ------------------------------------------------------------ what is trained


def test_sequences_follow_each_other_and_are_of_one_length():
    assert training.cut(range(10), 3, 3) == ((0, 1, 2), (3, 4, 5), (6, 7, 8))


def test_a_text_that_is_too_short_is_an_error():
    with pytest.raises(ValueError, match="8 tokens are too few for 3 sequences of 3"):
        training.cut(range(8), 3, 3)


def test_the_peer_gets_the_sequences_of_each_step_that_the_trainer_takes(tmp_path):
    task = Task(tmp_path, tmp_path / "model.gguf", RECIPE, training.cut(range(16), 4, 4))
    steps = task.steps()
    assert [len(each) for each in steps] == [2, 2, 2, 2]
    assert sorted(steps[0] + steps[1]) == sorted(steps[2] + steps[3]) == sorted(task.sequences)
    assert task.step_tokens == 8


def test_all_programs_begin_with_an_adapter_that_changes_nothing_yet(tmp_path):
    model = read_header(llama_model(Shape(n_embd=64, n_ff=96)).write(tmp_path / "model.gguf"))
    arrays = training.new_adapter(model, replace(RECIPE, rank=8))
    assert len(arrays) == 14
    assert arrays["blk.0.ffn_down.weight.lora_a"].shape == (8, 96)
    assert arrays["blk.0.ffn_down.weight.lora_a"].std() == pytest.approx(96**-0.5, rel=0.2)
    assert not any(array.any() for name, array in arrays.items() if name.endswith(contract.B_SUFFIX))


# ------------------------------------------------------------ running programs


def test_a_program_is_known_by_what_it_prints_last_and_by_the_memory_of_its_process(tmp_path):
    write_program(tmp_path, "print('some words'); block = b'1' * 300_000_000; print(json.dumps(sys.argv[1:]))")
    said, peak_bytes = training.run_program("program", ["a", "b"], {"PYTHONPATH": str(tmp_path)})
    assert said == ["a", "b"]
    # Linux counts what this process has had resident, of which the other one was a copy for a moment.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 300_000_000 < peak_bytes < max(1_000_000_000, 1.1 * own)


def test_a_program_that_fails_is_an_error_with_its_last_words(tmp_path):
    write_program(tmp_path, "sys.exit('nothing to learn')")
    with pytest.raises(RuntimeError, match="program has ended with the status 1: nothing to learn"):
        training.run_program("program", [], {"PYTHONPATH": str(tmp_path)})


def write_program(folder, line):
    (folder / "program.py").write_text(f"import json, sys\n{line}\n")


def test_the_steps_of_a_run_that_is_finished_are_known(tmp_path):
    tell(tmp_path, ("started", STARTED), step(1), step(2, loss=0.5), ("finished", FINISHED))
    assert [event["loss"] for event in training.step_events(tmp_path, 0)] == [1.0, 0.5]


@pytest.mark.parametrize(("status", "last"), [(1, ("failed", {"sentence": "The disk is full."})), (0, step(1))])
def test_a_trainer_that_has_not_come_to_its_end_is_an_error(tmp_path, status, last):
    (tmp_path / contract.LOG).write_text("Traceback")
    tell(tmp_path, ("started", STARTED), last)
    with pytest.raises(RuntimeError, match=rf"status {status}: .*{last[0]}.* Traceback"):
        training.step_events(tmp_path, status)


def test_the_first_step_does_not_count_for_the_speed():
    assert trained(90.0, 2.0, 1.0, 4.0).tokens_per_s == 50
    assert trained(4.0).tokens_per_s == 25


# ------------------------------------------------------------ rows


def test_speed_and_memory_are_compared_run_for_run():
    ours, peers = [trained(9, 1, peak_bytes=1e9)] * 2, [trained(9, 4, peak_bytes=4e9)] * 2
    speed, memory = rows.compare(FAST, ours, "peer", peers, Goal("at least", 2), Goal("at most", 0.5))
    assert (speed.ratio, speed.reached) == (4, True)
    assert (memory.ratio, memory.figure, memory.reached) == (0.25, 1, True)


def test_the_loss_is_that_of_the_step_in_which_it_differs_most():
    ours = [trained(1, 1, 1), trained(1, 1, 1, losses=(3.0, 2.55, 2.0))]
    row = rows.same_losses([trained(1, 1, 1)], ours)
    assert row.figure == pytest.approx(2)
    assert not row.reached
    assert row.notes == f"3.0000, 2.5000, 2.0000 of {training.PEER}"


def test_a_share_of_one_is_four_operations_a_weight_and_token_at_the_speed_of_products():
    one_s = 0.01
    per_s = 2 * 1024 * 576 * 3072 / one_s
    tokens, parameters = 100, 1_000_000
    seconds = 4 * parameters * tokens / per_s
    row = rows.share_of_products([(tokens, seconds, one_s), (tokens, seconds * 2, one_s * 2)], parameters)
    assert row.ratio == pytest.approx(1)
    assert rows.share_of_products([(tokens, seconds * 2, one_s)], parameters).reached is False


@pytest.mark.parametrize(
    ("outputs", "counted"), [((), 32 * 288), ((TensorSpec("output.weight", (32, 300)),), 32 * 300)]
)
def test_the_embedding_counts_where_it_is_the_output(tmp_path, outputs, counted):
    model = llama_model()
    layer = 2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 32
    path = GgufFile(model.metadata, (*model.tensors, *outputs)).write(tmp_path / "model.gguf")
    assert rows.product_parameters(read_header(path)) == layer + counted


def test_the_start_is_told_to_the_first_step_and_to_its_end(tmp_path):
    task = Task(tmp_path, tmp_path, RECIPE, training.cut(range(8), 2, 4))
    begin, end = rows.first_step([trained(5.0, began=9.0), trained(5.0, began=8.0), trained(6.0, began=7.5)], task)
    assert (begin.figure, end.figure) == (8, 13.5)
    assert begin.reached


def test_a_large_model_may_take_its_file_and_three_gigabytes():
    memory, speed = training_large.large(trained(9, 2, 2, peak_bytes=7.9e9), 4_900_000_000)
    assert (memory.figure, memory.reached) == (7.9, True)
    assert speed.figure == 50
    assert LEAN in memory.what


def test_without_room_for_a_large_model_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(training_large, "ROOT", tmp_path)
    monkeypatch.setattr(training_large.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5_000_000_000}))
    with pytest.raises(RuntimeError, match="6 GB of room"):
        next(training_large.train_large())
    assert list(tmp_path.rglob("*.gguf")) == []


def test_the_steps_are_measured_beside_products_that_are_taken_out_of_their_time(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    folder.mkdir()

    def run(module, arguments, _variables):
        assert module == "tests.bench.products"
        assert arguments[-2:] == ["--mode", FAST]
        tell(training.Path(arguments[0]), ("started", STARTED), step(1), step(2, seconds=4.0), ("finished", FINISHED))
        return [[0.1, 1.0], [0.2, 0.5], [0.3, 1.5], [0.4, 1.0]], 0

    monkeypatch.setattr(training, "run_program", run)
    found = training.train_beside_products(Task(folder, tmp_path, RECIPE, ()), FAST)
    assert found == [(100, 1.5, 0.2), (100, 2.5, 0.3)]
    assert list(folder.iterdir()) == []  # another training finds it as it was


def test_the_peer_is_given_all_that_the_trainer_has(tmp_path, monkeypatch):
    seen = {}

    def run(module, arguments, variables):
        seen.update(json.loads(training.Path(arguments[0]).read_text()), module=module, variables=variables)
        return {"losses": [3, 2], "seconds": [9, 1]}, 5

    monkeypatch.setattr(training, "run_program", run)
    task = Task(tmp_path, tmp_path / "model.gguf", RECIPE, training.cut(range(8), 2, 4))
    assert training.train_peer(task, checkpointing=True) == Trained(8, (3, 2), (9, 1), 5)
    assert seen["recipe"]["learning_rate"] == RECIPE.learning_rate
    assert [sorted(each) for each in seen["steps"]] == [[[0, 1, 2, 3], [4, 5, 6, 7]]] * 2
    assert (seen["module"], seen["variables"]) == ("tests.bench.trl_peer", {"HF_HUB_OFFLINE": "1"})
    assert seen["checkpointing"] is True
