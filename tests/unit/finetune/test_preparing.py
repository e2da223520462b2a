"""A plan becomes a run folder, whole or not at all, with all that the trainer and the report need, and no path."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from desktop_app.engine.messages import AdapterScale, Generate, Record
from desktop_app.errors import UserError
from desktop_app.finetune.plan import Order, make_plan
from desktop_app.finetune.preparing import UNREADY, prepare, trial_folder
from desktop_app.finetune.recipe import Choices
from desktop_app.finetune.source_texts import read_source_texts
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import (
    APO_ZERO,
    HELD_OUT,
    KTO,
    LEAST_PROBE_TOKENS,
    PROBE_LOGPROBS,
    TEXTS,
    TRAIN,
    read_events,
    read_examples,
    read_model_file,
    read_probe,
    read_run,
)
from tests.support.full_disk import no_file_may_grow_beyond
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.unit.finetune.fake_engine import BOS, FakeEngine

SHAPE = Shape(n_layer=2, n_embd=64, n_ff=96, n_ctx_train=2048)
N = 40


def chats(n, label=None):
    rows = ({"prompt": f"Question {k}?", "completion": f"Answer {k} it is."} for k in range(n))
    return "\n".join(json.dumps(row if label is None else row | {"label": k % 2 == 0}) for k, row in enumerate(rows))


CHATS = chats(N)


@pytest.fixture
def place(tmp_path):
    llama_model(SHAPE).write(tmp_path / "tiny.gguf")
    return tmp_path


@pytest.fixture
def order(place):
    """Return a function that writes a document and returns the order to learn it."""

    def made(content=CHATS, **wanted):
        document = place / "secret folder" / "chats.jsonl"
        document.parent.mkdir(exist_ok=True)
        document.write_text(content, encoding="utf-8")
        choices = Choices(**wanted.pop("choices", {}))
        return Order(**{"name": "tea", "model": place / "tiny.gguf", "documents": [document]} | wanted, choices=choices)

    return made


def prepared(order, engine=None, said=None):
    runs = order.model.parent / "runs"
    return prepare(runs, make_plan(order), engine or FakeEngine(), (said if said is not None else []).append)


def folders(order):
    return sorted(path.name for path in (order.model.parent / "runs").iterdir())


def test_all_that_the_trainer_needs_is_there(order):
    engine, said = FakeEngine(), []
    made = prepared(order(n_ctx=1234), engine, said)
    folder, run = made.folder, read_run(made.folder)
    assert run == made.run
    assert (folder.name, run.name, run.n_ctx, run.n_stack, run.continues) == ("tea", "tea", 1234, 0, False)
    assert run.base.parts[0].sha256 == file_sha256(order().model)
    assert len(read_model_file(folder).tensors) == len(llama_model(SHAPE).tensors)
    learned, held_out = read_examples(folder / TRAIN), read_examples(folder / HELD_OUT)
    replay = [each for each in learned if each.is_replay]
    assert (len(learned) - len(replay), len(held_out), len(replay)) == (36, 4, 7)
    assert {each.group for each in learned}.isdisjoint(each.group for each in held_out)
    assert len(read_probe(folder).tokens) >= LEAST_PROBE_TOKENS
    assert read_probe(folder).tokens[0] == BOS
    assert len(np.load(folder / PROBE_LOGPROBS)) == len(read_probe(folder).tokens)
    assert len(said) == 4
    assert folders(order()) == ["tea"]


def test_the_first_event_says_what_was_prepared(order):
    made = prepared(order())
    [event] = read_events(made.folder)
    assert (event["event"], event["replay"], event["held_out"]["examples"]) == ("prepared", 7, 4)


def test_nothing_tells_where_things_lay_and_only_one_file_what_is_written_there(order, place):
    made = prepared(order())
    read = read_source_texts(made.folder)
    assert (sum(each.is_held_out for each in read), len(read)) == (4, 40)
    assert all(each.prompt[0].content.startswith("Question") and "Answer" in each.text for each in read)
    assert str(place) not in (made.folder / TEXTS).read_text("utf-8")
    (made.folder / TEXTS).unlink()
    files = [path for path in made.folder.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl")]
    texts = {path.name: path.read_text("utf-8") for path in files}
    assert {"run.json", "model.json", "events.jsonl", "train.jsonl"} <= set(texts)
    without_model = {name: text.replace(str(place / "tiny.gguf"), "") for name, text in texts.items()}
    for text in without_model.values():
        for private in ("secret folder", str(place), "Question", "Answer"):
            assert private not in text
    about = read_run(made.folder).about
    assert about["documents"] == [
        {
            "name": "chats.jsonl",
            "sha256": file_sha256(place / "secret folder" / "chats.jsonl"),
            "kind": "chat",
            "rows": N,
        }
    ]


def test_the_same_order_gives_the_same_examples(order):
    first, second = prepared(order()), prepared(order())
    assert first.folder.name == "tea"
    assert second.folder.name == "tea 2"
    for name in (TRAIN, HELD_OUT):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert first.run == second.run


@pytest.mark.parametrize("name", ["../over there", "con", "a/b", ".hidden"])
def test_a_name_that_no_folder_can_have_is_the_runs_all_the_same(order, name):
    made = prepared(order(name=name))
    assert (made.folder.name, read_run(made.folder).name) == ("run", name)


def test_texts_and_chats_are_learned_together(order, place):
    (place / "notes.md").write_text("# Tea\n\n" + "\n\n".join(f"Paragraph {n} is short." for n in range(200)), "utf-8")
    both = order()
    made = prepared(Order("both", both.model, [*both.documents, place / "notes.md"]))
    about = made.run.about
    assert [(each["kind"], each["rows"]) for each in about["documents"]] == [("chat", N), ("text", 1)]
    assert about["held_out"] == {"examples": 5, "groups": 5, "tokens": about["held_out"]["tokens"]}
    assert about["learned"]["examples"] == 36 + 2


def test_a_trial_is_as_large_as_the_run_and_asks_the_model_for_little(order):
    engine, whole = FakeEngine(), prepared(order())
    plan = make_plan(order(name="trial"))
    trial = prepare(order().model.parent / "runs", plan, engine, [].append, is_trial=True)
    assert len(read_examples(trial.folder / TRAIN)) == len(read_examples(whole.folder / TRAIN))
    assert sum(isinstance(each, Generate) for each in engine.commands) == 2
    assert trial.run.about["size"] == whole.run.about["size"] > 0


def test_replay_can_be_left_out(order):
    made = prepared(order(choices={"replay": 0.0}))
    assert not [each for each in read_examples(made.folder / TRAIN) if each.is_replay]


def test_one_example_can_be_learned_and_it_is_said_what_is_missing(order):
    made = prepared(order(chats(1)))
    assert read_examples(made.folder / HELD_OUT) == []
    assert [each.is_replay for each in read_examples(made.folder / TRAIN)] == [False, True]
    [note] = made.run.about["notes"]
    assert note.startswith("There is too little to hold anything out")


def test_thumbs_are_learned_by_the_loss_for_them(order):
    made = prepared(order(chats(10, label=True)))
    assert made.run.recipe.loss == APO_ZERO
    assert any(note.startswith("Only 10 rated answers") for note in made.run.about["notes"])
    made = prepared(order(chats(10, label=True), choices={"loss": KTO, "replay": 0}))
    examples = read_examples(made.folder / TRAIN) + read_examples(made.folder / HELD_OUT)
    assert {len(each.sequences) for each in examples} == {2}


def test_a_probe_is_long_enough_whatever_the_vocabulary(order):
    class Terse(FakeEngine):
        def tokens(self, text):
            return super().tokens(text)[:100]

    class Spelling(FakeEngine):
        def tokens(self, text):
            return tuple(map(self.word, text))

    assert len(read_probe(prepared(order(), Terse()).folder).tokens) == LEAST_PROBE_TOKENS
    assert len(read_probe(prepared(order(), Spelling()).folder).tokens) == 1024


# ------------------------------------------------------------ adapters from before


def test_a_stack_is_frozen_under_the_new_adapter(order, place):
    paths = [lora_adapter(SHAPE, seed=seed).write(place / f"{seed}.gguf") for seed in (1, 2, 3)]
    stack = tuple(AdapterScale(str(path), scale) for path, scale in zip(paths, (0.5, 0.0, -1.0), strict=True))
    engine = FakeEngine()
    made = prepared(order(stack=stack), engine)
    assert made.run.n_stack == 2
    assert made.run.about["stack"] == [
        {"sha256": file_sha256(paths[0]), "scale": 0.5},
        {"sha256": file_sha256(paths[2]), "scale": -1.0},
    ]
    assert sorted(path.name for path in made.folder.glob("*.npz")) == ["stack-0.npz", "stack-1.npz"]
    with np.load(made.folder / "stack-1.npz", allow_pickle=False) as arrays:
        assert len(arrays.files) == 28
    [command] = [each for each in engine.commands if isinstance(each, Record)]
    assert command.stack == (stack[0], stack[2])


def test_an_adapter_is_trained_further(order, place):
    parent = lora_adapter(SHAPE).write(place / "parent.gguf")
    stack = (AdapterScale(str(lora_adapter(SHAPE, seed=2).write(place / "other.gguf")), 0.5),)
    engine = FakeEngine()
    made = prepared(order(stack=stack, continues=parent), engine)
    run = read_run(made.folder)
    assert (run.continues, run.recipe.rank, run.about["parent"]) == (True, 4, {"sha256": file_sha256(parent)})
    with np.load(made.folder / "start.npz", allow_pickle=False) as arrays:
        assert arrays["blk.1.ffn_up.weight.lora_a"].shape == (4, 64)
    stacks = {command.stack for command in engine.commands if isinstance(command, Record | Generate)}
    assert stacks == {(*stack, AdapterScale(str(parent)))}


def test_more_adapters_than_can_act_or_an_impossible_scale_are_refused(order, place):
    path = lora_adapter(SHAPE).write(place / "one.gguf")
    stack = (AdapterScale(str(path)),) * 8
    make_plan(order(stack=stack))
    with pytest.raises(UserError, match="A stack can have up to 8 adapters, and this one has 9"):
        make_plan(order(stack=stack, continues=path))
    with pytest.raises(UserError, match="The scale of an adapter"):
        make_plan(order(stack=(AdapterScale(str(path), 11.0),)))


# ------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"name": " "}, "The run has no name."),
        ({"choices": {"rank": 1000}}, "The rank is 1,000"),
        ({"choices": {"length": 4096}}, "this model was trained for contexts of 2,048 tokens"),
        ({"choices": {"loss": "dpo"}}, "The loss dpo learns from answers that are preferred"),
        ({"content": ""}, "There is nothing to learn in these documents"),
        ({"content": "{}"}, "Line 1 of “chats.jsonl” is not a chat example."),
    ],
    ids=["no name", "rank", "length", "loss", "nothing", "a bad line"],
)
def test_what_cannot_be_is_refused_before_an_engine_is_asked(order, wanted, said):
    with pytest.raises(UserError) as caught:
        make_plan(order(**wanted))
    assert said in caught.value.sentence


def test_examples_that_all_leave_no_room_are_refused(order):
    content = json.dumps({"prompt": "word " * 100, "completion": "Yes."})
    with pytest.raises(UserError, match=r"no answer fits into 32 tokens .* Choose a larger length\."):
        prepared(order(content, choices={"length": 32}))


class Failing(FakeEngine):
    """Ends when it is asked to record."""

    def events(self, *commands):
        if any(isinstance(command, Record) for command in commands):
            raise UserError("The model stopped unexpectedly.", "Try again.")
        yield from super().events(*commands)


def test_nothing_is_left_behind_if_it_fails_on_the_way(order):
    with pytest.raises(UserError, match="The model stopped unexpectedly"):
        prepared(order(), Failing())
    assert folders(order()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk_is_told_and_leaves_nothing_behind(order):
    plan = order()
    with no_file_may_grow_beyond(2_000), pytest.raises(UserError, match="could not be written"):
        prepared(plan)
    assert folders(order()) == []


def test_what_a_killed_one_left_behind_is_cleared_after_a_day(order, place):
    old, new = (place / "runs" / f"{UNREADY}{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "probe.npy").write_bytes(b"half")
    os.utime(old, (0, 0))
    prepared(order())
    assert folders(order()) == [new.name, "tea"]


KILLED = """
import sys
from pathlib import Path
from desktop_app.finetune.preparing import trial_folder
with trial_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_trial_leaves_nothing_behind_and_clears_what_killed_ones_left(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        theirs = process.stdout.readline().strip()
        with trial_folder(tmp_path) as own:
            assert sorted(map(str, tmp_path.iterdir())) == sorted([theirs, str(own)])
        process.kill()
    assert list(map(str, tmp_path.iterdir())) == [theirs]
    with trial_folder(tmp_path) as own:
        assert list(tmp_path.iterdir()) == [own]
    assert list(tmp_path.iterdir()) == []
