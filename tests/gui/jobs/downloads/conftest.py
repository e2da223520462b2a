"""Downloads as a person asks for them: put on the Hub, put into the queue, waited for."""

import pytest

from desktop_app.library import transfer
from tests.gui.jobs.downloads.steps import HANG_MS, MODEL, NAME, REPO
from tests.support.downloading import files_of


@pytest.fixture
def queue(downloading):
    return downloading.queue


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Wait only as long as a test can."""
    monkeypatch.setattr(transfer, "_PATIENCE_S", (0, 0))


@pytest.fixture
def until(qtbot):
    def until(condition):
        qtbot.waitUntil(lambda: bool(condition()), timeout=HANG_MS)

    return until


@pytest.fixture
def finished(qtbot, queue):
    """The models that have come into the library."""
    finished = []
    queue.finished.connect(finished.append)
    return finished


@pytest.fixture
def failed(queue):
    failed = []
    queue.failed.connect(lambda download, error: failed.append((download.name, error)))
    return failed


@pytest.fixture
def add(hub, data_folder, queue, until):
    """Put a repository with these files on the Hub and into the queue; return the folder it goes to."""

    def add(files=None, repo=REPO, name="tiny", **about):
        added = hub.add_repo(repo, {NAME: MODEL} if files is None else files, **about)
        seen = []
        watching = queue.changed.connect(lambda: seen.extend(each.name for each in queue.items))
        queue.add(name, files_of(added), repo, added.sha, "mit")
        until(lambda: name in seen)
        queue.changed.disconnect(watching)
        return data_folder.models / repo

    return add
