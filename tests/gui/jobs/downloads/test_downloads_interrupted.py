"""Downloads go on after whatever has interrupted them, and tell how far they are."""

import hashlib
import threading
import time
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.jobs import arrivals
from desktop_app.jobs import downloads as module
from desktop_app.jobs.downloads import Phase
from desktop_app.network import client
from desktop_app.storage.records import DownloadState
from tests.gui.jobs.downloads.steps import HANG_MS, MODEL, NAME, REPO, item, phase, slowed
from tests.support.downloading import Downloading, files_of
from tests.support.hub import MIB, Faults

# ------------------------------------------------------------ the end of the program


def test_after_a_restart_it_goes_on_by_itself(hub, downloading, queue, add, until):
    slowed(hub)
    folder = add()
    until(lambda: hub.bytes_sent > 100_000)
    downloading.close()
    there = (folder / f"{NAME}.part").stat().st_size
    hub.faults = Faults()
    again = Downloading(downloading.folder)
    finished = []
    again.queue.finished.connect(finished.append)
    again.open()
    until(lambda: finished)
    again.close()
    assert hub.requests[-1].range == f"bytes={there}-"
    assert Path(finished[0].path).read_bytes() == MODEL


def test_after_a_restart_a_paused_one_is_still_paused(hub, downloading, queue, add, until):
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent > 100_000)
    queue.pause(item(queue).id)
    until(lambda: phase(queue) == Phase.PAUSED and not queue._runs)
    done = queue.progress(item(queue)).done_bytes
    downloading.close()
    again = Downloading(downloading.folder)
    again.open()
    until(lambda: again.queue.items)
    assert phase(again.queue) == Phase.PAUSED
    assert again.queue.progress(item(again.queue)).done_bytes == done
    again.close()


def test_what_was_canceled_as_the_window_was_closed_is_in_the_list_or_gone(hub, downloading, queue, add, until):
    """Files that nobody knows of would stay for ever."""
    slowed(hub)
    folder = add()
    until(lambda: hub.bytes_sent > 100_000)
    queue.cancel(item(queue).id)
    downloading.close()
    again = Downloading(downloading.folder)
    looked = []
    again.queue.changed.connect(lambda: looked.append(True))
    again.open()
    until(lambda: looked)
    if again.queue.items:
        assert phase(again.queue) == Phase.PAUSED
        again.queue.cancel(item(again.queue).id)
    until(lambda: not folder.exists())
    again.close()


@pytest.mark.parametrize("fault", [Faults(hang=True), Faults(throttle_bytes_per_s=1)])
def test_closing_ends_promptly_whatever_is_being_waited_for(hub, downloading, queue, add, until, fault):
    hub.faults = fault
    add()
    until(lambda: hub.requests)
    before = time.monotonic()
    downloading.close()
    assert time.monotonic() - before < client.TIMEOUT.read / 2


# ------------------------------------------------------------ trouble


def test_a_lost_network_is_waited_for_and_tried_again(hub, queue, add, finished, until):
    queue._retry.setInterval(1)
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent > 100_000)
    hub.stop()
    until(lambda: item(queue).note)
    assert item(queue).state == DownloadState.WAITING
    assert "It continues from there" in item(queue).note
    hub.faults = Faults()
    hub.start()
    until(lambda: finished)
    assert Path(finished[0].path).read_bytes() == MODEL


def test_it_is_not_tried_again_all_the_time():
    assert module.RETRY_MS >= 10_000


def test_wrong_content_is_told_and_fetched_again_on_request(hub, queue, add, finished, failed, until):
    hub.faults.corrupt_at = len(MODEL) - 1
    folder = add()
    until(lambda: phase(queue) == Phase.FAILED)
    ((name, error),) = failed
    assert name == "tiny"
    assert "not the file that was announced" in error.sentence
    assert item(queue).note == str(error)
    assert not (folder / NAME).exists()
    hub.faults = Faults()
    queue.resume(item(queue).id)
    until(lambda: finished)
    assert Path(finished[0].path).read_bytes() == MODEL


def test_a_failed_one_leaves_its_place_to_the_next(hub, queue, add, finished, failed, until):
    add(gated="manual", repo="gated/name", name="gated")
    add(gated="manual", repo="gated/other", name="gated too")
    add()
    until(lambda: finished and len(failed) == 2)
    assert {name for name, _ in failed} == {"gated", "gated too"}
    assert all(isinstance(error, UserError) and error.page for _, error in failed)
    assert phase(queue, "gated") == Phase.FAILED


@pytest.fixture
def hold_storage(downloading):
    """Keep the storage thread busy until what this returns is set."""
    released = threading.Event()

    def hold():
        downloading.background.run_in_order(released.wait)
        return released

    yield hold
    released.set()


def look_again(downloading):
    """Have the queue start what it takes for waiting."""
    for is_open in (False, True):
        downloading.connection.set_open(is_open)


