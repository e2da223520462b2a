"""Merging a stack into a new model, in an engine process that is there only as long as it is needed."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AdapterScale
from desktop_app.errors import UserError
from desktop_app.jobs.engine_process import EngineProcess
from desktop_app.jobs.merging import READING_N_CTX
from desktop_app.library.catalog import SOURCE_MERGED
from desktop_app.library.upkeep import is_kept_here
from desktop_app.storage.records import StackEntry


@pytest.fixture
def merged(qtbot, merging, tiny, pair):
    """Merge and return the result."""

    def merged(name="Both in one"):
        with qtbot.waitSignal(merging.merged) as signal:
            merging.merge(pair, tiny, name)
        return signal.args[0]

    return merged


@pytest.fixture
def refused(qtbot, merging, tiny, pair):
    """Try to merge and return why it failed."""

    def refused(name="Both in one", entries=pair):
        with qtbot.waitSignal(merging.failed) as signal:
            merging.merge(entries, tiny, name)
        assert not merging.is_merging
        return signal.args[0].sentence

    return refused


def test_a_model_is_made_entered_and_measured(qtbot, merged, models, tiny, pair, second, data_folder, adapters):
    found = merged()
    out = data_folder.models / "merged models" / "Both in one.gguf"
    assert (found.model.name, found.model.path, found.model.source) == ("Both in one", str(out), SOURCE_MERGED)
    assert is_kept_here(found.model, data_folder.models)
    qtbot.waitUntil(lambda: found.model.id in {model.id for model in models.models})
    stack = tuple(AdapterScale(adapters.find(entry.sha256).path, entry.scale) for entry in pair)
    assert second.merged == [(tiny.path, stack, str(out))]
    assert second.compared == [((), stack, ""), (stack, (), str(out))]
    assert found.sentence.startswith("The merged model does what the stack does")


def test_what_was_lost_is_said(merged, second):
    second.effects[1] = replace(second.effects[1], kl=0.15, other_nll=2.45)
    assert "Merging has lost most of what the adapters do" in merged().sentence


def test_the_process_is_there_only_as_long_as_it_is_needed(qtbot, merged, merging, second, sent):
    assert second.engine.process_id == 0
    merged()
    assert second.engine.process_id == 0
    qtbot.waitUntil(lambda: not second.engine.findChildren(EngineProcess))
    (load,) = [command for command in sent if type(command).__name__ == "Load"]
    assert load.settings == LoadSettings(n_ctx=READING_N_CTX)
    second.compared.clear()
    assert merged("Once more").model.name == "Once more"  # the next one starts another


def test_how_far_it_is_is_told(merged, merging):
    steps = []
    merging.progressed.connect(steps.append)
    merged()
    assert [step.words for step in steps] == [
        "Beginning to merge",
        "Writing the model, 50%",
        "Measuring what merging has kept",
    ]
    assert steps[-1].fraction is None


def test_a_model_that_cannot_be_measured_is_there_all_the_same(merged, second):
    second.trouble_when_comparing = UserError("There is not enough memory.", "Close other programs.")
    found = merged()
    assert Path(found.model.path).is_file()
    assert found.sentence == (
        "It was not measured what merging has kept of the adapters. There is not enough memory. Close other programs."
    )


def test_what_cannot_be_merged_is_told(refused, merged, second, pair, monkeypatch):
    second.answer = UserError("It has weights that cannot be written anew.")
    assert refused() == "It has weights that cannot be written anew."
    assert "cannot be called “a/b”" in refused("a/b")
    assert "not in the library" in refused(entries=(*pair, StackEntry("0" * 64, "Gone")))
    monkeypatch.setattr("desktop_app.library.transfer.SPARE_BYTES", 1 << 62)
    assert "the disk has" in refused()


def test_it_can_be_stopped(qtbot, merging, tiny, pair, second, data_folder):
    second.fraction = 0.3
    told = []
    merging.failed.connect(told.append)
    merging.merged.connect(told.append)
    merging.merge(pair, tiny, "Half")
    merging.merge(pair, tiny, "One at a time")
    qtbot.waitUntil(lambda: bool(second.merged))
    with qtbot.waitSignal(merging.ended):
        merging.stop()
    assert (second.stopped, told, merging.is_merging) == ([1], [], False)
    merging.stop()
    merging.merge(pair, tiny, "At once")
    with qtbot.waitSignal(merging.ended):
        merging.stop()
    assert len(second.merged) == 1


def test_measuring_can_be_stopped_and_the_model_stays(qtbot, merging, tiny, pair, second):
    second.waits_when_comparing = True
    merging.merge(pair, tiny, "Whole")
    qtbot.waitUntil(lambda: bool(second.compared))
    with qtbot.waitSignal(merging.merged) as signal:
        merging.stop()
    assert second.stopped == [2]
    assert signal.args[0].sentence == "It was not measured what merging has kept of the adapters."
    assert Path(signal.args[0].model.path).is_file()


def test_the_window_can_be_closed_meanwhile(qtbot, merging, tiny, pair, second):
    second.fraction = 0.3
    merging.merge(pair, tiny, "Half")
    qtbot.waitUntil(lambda: bool(second.merged))
    merging.close()
    assert not merging.is_merging
