"""Runs as the window sees them: what their folders tell, told once, and what is asked of them."""

import os
import shutil
import time

import pytest

from desktop_app.finetune.run_folder import RunState, conducted, read_status
from desktop_app.finetune.samples import Sample, add_samples
from desktop_app.jobs.training import Training
from desktop_app.trainer.contract import HOLD, PAUSE, STOP
from tests.support.run_folders import FINISHED, STARTED, make_run, step, tell

EXPORTED = ("exported", {"path": "/adapter.gguf", "sha256": "d" * 64})
FAILED = ("failed", {"sentence": "The disk is full.", "hint": "Free some space."})


@pytest.fixture
def training(background, data_folder, room, scripted):
    training = Training(background, data_folder, room)
    yield training
    training.close()


@pytest.fixture
def run(data_folder, starter_model):
    """The folder of a run that was prepared."""
    return make_run(data_folder.runs / "mails", starter_model)


@pytest.fixture
def ends(training):
    """What was told of runs that have ended."""
    ends = []
    training.finished.connect(lambda status: ends.append(status.name))
    training.failed.connect(lambda error: ends.append(str(error)))
    return ends


@pytest.fixture
def look(qtbot, training):
    """Look at the runs, and wait for what is seen."""

    def look():
        seen = []
        plan = training._plan_look
        training._plan_look = lambda took: (plan(took), seen.append(True))
        qtbot.waitUntil(lambda: not training._is_looking)
        training.look()
        qtbot.waitUntil(lambda: bool(seen))
        training._plan_look = plan

    return look


def finish(run):
    tell(run, ("started", STARTED), step(1), ("finished", FINISHED), EXPORTED, time=2000.0)
    (run / "result.npz").write_bytes(b"")


def state(training, name="mails"):
    return training.status(name).state


# ------------------------------------------------------------ looking


def test_all_runs_are_there_the_one_that_something_happened_in_last_first(training, look, run, starter_model):
    late = make_run(run.parent / "late", starter_model)
    tell(late, ("started", STARTED), step(1), time=3000.0)
    finish(run)
    (run.parent / "broken").mkdir()
    look()
    assert [each.name for each in training.runs] == ["late", "mails", "broken"]
    assert [each.state for each in training.runs] == [RunState.INTERRUPTED, RunState.FINISHED, RunState.DAMAGED]


def test_what_has_ended_before_the_window_came_is_no_news(training, look, run, ends):
    finish(run)
    look()
    look()
    assert ends == []


def test_a_run_is_followed_step_by_step(qtbot, training, look, run):
    look()
    assert state(training) == RunState.PREPARED
    with conducted(run):
        tell(run, ("started", STARTED), step(1, loss=3.0))
        with qtbot.waitSignal(training.changed):
            look()
        assert state(training) == RunState.RUNNING
        assert training.running == (training.status("mails"),)
        tell(run, step(2, loss=2.0))
        with qtbot.waitSignal(training.progressed) as progressed:
            look()
        assert progressed.args == ["mails"]
        assert training.status("mails").progress.losses == {1: 3.0, 2: 2.0}
        add_samples(run, [Sample(2, "Who?", "Me.", "You.", "Nobody.")])
        with qtbot.waitSignal(training.progressed):
            look()
        assert training.samples("mails")[0].answer == "You."
    assert training.report("mails") is None


def test_a_run_that_nothing_happens_in_is_not_read_again(training, look, run, monkeypatch):
    look()
    before = training.status("mails")
    heard = []
    training.progressed.connect(heard.append)
    training.changed.connect(lambda: heard.append("changed"))
    look()
    assert training.status("mails") is before
    assert heard == []


def test_runs_are_looked_at_again_by_themselves(qtbot, training, look, run):
    training.watch(True)
    with conducted(run):
        look()
        tell(run, ("started", STARTED), step(1))
        qtbot.waitUntil(lambda: training.status("mails").progress.step == 1)


def test_a_run_whose_folder_is_gone_is_gone(training, look, run):
    look()
    shutil.rmtree(run)
    look()
    assert training.runs == ()
    assert training.status("mails") is None


# ------------------------------------------------------------ the end of a run


def test_the_end_of_a_run_is_told_once(training, look, run, ends):
    with conducted(run):
        look()
        finish(run)
    look()
    look()
    assert ends == ["mails"]


def test_the_end_of_a_run_that_was_resumed_elsewhere_between_two_looks_is_told(training, look, run, ends):
    look()
    finish(run)
    look()
    assert ends == ["mails"]


def test_a_run_that_fails_is_told_with_its_reason(training, look, run, ends):
    with conducted(run):
        look()
        tell(run, ("started", STARTED), FAILED)
    look()
    look()
    assert ends == ["The disk is full. Free some space."]


def test_a_run_that_is_interrupted_is_told(training, look, run, ends):
    with conducted(run):
        tell(run, ("started", STARTED), step(1))
        look()
    look()
    assert ends == ["The run “mails” was interrupted; what was saved is kept. Resume it to go on."]


def test_a_run_that_was_paused_is_no_news(training, look, run, ends):
    with conducted(run):
        look()
        tell(run, ("started", STARTED), step(1), ("paused", {"step": 1}))
    look()
    assert state(training) == RunState.PAUSED
    assert ends == []


# ------------------------------------------------------------ starting


