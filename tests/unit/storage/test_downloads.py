"""The queue of downloads is kept in the order in which they were asked for, and is there again after a restart."""

import pytest

from desktop_app.errors import UserError
from desktop_app.storage.database import Database
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from desktop_app.storage.records import Download, DownloadState, RemoteFile

FILES = (RemoteFile("a/m-00001-of-00002.gguf", 5, "ab" * 32), RemoteFile("a/m-00002-of-00002.gguf", 7))


@pytest.fixture
def downloads(database, clock):
    return Downloads(database, clock)


def add(downloads, name="m", files=FILES, **where):
    return downloads.add(name=name, files=files, **{"repo": "owner/name", "revision": "abc", "license": "mit", **where})


def test_a_download_is_kept_with_everything_about_it(downloads):
    added = add(downloads)
    assert added == Download(
        1, "m", "owner/name", "abc", "mit", FILES, DownloadState.WAITING, "", created_at=1_000_000_001.0
    )
    assert added.size_bytes == 12
    assert downloads.get(added.id) == added
    assert downloads.list_downloads() == (added,)


def test_an_adapter_is_kept_with_the_model_it_was_looked_for(downloads, database):
    model = Models(database).add(
        name="m",
        path="/m.gguf",
        size_bytes=1,
        architecture="llama",
        quant_type="Q4_0",
        n_params=1,
        n_ctx_train=1,
        source="file",
    )
    added = add(downloads, kind="adapter", model_id=model.id)
    assert (added.kind, added.model_id) == ("adapter", model.id)
    Models(database).remove(model.id)
    assert downloads.get(added.id).model_id is None
    assert (add(downloads, files=FILES[:1]).kind, add(downloads, files=FILES[:1]).model_id) == ("model", None)


def test_a_copy_is_from_no_repository(downloads):
    added = downloads.add(name="m", files=[RemoteFile("/here/ä.gguf", 5)])
    assert (added.repo, added.revision, added.license) == ("", "", "")
    assert added.files == (RemoteFile("/here/ä.gguf", 5),)


def test_the_order_is_the_one_of_asking_whatever_the_clock_does(downloads, clock):
    for name in ("first", "second", "third"):
        add(downloads, name, [RemoteFile(name, 1)])
        clock.now -= 1_000_000
    assert [download.name for download in downloads.list_downloads()] == ["first", "second", "third"]


def test_the_state_and_what_is_to_be_said_are_kept(downloads):
    added = add(downloads)
    downloads.set_state(added.id, DownloadState.FAILED, "The Hub has withdrawn it.")
    kept = downloads.get(added.id)
    assert (kept.state, kept.note) == (DownloadState.FAILED, "The Hub has withdrawn it.")
    downloads.set_state(added.id, DownloadState.PAUSED)
    kept = downloads.get(added.id)
    assert (kept.state, kept.note) == (DownloadState.PAUSED, "")


@pytest.mark.parametrize("state", DownloadState)
def test_the_same_asked_for_again_goes_on_and_is_no_second_one(downloads, state):
    added = add(downloads)
    downloads.set_state(added.id, state, "a note")
    again = add(downloads, "another name")
    assert (again.id, again.name, again.state, again.note) == (added.id, "m", DownloadState.WAITING, "")
    assert len(downloads.list_downloads()) == 1


def test_one_that_is_about_to_be_removed_is_not_taken_up_again(downloads):
    leaving = add(downloads)
    downloads.set_state(leaving.id, DownloadState.PAUSED)
    again = add(downloads, leaving={leaving.id})
    assert again.id != leaving.id
    assert downloads.get(leaving.id).state == DownloadState.PAUSED


@pytest.mark.parametrize("change", [{"revision": "def"}, {"repo": "other/name"}, {"files": FILES[:1]}])
def test_another_version_is_another_download(downloads, change):
    add(downloads)
    add(downloads, **change)
    assert len(downloads.list_downloads()) == 2


def test_a_removed_one_is_gone_and_its_number_is_never_used_again(downloads):
    added = add(downloads)
    downloads.remove(added.id)
    assert downloads.list_downloads() == ()
    with pytest.raises(UserError, match="no longer in the list"):
        downloads.get(added.id)
    assert add(downloads).id == added.id + 1
    downloads.remove(999)
    downloads.set_state(999, DownloadState.PAUSED)


def test_the_queue_is_there_again_after_a_restart(downloads, database, tmp_path):
    added = add(downloads)
    downloads.set_state(added.id, DownloadState.PAUSED)
    database.close()
    again = Database.open(tmp_path / "moatless.db")
    (kept,) = Downloads(again).list_downloads()
    again.close()
    assert (kept.name, kept.files, kept.state) == ("m", FILES, DownloadState.PAUSED)


def test_names_in_any_language_are_kept(downloads):
    files = (RemoteFile("模型/千问 “8B” 🦙.gguf", 5),)
    assert add(downloads, "千问", files).files == files
