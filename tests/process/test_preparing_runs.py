"""A run is prepared with the real engine and the starter model, from all kinds of documents, and can be read again."""

import json

import numpy as np
import pytest

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.messages import Score, Scored
from desktop_app.finetune.plan import Order, make_plan
from desktop_app.finetune.preparing import prepare
from desktop_app.finetune.recipe import Choices
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import (
    DOWN,
    HELD_OUT,
    LEAST_PROBE_TOKENS,
    LIKELIHOOD,
    PROBE_LOGPROBS,
    TEXT,
    TRAIN,
    UP,
    read_examples,
    read_model_file,
    read_probe,
    read_run,
)
from tests.process.stack_steps import Session, stacked
from tests.support.random_adapters import random_adapter

N = 30
START_OF_TURN, END_OF_TURN = 1, 2  # of the starter model


def documents(place):
    """Write a folder with a text, a Markdown file and chat examples."""
    folder = place / "documents"
    folder.mkdir()
    story = (f"On day {n} the keeper of lamp {n} wrote {n * 7} words about the wind, and slept." for n in range(120))
    (folder / "story.txt").write_text("\r\n\r\n".join(story), "utf-8")
    (folder / "notes.md").write_text("# Tea\n\nGreen tea is light.\n\n* Black tea is not.\n", "utf-8")
    rows = [{"prompt": f"What is lamp {n}?", "completion": f"Lamp {n} is the one by door {n}."} for n in range(N)]
    rows.append(
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Tea?"},
                {"role": "assistant", "content": "Yes."},
                {"role": "user", "content": "Which?"},
                {"role": "assistant", "content": "Green."},
            ]
        }
    )
    (folder / "chats.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


def prepared(engine, tmp_path, model, paths, **wanted):
    order = Order("lamps", model, paths, **wanted)
    return prepare(tmp_path / "runs", make_plan(order), engine, lambda _sentence: None)


@pytest.fixture(scope="module")
def made(engine, starter_model, tmp_path_factory):
    """A run of all kinds of documents."""
    place = tmp_path_factory.mktemp("made")
    return prepared(engine, place, starter_model, [documents(place)], choices=Choices(replay=0.02))


def test_a_run_of_all_kinds_of_documents_can_be_read_again(made, starter_model):
    run = read_run(made.folder)
    assert run == made.run
    assert run.recipe.loss == LIKELIHOOD
    assert run.base.parts[0].sha256 == file_sha256(starter_model)
    assert [(each["name"], each["kind"], each["rows"]) for each in run.about["documents"]] == [
        ("chats.jsonl", "chat", N + 1),
        ("notes.md", "text", 1),
        ("story.txt", "text", 1),
    ]
    assert len(read_model_file(made.folder).tensors) == len(read_header(starter_model).tensors)


def test_its_examples_are_tokens_of_the_model_and_short_enough(made, starter_model):
    learned, held_out = read_examples(made.folder / TRAIN), read_examples(made.folder / HELD_OUT)
    assert {each.group for each in held_out}.isdisjoint(each.group for each in learned)
    assert sum(each.is_replay for each in learned) == made.run.about["replay"] > 0
    assert not any(each.is_replay for each in held_out)
    n_vocab = read_header(starter_model).n_vocab
    for example in (*learned, *held_out):
        [sequence] = example.sequences
        assert example.kind == TEXT
        assert 0 < sequence.n_learned < len(sequence.tokens) <= made.run.recipe.length
        assert max(sequence.tokens) < n_vocab


def test_of_chats_answers_and_their_ends_are_learned_and_nothing_else(made):
    examples = [*read_examples(made.folder / TRAIN), *read_examples(made.folder / HELD_OUT)]
    sequences = [each.sequences[0] for each in examples if not each.is_replay]
    chats = [each for each in sequences if each.tokens[0] == START_OF_TURN]  # texts have no BOS in this model
    answers = [each.tokens[start:end] for each in chats for start, end in each.learned]
    assert (len(chats), len(answers)) == (N + 1, N + 2)
    assert all(answer.index(END_OF_TURN) == len(answer) - 1 for answer in answers)
    assert not any(START_OF_TURN in answer for answer in answers)


@pytest.mark.long
def test_the_probe_is_what_the_engine_expects_under_the_stack(engine, starter_model, tmp_path):
    note = tmp_path / "note.md"
    note.write_text("Green tea is light.", "utf-8")
    stack = stacked((random_adapter(tmp_path / "other.gguf", starter_model, size=2.0), 0.5))
    choices = Choices(replay=0.0)
    made = prepared(engine, tmp_path, starter_model, [note], choices=choices, stack=stack)
    tokens = read_probe(made.folder).tokens
    recorded = np.load(made.folder / PROBE_LOGPROBS)
    assert len(tokens) >= LEAST_PROBE_TOKENS
    assert (recorded.shape, recorded.dtype) == ((len(tokens), read_header(starter_model).n_vocab), np.float16)
    nll = -np.mean(recorded[np.arange(len(tokens) - 1), tokens[1:]].astype(np.float64))
    bare = engine.ask(Score(engine.next_request(), probe_text()), Scored).mean_nll
    under_stack = engine.ask(Score(engine.next_request(), probe_text(), stack), Scored).mean_nll
    assert nll == pytest.approx(under_stack, abs=0.02)
    assert abs(bare - under_stack) > 0.1
    assert made.run.n_stack == 1


def test_pairs_and_thumbs_become_what_kto_learns_from(trained, tmp_path):
    rows = [{"prompt": f"Name {n}?", "chosen": f"It is {n}.", "rejected": f"{n}!"} for n in range(6)]
    rows += [{"prompt": f"Count to {n}.", "completion": "No.", "label": False} for n in range(6)]
    path = tmp_path / "rated.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    model = trained.tiny("llama")
    with Session(model) as session:
        made = prepared(session.engine, tmp_path, model, [path], choices=Choices(loss="kto", replay=0.0))
    examples = [*read_examples(made.folder / TRAIN), *read_examples(made.folder / HELD_OUT)]
    assert sorted(each.kind for each in examples) == [DOWN] * 12 + [UP] * 6
    assert {len(each.sequences) for each in examples} == {2}
