"""Models that are on this computer already: what appears in the watched folder is in the library by itself."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from desktop_app.jobs import model_finder as module
from desktop_app.jobs.model_finder import ModelFinder
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.elsewhere import FoundModel
from desktop_app.settings import options
from tests.support.gguf_files import Shape, llama_model, split_model
from tests.support.rights import not_the_owner

MODEL = llama_model()
HANG_MS = 60_000


@pytest.fixture
def preferences(data_folder, background):
    return Preferences(data_folder, background)


@pytest.fixture
def finder(store, background, preferences):
    finder = ModelFinder(store, background, preferences)
    finder._calm.setInterval(10)
    yield finder
    finder.close()


@pytest.fixture
def until(qtbot):
    return lambda condition: qtbot.waitUntil(condition, timeout=HANG_MS)


@pytest.fixture
def models(ask):
    return lambda: {Path(model.path).name: model for model in ask(lambda r: r.models.list_models())}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    return folder


@pytest.fixture
def watched(qtbot, finder, preferences, folder, until):
    """The folder, watched."""
    preferences.set(options.WATCHED_FOLDER, str(folder))
    until(lambda: str(folder) in finder._watcher.directories())
    return folder


# ------------------------------------------------------------ the watched folder


def test_what_is_there_is_taken_in_where_it_lies(qtbot, finder, preferences, folder, models):
    path = MODEL.write(folder / "there.gguf")
    inner = folder / "inner" / "deeper"
    inner.mkdir(parents=True)
    MODEL.write(inner / "deep.gguf")
    (folder / "notes.txt").write_text("no model")
    (folder / "broken.gguf").write_bytes(b"GGUF and nothing else")
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        preferences.set(options.WATCHED_FOLDER, str(folder))
    assert sorted(models()) == ["deep.gguf", "there.gguf"]
    assert (models()["there.gguf"].path, models()["there.gguf"].source) == (str(path), "folder")


def test_what_appears_is_taken_in(qtbot, finder, watched, models):
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "new.gguf")
    assert list(models()) == ["new.gguf"]


def test_what_appears_in_a_new_folder_is_taken_in_too(qtbot, finder, watched, models, until):
    (watched / "inner").mkdir()
    until(lambda: str(watched / "inner") in finder._watcher.directories())
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "inner" / "new.gguf")
    assert list(models()) == ["new.gguf"]


def test_what_is_renamed_to_a_model_is_taken_in(qtbot, finder, watched, models):
    MODEL.write(watched / "new.gguf.part")
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        (watched / "new.gguf.part").rename(watched / "new.gguf")
    assert list(models()) == ["new.gguf"]


def test_what_is_copied_slowly_is_taken_in_once_it_is_whole(qtbot, finder, watched, models, until):
    path = watched / "slow.gguf"
    data = MODEL.to_bytes()
    path.write_bytes(data[:1000])
    until(lambda: str(path) in finder._watcher.files())
    assert models() == {}
    with path.open("ab") as file:
        file.write(data[1000:5000])
        file.flush()
        qtbot.waitSignal(finder._calm.timeout, timeout=HANG_MS).wait()
        until(lambda: str(path) in finder._watcher.files())
        assert models() == {}
        with qtbot.waitSignal(finder.added, timeout=HANG_MS):
            file.write(data[5000:])
            file.flush()
    assert list(models()) == ["slow.gguf"]


def test_what_grows_while_it_is_looked_at_is_looked_at_again(qtbot, finder, watched, models, monkeypatch):
    path = watched / "slow.gguf"
    data = MODEL.to_bytes()
    add_model = module.add_model

    def grow_after(*arguments):
        try:
            return add_model(*arguments)
        finally:
            path.write_bytes(data)

    monkeypatch.setattr(module, "add_model", grow_after)
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        path.write_bytes(data[:1000])
    assert list(models()) == ["slow.gguf"]


def test_a_model_in_parts_is_taken_in_once_the_last_is_whole(qtbot, finder, watched, models, tmp_path, until):
    parts = split_model(MODEL, tmp_path, "m", 2)
    for part in parts[:1]:
        shutil.copy(part, watched)
    data = parts[1].read_bytes()
    last = watched / parts[1].name
    last.write_bytes(data[: len(data) // 2])
    until(lambda: str(last) in finder._watcher.files())
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        last.write_bytes(data)
    assert list(models()) == [parts[0].name]


def test_a_model_that_was_moved_is_recognized(qtbot, finder, watched, models, ask):
    inner = watched / "inner"
    inner.mkdir()
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "m.gguf")
    before = models()["m.gguf"]
    ask(lambda r: r.models.set_speed(before.sha256, 5.0))
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        (watched / "m.gguf").rename(inner / "m.gguf")
    after = models()["m.gguf"]
    assert (after.id, after.path) == (before.id, str(inner / "m.gguf"))


def test_what_passes_for_the_one_that_was_moved_does_not_have_its_hash(qtbot, finder, watched, models, ask):
    """Another one of the same name and size may be another fine-tuning of the same model."""
    (watched / "inner").mkdir()
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "m.gguf")
    before = models()["m.gguf"]
    ask(lambda r: (r.models.set_sha256(before.id, "ab" * 32), r.models.set_verified(before.id)))
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        (watched / "m.gguf").rename(watched / "inner" / "m.gguf")
    after = models()["m.gguf"]
    assert (after.id, after.sha256, after.verified_at) == (before.id, "", None)


def test_a_model_in_parts_that_was_moved_is_recognized_too(qtbot, finder, watched, models):
    inner = watched / "inner"
    inner.mkdir()
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        parts = split_model(MODEL, watched, "m", 2)
    before = models()[parts[0].name]
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        for part in reversed(parts):
            part.rename(inner / part.name)
    after = models()[parts[0].name]
    assert (after.id, after.path) == (before.id, str(inner / parts[0].name))


def test_two_copies_of_what_was_moved_are_one_model_and_another(qtbot, finder, watched, models, ask):
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "m.gguf")
    finder._calm.setInterval(HANG_MS)  # nobody looks before all of it has happened
    for name in ("a", "b"):
        (watched / name).mkdir()
        shutil.copy(watched / "m.gguf", watched / name / "m.gguf")
    (watched / "m.gguf").unlink()
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        finder.scan()
    paths = {Path(model.path).parent.name for model in ask(lambda r: r.models.list_models())}
    assert paths == {"a", "b"}


def test_another_model_under_the_same_name_is_another_one(qtbot, finder, watched, models, ask):
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "m.gguf")
    (watched / "inner").mkdir()
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        (watched / "m.gguf").unlink()
        llama_model(Shape(n_layer=2)).write(watched / "inner" / "m.gguf")
    assert len(ask(lambda r: r.models.list_models())) == 2


def test_what_is_deleted_stays_listed(finder, qtbot, watched, models, until):
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "m.gguf")
    with qtbot.waitSignal(finder._calm.timeout, timeout=HANG_MS):
        (watched / "m.gguf").unlink()
    until(lambda: str(watched) in finder._watcher.directories())
    assert list(models()) == ["m.gguf"]


def test_another_folder_takes_the_place_of_the_first(qtbot, finder, preferences, watched, tmp_path, models, until):
    other = tmp_path / "other"
    other.mkdir()
    preferences.set(options.WATCHED_FOLDER, str(other))
    until(lambda: finder._watcher.directories() == [str(other)])
    MODEL.write(watched / "not_seen.gguf")
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(other / "seen.gguf")
    assert list(models()) == ["seen.gguf"]
    preferences.set(options.WATCHED_FOLDER, "")
    assert finder._watcher.directories() == []


def test_a_folder_that_is_not_wanted_any_more_is_not_taken_in(finder, preferences, background, folder, models, until):
    MODEL.write(folder / "m.gguf")
    preferences.set(options.WATCHED_FOLDER, str(folder))
    preferences.set(options.WATCHED_FOLDER, "")
    done = []
    for _ in range(6):  # as many as run at once
        background.run_long(lambda: None, done.append)
    until(lambda: len(done) == 6)
    assert models() == {}
    assert finder._watcher.directories() == []


@pytest.mark.parametrize("name", ["gone", "file"])
def test_a_folder_that_is_none_is_no_trouble(finder, preferences, folder, models, name, background, until):
    (folder / "file").write_text("no folder")
    done = []
    preferences.set(options.WATCHED_FOLDER, str(folder / name))
    background.run_long(lambda: None, done.append)
    until(lambda: bool(done))
    assert models() == {}


def test_a_folder_that_does_not_answer_is_no_trouble(qtbot, finder, preferences, unreachable, background, until):
    told, done = [], []
    background.trouble.connect(told.append)
    preferences.set(options.WATCHED_FOLDER, str(unreachable.parent))
    background.run_long(lambda: None, done.append)
    until(lambda: bool(done))
    assert told == []


def test_a_folder_that_may_not_be_listed_is_no_trouble():
    with TemporaryDirectory() as folder:  # not tmp_path, which only its owner can look into
        Path(folder).chmod(0o311)
        with not_the_owner():
            assert module._look_into(Path(folder)) == ((), ())
        Path(folder).chmod(0o755)


def test_a_model_that_cannot_be_reached_keeps_no_other_out(qtbot, finder, watched, models, ask, unreachable):
    facts = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q8_0", "n_params": 1, "n_ctx_train": 1}
    ask(lambda r: r.models.add(name="far", path=str(unreachable), source="file", **facts))
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        MODEL.write(watched / "new.gguf")
    assert "new.gguf" in models()


# ------------------------------------------------------------ other programs


def test_models_of_other_programs_are_shown_but_those_of_the_library(qtbot, finder, watched, models, monkeypatch):
    with qtbot.waitSignal(finder.added, timeout=HANG_MS):
        known = MODEL.write(watched / "known.gguf")
    elsewhere = watched.parent / "elsewhere"
    elsewhere.mkdir()
    new = MODEL.write(elsewhere / "new.gguf")
    broken = elsewhere / "broken.gguf"
    broken.write_bytes(b"GGUF")
    found = tuple(FoundModel(path, "Somebody", path.stem, 5) for path in (known, new, broken))
    monkeypatch.setattr(module, "find_elsewhere", lambda: found)
    with qtbot.waitSignal(finder.found, timeout=HANG_MS):
        finder.look_elsewhere()
    assert [each.path for each in finder.elsewhere] == [new]
