"""The queue of downloads: what is asked for ends in the library, and what is canceled leaves nothing behind."""

import hashlib
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop_app.jobs import downloads as module
from desktop_app.jobs.downloads import Phase
from desktop_app.library import transfer
from desktop_app.library.browse import choose_offer
from desktop_app.storage.records import RemoteFile
from tests.gui.jobs.downloads.steps import HANG_MS, MODEL, NAME, REPO, item, names, phase, slowed
from tests.support.downloading import filled, split_and_filled
from tests.support.gguf_files import llama_model
from tests.support.hub import Faults

# ------------------------------------------------------------ into the library


def test_what_is_asked_for_comes_into_the_library_whole_and_checked(
    hub, data_folder, queue, add, finished, until, ask_store
):
    folder = add()
    until(lambda: finished)
    (model,) = ask_store(lambda r: r.models.list_models())
    assert model == finished[0]
    assert model.path == str(folder / NAME)
    sha256 = hashlib.sha256(MODEL).hexdigest()
    assert (model.name, model.source, model.license) == ("tiny-Q4_0", "hub", "mit")
    assert (model.repo, model.revision) == (REPO, hub.repos[REPO].sha)
    assert model.files == (RemoteFile(NAME, len(MODEL), sha256),)
    assert model.sha256 == sha256
    assert model.verified_at is not None
    assert Path(model.path).read_bytes() == MODEL
    until(lambda: not queue.items)
    assert names(data_folder.models) == ["owner", "owner/name", f"owner/name/{NAME}"]
    assert ask_store(lambda r: r.downloads.list_downloads()) == ()
    assert hub.bytes_sent == len(MODEL)


def test_a_model_that_is_here_already_is_only_checked(hub, queue, add, finished, until):
    add()
    until(lambda: finished and not queue.items)
    hub.requests.clear()
    add()
    until(lambda: len(finished) == 2)
    assert finished[0].id == finished[1].id
    assert hub.requests == []


def test_an_offer_is_asked_for_with_all_that_is_known_of_it(hub, downloading, queue, finished, until):
    hub.add_repo(REPO, {NAME: MODEL, "mmproj-F16.gguf": b"GGUF" * 100}, license="gemma")
    downloading.background.run_long(
        lambda: choose_offer(downloading.connection.hub(), REPO, "Q4_0"), lambda found: queue.add_offer(*found)
    )
    until(lambda: finished)
    (model,) = finished
    assert (model.license, model.revision) == ("gemma", hub.repos[REPO].sha)
    assert [file.path for file in model.files] == [NAME, "mmproj-F16.gguf"]


def test_what_is_no_model_after_all_is_told_and_can_be_canceled(queue, add, failed, until):
    folder = add({NAME: b"GGUF, or so it says" * 1000})
    until(lambda: failed)
    until(lambda: phase(queue) == Phase.FAILED)
    assert failed[0][1].sentence == item(queue).note.removesuffix(f" {failed[0][1].hint}")
    queue.cancel(item(queue).id)
    until(lambda: not folder.exists())


# ------------------------------------------------------------ paused, resumed, canceled


def test_a_paused_download_goes_on_where_it_was(hub, queue, add, finished, until):
    slowed(hub)
    folder = add()
    until(lambda: hub.bytes_sent > 100_000)
    queue.pause(item(queue).id)
    until(lambda: phase(queue) == Phase.PAUSED and not queue._runs)
    before = (folder / f"{NAME}.part").stat().st_size
    assert 0 < before < len(MODEL)
    assert queue.progress(item(queue)).done_bytes == before
    hub.faults = Faults()
    queue.resume(item(queue).id)
    until(lambda: finished)
    assert hub.requests[-1].range == f"bytes={before}-"


def test_a_waiting_download_can_be_paused_too(hub, queue, add, until):
    slowed(hub)
    for number in range(3):
        add(repo=f"owner/m{number}", name=f"m{number}")
    queue.pause(item(queue, "m2").id)
    until(lambda: phase(queue, "m2") == Phase.PAUSED)
    queue.pause(item(queue, "m0").id)
    until(lambda: phase(queue, "m0") == Phase.PAUSED and len(queue._runs) == 1)
    assert phase(queue, "m2") == Phase.PAUSED


def test_pausing_and_resuming_in_one_breath_goes_on(hub, queue, add, finished, until):
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent)
    queue.pause(item(queue).id)
    queue.resume(item(queue).id)
    hub.faults = Faults()
    until(lambda: finished)


def test_who_pauses_while_the_network_is_lost_has_paused(hub, queue, add, until, monkeypatch):
    """Even if the word that the network is lost is on its way already."""
    failed = queue._on_run_failed

    def pause_first(download, error):
        queue.pause(download.id)
        failed(download, error)

    monkeypatch.setattr(queue, "_on_run_failed", pause_first)
    hub.faults.refuse = True
    add()
    until(lambda: phase(queue) == Phase.PAUSED and not queue._runs)
    assert not queue._retry.isActive()


def test_of_a_canceled_download_nothing_is_left(hub, data_folder, queue, add, finished, until, ask_store):
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent > 100_000)
    queue.cancel(item(queue).id)
    assert queue.items == ()
    until(lambda: names(data_folder.models) == [])
    assert ask_store(lambda r: r.downloads.list_downloads()) == ()
    assert finished == []