def wait_for_end_of_start(qtbot, training):
    training.watch(True)
    qtbot.waitUntil(lambda: not training._started, timeout=60_000)


def test_a_run_is_started_as_a_command_that_outlives_the_window(qtbot, training, look, run, scripted, ends):
    scripted(resume=[0])
    look()
    with qtbot.waitSignal(training.changed):
        training.start("mails")
    assert training.is_starting("mails")
    wait_for_end_of_start(qtbot, training)
    assert scripted.calls == [["finetune", "resume", str(run), "--unless-paused", "--background"]]
    assert not training.is_starting("mails")
    assert ends == []


def test_a_run_is_started_once(qtbot, training, look, run, scripted):
    scripted(resume=[0])
    training.start("mails")
    training.resume("mails")
    wait_for_end_of_start(qtbot, training)
    assert len(scripted.calls) == 1


def test_why_a_run_could_not_even_be_started_is_told(qtbot, training, look, run, scripted, ends):
    scripted(resume=["Training needs torch. Install it.", 1])
    look()
    training.start("mails")
    wait_for_end_of_start(qtbot, training)
    qtbot.waitUntil(lambda: ends == ["Training needs torch. Install it."])


def test_a_new_reason_is_told_of_a_run_that_has_failed_before(qtbot, training, look, run, scripted, ends):
    tell(run, ("started", STARTED), FAILED)
    scripted(resume=["The model is gone.", 1])
    look()
    training.start("mails")
    wait_for_end_of_start(qtbot, training)
    assert ends == ["The model is gone."]


def test_a_command_that_notes_its_failure_in_the_run_is_told_of_once(qtbot, training, look, run, scripted, ends):
    scripted(resume=["The disk is full. Free some space.", 1])
    look()
    tell(run, ("started", STARTED), FAILED)  # as the command does
    training.start("mails")
    wait_for_end_of_start(qtbot, training)
    look()
    assert ends == ["The disk is full. Free some space."]


def test_a_run_without_a_folder_cannot_be_started(qtbot, training, ends):
    training.start("nothing")
    qtbot.waitUntil(lambda: bool(ends))
    assert "could not be started" in ends[0]
    assert not training.is_starting("nothing")


# ------------------------------------------------------------ asking


@pytest.mark.parametrize(("ask", "file"), [("pause", PAUSE), ("stop", STOP)])
def test_what_is_asked_of_a_run_as_soon_as_it_was_started_is_not_forgotten(
    qtbot, training, look, run, scripted, ask, file
):
    scripted(resume=[0])
    (run / STOP).touch()  # from an earlier time
    (run / PAUSE).touch()
    look()
    training.start("mails")
    getattr(training, ask)("mails")
    wait_for_end_of_start(qtbot, training)
    assert [name for name in (PAUSE, STOP) if (run / name).exists()] == [file]


def test_a_run_waits_while_somebody_chats_and_goes_on_after(qtbot, training, look, run, background):
    with conducted(run):
        look()
        training.hold(True)
        qtbot.waitUntil((run / HOLD).exists)
        os.utime(run / HOLD, (1.0, 1.0))
        training._hold.timeout.emit()
        qtbot.waitUntil(lambda: (run / HOLD).stat().st_mtime > time.time() - 1000)
        training.hold(False)
        qtbot.waitUntil(lambda: not (run / HOLD).exists())
    assert not training._hold.isActive()


# ------------------------------------------------------------ the end of the window


@pytest.fixture
def close(qtbot, training, background):
    """Close the window, and wait until all that was asked for has been done."""

    def close(is_pausing=True):
        training.close(is_pausing)
        done = []
        background.run_in_order(lambda: None, done.append)
        qtbot.waitUntil(lambda: bool(done))

    return close


@pytest.mark.parametrize("is_pausing", [False, True])
def test_a_run_is_paused_with_the_window_if_that_is_wished(training, look, run, close, is_pausing):
    with conducted(run):
        look()
        close(is_pausing)
        assert (run / PAUSE).exists() == is_pausing


@pytest.mark.parametrize("is_pausing", [False, True])
def test_a_run_that_was_not_seen_running_yet_is_paused_no_less(training, look, run, close, is_pausing):
    look()
    with conducted(run):
        close(is_pausing)
        assert (run / PAUSE).exists() == is_pausing


@pytest.mark.parametrize("is_pausing", [False, True])
def test_a_run_whose_command_has_only_just_been_started_is_paused_no_less(
    qtbot, training, look, run, close, scripted, is_pausing
):
    scripted(resume=["wait"])
    (run / PAUSE).touch()  # from an earlier time
    look()
    training.start("mails")
    qtbot.waitUntil(lambda: training._started["mails"].process is not None)
    close(is_pausing)
    assert (run / PAUSE).exists() == is_pausing
    process = training._started["mails"].process
    process.kill()
    process.wait()


def test_a_run_that_room_is_still_being_made_for_is_paused_no_less(training, look, run, close, room, monkeypatch):
    monkeypatch.setattr(room, "for_trainer", lambda _run, _then: None)
    look()
    training.start("mails")
    close()
    assert read_status(run).state == RunState.PAUSED


def test_a_run_that_has_come_to_its_end_is_left_alone(qtbot, training, look, run, close, scripted):
    scripted(resume=[0])
    look()
    training.start("mails")
    wait_for_end_of_start(qtbot, training)
    finish(run)
    close()
    assert not (run / PAUSE).exists()
