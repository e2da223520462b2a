"""A download whose program is killed and whose connection is lost, again and again, ends whole all the same."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.paths import DataFolder
from desktop_app.storage.database import Database
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from tests.support import hub_server
from tests.support.downloading import write_filled
from tests.support.hub import MIB

ROOT = Path(__file__).parents[2]
REPO = "owner/name"
NAME = "large-Q8_0.gguf"
HANG_S = 120

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals")


class Driver:
    """A running download_driver.py."""

    def __init__(self, data_dir, hub):
        command = [sys.executable, "-m", "tests.process.download_driver", str(data_dir), REPO]
        environment = {**os.environ, "HF_ENDPOINT": hub.url}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def kill_at(self, n_bytes):
        """Kill it once so many bytes are there, or let it end if it is done before; return what it has said last."""
        word, number = "", "0"
        for line in self._process.stdout:
            word, number = line.split(" ", 1)
            if word != "done" or int(number) >= n_bytes:
                break
        if word == "done":
            self._process.send_signal(signal.SIGKILL)
        return self._end(word, number)

    def kill_within(self, seconds):
        """Kill it after some time, wherever it is then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
        self._end()

    def run(self):
        """Let it come to its end; return the path of the model."""
        word, path = self.kill_at(sys.maxsize)
        assert word == "finished", path
        assert self._process.returncode == 0
        return Path(path.strip())

    def _end(self, *said):
        for _ in self._process.stdout:
            """Or it could not say anything more, and would wait for ever."""
        self._process.stdout.close()
        self._process.wait(HANG_S)
        return said


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_all(folder, model_path, expected):
    """Look at all there is after a download."""
    assert sha256(model_path) == expected
    assert [path.name for path in model_path.parent.iterdir()] == [NAME]
    database = Database.open(folder.database)
    assert database.one("PRAGMA integrity_check")[0] == "ok"
    (model,) = Models(database).list_models()
    assert (model.path, model.sha256, model.repo) == (str(model_path), expected, REPO)
    assert Downloads(database).list_downloads() == ()
    database.close()


def download_with_kills(hub, tmp_path, size, n_kills, n_drops, seed):
    """Have a model downloaded; return its size and how many bytes went over the wire."""
    chance = random.Random(seed)
    original = write_filled(tmp_path / NAME, size)
    expected, size = sha256(original), original.stat().st_size
    hub.add_repo(REPO, {NAME: original})
    n_cuts = n_kills + n_drops  # a kill uses up a drop that was to come
    hub.faults.drop_after = [chance.randrange(size // n_cuts) for _ in range(n_cuts)]
    folder = DataFolder(tmp_path / "data")
    for number in range(n_kills):
        driver = Driver(folder.root, hub)
        if number % 4 == 1:
            driver.kill_within(chance.uniform(0, 1.5))
        else:
            word, said = driver.kill_at(chance.randrange(size * number // n_kills, size * (number + 1) // n_kills))
            assert word == "done", said
    model_path = Driver(folder.root, hub).run()
    has_all(folder, model_path, expected)
    assert hub.faults.drop_after == []
    for path in (original, model_path):
        path.unlink()  # the folders of tests stay for some time
    return size, hub.bytes_sent


@pytest.fixture
def trickle(hub, monkeypatch):
    """Have bytes come evenly, so that few are on their way when somebody is killed: those are lost."""

    def trickle(bytes_per_s, slices_per_s=100):
        monkeypatch.setattr(hub_server, "SLICES_PER_S", slices_per_s)
        hub.faults.throttle_bytes_per_s = bytes_per_s

    return trickle


def test_killed_again_and_again_it_ends_whole_and_fetches_next_to_nothing_twice(hub, tmp_path, trickle):
    trickle(30 * MIB)
    size, sent = download_with_kills(hub, tmp_path, 60 * MIB, n_kills=5, n_drops=5, seed=1)
    assert sent <= 1.05 * size


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_gigabyte_survives_20_kills_and_20_lost_connections(hub, tmp_path, trickle):
    trickle(100 * MIB)
    size, sent = download_with_kills(hub, tmp_path, 1024 * MIB, n_kills=20, n_drops=20, seed=2)
    assert sent <= 1.05 * size