def test_a_waiting_or_paused_one_can_be_canceled_too(hub, data_folder, queue, add, until):
    slowed(hub)
    for number in range(3):
        add(repo=f"owner/m{number}", name=f"m{number}")
    until(lambda: hub.bytes_sent > 100_000)
    queue.pause(item(queue, "m0").id)
    until(lambda: phase(queue, "m0") == Phase.PAUSED)
    for name in ("m0", "m2", "m1"):
        queue.cancel(item(queue, name).id)
    queue.cancel(999)
    until(lambda: names(data_folder.models) == [])


def test_who_cancels_at_the_last_moment_has_canceled(data_folder, queue, add, finished, until, ask_store, monkeypatch):
    """Even if the word that all is here is on its way already."""
    done = queue._on_run_done

    def cancel_first(download, hashes):
        queue.cancel(download.id)
        done(download, hashes)

    monkeypatch.setattr(queue, "_on_run_done", cancel_first)
    folder = data_folder.models / REPO
    add()
    until(lambda: not queue._leaving and not queue._runs and not folder.exists())
    assert ask_store(lambda r: r.models.list_models()) == ()
    assert finished == []


def test_canceled_and_asked_for_again_it_waits_until_its_files_are_deleted(
    hub, queue, add, finished, failed, until, monkeypatch
):
    may_end = threading.Event()
    run = module.run_download

    def run_and_linger(*facts):
        try:
            return run(*facts)
        finally:
            may_end.wait(HANG_MS / 1000)

    monkeypatch.setattr(module, "run_download", run_and_linger)
    slowed(hub)
    folder = add()
    until(lambda: hub.bytes_sent > 100_000)
    queue.cancel(item(queue).id)
    hub.faults = Faults()
    add()
    assert phase(queue) == Phase.WAITING
    may_end.set()
    until(lambda: finished)
    assert (folder / NAME).read_bytes() == MODEL
    assert failed == []
    until(lambda: not queue.items)


def test_canceling_leaves_what_a_model_of_the_library_has_as_well(hub, queue, add, finished, until):
    eyes = {"mmproj-F16.gguf": filled(3).to_bytes()}
    folder = add({NAME: MODEL, **eyes})
    until(lambda: finished and not queue.items)
    slowed(hub)
    add({"other-Q8_0.gguf": filled(4).to_bytes(), **eyes}, name="other")
    until(lambda: (folder / "other-Q8_0.gguf.part").exists())
    queue.cancel(item(queue, "other").id)
    until(lambda: not queue._leaving)
    assert names(folder) == ["mmproj-F16.gguf", NAME]


# ------------------------------------------------------------ several


def test_two_run_at_the_same_time_and_the_others_in_order(hub, queue, add, finished, until):
    slowed(hub)
    for number in range(4):
        add(repo=f"owner/m{number}", name=f"m{number}")
    until(lambda: len(queue._runs) == 2)
    assert [phase(queue, f"m{n}") for n in range(4)] == [Phase.RUNNING] * 2 + [Phase.WAITING] * 2
    queue.pause(item(queue, "m0").id)
    until(lambda: phase(queue, "m0") == Phase.PAUSED and len(queue._runs) == 2)
    assert [phase(queue, f"m{n}") for n in range(1, 4)] == [Phase.RUNNING] * 2 + [Phase.WAITING]
    hub.faults = Faults()
    until(lambda: len(finished) == 3)
    queue.resume(item(queue, "m0").id)
    until(lambda: len(finished) == 4 and not queue.items)


def test_two_models_that_see_with_the_same_eyes_come_one_after_the_other(hub, queue, add, finished, until):
    small, eyes = llama_model().to_bytes(), {"mmproj-F16.gguf": MODEL}
    notes = []
    queue.changed.connect(lambda: notes.extend(each.note for each in queue.items if each.note))
    slowed(hub)
    folder = add({NAME: small, **eyes})
    until(lambda: (folder / "mmproj-F16.gguf.part").exists())
    add({"other-Q8_0.gguf": small, **eyes}, name="other")
    add(repo="owner/third", name="third")
    until(lambda: phase(queue, "third") == Phase.RUNNING)
    assert phase(queue, "other") == Phase.WAITING
    hub.faults = Faults()
    until(lambda: len(finished) == 3)
    assert notes == []
    assert names(folder) == ["mmproj-F16.gguf", "other-Q8_0.gguf", NAME]


@pytest.mark.parametrize("ending", [".gguf", ".GGUF"])
def test_all_parts_of_a_model_and_what_it_sees_with_come_as_one(hub, queue, add, finished, until, tmp_path, ending):
    parts = split_and_filled(1, tmp_path, "tiny-Q4_0", 3)
    there = {name.replace(".gguf", ending): part for name, part in parts.items()}
    folder = add({**there, "mmproj-F16.gguf": b"GGUF" * 1000})
    until(lambda: finished)
    assert names(folder) == sorted([*parts, "mmproj-F16.gguf"])
    (model,) = finished
    assert model.path == str(folder / "tiny-Q4_0-00001-of-00003.gguf")
    assert model.size_bytes == sum(map(len, parts.values()))
    assert len(model.files) == 4
    assert all(file.sha256 for file in model.files)


def test_two_that_do_not_fit_beside_each_other_are_not_begun(hub, queue, add, failed, until, monkeypatch):
    """The first one has the disk; what it still needs is not there for the second."""
    slowed(hub)
    room = transfer.SPARE_BYTES + len(MODEL) * 3 // 2
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _path: SimpleNamespace(free=room))
    add(repo="owner/m0", name="m0")
    until(lambda: hub.bytes_sent > 0)
    add(repo="owner/m1", name="m1")
    until(lambda: failed)
    assert failed[0][0] == "m1"
    assert "beside what is being downloaded" in str(failed[0][1])
    assert phase(queue, "m0") == Phase.RUNNING
