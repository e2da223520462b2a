"""A stack tried on a text, flattened and merged into a model, with the real engine and real adapters."""

from pathlib import Path

import pytest

from desktop_app.adapters.catalog import add_adapter
from desktop_app.adapters.trial import difference
from desktop_app.engine.choices import LoadSettings
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.engine_process import EngineProcess
from desktop_app.jobs.merging import Merging
from desktop_app.jobs.mixing import Mixing
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.store import Store
from desktop_app.library.catalog import add_model, add_starter
from desktop_app.storage.records import StackEntry
from tests.bench.prompts import LETTER

LONG_MS = 120_000


@pytest.fixture
def background(qapp):
    door = Background()
    yield door
    door.close()


@pytest.fixture
def store(qtbot, background, data_folder):
    store, opened = Store(background), []
    store.open(data_folder, lambda: opened.append(True), opened.append)
    qtbot.waitUntil(lambda: opened == [True])
    yield store
    store.close()


@pytest.fixture
def ask(qtbot, store):
    def ask(work):
        got = []
        store.ask(work, got.append, got.append)
        qtbot.waitUntil(lambda: bool(got))
        return got[0]

    return ask


@pytest.fixture
def base():
    """Which model it is."""
    return "starter"


@pytest.fixture
def model(ask, trained, base):
    if base == "tiny":
        return ask(lambda r: add_model(r.models, trained.tiny("llama")))
    ask(lambda r: add_starter(r.models))
    return ask(lambda r: r.models.list_models())[0]


@pytest.fixture
def adapters(store, background, data_folder):
    return AdapterLibrary(store, background, data_folder.adapters)


@pytest.fixture
def entry(qtbot, ask, adapters, trained, base):
    """The adapter that knows a text."""
    path = trained.gguf("llama", "all-r8") if base == "tiny" else trained.starter_gguf()
    adapter = ask(lambda r: add_adapter(r.adapters, path))
    with qtbot.waitSignal(adapters.changed):
        adapters.refresh()
    return StackEntry(adapter.sha256, "Miller")


@pytest.fixture
def engine(qapp):
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def mixing(store, background, engine, adapters, data_folder):
    mixing = Mixing(store, background, engine, adapters, lambda _: LoadSettings(n_ctx=512), data_folder.adapters)
    yield mixing
    mixing.close()


@pytest.fixture
def text():
    from tests.support.trained_adapters import TEXT  # torch takes seconds to be there

    return f"{TEXT} {LETTER[:400]}"


def result(qtbot, signal, do, *arguments):
    with qtbot.waitSignal(signal, timeout=LONG_MS) as got:
        do(*arguments)
    return got.args[0]


@pytest.mark.parametrize("base", ["tiny", pytest.param("starter", marks=pytest.mark.long)])
def test_what_an_adapter_does_for_a_text_is_measured_and_mixes_are_tried(qtbot, mixing, model, entry, text):
    made = result(qtbot, mixing.flattened, mixing.flatten, (entry,), model, "The same again", None)
    again = StackEntry(made.adapter.sha256, made.adapter.name)
    trial = result(qtbot, mixing.measured, mixing.measure, (entry, again), model, text)
    first, second = trial.alone
    assert first.from_bare.is_measurable
    assert first.from_bare.mean < -0.1
    assert abs(difference(first.scored, second.scored).mean) < 0.02  # flattened, it does the same
    assert trial.together.from_bare.mean != pytest.approx(first.from_bare.mean, abs=0.01)

    far = (StackEntry(entry.sha256, entry.name, 0.0001),)
    tuned = result(qtbot, mixing.tuned, mixing.tune, far, model, text)
    assert tuned.found[0] >= 0.5
    assert tuned.scored_found.mean_nll < tuned.scored_before.mean_nll - 0.1


@pytest.mark.long
def test_a_stack_is_merged_into_a_model_while_the_engine_of_the_window_rests(
    qtbot, store, background, adapters, model, entry, data_folder
):
    second, models = Engine(), ModelLibrary(store, background)
    merging = Merging(store, background, lambda: second, adapters, models, lambda _: LoadSettings(), data_folder.models)
    steps = []
    merging.progressed.connect(lambda step: steps.append(step.fraction))
    found = result(qtbot, merging.merged, merging.merge, (entry,), model, "Starter and miller")
    assert Path(found.model.path).stat().st_size == pytest.approx(model.size_bytes, rel=0.01)
    assert (found.model.name, found.model.quant_type) == ("Starter and miller", model.quant_type)
    # What it has learned is finer than the steps of the starter model's 4 bits.
    assert found.sentence.startswith("Merging has lost most of what the adapters do")
    written = [fraction for fraction in steps if fraction is not None]
    assert written == sorted(written)
    assert written[-1] > 0.9
    qtbot.waitUntil(lambda: not second.findChildren(EngineProcess))

    merging.merge((entry,), model, "Never finished")
    qtbot.waitUntil(lambda: bool(second.process_id), timeout=LONG_MS)
    with qtbot.waitSignal(merging.ended, timeout=LONG_MS):
        qtbot.waitUntil(lambda: steps[-1] not in (None, 0.0), timeout=LONG_MS)
        merging.stop()
    assert [path.name for path in Path(found.model.path).parent.iterdir()] == ["Starter and miller.gguf"]
    merging.close()
    models.close()
