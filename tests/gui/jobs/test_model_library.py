"""The library says before loading what a model would need here, and which model can guess ahead for it."""

import os
import threading
from pathlib import Path

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import Device
from desktop_app.jobs import model_library
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.catalog import add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.library.outlook import Fit
from tests.support.gguf_files import Q8_0, Shape, llama_model

LARGE = Shape(n_layer=8, n_embd=512, n_ff=2048, n_head=8, n_head_kv=8, n_ctx_train=65_536, type_id=Q8_0)
SMALL = Shape(n_layer=1, n_embd=64, n_ff=64, n_head=2, n_head_kv=2, n_ctx_train=65_536)
GPU = Device("GPU0", "A graphics card", "gpu", free_bytes=64_000_000_000, total_bytes=64_000_000_000)


@pytest.fixture
def chosen():
    """What the person has chosen: put another one in to change it."""
    return [LoadSettings()]


@pytest.fixture
def library(store, background, chosen):
    return ModelLibrary(store, background, lambda: chosen[0])


@pytest.fixture
def add(ask, tmp_path):
    """Put a model of this shape into the library."""

    def add(name, shape):
        path = llama_model(shape).write_sparse(tmp_path / f"{name}.gguf")
        return ask(lambda r: add_model(r.models, path))

    return add


@pytest.fixture
def free(monkeypatch):
    """Make this much memory free."""

    def set_free(ram):
        monkeypatch.setattr("desktop_app.jobs.model_library.free_memory_bytes", lambda: ram)

    set_free(64_000_000_000)
    return set_free


def test_what_a_model_needs_is_known_soon_after_the_list(qtbot, library, add, free):
    model = add("large", LARGE)
    assert library.outlook(model) is None
    with qtbot.waitSignals([library.changed, library.looked], order="strict"):
        library.refresh()
    outlook = library.outlook(model)
    assert outlook.fit == Fit.WELL
    assert outlook.sentence.startswith("Needs about ")
    assert outlook.sentence.endswith(" for a context of 8,192 tokens.")


def test_a_model_without_a_hash_gets_one_wherever_it_comes_from(qtbot, library, add, free):
    first, second = add("large", LARGE), add("small", SMALL)
    library.refresh()
    qtbot.waitUntil(lambda: bool(library.models) and all(model.sha256 for model in library.models))
    hashes = {model.id: model.sha256 for model in library.models}
    assert hashes == {model.id: file_sha256(Path(model.path)) for model in (first, second)}


@pytest.mark.parametrize(
    ("ram", "fit", "said"),
    [(190_000_000, Fit.TIGHT, "So that it fits into"), (60_000_000, Fit.TOO_LARGE, "only 60 MB are free")],
)
def test_little_free_memory_is_said_with_what_would_fit(qtbot, library, add, free, ram, fit, said):
    model = add("large", LARGE)
    free(ram)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert library.outlook(model).fit == fit
    assert said in library.outlook(model).sentence


def test_other_settings_are_looked_at_again(qtbot, library, add, free, chosen):
    model = add("large", LARGE)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    chosen[0] = LoadSettings(n_ctx=16_384)
    with qtbot.waitSignal(library.looked):
        library.look()
    assert "16,384 tokens" in library.outlook(model).sentence
    chosen[0] = LoadSettings(kv_type="q4_0", flash_attention="off")
    with qtbot.waitSignal(library.looked):
        library.look()
    assert library.outlook(model).fit is None
    assert "needs flash attention" in library.outlook(model).sentence


def test_a_look_that_comes_late_is_not_shown(qtbot, library, add, free, chosen, monkeypatch, pool_rests):
    model = add("large", LARGE)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    may_end = threading.Event()
    look_ahead = model_library.look_ahead

    def slow(path, settings, free):
        if settings.n_ctx == 1024:
            assert may_end.wait(60)
        return look_ahead(path, settings, free)

    monkeypatch.setattr(model_library, "look_ahead", slow)
    chosen[0] = LoadSettings(n_ctx=1024)
    library.look()
    chosen[0] = LoadSettings(n_ctx=2048)
    with qtbot.waitSignal(library.looked):
        library.look()
    may_end.set()
    pool_rests()
    assert "2,048 tokens" in library.outlook(model).sentence


def test_a_list_that_comes_late_is_not_shown(qtbot, library, add, free, monkeypatch, pool_rests):
    """Else what was removed meanwhile would be back on the screen."""
    model = add("large", LARGE)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    may_end, find_missing = threading.Event(), model_library.missing

    def slow(models):
        assert not models or may_end.wait(60)
        return find_missing(models)

    monkeypatch.setattr(model_library, "missing", slow)
    library.refresh()
    with qtbot.waitSignal(library.changed):
        library.remove(model)
    may_end.set()
    pool_rests()
    assert library.models == ()


def test_a_gpu_is_counted_on_once_the_engine_has_found_it(qtbot, library, add, free, chosen):
    chosen[0] = LoadSettings(n_gpu_layers=3)
    model = add("large", LARGE)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert library.outlook(model).fit == Fit.WELL
    with qtbot.waitSignal(library.looked):
        library.set_engine(0, [Device("CPU", "", "cpu")])
    assert "llama.cpp finds none" in library.outlook(model).sentence
    with qtbot.waitSignal(library.looked):
        library.set_engine(0, [Device("CPU", "", "cpu"), GPU])
    assert "on the graphics processor" in library.outlook(model).sentence


def test_what_the_engine_holds_counts_as_free(qtbot, library, add, free):
    model = add("large", LARGE)
    free(0)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert "only 0 MB are free" in library.outlook(model).sentence
    with qtbot.waitSignal(library.looked):
        library.set_engine(os.getpid(), [Device("CPU", "", "cpu")])
    assert "only 0 MB are free" not in library.outlook(model).sentence


def test_the_model_that_can_guess_ahead_is_found_and_counted(qtbot, library, add, free, chosen):
    large = add("large", LARGE)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    alone = library.outlook(large).sentence
    assert library.draft_for(large) == ""
    small = add("small", SMALL)
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert library.draft_for(large) == small.path
    assert library.draft_for(small) == ""
    assert library.outlook(large).sentence != alone
    chosen[0] = LoadSettings(speculate=False)
    with qtbot.waitSignal(library.looked):
        library.look()
    assert library.outlook(large).sentence == alone


def test_a_damaged_file_says_so_itself(qtbot, library, add, free, tmp_path):
    model = add("large", LARGE)
    (tmp_path / "large.gguf").write_bytes(b"GGUF")
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert library.outlook(model).fit is None
    assert "large.gguf" in library.outlook(model).sentence


def test_a_model_whose_file_is_gone_needs_nothing(qtbot, library, add, free, tmp_path):
    model = add("large", LARGE)
    (tmp_path / "large.gguf").unlink()
    with qtbot.waitSignal(library.looked):
        library.refresh()
    assert library.missing == {model.id}
    assert library.outlook(model) is None


def test_a_model_that_cannot_be_reached_is_missing_and_takes_no_other_along(
    qtbot, library, add, free, ask, unreachable
):
    facts = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q8_0", "n_params": 1, "n_ctx_train": 1}
    far = ask(lambda r: r.models.add(name="far", path=str(unreachable), source="file", **facts))
    here = add("small", SMALL)
    with qtbot.waitSignal(library.changed):
        library.refresh()
    assert {model.id for model in library.models} == {far.id, here.id}
    assert library.missing == {far.id}
