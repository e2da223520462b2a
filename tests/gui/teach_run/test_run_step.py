"""The run is seen as it is, in every state, and what can be asked of it is one click away."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop_app.errors import UserError
from desktop_app.finetune.locks import hold_lock
from desktop_app.finetune.run_folder import CONDUCTOR, ask_to_pause
from desktop_app.gui.finetune.run_view import PAUSE, STOP
from desktop_app.jobs.course_task import Kind
from desktop_app.settings import options
from tests.gui.teach_run.conftest import NAME, nameless, reached_by_tab
from tests.support import taught_runs
from tests.support.run_folders import tell


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def prepared(desk, run):
    """A run of the course, not begun."""
    folder = taught_runs.prepare(desk.folder.runs, NAME, Path(desk.model.path))
    desk.have_runs(NAME)
    return folder


@pytest.fixture
def training(desk, prepared):
    """A run that is being trained: 70 of 120 steps are done."""
    lock = hold_lock(prepared / CONDUCTOR)
    taught_runs.train(prepared, 70)
    desk.look()
    yield prepared
    lock.release()


def headline(run):
    return run.run.headline.words.text()


def shown(run):
    buttons = (run.run.resume_button, run.run.pause_button, run.run.stop_button)
    return [button.text() for button in buttons if button.isVisible()]


# ------------------------------------------------------------ before it trains


def test_a_course_that_was_not_taught_says_so(run):
    assert run.nothing.isVisible()
    assert run.run.isHidden()
    assert run.summary() == ""


def test_preparing_shows_how_far_it_is_and_can_be_stopped(qtbot, desk, run):
    desk.task.prepare({})
    assert run.step.isVisible()
    assert run.step.words.text() == "Turning the documents into examples"
    assert run.nothing.isHidden()
    click(qtbot, run.step.stop)
    assert desk.task.asked[-1] == "stop"
    assert run.step.isHidden()


def test_what_was_prepared_is_trained(desk, run, prepared):
    desk.task.begin(Kind.PREPARING, desk.task.step)
    desk.task.end()
    desk.task.prepared.emit(NAME)
    assert desk.room.asked == [NAME]
    assert headline(run) == "Starting"
    assert shown(run) == []


def test_what_could_not_be_prepared_says_why(desk, run):
    desk.task.prepare({})
    desk.task.fail(UserError("There is nothing to learn.", "Bring documents."))
    assert run.news.text() == "There is nothing to learn. Bring documents."


def test_a_run_that_did_not_begin_can(qtbot, desk, run, prepared):
    assert headline(run) == "Ready to begin"
    assert shown(run) == ["Begin"]
    click(qtbot, run.run.resume_button)
    assert desk.room.asked == [NAME]


# ------------------------------------------------------------ while it trains


def test_the_curve_and_the_numbers_are_shown(qtbot, run, training):
    qtbot.waitUntil(lambda: run.run.curve.plot is not None and run.run.curve.plot.isVisible())
    assert headline(run) == "Learning, 2 min left"
    assert len(run.run.curve.plot.training.getData()[0]) == 70
    facts = {name: label.text() for name, label in run.run.facts.values.items()}
    assert facts == {
        "Step": "70 of 120",
        "Time left": "about 2 min",
        "Speed": "375 tokens/s",
        "Memory": "about 1.2 GB",
        "Mode": "Fast",
    }
    assert shown(run) == [PAUSE, STOP]


def test_new_steps_are_seen_as_they_come(qtbot, desk, run, training):
    tell(training, ("step", {"step": 71, "loss": 2.6, "tokens": 900, "seconds": 2.4, "seconds_left": 110.0}))
    desk.look()
    assert run.run.facts.values["Step"].text() == "71 of 120"


def test_what_it_says_now_stands_beside_what_it_said_before(qtbot, run, training):
    samples = run.run.samples
    assert samples.isVisible()
    assert samples.kind.text() == "Question, after step 40"
    assert samples.before.text.text() == taught_runs.BASE
    assert samples.now.text.text() == taught_runs.NOW
    assert samples.wanted.text.text() == taught_runs.QUESTIONS[0][1]
    click(qtbot, samples.next_button)
    click(qtbot, samples.next_button)
    assert samples.place.text() == "3 of 3"
    assert samples.kind.text() == "How a text begins, after step 40"


def test_the_question_that_is_read_stays_when_a_new_answer_comes(qtbot, desk, run, training):
    click(qtbot, run.run.samples.next_button)
    taught_runs.sample(training, 80)
    desk.look()
    assert run.run.samples.question.text() == taught_runs.QUESTIONS[1][0]
    assert run.run.samples.kind.text() == "Question, after step 80"


def test_pausing_says_that_it_was_heard(qtbot, desk, run, training):
    click(qtbot, run.run.pause_button)
    assert desk.asked == [("pause", NAME)]
    assert headline(run) == "Pausing"
    assert not run.run.pause_button.isEnabled()
    tell(training, ("paused", {"step": 70}))


def test_stopping_keeps_the_best(qtbot, desk, run, training):
    click(qtbot, run.run.stop_button)
    assert desk.asked == [("stop", NAME)]
    assert headline(run) == "Stopping"


def test_it_waits_while_an_answer_is_written(desk, run, training):
    desk.training.hold(True)
    run.show_course()
    assert headline(run) == "Waiting while an answer is written"
    desk.training.hold(False)
    run.show_course()
    assert headline(run) == "Learning, 2 min left"


@pytest.mark.parametrize(("value", "words"), [(options.GO_ON, "teaching goes on"), (options.PAUSE, "teaching pauses")])
def test_what_closing_the_window_means_is_said(desk, run, training, value, words):
    desk.preferences.set(options.TRAIN_CLOSED, value)
    assert words in run.run.closing.text()


def test_a_leaner_mode_is_told(desk, run, training):
    tell(training, ("leaner", {"mode": "lean", "reason": "Memory ran out."}))
    desk.look()
    assert run.run.facts.values["Mode"].text() == "Lean"
    assert run.run.facts.values["Memory"].isHidden()


def test_proving_shows_how_far_it_is(desk, run, training):
    taught_runs.finish(training)
    tell(training, ("proving", {"fraction": 0.4}))
    desk.look()
    assert headline(run) == "Measuring what it has learned"
    assert run.run.bar.isVisible()
    assert run.run.bar.value() == 400
    assert shown(run) == []


def test_reading_the_model_is_told_before_the_first_step(desk, run, prepared):
    lock = hold_lock(prepared / CONDUCTOR)
    desk.look()
    assert headline(run) == "Reading the model"
    assert run.run.bar.isVisible()
    assert run.run.bar.maximum() == 0
    assert shown(run) == [PAUSE]
    lock.release()


# ------------------------------------------------------------ when nobody works on it


@pytest.mark.parametrize(
    ("event", "facts", "words", "button"),
    [
        ("paused", {"step": 70}, "Paused after step 70 of 120", "Resume"),
        ("saved", {"step": 70}, "Interrupted after step 70 of 120", "Resume"),
        ("failed", {"sentence": "Memory ran out.", "hint": "Close other programs."}, "It could not go on", "Try again"),
    ],
)
def test_a_run_that_rests_says_why_and_goes_on_by_one_click(qtbot, desk, run, prepared, event, facts, words, button):
    taught_runs.train(prepared, 70)
    tell(prepared, (event, facts))
    desk.look()
    assert headline(run) == words
    assert shown(run) == [button]
    assert run.summary() == words
    assert run.run.facts.values["Time left"].isHidden()
    click(qtbot, run.run.resume_button)
    assert desk.room.asked == [NAME]


def test_who_pauses_by_a_key_can_go_on_by_the_next(qtbot, desk, run, prepared):
    with hold_lock(prepared / CONDUCTOR):
        taught_runs.train(prepared, 70)
        desk.look()
        run.activateWindow()
        run.run.pause_button.setFocus()
        qtbot.waitUntil(run.run.pause_button.hasFocus)
        qtbot.keyClick(run.run.pause_button, Qt.Key.Key_Space)
        assert run.run.hasFocus()  # there is nothing to press while it is pausing
        tell(prepared, ("paused", {"step": 70}))
    desk.look()
    assert run.run.resume_button.hasFocus()


def test_a_run_that_was_paused_before_it_began_is_shown_as_paused(desk, run, prepared):
    ask_to_pause(prepared)
    desk.look()
    assert headline(run) == "Paused"
    assert run.run.details.text() == "It has not begun to learn."
    assert shown(run) == ["Resume"]


def test_a_failure_says_what_happened_and_what_to_do(desk, run, prepared):
    tell(prepared, ("failed", {"sentence": "Memory ran out.", "hint": "Close other programs."}))
    desk.look()
    assert run.run.details.text() == "Memory ran out. Close other programs."


def test_what_was_trained_but_not_proved_can_be_finished(desk, run, prepared):
    taught_runs.finish(taught_runs.train(prepared))
    desk.look()
    assert headline(run) == "Not proved yet"
    assert shown(run) == ["Finish it"]


def test_the_runs_are_looked_at_only_while_they_are_shown(desk, run):
    assert desk.training._n_watching == 1
    run.hide()
    assert desk.training._n_watching == 0


# ------------------------------------------------------------ for everybody


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, run, training):
    qtbot.waitUntil(lambda: run.run.curve.plot is not None and run.run.curve.plot.isVisible())
    assert nameless(run) == []
    wanted = [run.run.curve.plot, run.run.pause_button, run.run.stop_button, run.run.samples.next_button]
    visited = reached_by_tab(run)
    assert [widget for widget in visited if widget in wanted] == wanted


def test_the_numbers_go_below_the_curve_where_there_is_no_room(qtbot, run, training):
    run.resize(720, 900)
    qtbot.waitUntil(lambda: run.run._graph.is_beside)
    run.resize(380, 900)
    qtbot.waitUntil(lambda: not run.run._graph.is_beside)
