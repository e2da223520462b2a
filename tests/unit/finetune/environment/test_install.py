"""Setting the training environment up with the real uv and a tiny package: what it comes to, and what can go wrong."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock

from desktop_app.errors import UserError
from desktop_app.finetune.environment import plan
from desktop_app.finetune.environment.install import install, remove, repair
from desktop_app.finetune.environment.place import python_in, read_record
from desktop_app.finetune.environment.status import State, read_status
from desktop_app.finetune.environment.troubles import Damaged
from desktop_app.finetune.environment.uv import Supply
from desktop_app.library.transfer import Stopped
from desktop_app.network.door import Offline, Stop
from desktop_app.trainer.contract import LOCK
from tests.support.training_environments import MODULE, PACKAGE, VERSION, served, write_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a shell script")


def set_up(small, supply=None, stop=None, tell=lambda _step: None, how=install):
    return how(small.place, small.lock, small.means(supply), stop or Stop(), tell)


def state(small):
    return read_status(small.place, {"cpu": small.lock}, is_training=False).state


def module(small):
    """Return the path of the package's only module, in the environment in use."""
    return next(small.place.environment.glob(f"lib/python3*/site-packages/{PACKAGE}.py"))


def left(small):
    """Return the names of what is in the folder besides what belongs there."""
    return {each.name for each in small.place.root.iterdir()} - {"environment", "python", "cache", "lock", "log.txt"}


# ------------------------------------------------------------ as it should be


def test_a_folder_of_packages_is_enough_and_nothing_is_connected_to(small):
    small.door.set_open(False)
    steps = []
    record = set_up(small, tell=steps.append)
    assert state(small) == State.READY
    assert (record.packages, record.device, record.accelerator) == ({PACKAGE: VERSION}, "cpu", "cpu")
    assert read_record(small.place.environment) == record
    assert [step.state for step in steps] == [State.DOWNLOADING, State.INSTALLING, State.VERIFYING]
    assert small.door.journal.read() == ()
    assert left(small) == set()


