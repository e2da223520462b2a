"""New versions while the window runs: asked for only if that is wanted, once a day, and never installed by itself."""

import json
from pathlib import Path

import msgspec
import pytest

from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.updates import DAY_S, Here, Updates
from desktop_app.library.installation import SOURCE, Installation
from desktop_app.settings import options
from tests.support.hub_server import Answer
from tests.support.release_server import (
    ANOTHER_PRIVATE,
    CONTENT,
    HERE,
    LATEST,
    NEWER,
    OWN_VERSION,
    PUBLIC,
    STORED,
    LoopbackReleases,
)

NOW = 1_800_000_000.0


class Window:
    """What of the window has to do with new versions, in a data folder; `now` is what its clock says."""

    def __init__(self, qtbot, folder, background, page, downloads):
        self._qtbot = qtbot
        self._background = background
        self.folder = folder
        self.page = page
        self.downloads = downloads
        self.now = NOW
        self.jobs = []

    def start(self, key=PUBLIC, version=OWN_VERSION, installation=HERE):
        """Make the jobs as a start of the program does, and wait until what was kept is read."""
        self.preferences = Preferences(self.folder, self._background)
        self.connection = HubConnection(self.folder, self.preferences, self._background)
        here = Here(self.page.feed(key, version), installation, self.downloads)
        updates = Updates(
            self._background, self.connection.door, self.preferences, self.folder.updates, here, lambda: self.now
        )
        self.jobs += [updates, self.connection]
        with self._qtbot.waitSignal(updates.changed):
            updates.open()
        return updates

    def switch(self, option, is_on):
        self.preferences.set(option, is_on)

    def wait(self, updates):
        """Wait for the end of what goes on, and until it is saved."""
        self._qtbot.waitUntil(lambda: not updates.is_asking and updates.step is None)
        saved = []
        self._background.run_in_order(lambda: None, saved.append)
        self._qtbot.waitUntil(lambda: bool(saved))

    def close(self):
        while self.jobs:
            self.jobs.pop(0).close()

    @property
    def asked(self):
        """How often the page was asked."""
        return [request.path for request in self.page.requests].count(LATEST)


@pytest.fixture
def page():
    with LoopbackReleases() as page:
        yield page


@pytest.fixture
def window(qtbot, data_folder, background, page, tmp_path):
    window = Window(qtbot, data_folder, background, page, tmp_path / "Downloads")
    yield window
    window.close()


@pytest.fixture
def found(window):
    """A newer version was found."""
    updates = window.start()
    updates.ask()
    window.wait(updates)
    assert updates.release is not None
    return updates


# ------------------------------------------------------------ when is asked


def test_as_the_program_comes_nothing_is_ever_asked(window):
    updates = window.start()
    window.wait(updates)
    window.switch(options.OFFLINE, True)
    window.switch(options.OFFLINE, False)
    window.wait(updates)
    assert (window.page.requests, updates.asked_at, updates.release) == ([], 0.0, None)
    assert not window.folder.updates.exists()


def test_switched_on_it_asks_at_once_and_then_once_a_day(window):
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    assert (window.asked, updates.asked_at) == (1, NOW)
    for hour in range(1, 24):
        window.now = NOW + hour * DAY_S / 24
        updates._days.timeout.emit()
    window.wait(updates)
    assert window.asked == 1
    window.now = NOW + DAY_S
    updates._days.timeout.emit()
    window.wait(updates)
    assert (window.asked, updates.asked_at) == (2, NOW + DAY_S)


def test_starting_it_again_on_the_same_day_asks_nothing_and_still_knows(window):
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    again = window.start()
    window.wait(again)
    assert window.asked == 1
    assert again.release == updates.release == window.page.release()
    assert again.is_told


def test_starting_it_again_a_day_later_asks(window):
    window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(window.jobs[0])
    window.now += DAY_S
    window.wait(window.start())
    assert window.asked == 2


def test_what_fails_is_not_tried_again_on_the_same_day(window):
    window.page.announcement = Answer(b"", 404)
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    window.wait(window.start())
    assert window.asked == 1
    assert "does not have the newest version" in str(updates.trouble)


