"""The adapters of the library: where they come from, whether they are there, and for which model they are."""

import threading
from pathlib import Path

import pytest

from desktop_app.adapters.catalog import add_adapter
from desktop_app.adapters.verdict import Level
from desktop_app.jobs import adapter_library as module
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.library.catalog import SOURCE_FILE, add_model
from desktop_app.storage.records import RemoteFile, StackEntry
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.support.peft_files import CONFIG, WEIGHTS, peft_adapter

OTHER = Shape(n_embd=64, n_ff=64)
MANY = 200


@pytest.fixture
def library(store, background, data_folder):
    return AdapterLibrary(store, background, data_folder.adapters)


@pytest.fixture
def own(tmp_path):
    """Write an adapter file of the person's own."""

    def own(name="pirate", **about):
        return lora_adapter(**about).with_metadata(general__name=name).write(tmp_path / f"{name}.gguf")

    return own


@pytest.fixture
def tiny(ask, tmp_path):
    """A model in the library that the adapters fit."""
    return ask(lambda r: add_model(r.models, llama_model().write(tmp_path / "tiny.gguf")))


@pytest.fixture
def add(qtbot, library):
    """Have something added and listed; return its entry."""

    def add(path, model=None):
        with qtbot.waitSignal(library.changed), qtbot.waitSignal(library.added) as added:
            library.add(path, model)
        return added.args[0]

    return add


@pytest.fixture
def refusal(qtbot, library):
    """Do what is refused, and return the reason."""

    def refusal(do):
        with qtbot.waitSignal(library.refused) as refused:
            do()
        return refused.args[0].sentence

    return refusal


@pytest.fixture
def look(qtbot, library):
    def look(model):
        with qtbot.waitSignal(library.looked):
            library.look(model)

    return look


def written(folder, files):
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


# ------------------------------------------------------------ adding


def test_a_file_is_added_where_it_lies_and_listed(library, add, own):
    adapter = add(own())
    assert library.adapters == (adapter,)
    assert (adapter.name, adapter.path, library.missing) == ("pirate", str(own()), frozenset())
    assert library.find(adapter.sha256) == adapter
    assert library.find("00") is None


def test_a_peft_folder_is_converted_for_the_model(library, add, tiny, data_folder, tmp_path):
    folder = written(tmp_path / "haiku", peft_adapter())
    adapter = add(folder, tiny)
    assert (adapter.name, adapter.path) == ("haiku", str(data_folder.adapters / "haiku.gguf"))
    assert add(folder / CONFIG, tiny) == adapter
    assert library.adapters == (adapter,)


def test_what_cannot_be_added_is_told_and_the_list_stays(library, refusal, own, tiny, tmp_path):
    dora = written(tmp_path / "dora", peft_adapter(use_dora=True))
    empty = written(tmp_path / "empty", {})
    assert "DoRA" in refusal(lambda: library.add(dora, tiny))
    assert "no adapter_config.json" in refusal(lambda: library.add(empty, tiny))
    assert "is a model" in refusal(lambda: library.add(Path(tiny.path)))
    assert "not there any more" in refusal(lambda: library.add(tmp_path / "gone.gguf"))
    assert library.adapters == ()


def test_what_is_being_added_is_known_until_it_is_there_or_refused(qtbot, library, own, tmp_path):
    seen = []
    library.adding_changed.connect(lambda: seen.append([path.name for path in library.adding]))
    with qtbot.waitSignal(library.added):
        library.add(own())
    with qtbot.waitSignal(library.refused):
        library.add(tmp_path / "gone.gguf")
    assert seen == [["pirate.gguf"], [], ["gone.gguf"], []]


# ------------------------------------------------------------ gone, moved, removed


def test_a_deleted_file_is_shown_as_missing_and_found_where_it_was_moved(qtbot, library, add, own, refusal, tmp_path):
    adapter, other = add(own()), own("other", seed=2)
    moved = Path(adapter.path).rename(tmp_path / "moved.gguf")
    with qtbot.waitSignal(library.changed):
        library.refresh()
    assert library.missing == {adapter.id}
    assert "is another adapter than pirate" in refusal(lambda: library.find_at(adapter, other))
    assert "could not be read" in refusal(lambda: library.find_at(adapter, tmp_path / "gone.gguf"))
    with qtbot.waitSignal(library.changed):
        library.find_at(adapter, moved)
    assert (library.adapters[0].path, library.missing) == (str(moved), frozenset())