def test_the_environment_works_where_it_is_in_the_end(small):
    set_up(small)
    said = subprocess.run(
        [python_in(small.place.environment), "-I", "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(said.stdout.strip()).is_relative_to(small.place.environment)


def test_from_an_index_python_is_had_first_and_every_connection_is_listed(small):
    steps = []
    with served(small.index) as address:
        set_up(small, Supply(index=address), tell=steps.append)
    assert steps[0].words.startswith("Downloading Python ")
    assert next(small.place.pythons.glob("cpython-*/bin/python3")).is_file()
    assert state(small) == State.READY
    packages, python = small.door.journal.read()
    assert (packages.host, packages.why) == ("127.0.0.1", "Packages for the training environment")
    assert (packages.received_bytes, packages.outcome) == (900, "")
    assert (python.host, python.why) == ("github.com", "Python for the training environment")
    assert python.received_bytes == (small.root / "mirror" / "20260101" / "cpython-tiny.tar.gz").stat().st_size


def test_what_was_downloaded_is_not_downloaded_again(small):
    small.answers = [UserError("No room in memory.")]
    with served(small.index) as address:
        with pytest.raises(UserError, match="No room"):
            set_up(small, Supply(index=address))
        assert state(small) == State.ABSENT
        shutil.rmtree(small.index)
        small.index.mkdir()
        set_up(small, Supply(index=address))
    assert state(small) == State.READY
    assert [each.received_bytes for each in small.door.journal.read()][:2] == [0, 900]


def test_the_archive_of_a_python_may_lie_beside_the_packages(small):
    name = small.lock.python_archive
    shutil.copy(small.root / "mirror" / "20260101" / name, small.wheels / name)
    shutil.rmtree(small.root / "mirror")
    set_up(small)
    assert next(small.place.pythons.glob("cpython-*/bin/python3")).is_file()
    assert left(small) == set()


def test_a_folder_of_packages_may_have_any_name(small):
    wheels = small.wheels.rename(small.root / "wheels, für 100% (neu) #1")
    set_up(small, Supply(folder=wheels))
    assert state(small) == State.READY


def test_another_list_of_packages_makes_it_outdated_and_an_update_takes_its_place(small):
    set_up(small)
    small.wheel = write_wheel(small.wheels, "2.0")
    small.write_lock(version="2.0")
    assert state(small) == State.OUTDATED
    assert set_up(small).packages == {PACKAGE: "2.0"}
    assert state(small) == State.READY
    assert left(small) == set()


# ------------------------------------------------------------ refused


def test_a_package_with_another_hash_is_not_installed(small):
    small.write_lock(sha256="0" * 64)
    with pytest.raises(UserError, match="not the one that this version of Moatless was tested with"):
        set_up(small)
    assert state(small) == State.ABSENT
    assert left(small) == set()


def test_a_package_that_is_nowhere_is_told(small):
    small.wheel.unlink()
    with pytest.raises(UserError, match="is not where packages are looked for") as caught:
        set_up(small)
    assert "Settings, Teaching" in caught.value.hint


@pytest.mark.parametrize(
    ("supply", "said"),
    [
        (Supply(index="pypi"), "“pypi” is not the address of a package index"),
        (Supply(folder=Path("gone")), "The folder of packages gone is not there"),
    ],
)
def test_settings_that_cannot_be_meant_are_told_before_anything_is_begun(small, supply, said):
    with pytest.raises(UserError, match=said):
        set_up(small, supply)
    assert not small.place.root.exists()


def test_offline_nothing_is_asked_of_the_network(small):
    small.door.set_open(False)
    with served(small.index) as address, pytest.raises(Offline):
        set_up(small, Supply(index=address))
    assert small.door.journal.read() == ()
    assert state(small) == State.ABSENT


def test_an_index_that_does_not_answer_is_told(small):
    small.script("export UV_HTTP_RETRIES=0")  # how often uv asks again, and when, is its own affair
    with pytest.raises(UserError, match="because the connection failed"):
        set_up(small, Supply(index="http://127.0.0.1:9/simple"))
    assert small.door.journal.read()[0].outcome == "failed"


def test_a_disk_without_room_is_told_with_numbers_before_anything_is_begun(small, monkeypatch):
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(10**9, 10**9, 10**8))
    with pytest.raises(UserError, match=r"needs 650 MB while it is set up, .* has 100 MB free"):
        set_up(small)
    assert not small.place.environment.exists()


def test_a_disk_that_becomes_full_leaves_what_was_there(small):
    set_up(small)
    small.script('case "$*" in *"pip install"*) echo "No space left on device (os error 28)" >&2; exit 2;; esac')
    with pytest.raises(UserError, match="The disk is full"):
        set_up(small)
    assert state(small) == State.READY
    assert left(small) == set()


@contextmanager
def being_trained(small):
    run = small.runs / "letters"
    run.mkdir()
    with FileLock(run / LOCK):
        yield


def test_a_run_that_is_being_trained_keeps_its_environment(small):
    set_up(small)
    with being_trained(small):
        for how in (install, repair):
            with pytest.raises(UserError, match="A run is being trained"):
                set_up(small, how=how)
        with pytest.raises(UserError, match="A run is being trained"):
            remove(small.place, small.runs)
    assert state(small) == State.READY


def test_a_run_that_was_started_meanwhile_is_waited_for(small):
    """Until then, the old environment is in use; the new one takes its place as soon as somebody looks."""
    first = set_up(small)
    held = []
    tried = small.verify

    def try_and_start_a_run(*arguments):
        found = tried(*arguments)
        run = small.runs / "verse"
        run.mkdir()
        held.append(FileLock(run / LOCK))
        held[0].acquire()
        return found

    small.verify = try_and_start_a_run
    with pytest.raises(UserError, match="is ready, but a run is being trained"):
        set_up(small)
    assert read_status(small.place, {"cpu": small.lock}, is_training=True).record == first
    held[0].release()
    assert state(small) == State.READY
    assert read_record(small.place.environment).created_at > first.created_at
    assert left(small) == set()


# ------------------------------------------------------------ damaged


def test_a_file_that_is_gone_makes_it_broken_and_a_repair_brings_it_back(small):
    set_up(small)
    module(small).unlink()
    assert state(small) == State.BROKEN
    set_up(small, how=repair)
    assert state(small) == State.READY


def test_a_repair_is_not_made_of_the_damaged_file_itself(small):
    """A file in use and the same file in uv's cache are one on the disk, and are damaged together."""
    set_up(small)
    module(small).write_text("")
    assert state(small) == State.BROKEN
    set_up(small, how=repair)
    assert module(small).read_text() == MODULE
    assert state(small) == State.READY


def test_a_repair_that_fails_leaves_one_that_works(small):
    set_up(small)
    small.write_lock(version="2.0")
    assert state(small) == State.OUTDATED
    with pytest.raises(UserError, match="is not where packages are looked for"):
        set_up(small, how=repair)
    assert state(small) == State.OUTDATED


def test_one_that_does_not_work_is_made_once_more_of_new_downloads(small):
    set_up(small)
    small.answers, small.verified = [Damaged("It does not work.")], 0
    set_up(small)
    assert (state(small), small.verified) == (State.READY, 2)


def test_one_that_does_not_work_from_new_downloads_is_given_up(small):
    small.answers = [Damaged("It does not work."), Damaged("It still does not.")]
    with pytest.raises(Damaged, match="It does not work"):
        set_up(small)
    assert (state(small), small.verified) == (State.ABSENT, 1)


def test_removing_leaves_nothing(small):
    set_up(small)
    remove(small.place, small.runs)
    assert not small.place.root.exists()
    assert state(small) == State.ABSENT
    remove(small.place, small.runs)


# ------------------------------------------------------------ ended early


@contextmanager
def held_up(small, **options):
    """Have an installation wait in the middle, in another thread; gives what comes of it."""
    outcome = []

    def work():
        try:
            outcome.append(set_up(small, **options))
        except Exception as error:
            outcome.append(error)

    arrived, _ = small.hold_up("pip install")
    thread = Thread(target=work)
    thread.start()
    assert arrived.read_text() == "there\n"
    try:
        yield outcome
    finally:
        thread.join()
        small.hold_up("")


def test_it_can_be_stopped_at_any_time_and_what_was_there_stays(small):
    set_up(small)
    stop = Stop()
    with held_up(small, stop=stop) as outcome:
        stop.set()
    assert isinstance(outcome[0], Stopped)
    assert state(small) == State.READY
    assert left(small) == set()


def test_switching_offline_ends_it(small):
    with served(small.index) as address:
        with held_up(small, supply=Supply(index=address)) as outcome:
            small.door.set_open(False)
        assert isinstance(outcome[0], Offline)
    assert small.door.journal.read()[0].outcome == "cut off"


def test_while_it_goes_on_nobody_else_changes_it(small):
    stop = Stop()
    with held_up(small, stop=stop) as outcome:
        assert state(small) == State.INSTALLING
        with pytest.raises(UserError, match="is being changed already"):
            set_up(small)
        stop.set()
    assert isinstance(outcome[0], Stopped)


KILLED = """
import sys
from pathlib import Path
from desktop_app.finetune.environment.install import install
from desktop_app.network.door import Stop
from tests.support.training_environments import Small
small = Small(Path(sys.argv[1]))
install(small.place, small.lock, small.means(), Stop(), print)
"""


def test_after_a_kill_it_begins_cleanly(small):
    arrived, go_on = small.hold_up("pip install")
    root = Path(__file__).parents[4]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(small.root)], cwd=root, stdout=subprocess.DEVNULL
    ) as child:
        assert arrived.read_text() == "there\n"
        os.kill(child.pid, signal.SIGKILL)
    assert state(small) == State.ABSENT
    assert left(small) == set()
    go_on.write_text("")  # what is left of uv ends
    small.hold_up("")
    set_up(small)
    assert state(small) == State.READY
