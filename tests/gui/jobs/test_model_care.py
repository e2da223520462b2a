"""What a person does with one model of the library: check it, renew it, find it again, delete it."""

import threading
from pathlib import Path

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.jobs import model_care as module
from desktop_app.jobs.model_care import ModelCare, Usage
from desktop_app.library.catalog import add_model
from desktop_app.storage.records import ModelDefaults
from tests.support.downloading import files_of, filled
from tests.support.hub import Faults

REPO = "owner/name"
NAME = "tiny-Q4_0.gguf"
MODEL = filled(1).to_bytes()
EYES = {"mmproj-F16.gguf": b"GGUF" * 1000}
HANG_MS = 60_000


@pytest.fixture
def care(qtbot, downloading):
    care = ModelCare(downloading.store, downloading.background, downloading.connection, downloading.folder.models)
    yield care
    care.close()


@pytest.fixture
def download(qtbot, hub, downloading):
    """Have a model downloaded and return it."""

    def download(files=None, name="tiny"):
        repo = hub.add_repo(REPO, {NAME: MODEL, **EYES} if files is None else files)
        with qtbot.waitSignal(downloading.queue.finished, timeout=HANG_MS) as finished:
            downloading.queue.add(name, files_of(repo), REPO, repo.sha)
        return finished.args[0]

    return download


@pytest.fixture
def own(ask_store, tmp_path):
    """A model of the person's own, where it lies."""
    path = tmp_path / "own.gguf"
    path.write_bytes(MODEL)
    return ask_store(lambda r: add_model(r.models, path))


# ------------------------------------------------------------ checking


def test_a_model_that_is_unchanged_is_said_to_be(qtbot, care, download, ask_store):
    model = download()
    told = []
    care.told.connect(told.append)
    with qtbot.waitSignals([care.told, care.changed], timeout=HANG_MS):
        care.verify(model)
        assert care.verification(model) is not None
    assert told[0] == "tiny-Q4_0 is unchanged: every byte is as it was when it came."
    assert care.verification(model) is None
    assert ask_store(lambda r: r.models.get(model.id)).verified_at > model.verified_at


