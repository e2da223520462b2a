"""Trying a stack on a text, looking for better scales, and making one adapter of several: all but the widgets."""

from pathlib import Path

import msgspec
import pytest

from desktop_app.adapters.open_lora import open_lora
from desktop_app.adapters.tune import MOST_EVALUATIONS
from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.engine.messages import ChatMessage, Finished
from desktop_app.errors import UserError
from desktop_app.storage.records import StackEntry
from tests.gui.adapters.conftest import TEXT
from tests.support.gguf_files import Shape

GONE = StackEntry("0" * 64, "Gone")


@pytest.fixture
def measured(qtbot, mixing, tiny, scoring):
    """Measure a stack and return what comes of it."""

    def measured(entries, text=TEXT):
        with qtbot.waitSignal(mixing.measured) as signal:
            mixing.measure(entries, tiny, text)
        return signal.args[0]

    return measured


# ------------------------------------------------------------ measuring


def test_the_bare_model_each_adapter_alone_and_all_together_are_read(measured, mixing, scoring, pair, engine, tiny):
    trial = measured(pair)
    assert scoring.asked == [{}, {"Letters": 0.75}, {"Tone": 0.5}, {"Letters": 0.75, "Tone": 0.5}]
    assert engine.model.path == tiny.path
    assert [reading.name for reading in trial.alone] == ["Letters", "Tone"]
    assert trial.together is not None
    assert not mixing.is_measuring


def test_what_is_being_read_and_how_long_it_takes_is_told(qtbot, measured, mixing, pair):
    steps = []
    mixing.progressed.connect(steps.append)
    measured(pair)
    assert [step.words for step in steps] == [
        "Loading the model",
        "Reading without adapters",
        "Reading with “Letters” alone",
        "Reading with “Tone” alone",
        "Reading with all together",
    ]
    assert [step.fraction for step in steps] == [0, 0, 0.25, 0.5, 0.75]
    assert steps[1].seconds_left is None
    assert all(step.seconds_left is not None for step in steps[2:])


def test_nothing_is_read_twice(qtbot, measured, mixing, scoring, pair, tiny):
    measured(pair)
    measured(pair)
    assert len(scoring.asked) == 4
    with qtbot.waitSignal(mixing.tuned):
        mixing.tune(pair, tiny, TEXT)
    assert len(scoring.asked) < 4 + MOST_EVALUATIONS
    assert all(scoring.asked.count(stack) == 1 for stack in scoring.asked)
    measured(pair, TEXT + "Another text.")
    assert scoring.asked.count({}) == 2


def test_what_took_the_place_of_another_is_read_anew(qtbot, measured, mixing, scoring, pair, put, tiny):
    """A newer version of a model or an adapter lies where the one before has lain."""
    measured(pair)
    measured((put("Letters", 0.75, seed=3), pair[1]))
    assert scoring.asked[4:] == [{"Letters": 0.75}, {"Letters": 0.75, "Tone": 0.5}]
    with qtbot.waitSignal(mixing.measured):
        mixing.measure(pair[1:], msgspec.structs.replace(tiny, sha256="8" * 64), TEXT)
    assert scoring.asked[6:] == [{}, {"Tone": 0.5}]


def test_of_a_model_without_a_hash_nothing_is_remembered(qtbot, mixing, scoring, pair, tiny):
    unknown = msgspec.structs.replace(tiny, sha256="")
    for _ in range(2):
        with qtbot.waitSignal(mixing.measured):
            mixing.measure(pair[1:], unknown, TEXT)
    assert scoring.asked == [{}, {"Tone": 0.5}] * 2


def test_better_scales_are_found(qtbot, mixing, scoring, pair, tiny):
    scoring.loss = lambda scales: 2 + abs(scales.get("Letters", 0) - 1.5) + scales.get("Tone", 0)
    with qtbot.waitSignal(mixing.tuned) as signal:
        mixing.tune(pair, tiny, TEXT)
    (tuned,) = signal.args
    assert (tuned.before, tuned.found) == ((0.75, 0.5), (1.5, 0.0))
    assert tuned.scored_found.mean_nll < tuned.scored_before.mean_nll
    assert len(scoring.asked) <= MOST_EVALUATIONS


@pytest.mark.parametrize(
    ("answer", "n_tokens", "said"),
    [(UserError("The model stopped."), 80, "The model stopped."), (None, 63, "too short")],
)
def test_what_goes_wrong_is_told_and_it_can_be_tried_again(
    qtbot, mixing, measured, scoring, pair, tiny, answer, n_tokens, said
):
    scoring.answer, scoring.n_tokens = answer, n_tokens
    with qtbot.waitSignals([mixing.ended, mixing.failed], order="strict"):
        mixing.measure(pair, tiny, TEXT)
    failed = []
    mixing.failed.connect(failed.append)
    with qtbot.waitSignal(mixing.failed):
        mixing.measure(pair, tiny, TEXT)
    assert said in failed[0].sentence
    scoring.answer, scoring.n_tokens = None, 80
    assert measured(pair, TEXT + "More.").together is not None


