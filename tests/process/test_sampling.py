"""What a model that is being trained says now, asked of the real engine with what its trainer has saved."""

import numpy as np
import pytest

from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.finetune.samples import read_samples
from desktop_app.finetune.sampling import N_CTX, can_be_sampled, take_samples
from desktop_app.finetune.source_texts import write_source_texts
from desktop_app.trainer.checkpoint import Checkpoint, Checkpoints, Place
from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, START, Recipe
from desktop_app.trainer.events import Events
from tests.process.stack_steps import Session, stacked
from tests.support.random_adapters import random_adapter
from tests.support.run_folders import make_run, write_npz

ASKED = (ChatMessage("user", "What of the tide?"),)
GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=48)
TEXT = " ".join(f"On day {n} the keeper wrote of the wind." for n in range(20))
SETTINGS = LoadSettings(n_ctx=N_CTX, n_threads=1, speculate=False)


@pytest.fixture(scope="module")
def session(trained):
    with Session(trained.tiny("llama"), settings=SETTINGS) as session:
        yield session


@pytest.fixture
def run(session, tmp_path):
    folder = make_run(tmp_path / "tide", session.model, recipe=Recipe(rank=8, alpha=8.0))
    write_source_texts(folder, [], [Exchange("text", ASKED, ("Aye.",), "a")])
    return folder


@pytest.fixture
def adapter(session, tmp_path):
    return random_adapter(tmp_path / "drawn.gguf", session.model)


def save(run, step, adapter):
    """Save what a trainer would after so many steps."""
    arrays = {}
    for weight, pair in open_lora(adapter).pairs.items():
        arrays |= {weight + A_SUFFIX: pair.a.astype(np.float32), weight + B_SUFFIX: pair.b.astype(np.float32)}
    Checkpoints(run, "", Events(None)).save(Checkpoint(Place(step), {"adapter": arrays, "first": arrays}))


def take(run, session):
    take_samples(run, session.engine, lambda: None)
    return read_samples(run)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_before_the_first_step_it_says_what_the_model_says(session, run, adapter):
    save(run, 0, adapter)
    [sample] = take(run, session)
    said = session.answer(ASKED, (), sampler=GREEDY)[0].strip()
    assert (sample.step, sample.question, sample.wanted) == (0, "What of the tide?", "Aye.")
    assert sample.answer == sample.base == said


def test_after_some_steps_it_says_what_it_does_with_what_was_saved(session, run, adapter):
    save(run, 0, adapter)
    take(run, session)
    save(run, 7, adapter)
    before = names(run)
    first, later = take(run, session)
    assert later.step == 7
    assert later.answer == session.answer(ASKED, stacked(adapter), sampler=GREEDY)[0].strip()
    assert later.base == first.base != later.answer
    assert names(run) == before


def test_where_nothing_was_asked_at_the_beginning_it_is_asked_later(session, run, adapter):
    save(run, 7, adapter)
    [sample] = take(run, session)
    assert sample.base == session.answer(ASKED, (), sampler=GREEDY)[0].strip()


def test_an_adapter_that_is_continued_is_what_was_before(session, run, adapter, tmp_path):
    parent = random_adapter(tmp_path / "parent.gguf", session.model, seed=3)
    run = make_run(tmp_path / "next", session.model, recipe=Recipe(rank=8, alpha=8.0), continues=True)
    write_npz(run / START, open_lora(parent))
    write_source_texts(run, [], [Exchange("text", ASKED, ("Aye.",), "a")])
    save(run, 7, adapter)
    [sample] = take(run, session)
    assert sample.base == session.answer(ASKED, stacked(parent), sampler=GREEDY)[0].strip()


def test_a_text_that_was_held_out_is_begun(session, run, adapter):
    write_source_texts(run, [], [Passage(TEXT, "d")])
    save(run, 0, adapter)
    [sample] = take(run, session)
    assert sample.is_continued
    assert TEXT.startswith(sample.question)
    assert TEXT[len(sample.question) :].strip().startswith(sample.wanted)


def test_three_questions_are_asked_at_most(session, run, adapter):
    asked = [Exchange("text", (ChatMessage("user", f"What of {n}?"),), ("Aye.",), str(n)) for n in range(5)]
    write_source_texts(run, [], asked)
    save(run, 0, adapter)
    assert len(take(run, session)) == 3


class Ended(Exception):
    """Stands for the end of the training."""


def test_it_ends_at_once_when_it_is_to(session, run, adapter):
    def end():
        raise Ended

    save(run, 7, adapter)
    with pytest.raises(Ended):
        take_samples(run, session.engine, end)
    assert read_samples(run) == ()
    assert "sampling" not in names(run)


def test_what_cannot_be_asked_is_known_before_an_engine_is_started(run, tmp_path):
    assert can_be_sampled(run)
    write_source_texts(run, [Passage(TEXT, "d")], [])
    assert not can_be_sampled(run)


def test_before_anything_was_saved_there_is_nothing_to_ask(session, run):
    with pytest.raises((OSError, ValueError)):
        take(run, session)