def test_a_failed_one_is_not_begun_again_before_that_is_stored(hub, downloading, queue, failed, until, hold_storage):
    hub.add_repo(REPO, {NAME: MODEL}, gated="manual")
    queue.changed.connect(lambda: phase(queue) == Phase.RUNNING and hold_storage())
    queue.add("tiny", files_of(hub.repos[REPO]), REPO, hub.repos[REPO].sha, "mit")
    until(lambda: failed)
    look_again(downloading)
    assert not queue._runs
    hold_storage().set()
    until(lambda: phase(queue) == Phase.FAILED)
    assert len(failed) == 1


def test_a_paused_one_is_not_begun_again_before_that_is_stored(hub, downloading, queue, add, until, hold_storage):
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent)
    stored = hold_storage()
    queue.pause(item(queue).id)
    until(lambda: not queue._runs)
    look_again(downloading)
    assert not queue._runs
    stored.set()
    until(lambda: phase(queue) == Phase.PAUSED)
    assert not queue._runs


def test_what_has_come_is_not_begun_again_before_the_list_is_read(downloading, queue, add, finished, until):
    queue.finished.connect(lambda _model: look_again(downloading))
    add()
    until(lambda: finished)
    assert not queue._runs
    until(lambda: not queue.items)
    assert len(finished) == 1


def test_the_offline_switch_stops_it_and_back_it_goes_on(hub, downloading, queue, add, finished, failed, until):
    slowed(hub)
    folder = add()
    until(lambda: hub.bytes_sent > 100_000)
    downloading.connection.set_open(False)
    until(lambda: not queue._runs)
    assert phase(queue) == Phase.WAITING
    there = (folder / f"{NAME}.part").stat().st_size
    n_requests = len(hub.requests)
    queue.resume(item(queue).id)
    add(repo="owner/other", name="other")
    assert len(hub.requests) == n_requests
    hub.faults = Faults()
    downloading.connection.set_open(True)
    until(lambda: len(finished) == 2)
    assert failed == []
    assert {request.range for request in hub.requests[n_requests:]} == {f"bytes={there}-", "bytes=0-"}


def test_switched_off_and_on_in_one_breath_it_goes_on(hub, downloading, queue, add, finished, failed, until):
    slowed(hub)
    add()
    until(lambda: hub.bytes_sent)
    downloading.connection.set_open(False)
    downloading.connection.set_open(True)
    hub.faults = Faults()
    until(lambda: finished)
    assert failed == []


# ------------------------------------------------------------ copies


def test_a_model_of_this_computer_is_copied(downloading, data_folder, queue, finished, until, tmp_path):
    original = tmp_path / "elsewhere" / NAME
    original.parent.mkdir()
    original.write_bytes(MODEL)
    downloading.connection.set_open(False)
    queue.add_copy(original)
    until(lambda: finished)
    (model,) = finished
    assert (model.source, model.repo, model.name) == ("copy", "", "tiny-Q4_0")
    assert Path(model.path).is_relative_to(data_folder.models)
    assert Path(model.path).read_bytes() == original.read_bytes()
    assert model.sha256 == hashlib.sha256(MODEL).hexdigest()


def test_what_cannot_be_copied_is_told(qtbot, downloading, queue, tmp_path):
    with qtbot.waitSignal(downloading.background.trouble, timeout=HANG_MS) as told:
        queue.add_copy(tmp_path / "gone.gguf")
    assert "gone.gguf" in told.args[0].sentence
    assert queue.items == ()


# ------------------------------------------------------------ how far


def test_how_far_and_how_fast_it_is_told_and_when_it_will_be_done(qtbot, hub, queue, add, until, monkeypatch):
    assert queue.overall(arrivals.MODEL) is None
    hub.faults.throttle_bytes_per_s = MIB
    add()
    monkeypatch.setattr(time, "time", lambda: 0.0)  # whoever sets the calendar changes nothing
    until(lambda: queue.progress(item(queue)).bytes_per_s)
    progress = queue.progress(item(queue))
    assert progress.total_bytes == len(MODEL)
    assert 0 < progress.done_bytes < len(MODEL)
    assert progress.fraction == progress.done_bytes / len(MODEL) == queue.overall(arrivals.MODEL)
    assert 0.3 * MIB < progress.bytes_per_s < 3 * MIB
    left = (progress.total_bytes - progress.done_bytes) / progress.bytes_per_s
    assert progress.seconds_left == pytest.approx(left)
    with qtbot.waitSignal(queue.progressed, timeout=HANG_MS):
        pass
    queue.pause(item(queue).id)
    until(lambda: not queue._runs)
    assert queue.overall(arrivals.MODEL) is None
    assert queue.progress(item(queue)).seconds_left is None


def test_of_nothing_nothing_is_done():
    assert module.Progress(0, 0).fraction == 0.0
