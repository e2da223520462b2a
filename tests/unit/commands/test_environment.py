"""`moatless finetune environment` does what the panel does: tell first, ask, set up, go on after Ctrl+C, remove."""

import argparse
import io
import json
import signal
import sys
from threading import Thread, main_thread

import pytest
from filelock import FileLock

from desktop_app.commands import environment as module
from desktop_app.commands.environment import Management, environment
from desktop_app.errors import UserError
from desktop_app.finetune.environment import plan
from desktop_app.finetune.environment.outlook import Packaged
from desktop_app.finetune.environment.status import State, read_status
from desktop_app.paths import DataFolder
from desktop_app.settings import options as settings_options
from desktop_app.settings.store import Settings, save_settings
from tests.support.training_environments import COMPUTER, PACKAGE, Small

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a shell script")


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)


@pytest.fixture
def say(small):
    """Give the command; packages come from a folder."""
    folder = DataFolder(small.root / "data")
    here = Packaged(small.program, small.locks, COMPUTER, lambda: None, small.verify)

    def say(what="status", json=False, yes=True, wheels=small.wheels, offline=False, accelerator=None):
        options = argparse.Namespace(
            what=what, json=json, yes=yes, wheels=wheels, offline=offline, accelerator=accelerator
        )
        Management(options, folder, here).do()

    return say


def state(small):
    return read_status(small.place, {"cpu": small.lock}, is_training=False).state


def events(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_would_come_is_told_with_sizes_and_licenses_and_nothing_is_done(small, say, capsys):
    say()
    told = capsys.readouterr().out
    for words in ("30 MB", "Open source: MIT.", f"{PACKAGE} 1.0", "PSF-2.0", "without any connection"):
        assert words in told
    say(json=True)
    (event,) = events(capsys)
    assert (event["event"], event["state"], event["record"]) == ("environment", "absent", None)
    assert event["plan"]["packages"][0]["license"] == "MIT"
    assert state(small) == State.ABSENT


def test_it_is_set_up_from_a_folder_and_programs_see_every_step(small, say, capsys):
    say("install", json=True)
    first, *steps, last = events(capsys)
    assert (first["state"], last["state"]) == ("absent", "ready")
    assert last["record"]["packages"] == {PACKAGE: "1.0"}
    assert {step["event"] for step in steps} == {"progress"}
    assert steps[-1]["words"].startswith("Training two steps")
    assert state(small) == State.READY


def test_people_see_a_line_for_each_kind_of_work(say, capsys):
    say("install")
    out, err = capsys.readouterr()
    kinds = [line.partition(" ")[0] for line in err.splitlines()]
    assert kinds == list(dict.fromkeys(kinds))
    assert kinds[-1] == "Training"
    assert out.splitlines()[-1].startswith("Training environment: PyTorch")


def test_what_is_there_already_is_not_set_up_again(small, say):
    say("install")
    say("install")
    say("repair")
    assert small.verified == 1


def test_nobody_there_and_nothing_agreed_to_is_no(small, say):
    with pytest.raises(UserError, match="add: --yes"):
        say("install", yes=False)
    assert state(small) == State.ABSENT


@pytest.mark.parametrize(("answer", "becomes"), [("y", State.READY), ("n", State.ABSENT)])
def test_on_a_terminal_it_asks(small, say, monkeypatch, capsys, answer, becomes):
    typed = io.StringIO(f"{answer}\n")
    typed.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", typed)
    if becomes == State.ABSENT:
        with pytest.raises(UserError, match="Nothing was installed"):
            say("install", yes=False)
    else:
        say("install", yes=False)
    assert "Install it? [y/N]" in capsys.readouterr().err
    assert state(small) == becomes


def test_ctrl_c_stops_it_and_the_same_command_goes_on(small, say):
    arrived, _ = small.hold_up("pip install")

    def press():
        assert arrived.read_text() == "there\n"
        signal.pthread_kill(main_thread().ident, signal.SIGINT)

    presser = Thread(target=press)
    presser.start()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(UserError, match="was stopped; what was downloaded is kept"):
        say("install")
    presser.join()
    assert signal.getsignal(signal.SIGINT) == before
    assert state(small) == State.ABSENT
    small.hold_up("")
    say("install")
    assert state(small) == State.READY


def test_a_damaged_one_is_repaired_by_either_word(small, say, capsys):
    for word in ("install", "repair"):
        say("install")
        next(small.place.environment.glob(f"lib/python3*/site-packages/{PACKAGE}.py")).unlink()
        capsys.readouterr()
        say()
        assert "missing or damaged" in capsys.readouterr().out
        say(word)
        assert state(small) == State.READY


def test_an_outdated_one_stays_in_use_where_a_repair_fails(small, say):
    say("install")
    small.write_lock(version="2.0", sha256="0" * 64)
    with pytest.raises(UserError, match="is not where packages are looked for"):
        say("repair")
    assert state(small) == State.OUTDATED


def test_it_is_removed_as_a_whole_after_a_question(small, say, capsys):
    say("install")
    capsys.readouterr()
    with pytest.raises(UserError, match="add: --yes"):
        say("remove", yes=False)
    assert state(small) == State.READY
    say("remove")
    assert "which frees" in capsys.readouterr().out
    assert not small.place.root.exists()
    say("remove")
    assert capsys.readouterr().out == "There is no training environment.\n"


def test_the_settings_say_where_packages_come_from_unless_the_command_does(small, say, capsys, tmp_path):
    folder = DataFolder(small.root / "data")
    save_settings(folder.settings, Settings().changed(settings_options.TRAINING_FOLDER, str(small.wheels)))
    say("install", wheels=None)
    assert state(small) == State.READY
    say("remove")
    with pytest.raises(UserError, match="is not there"):
        say("install", wheels=tmp_path / "nowhere")


def test_offline_nothing_is_downloaded(say):
    with pytest.raises(UserError, match="set to stay offline"):
        say("install", wheels=None, offline=True)


def test_too_little_room_is_told_before_anything_is_asked(small, say, monkeypatch):
    monkeypatch.setattr(plan, "_free_bytes", lambda _place: 1_000)
    with pytest.raises(UserError, match="free"):
        say("install", yes=False)


def test_what_cannot_be_computed_on_is_refused(say):
    with pytest.raises(UserError, match=r"no packages that compute on “cuda”\. Choose among: cpu"):
        say("install", accelerator="cuda")


def test_while_somebody_else_sets_it_up_that_is_told(small, say, capsys):
    small.place.root.mkdir()
    with FileLock(small.place.lock):
        say()
        assert "Another Moatless is setting it up" in capsys.readouterr().out
        with pytest.raises(UserError, match="Another Moatless is setting it up"):
            say("install")


def test_in_a_checkout_its_own_python_trains(data_folder, capsys, monkeypatch):
    environment(argparse.Namespace(what="install", json=False), data_folder)
    assert sys.executable in capsys.readouterr().out
    with pytest.raises(UserError, match="nothing to remove"):
        environment(argparse.Namespace(what="remove", json=False), data_folder)

    def missing(_training):
        raise UserError("Training needs torch, which this Python does not have.", "Install it.")

    monkeypatch.setattr(module, "check_environment", missing)
    with pytest.raises(UserError, match="needs torch"):
        environment(argparse.Namespace(what="status", json=False), data_folder)