def test_one_that_cannot_be_reached_is_missing_and_takes_no_other_along(qtbot, library, add, own, ask, unreachable):
    far, here = add(own("far", seed=2)), add(own())
    ask(lambda r: r.adapters.set_path(far.id, str(unreachable), SOURCE_FILE))
    with qtbot.waitSignal(library.changed):
        library.refresh()
    assert {adapter.id for adapter in library.adapters} == {far.id, here.id}
    assert library.missing == {far.id}


def test_what_was_moved_away_is_the_persons_own(qtbot, library, add, tiny, tmp_path):
    """What it was converted from is beside it now, as far as its name says."""
    folder = written(tmp_path / "haiku", peft_adapter())
    adapter = add(folder, tiny)
    moved = Path(adapter.path).rename(folder / "haiku.gguf")
    with qtbot.waitSignal(library.changed):
        library.find_at(adapter, moved)
    with qtbot.waitSignal(library.told) as told:
        library.remove(library.adapters[0])
    assert told.args == [f"haiku was taken out of the library. Its file stays at {moved}."]
    assert {path.name for path in folder.iterdir()} == {"haiku.gguf", CONFIG, WEIGHTS}


def test_a_file_of_the_persons_own_stays_when_it_is_removed(qtbot, library, add, own):
    adapter = add(own())
    with qtbot.waitSignal(library.changed), qtbot.waitSignal(library.told) as told:
        library.remove(adapter)
    assert told.args == [f"pirate was taken out of the library. Its file stays at {adapter.path}."]
    assert library.adapters == ()
    assert Path(adapter.path).exists()


def test_what_is_kept_here_is_deleted(qtbot, library, add, tiny, tmp_path, data_folder):
    adapter = add(written(tmp_path / "haiku", peft_adapter()), tiny)
    with qtbot.waitSignal(library.changed), qtbot.waitSignal(library.told) as told:
        library.remove(adapter)
    assert told.args == ["haiku was deleted."]
    assert list(data_folder.adapters.iterdir()) == []


def test_what_cannot_be_deleted_is_told(library, add, tiny, tmp_path, refusal):
    adapter = add(written(tmp_path / "haiku", peft_adapter()), tiny)
    Path(adapter.path).unlink()
    Path(adapter.path).mkdir()
    assert "cannot be deleted" in refusal(lambda: library.remove(adapter))
    assert library.adapters == (adapter,)


