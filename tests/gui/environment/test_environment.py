"""The training environment in the window: what is told of it, and the work on it, which can always be ended."""

import importlib.util
import sys
import threading

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment.accelerator import Gpu
from desktop_app.finetune.environment.outlook import CHOSEN, this_program
from desktop_app.finetune.environment.status import State
from desktop_app.jobs import environment as module
from desktop_app.jobs.background import Background
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from tests.support.training_environments import served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a shell script")


def test_what_would_come_is_known_before_anything_is_begun(make, small):
    environment = make()
    assert environment.state == State.ABSENT
    assert not environment.is_ready
    assert environment.accelerators == ("cpu",)
    assert environment.plan.lock == small.lock
    assert environment.plan.folder == small.place.root
    assert environment.plan.sources == ()
    assert environment.plan.has_room
    assert small.door.journal.read() == ()


def test_a_look_that_comes_late_is_not_shown(qtbot, make, small, preferences, monkeypatch, pool_rests):
    environment = make()
    may_end, look, slow = threading.Event(), module.look, [True]

    def first_is_slow(*arguments):
        if slow and slow.pop():
            assert may_end.wait(60)
        return look(*arguments)

    monkeypatch.setattr(module, "look", first_is_slow)
    environment.look()
    with qtbot.waitSignal(environment.changed):
        preferences.set(options.TRAINING_FOLDER, "")
    assert environment.plan.sources
    may_end.set()
    pool_rests()
    assert environment.plan.sources


def test_it_is_set_up_and_told_all_the_way(make, install):
    environment = make()
    steps, changes = [], []
    environment.progressed.connect(steps.append)
    environment.changed.connect(lambda: changes.append(environment.state))
    install(environment)
    assert environment.is_ready
    assert environment.plan is None
    assert environment.record.packages
    assert environment.trouble is None
    assert [step.words for step in steps][-1] == "Training two steps to see that it works"
    fractions = [step.fraction for step in steps if step.fraction is not None]
    assert fractions == sorted(fractions)
    assert {State.INSTALLING, State.VERIFYING} <= set(changes)


def test_the_next_window_finds_it(make, install):
    install(make())
    assert make().is_ready


def test_what_went_wrong_is_told_and_stays_until_the_next_try(qtbot, make, small):
    small.answers = [UserError("It does not work here.", "Try another computer.")]
    environment = make()
    with qtbot.waitSignal(environment.failed, timeout=60_000) as failed:
        environment.install()
    assert failed.args[0].sentence == "It does not work here."
    qtbot.waitUntil(lambda: environment.state == State.ABSENT)
    assert environment.trouble.sentence == "It does not work here."
    environment.install()
    assert environment.trouble is None
    qtbot.waitUntil(lambda: environment.is_ready, timeout=60_000)


def test_it_can_be_stopped_which_is_no_failure(qtbot, make, small, install):
    environment = make()
    failures = []
    environment.failed.connect(failures.append)
    arrived, _ = small.hold_up("pip install")
    environment.install()
    assert environment.is_busy
    assert arrived.read_text()
    environment.cancel()
    qtbot.waitUntil(lambda: environment.state == State.ABSENT and not environment.is_busy, timeout=60_000)
    assert failures == []
    small.hold_up("")
    install(environment)


def test_one_thing_at_a_time_is_done(qtbot, make, small):
    environment = make()
    arrived, _ = small.hold_up("pip install")
    environment.install()
    assert arrived.read_text()
    environment.install()
    environment.repair()
    environment.remove()
    environment.look()
    assert environment.is_busy
    environment.cancel()
    qtbot.waitUntil(lambda: environment.state == State.ABSENT, timeout=60_000)


def test_the_end_of_the_program_waits_for_nothing(make, small):
    background = Background()
    environment = make(background=background)
    arrived, _ = small.hold_up("pip install")
    environment.install()
    assert arrived.read_text()
    environment.close()
    background.close()
    assert not small.place.environment.exists()


def test_an_outdated_one_trains_on_while_the_new_one_is_made(qtbot, make, small, install):
    environment = make()
    install(environment)
    small.lock.requirements.write_text(f"# another list\n{small.lock.requirements.read_text()}")
    environment.look()
    qtbot.waitUntil(lambda: environment.state == State.OUTDATED)
    assert environment.is_ready
    environment.install()
    assert environment.is_ready
    qtbot.waitUntil(lambda: environment.state == State.READY and not environment.is_busy, timeout=60_000)


def test_a_broken_one_cannot_train_until_it_is_repaired(qtbot, make, small, install):
    environment = make()
    install(environment)
    next(small.place.environment.glob("lib/python3*/site-packages/pebble.py")).unlink()
    environment.look()
    qtbot.waitUntil(lambda: environment.state == State.BROKEN)
    assert not environment.is_ready
    environment.repair()
    assert not environment.is_ready
    qtbot.waitUntil(lambda: environment.state == State.READY and not environment.is_busy, timeout=60_000)
    assert environment.is_ready


def test_it_can_be_removed(qtbot, make, small, install):
    environment = make()
    install(environment)
    environment.remove()
    assert not environment.is_ready
    qtbot.waitUntil(lambda: environment.state == State.ABSENT and not environment.is_busy)
    assert environment.plan is not None
    assert not small.place.root.exists()


def test_the_person_may_choose_another_kind_of_processor(qtbot, make, small):
    small.write_lock(accelerator="cuda", least_driver="580", least_compute="7.5")
    environment = make(lambda: Gpu("NVIDIA T4", "581.1", "7.5"))
    assert environment.plan.lock.accelerator == "cuda"
    assert environment.plan.reason == "The NVIDIA T4."
    assert environment.accelerators == ("cpu", "cuda")
    environment.choose("cpu")
    qtbot.waitUntil(lambda: environment.plan.lock.accelerator == "cpu")
    assert environment.plan.reason == CHOSEN


def test_a_computer_without_torch_is_told(make, small):
    for path in small.locks.iterdir():
        path.unlink()
    environment = make()
    assert environment.plan is None
    assert "there is not for this kind of computer" in environment.trouble.sentence
    environment.install()
    assert not environment.is_busy


def test_a_missing_uv_is_told(qtbot, make, small):
    small.uv.unlink()
    environment = make()
    with qtbot.waitSignal(environment.failed) as failed:
        environment.install()
    assert "A part of Moatless is missing" in failed.args[0].sentence
    assert not environment.is_busy


def test_the_settings_say_where_packages_come_from(qtbot, make, small, preferences, install):
    environment = make()
    with served(small.index) as address:
        preferences.set(options.TRAINING_INDEX, address)
        preferences.set(options.TRAINING_FOLDER, "")
        qtbot.waitUntil(lambda: environment.plan.sources == ("127.0.0.1", "github.com"))
        install(environment)
    assert {each.host for each in small.door.journal.read()} == {"127.0.0.1", "github.com"}


# ------------------------------------------------------------ in a checkout


@pytest.fixture
def checkout(small, preferences, background):
    folder = DataFolder(small.root / "data")
    return lambda: TrainingEnvironment(background, folder, preferences, small.door, this_program())


def test_in_a_checkout_the_python_that_runs_this_trains(checkout):
    environment = checkout()
    assert (environment.state, environment.is_ready, environment.is_packaged) == (State.READY, True, False)
    environment.look()
    environment.install()
    environment.remove()
    assert not environment.is_busy


def test_in_a_checkout_what_is_missing_is_told(checkout, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    environment = checkout()
    assert not environment.is_ready
    assert "Training needs torch" in environment.trouble.sentence