@pytest.mark.parametrize("name", [NAME, *EYES])
def test_a_damaged_file_is_told_whichever_it_is(qtbot, care, download, ask_store, name):
    model = download()
    path = Path(model.path).with_name(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with qtbot.waitSignal(care.damaged, timeout=HANG_MS) as damaged:
        care.verify(model)
    assert damaged.args[0] == model
    assert f"“{name}” is not what it was" in damaged.args[1].sentence
    assert ask_store(lambda r: r.models.get(model.id)).verified_at == model.verified_at


def test_a_hash_is_noted_where_there_was_none(qtbot, care, own, ask_store):
    with qtbot.waitSignals([care.told, care.changed], timeout=HANG_MS):
        care.verify(own)
    noted = ask_store(lambda r: r.models.get(own.id))
    assert len(noted.sha256) == 64
    assert noted.verified_at is not None
    with qtbot.waitSignal(care.told, timeout=HANG_MS) as told:
        care.verify(noted)
    assert "is unchanged" in told.args[0]


def test_checking_can_be_stopped_and_says_nothing_then(qtbot, care, own, monkeypatch):
    may_begin = threading.Event()

    def verify(*arguments):
        may_begin.wait()
        return module_verify(*arguments)

    module_verify = module.verify
    monkeypatch.setattr(module, "verify", verify)
    with qtbot.assertNotEmitted(care.told):
        care.verify(own)
        care.stop_verifying(own)
        may_begin.set()
        qtbot.waitUntil(lambda: care.verification(own) is None, timeout=HANG_MS)
    care.stop_verifying(own)


def test_a_model_is_not_checked_twice_at_once(qtbot, care, own):
    verified = []
    care.told.connect(verified.append)
    care.verify(own)
    care.verify(own)
    qtbot.waitUntil(lambda: care.verification(own) is None, timeout=HANG_MS)
    assert len(verified) == 1


# ------------------------------------------------------------ another version


@pytest.fixture
def update(qtbot, care):
    def update(model):
        got = []
        care.look_for_update(model, got.append, got.append)
        qtbot.waitUntil(lambda: bool(got), timeout=HANG_MS)
        return got[0]

    return update


def test_a_new_version_is_found_and_comes_in_place_of_the_old_one(qtbot, hub, care, downloading, download, update):
    model = download()
    assert update(model) is None
    hub.change_file(REPO, NAME, filled(2).to_bytes())
    found = update(model)
    assert (found.repo.revision, found.offer.name) == (hub.repos[REPO].sha, "tiny-Q4_0")
    with qtbot.waitSignal(downloading.queue.finished, timeout=HANG_MS) as finished:
        downloading.queue.add_offer(found.repo, found.offer)
    renewed = finished.args[0]
    assert (renewed.id, renewed.path) == (model.id, model.path)
    assert renewed.sha256 != model.sha256
    assert Path(renewed.path).read_bytes() == filled(2).to_bytes()
    assert update(renewed) is None


def test_other_changes_of_a_repository_are_no_new_version(hub, download, update):
    model = download()
    hub.change_file(REPO, "README.md", b"# New words")
    hub.change_file(REPO, "other-Q8_0.gguf", filled(3).to_bytes())
    assert update(model) is None


def test_a_file_that_is_not_offered_any_more_is_no_new_version(hub, download, update):
    model = download()
    hub.add_repo(REPO, {"renamed-Q4_0.gguf": filled(2).to_bytes()})
    assert update(model) is None


def test_trouble_of_the_hub_goes_to_who_asked_or_is_told(qtbot, hub, care, download, update):
    model = download()
    hub.faults = Faults(statuses=[503, 503])
    assert "trouble of its own" in update(model).sentence
    with qtbot.waitSignal(care.refused, timeout=HANG_MS):
        care.look_for_update(model, lambda _update: None)


# ------------------------------------------------------------ found again and deleted


def test_a_model_that_was_moved_is_the_same_again(qtbot, care, own, ask_store, tmp_path):
    moved = Path(own.path).rename(tmp_path / "moved.gguf")
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        care.find_at(own, moved)
    assert ask_store(lambda r: r.models.get(own.id)).path == str(moved)


def test_another_model_is_not_taken_for_it(qtbot, care, own, ask_store, tmp_path):
    other = tmp_path / "other.gguf"
    other.write_bytes(b"nothing")
    with qtbot.waitSignal(care.refused, timeout=HANG_MS):
        care.find_at(own, other)
    assert ask_store(lambda r: r.models.get(own.id)).path == own.path


def test_another_model_of_the_same_size_is_not_taken_for_it(qtbot, care, download, ask_store, tmp_path):
    """As another fine-tuning of the same model is."""
    model = download()
    other = filled(2).write(tmp_path / NAME)
    with qtbot.waitSignal(care.refused, timeout=HANG_MS) as refused:
        care.find_at(model, other)
    assert "is another model than tiny-Q4_0" in refused.args[0].sentence
    assert ask_store(lambda r: r.models.get(model.id)).path == model.path


def test_what_was_moved_away_is_the_persons_own_and_known_by_its_content(qtbot, care, download, ask_store, tmp_path):
    """Eyes that lie beside it now may be those of another model."""
    model, eyes = download(), tmp_path / "mmproj-F16.gguf"
    eyes.write_bytes(b"GGUF of another model")
    moved = Path(model.path).rename(tmp_path / NAME)
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        care.find_at(model, moved)
    found = ask_store(lambda r: r.models.get(model.id))
    assert (found.path, found.source, found.sha256, found.repo) == (str(moved), "file", model.sha256, REPO)
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        care.delete(found)
    assert (moved.exists(), eyes.exists()) == (False, True)


def test_what_deleting_means_is_told_before(qtbot, care, download, ask_store):
    model = download()
    ask_store(lambda r: r.chats.set_model(r.chats.create().id, model.id))
    got = []
    care.usage(model, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=HANG_MS)
    assert got == [Usage(len(MODEL) + 4000, 1)]


def test_a_deleted_model_is_gone_and_conversations_stay(qtbot, care, downloading, download, ask_store):
    model = download()
    conversation = ask_store(lambda r: r.chats.create())
    ask_store(lambda r: r.chats.set_model(conversation.id, model.id))
    with qtbot.waitSignals([care.changed, care.told], timeout=HANG_MS):
        care.delete(model)
    assert list(downloading.folder.models.iterdir()) == []
    assert ask_store(lambda r: r.models.list_models()) == ()
    assert ask_store(lambda r: r.chats.get(conversation.id)).model_id is None


def test_what_another_model_has_as_well_stays(qtbot, care, download, ask_store):
    model = download()
    other = download({"other-Q8_0.gguf": filled(4).to_bytes(), **EYES}, "other")
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        care.delete(model)
    assert sorted(path.name for path in Path(other.path).parent.iterdir()) == ["mmproj-F16.gguf", "other-Q8_0.gguf"]
    assert ask_store(lambda r: r.models.list_models()) == (other,)


def test_what_cannot_be_deleted_is_still_in_the_library(qtbot, care, own, ask_store):
    Path(own.path).unlink()
    Path(own.path).mkdir()
    with qtbot.waitSignal(care.refused, timeout=HANG_MS) as refused:
        care.delete(own)
    assert "cannot be deleted" in refused.args[0].sentence
    assert ask_store(lambda r: r.models.list_models()) == (own,)


def test_a_model_in_use_is_let_go_of_before_it_is_deleted(qtbot, downloading, own, ask_store):
    released = []
    care = ModelCare(
        downloading.store,
        downloading.background,
        downloading.connection,
        downloading.folder.models,
        lambda model, then: released.append((model, Path(model.path).exists(), then)),
    )
    care.delete(own)
    ((model, was_there, then),) = released
    assert (model, was_there) == (own, True)
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        then()
    assert not Path(own.path).exists()


def test_what_chats_begin_with_is_kept(qtbot, care, own, ask_store):
    defaults = ModelDefaults("Be brief.", SamplerSettings(temperature=0.1), 1024)
    with qtbot.waitSignal(care.changed, timeout=HANG_MS):
        care.set_defaults(own, defaults)
    assert ask_store(lambda r: r.models.get(own.id)).defaults == defaults


def test_closing_ends_a_check(qtbot, downloading, care, own):
    care.verify(own)
    care.close()
    downloading.close()