def test_it_is_told_which_conversations_would_miss_it(qtbot, library, add, own, ask):
    adapter = add(own())
    ask(lambda r: r.chats.create(stack=(StackEntry(adapter.sha256, adapter.name),)))
    got = []
    library.usage(adapter, got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert got == [1]
    with qtbot.waitSignal(library.changed):
        library.refresh()
    assert library.uses == {adapter.sha256: 1}


# ------------------------------------------------------------ verdicts


def test_for_each_adapter_it_is_said_whether_it_is_for_the_model(library, add, own, look, tiny, ask, tmp_path):
    fitting, other = add(own()), add(own("wide", shape=OTHER))
    assert library.verdict(fitting) is None
    look(tiny)
    assert library.verdict(fitting).level == Level.UNVERIFIED
    assert library.verdict(other).level == Level.BLOCKED
    wide = ask(lambda r: add_model(r.models, llama_model(OTHER).write(tmp_path / "wide-model.gguf")))
    look(wide)
    assert library.verdict(fitting).level == Level.BLOCKED
    assert library.verdict(other).level == Level.UNVERIFIED
    look(None)
    assert library.verdict(fitting) is None


def test_where_a_model_is_from_counts(library, add, own, look, ask, tmp_path):
    adapter = own("haiku").with_suffix(".2.gguf")
    base = {"general.base_model.0.repo_url": "https://huggingface.co/who/Small"}
    file = lora_adapter()
    type(file)((*file.metadata, *base.items()), file.tensors).write(adapter)
    found = add(adapter)
    where = {"repo": "q/Small-GGUF", "files": (RemoteFile("small.gguf", 1),)}
    facts = {"quant_type": "F32", "n_params": 1, "n_ctx_train": 1, "source": "hub", "architecture": "llama"}
    path = llama_model().write(tmp_path / "x.gguf")
    for more, level in (({}, Level.UNVERIFIED), (where, Level.DECLARED)):
        look(ask(lambda r, more=more: r.models.add(name="x", path=str(path), size_bytes=1, **facts, **more)))
        assert library.verdict(found).level == level


def test_a_new_adapter_is_looked_at_too(qtbot, library, add, own, look, tiny):
    look(tiny)
    with qtbot.waitSignals([library.changed, library.looked], order="strict"):
        library.add(own())
    assert library.verdict(library.adapters[0]).level == Level.UNVERIFIED


def test_a_file_that_was_spoiled_or_deleted_says_so(qtbot, library, add, own, look, tiny):
    adapter = add(own())
    look(tiny)
    Path(adapter.path).write_bytes(b"GGUF")
    look(tiny)
    assert library.verdict(adapter).level == Level.BLOCKED
    Path(adapter.path).unlink()
    look(tiny)
    assert "not there any more" in library.verdict(adapter).sentence


def test_a_verdict_that_comes_late_is_not_shown(library, add, own, tiny, monkeypatch, pool_rests):
    adapter = add(own())
    may_end, judge = threading.Event(), module._judge

    def slow(adapter, model):
        assert may_end.wait(60)
        return judge(adapter, model)

    monkeypatch.setattr(module, "_judge", slow)
    library.look(tiny)
    library.look(None)
    may_end.set()
    pool_rests()
    assert library.verdict(adapter) is None


def test_a_list_that_comes_late_is_not_shown(qtbot, library, add, own, monkeypatch, pool_rests):
    """Else what was removed meanwhile would be back on the screen."""
    adapter = add(own())
    may_end, find_missing = threading.Event(), module.missing

    def slow(adapters):
        assert not adapters or may_end.wait(60)
        return find_missing(adapters)

    monkeypatch.setattr(module, "missing", slow)
    library.refresh()
    with qtbot.waitSignal(library.changed):
        library.remove(adapter)
    may_end.set()
    pool_rests()
    assert library.adapters == ()


def test_hundreds_of_adapters_do_not_stop_the_window(qtbot, library, ask, own, tiny, monkeypatch):
    """None of them is looked at in its thread, and a second look at them reads nothing again."""
    paths = [own(f"a{number}", seed=number, rank=1) for number in range(MANY)]
    ask(lambda r: [add_adapter(r.adapters, path) for path in paths])
    threads, judge, find_missing = set(), module._judge, module.missing

    def noted(work):
        def work_and_note(*args):
            threads.add(threading.current_thread())
            return work(*args)

        return work_and_note

    monkeypatch.setattr(module, "_judge", noted(judge))
    monkeypatch.setattr(module, "missing", noted(find_missing))
    library.look(tiny)
    library.refresh()
    qtbot.waitUntil(lambda: len(library.adapters) == MANY and all(map(library.verdict, library.adapters)))
    assert threads
    assert threading.main_thread() not in threads
    reads = module._judge_once.cache_info().misses
    with qtbot.waitSignal(library.looked):
        library.look(tiny)
    assert module._judge_once.cache_info().misses == reads


# ------------------------------------------------------------ conflict


def test_of_two_adapters_it_is_said_whether_they_get_in_each_others_way(qtbot, library, add, own):
    first, second = add(own()), add(own("haiku", seed=2))
    told, failed = [], []
    library.conflict(first, second, lambda *what: told.append(what), failed.append)
    qtbot.waitUntil(lambda: bool(told))
    found, sentence = told[0]
    assert (found.shared_weights, abs(found.cosine) < 0.5) == (7, True)
    assert "“pirate” and “haiku”" in sentence
    Path(second.path).unlink()
    library.conflict(first, second, lambda *what: told.append(what), failed.append)
    qtbot.waitUntil(lambda: len(told) == 2)  # what was found out before needs no file
    library.conflict(second, first, lambda *what: told.append(what), failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert "not there any more" in failed[0].sentence


def test_two_adapters_that_no_model_can_have_both_are_not_compared(qtbot, library, add, own):
    failed = []
    library.conflict(add(own()), add(own("wide", shape=Shape(n_embd=64))), lambda *what: None, failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert "were made for different models" in failed[0].sentence