def test_a_clock_that_was_set_back_does_not_hold_it_up(window):
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    window.now -= 1000 * DAY_S
    window.wait(window.start())
    assert window.asked == 2


def test_switched_off_again_it_asks_no_more(window):
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    window.switch(options.CHECK_FOR_UPDATES, False)
    window.now += 2 * DAY_S
    updates._days.timeout.emit()
    window.wait(updates)
    assert window.asked == 1
    assert not updates._days.isActive()


def test_offline_it_waits_until_that_is_switched_off(window):
    updates = window.start()
    window.switch(options.OFFLINE, True)
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    assert (window.page.requests, updates.trouble, updates.asked_at) == ([], None, 0.0)
    window.switch(options.OFFLINE, False)
    window.wait(updates)
    assert window.asked == 1


def test_whoever_asks_offline_is_told_why_nothing_comes(window):
    updates = window.start()
    window.switch(options.OFFLINE, True)
    updates.ask()
    window.wait(updates)
    assert "set to stay offline" in str(updates.trouble)
    assert window.page.requests == []


def test_a_program_without_a_key_asks_nothing_and_says_so(window):
    updates = window.start(key=None)
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    assert "has no release key" in str(updates.no_key)
    updates.ask()
    window.wait(updates)
    assert "has no release key" in str(updates.trouble)
    assert window.page.requests == []


def test_every_request_is_listed_with_what_it_was_for(qtbot, window, found):
    lines = []
    window.connection.read_journal(lines.extend)
    qtbot.waitUntil(lambda: bool(lines))
    assert {line.why for line in lines} == {"Look for a new version of Moatless"}
    assert len(lines) == len([LATEST, STORED])


# ------------------------------------------------------------ what was found


def test_there_is_none(window):
    window.page.announce(window.page.release(OWN_VERSION))
    updates = window.start()
    updates.ask()
    window.wait(updates)
    assert (updates.release, updates.is_newest, updates.trouble, updates.is_told) == (None, True, None, False)


@pytest.mark.parametrize(
    ("announced", "words"),
    [
        (lambda page: page.announce(page.release("1.0")), "is older than this one"),
        (lambda page: page.announce(private=ANOTHER_PRIVATE), "is not signed"),
    ],
)
def test_what_is_older_or_signed_by_others_is_told_and_not_offered(window, announced, words):
    announced(window.page)
    updates = window.start()
    updates.ask()
    window.wait(updates)
    assert words in str(updates.trouble)
    assert (updates.release, updates.package, updates.is_newest) == (None, None, False)
    assert window.start().release is None


def test_who_has_installed_it_is_not_offered_it_again(window, found):
    assert window.start(version=NEWER).release is None
    assert window.start(version="2.0").release is None


def test_what_was_kept_is_not_believed_once_somebody_has_changed_it(window, found):
    kept = json.loads(window.folder.updates.read_text())
    window.page.announce(private=ANOTHER_PRIVATE)
    window.folder.updates.write_text(json.dumps({**kept, "announcement": window.page.announcement.decode()}))
    assert window.start().release is None


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"asked_at": "x", "announcement": 1, "put_away": []}'])
def test_what_was_kept_and_is_damaged_is_nothing(window, damaged):
    window.folder.updates.write_bytes(damaged)
    updates = window.start()
    assert (updates.asked_at, updates.release) == (0.0, None)


def test_what_was_put_away_is_not_told_again_but_a_still_newer_one_is(window):
    updates = window.start()
    window.switch(options.CHECK_FOR_UPDATES, True)
    window.wait(updates)
    assert updates.is_told
    updates.put_away()
    window.wait(updates)
    again = window.start()
    assert again.release is not None
    assert not again.is_told
    window.page.announce(window.page.release("1.11.0"))
    window.now += DAY_S
    again._days.timeout.emit()
    window.wait(again)
    assert again.is_told


def test_whoever_has_asked_need_not_be_told(found):
    assert not found.is_told


