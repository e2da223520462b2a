"""What an adapter does to a model is measured once and known from then on."""

import pytest

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AdapterScale, Effect
from desktop_app.errors import UserError
from desktop_app.jobs.adapter_proofs import AdapterProofs
from desktop_app.storage.records import Adapter

EFFECT = Effect(tokens=746, mean_nll=2.5, other_nll=2.25, nll_error=0.01, kl=0.2, agreement=0.75)
ADAPTER = Adapter(
    id=1,
    name="pirate",
    path="/adapters/pirate.gguf",
    sha256="ab" * 32,
    size_bytes=1,
    architecture="llama",
    max_rank=4,
    n_weights=7,
    targets=("attn_q",),
    base_name="",
    base_repo="",
    source="file",
    added_at=0.0,
)


@pytest.fixture
def asked(engine, monkeypatch):
    """What the engine is asked to compare; `answer` is what comes of it, for the echo engine has no model."""

    class Asked(list):
        answer = EFFECT

    asked = Asked()

    def compare(text, stack, other_stack, on_done, on_error):
        asked.append((text, stack, other_stack))
        (on_error if isinstance(asked.answer, UserError) else on_done)(asked.answer)

    monkeypatch.setattr(engine, "compare", compare)
    return asked


@pytest.fixture
def proofs(store, background, engine):
    return AdapterProofs(store, background, engine, lambda _model: LoadSettings())


def test_an_adapter_is_measured_against_the_bare_model_and_it_is_kept(qtbot, proofs, asked, model, ask, engine):
    assert proofs.proof(ADAPTER, model) is None
    with qtbot.waitSignal(proofs.changed):
        proofs.measure(ADAPTER, model)
    assert proofs.is_measuring(ADAPTER, model)
    qtbot.waitUntil(lambda: proofs.proof(ADAPTER, model) is not None)
    assert not proofs.is_measuring(ADAPTER, model)
    assert asked == [(probe_text(), (), (AdapterScale(ADAPTER.path),))]
    assert engine.model.path == model.path
    assert proofs.proof(ADAPTER, model).effect == EFFECT
    assert ask(lambda r: r.adapters.proof(ADAPTER.sha256, model.sha256)) == proofs.proof(ADAPTER, model)


def test_what_was_measured_before_is_read(qtbot, proofs, asked, model, ask):
    ask(lambda r: r.adapters.set_proof(ADAPTER.sha256, model.sha256, EFFECT))
    ask(lambda r: r.adapters.set_proof(ADAPTER.sha256, "of another model", EFFECT))
    with qtbot.waitSignal(proofs.changed):
        proofs.read(model)
    assert proofs.proof(ADAPTER, model).effect == EFFECT
    assert asked == []


def test_who_asks_twice_is_answered_once(qtbot, proofs, asked, model):
    proofs.measure(ADAPTER, model)
    proofs.measure(ADAPTER, model)
    qtbot.waitUntil(lambda: proofs.proof(ADAPTER, model) is not None)
    assert len(asked) == 1


def test_what_cannot_be_measured_is_told_and_can_be_tried_again(qtbot, proofs, asked, model):
    asked.answer = UserError("“pirate” was made for another model.")
    with qtbot.waitSignal(proofs.failed) as failed:
        proofs.measure(ADAPTER, model)
    assert failed.args == [ADAPTER, asked.answer]
    assert not proofs.is_measuring(ADAPTER, model)
    asked.answer = EFFECT
    proofs.measure(ADAPTER, model)
    qtbot.waitUntil(lambda: proofs.proof(ADAPTER, model) is not None)


def test_an_engine_that_cannot_judge_says_so(qtbot, proofs, model):
    with qtbot.waitSignal(proofs.failed) as failed:
        proofs.measure(ADAPTER, model)
    assert "no model that could judge a text" in failed.args[1].sentence


def test_a_model_without_a_hash_is_waited_for(qtbot, proofs, asked, model, ask):
    ask(lambda r: r.models.set_sha256(model.id, ""))
    bare = ask(lambda r: r.models.get(model.id))
    with qtbot.waitSignal(proofs.failed) as failed:
        proofs.measure(ADAPTER, bare)
    assert "Measure again" in failed.args[1].hint
    assert asked == []


def test_a_measurement_that_is_stopped_ends_without_a_word(qtbot, proofs, model, engine, monkeypatch):
    asked, stopped, failed = [], [], []
    monkeypatch.setattr(engine, "compare", lambda *what: asked.append(what) or 7)
    monkeypatch.setattr(engine, "stop", stopped.append)
    proofs.failed.connect(lambda *what: failed.append(what))
    proofs.stop(ADAPTER, model)  # nothing goes on yet
    proofs.measure(ADAPTER, model)
    qtbot.waitUntil(lambda: bool(asked))
    with qtbot.waitSignal(proofs.changed):
        proofs.stop(ADAPTER, model)
    assert (proofs.is_measuring(ADAPTER, model), stopped) == (False, [7])
    proofs.measure(ADAPTER, model)
    qtbot.waitUntil(lambda: len(asked) == 2)
    asked[0][-1](UserError("It was stopped."))
    assert proofs.is_measuring(ADAPTER, model)
    assert failed == []


def test_what_is_stopped_before_the_engine_is_asked_is_not_asked(qtbot, proofs, asked, model, background):
    proofs.measure(ADAPTER, model)
    proofs.stop(ADAPTER, model)
    with qtbot.waitSignal(proofs.changed):
        proofs.read(model)
    assert asked == []