def test_an_adapter_that_is_gone_is_told(qtbot, mixing, pair, tiny):
    for work in (mixing.measure, mixing.tune):
        with qtbot.waitSignal(mixing.failed) as failed:
            work((*pair, GONE), tiny, TEXT)
        assert "“Gone” is not in the library any more." in failed.args[0].sentence
        assert not mixing.is_measuring


def test_it_can_be_stopped_and_nothing_comes_of_it(qtbot, mixing, measured, scoring, pair, tiny):
    told = []
    for signal in (mixing.measured, mixing.failed):
        signal.connect(told.append)
    scoring.waits = True
    mixing.measure(pair, tiny, TEXT)
    mixing.measure(pair, tiny, TEXT)  # one at a time
    qtbot.waitUntil(lambda: bool(scoring.asked))
    with qtbot.waitSignal(mixing.ended):
        mixing.stop()
    assert scoring.stopped == [1]
    scoring.go_on()  # it was too late to stop it
    assert told == []
    mixing.stop()
    scoring.waits = False
    measured(pair)
    assert len(told) == 1


def test_it_can_be_stopped_while_the_model_is_being_loaded(qtbot, mixing, scoring, pair, tiny, engine):
    mixing.measure(pair, tiny, TEXT)
    mixing.stop()
    qtbot.waitUntil(lambda: engine.model is not None)
    assert scoring.asked == scoring.stopped == []


def test_stopping_does_not_harm_an_answer_that_is_being_written_meanwhile(qtbot, engine, tiny, monkeypatch):
    """What is measured waits for its end, and an engine that does not react to being stopped is killed."""
    monkeypatch.setenv(PACE_VARIABLE, "20")
    monkeypatch.setattr("desktop_app.jobs.engine.STOP_PATIENCE_MS", 300)
    events, errors = [], []

    def ask():
        engine.generate((ChatMessage("user", "word " * 60),), SamplerSettings(), events.append)
        request = engine.score("A text", (), lambda scored: None, errors.append)
        engine.stop(request)

    engine.with_model(tiny.path, LoadSettings(), ask, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert errors[0].sentence == "Stopped."
    assert not any(isinstance(event, Finished) for event in events)
    qtbot.waitUntil(lambda: bool(events) and isinstance(events[-1], Finished))
    assert events[-1].facts.finish_reason == "stop"


# ------------------------------------------------------------ one of several


def test_one_adapter_is_made_of_several_and_is_in_the_library(qtbot, mixing, adapters, pair, tiny, data_folder):
    steps = []
    mixing.making.connect(steps.append)
    with qtbot.waitSignal(mixing.flattened) as signal:
        mixing.flatten(pair, tiny, "Both", None)
    (made,) = signal.args
    assert (made.rank, made.energy) == (10, 1.0)
    assert adapters.find(made.adapter.sha256) == made.adapter
    assert (made.adapter.name, made.adapter.source) == ("Both", "flattened")
    assert Path(made.adapter.path).parent == data_folder.adapters
    assert len(open_lora(Path(made.adapter.path)).pairs) == 7
    assert steps[-1].fraction > 0.5
    assert not mixing.is_making


def test_one_of_a_smaller_rank_keeps_less(qtbot, mixing, pair, tiny):
    with qtbot.waitSignal(mixing.flattened) as signal:
        mixing.flatten(pair, tiny, "Both", 5)
    assert signal.args[0].rank == 5
    assert 0.3 < signal.args[0].energy < 1


def test_what_cannot_be_made_is_told_and_leaves_nothing(qtbot, mixing, put, pair, tiny, data_folder):
    wide = put("Wide", shape=Shape(n_embd=64, n_ff=64))
    for entries, said in (((pair[0], wide), "another model"), ((*pair, GONE), "not in the library")):
        with qtbot.waitSignal(mixing.not_flattened) as signal:
            mixing.flatten(entries, tiny, "Both", None)
        assert said in signal.args[0].sentence
    assert list(data_folder.adapters.iterdir()) == []
    assert not mixing.is_making


def test_making_can_be_stopped(qtbot, mixing, pair, tiny, data_folder):
    with qtbot.assertNotEmitted(mixing.flattened), qtbot.waitSignal(mixing.making_ended):
        mixing.flatten(pair, tiny, "Both", 8)
        mixing.stop_flattening()
    assert list(data_folder.adapters.iterdir()) == []
    with qtbot.waitSignal(mixing.flattened):
        mixing.flatten(pair, tiny, "Both", 8)


def test_who_stops_at_the_last_moment_has_stopped(qtbot, mixing, pair, tiny, data_folder, monkeypatch):
    """Even if the word that it is made is on its way already."""
    done = mixing._on_made

    def stop_first(made):
        mixing.stop_flattening()
        done(made)

    monkeypatch.setattr(mixing, "_on_made", stop_first)
    with qtbot.assertNotEmitted(mixing.flattened), qtbot.waitSignal(mixing.making_ended):
        mixing.flatten(pair, tiny, "Both", 8)
    assert list(data_folder.adapters.iterdir()) == []
    assert not mixing.is_making