# ------------------------------------------------------------ the package


def test_the_package_comes_into_the_downloads_and_is_only_then_offered(qtbot, window, found):
    steps = []
    found.progressed.connect(steps.append)
    found.download()
    assert found.step is not None
    assert found.file is None
    window.wait(found)
    assert found.file == window.downloads / found.package.name
    assert found.file.stat().st_size == CONTENT.size
    assert steps[0].words == f"Downloading {found.package.name}"
    lines = []
    window.connection.read_journal(lines.extend)
    qtbot.waitUntil(lambda: bool(lines))
    assert lines[0].why == f"Download Moatless {NEWER}"
    assert [path.name for path in window.downloads.iterdir()] == [found.package.name]


def test_a_package_that_is_not_the_signed_one_is_removed_and_not_offered(window, found):
    window.page.faults.corrupt_at = 5
    found.download()
    window.wait(found)
    assert "not the file that was announced" in str(found.trouble)
    assert (found.file, found.is_begun) == (None, False)
    assert list(window.downloads.iterdir()) == []


def test_a_download_is_stopped_and_goes_on(qtbot, window, found):
    window.page.faults.throttle_bytes_per_s = 1_000_000
    found.download()
    qtbot.waitUntil(lambda: found._done > 0)
    found.stop()
    window.wait(found)
    assert (found.file, found.trouble, found.is_begun) == (None, None, True)
    window.page.faults.throttle_bytes_per_s = None
    found.download()
    window.wait(found)
    assert found.file is not None
    assert not window.page.requests[-1].range.startswith("bytes=0-")


def test_going_offline_ends_a_download(qtbot, window, found):
    window.page.faults.throttle_bytes_per_s = 1_000_000
    found.download()
    qtbot.waitUntil(lambda: found._done > 0)
    window.switch(options.OFFLINE, True)
    window.wait(found)
    assert "set to stay offline" in str(found.trouble)
    assert found.file is None


def test_the_end_of_the_program_ends_a_download(qtbot, window, found):
    window.page.faults.throttle_bytes_per_s = 1_000_000
    found.download()
    qtbot.waitUntil(lambda: found._done > 0)
    window.close()
    window.wait(found)
    assert (found.file, found.is_begun) == (None, True)


def test_a_newer_answer_in_the_middle_of_a_download_does_not_take_its_file(qtbot, window, found):
    window.page.faults.throttle_bytes_per_s = 1_000_000
    found.download()
    qtbot.waitUntil(lambda: found._done > 0)
    window.page.announce(window.page.release("1.11.0"))
    found.ask()
    qtbot.waitUntil(lambda: found.release.version == "1.11.0")
    window.page.faults.throttle_bytes_per_s = None
    window.wait(found)
    assert found.file is None
    assert Path(window.downloads / f"moatless-{NEWER}-linux-x86_64.tar.gz").is_file()


@pytest.mark.parametrize(
    "installation", [Installation("linux", "x86_64", SOURCE), Installation("linux", "s390x", "deb")]
)
def test_where_no_package_fits_the_version_is_told_and_nothing_downloaded(window, installation):
    updates = window.start(installation=installation)
    updates.ask()
    window.wait(updates)
    asked = len(window.page.requests)
    updates.download()
    window.wait(updates)
    assert updates.release is not None
    assert (updates.package, updates.step, updates.file) == (None, None, None)
    assert len(window.page.requests) == asked


def test_nothing_of_a_package_is_looked_at_before_there_is_one(window):
    updates = window.start()
    updates.download()
    updates.stop()
    updates.put_away()
    assert (updates.package, updates.is_begun, updates.step) == (None, False, None)
    assert not window.folder.updates.exists()


def test_a_package_of_another_size_is_another_one(window, found):
    changed = msgspec.structs.replace(found.package, size_bytes=CONTENT.size - 1)
    window.page.announce(window.page.release(files=(changed,)))
    found.download()
    window.wait(found)
    assert found.file is not None
    found.ask()
    window.wait(found)
    assert found.file is None
