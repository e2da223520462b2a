"""How fast a model learns is found out unasked: once, only while nothing else is computed, and for whoever looks."""

import pytest

from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.finetune.run_folder import conducted
from desktop_app.jobs.chat_watch import ChatWatch
from desktop_app.jobs.course_task import CourseTask, Kind
from desktop_app.jobs.measuring import Measuring
from desktop_app.jobs.training import Training
from tests.support.run_folders import STARTED, make_run, tell

PLAN, OTHER_PLAN = ("Mails", "a"), ("Mails", "b")
TRYING = {"event": "progress", "words": "Trying", "fraction": None, "seconds_left": None}


@pytest.fixture
def task(opened, data_folder, room, scripted):
    scripted(estimate=[TRYING, "wait"], examples=[0])
    task = CourseTask(opened, data_folder, room)
    yield task
    task.close()


@pytest.fixture
def training(background, data_folder, room):
    training = Training(background, data_folder, room)
    yield training
    training.close()


@pytest.fixture
def measuring(task, training, session):
    return Measuring(task, training, ChatWatch(session))


def begins(qtbot, task):
    """Wait until it is being measured, so far that the command says so."""
    qtbot.waitUntil(lambda: task.kind == Kind.ESTIMATING and task.step.words == "Trying")


def ends(qtbot, task):
    qtbot.waitUntil(lambda: task.is_free)


@pytest.fixture
def answering(qtbot, session, monkeypatch):
    """Have an answer be written that takes its time; calling what is returned ends it."""
    monkeypatch.setenv(PACE_VARIABLE, "20")

    def answering():
        with qtbot.waitSignal(session.answering) as begun:
            session.send("word " * 200)

        def end():
            with qtbot.waitSignal(begun.args[0].ended):
                begun.args[0].stop()

        return end

    return answering


def test_it_is_measured_while_a_plan_is_looked_at_and_not_longer(qtbot, measuring, task):
    measuring.wish(PLAN)
    begins(qtbot, task)
    measuring.wish(PLAN)
    assert task.kind == Kind.ESTIMATING
    measuring.wish(None)
    ends(qtbot, task)
    assert not measuring.is_waiting


def test_whoever_comes_back_to_the_plan_has_it_measured_again(qtbot, measuring, task, scripted):
    measuring.wish(PLAN)
    begins(qtbot, task)
    measuring.wish(None)
    measuring.wish(PLAN)  # while the one before is still ending
    qtbot.waitUntil(lambda: len(scripted.calls) == 2)
    measuring.wish(None)
    ends(qtbot, task)


@pytest.mark.parametrize("ending", [[0], ["The model is gone.", 1]], ids=["done", "failed"])
def test_what_came_to_an_end_is_not_begun_once_more(qtbot, measuring, task, scripted, ending):
    scripted(estimate=ending)
    measuring.wish(PLAN)
    ends(qtbot, task)
    measuring.wish(PLAN)
    measuring.wish(None)
    measuring.wish(PLAN)
    assert task.is_free
    assert not measuring.is_waiting
    measuring.wish(OTHER_PLAN)
    assert task.kind == Kind.ESTIMATING
    ends(qtbot, task)
    assert len(scripted.calls) == 2


def test_what_the_person_stops_stays_stopped(qtbot, measuring, task, scripted):
    measuring.wish(PLAN)
    begins(qtbot, task)
    measuring.stop()
    ends(qtbot, task)
    measuring.wish(PLAN)
    assert task.is_free
    assert len(scripted.calls) == 1


def test_another_model_is_measured_in_the_place_of_the_one_before(qtbot, measuring, task, scripted):
    measuring.wish(PLAN)
    begins(qtbot, task)
    measuring.wish(OTHER_PLAN, is_anew=True)
    qtbot.waitUntil(lambda: len(scripted.calls) == 2)
    assert "--from-scratch" in scripted.calls[1]
    measuring.wish(None)
    ends(qtbot, task)


# ------------------------------------------------------------ giving way


def test_it_waits_for_an_answer_that_is_being_written(qtbot, measuring, task, answering):
    end = answering()
    measuring.wish(PLAN)
    assert measuring.is_waiting
    assert task.is_free
    end()
    begins(qtbot, task)
    assert not measuring.is_waiting
    measuring.wish(None)
    ends(qtbot, task)


def test_it_gives_way_to_an_answer_and_begins_anew_after_it(qtbot, measuring, task, answering, scripted):
    measuring.wish(PLAN)
    begins(qtbot, task)
    end = answering()
    assert measuring.is_waiting
    ends(qtbot, task)
    end()
    qtbot.waitUntil(lambda: len(scripted.calls) == 2)
    measuring.wish(None)
    ends(qtbot, task)


def test_it_gives_way_to_a_training_and_waits_for_its_end(qtbot, measuring, task, training, data_folder, starter_model):
    run = make_run(data_folder.runs / "Mails", starter_model)
    measuring.wish(PLAN)
    begins(qtbot, task)
    with conducted(run):
        tell(run, ("started", STARTED))
        with qtbot.waitSignal(training.changed):
            training.look()
        ends(qtbot, task)
        assert measuring.is_waiting
    with qtbot.waitSignal(training.changed):
        training.look()
    begins(qtbot, task)
    measuring.wish(None)
    ends(qtbot, task)


def test_it_waits_for_what_is_done_with_another_course(qtbot, measuring, task, opened, scripted):
    scripted(estimate=[TRYING, "wait"], examples=[TRYING, "wait"])
    task.write_examples()
    qtbot.waitUntil(lambda: bool(scripted.calls))
    with qtbot.waitSignal(opened.course_changed):
        opened.create("Letters", "style")
    measuring.wish(("Letters", "a"))
    assert measuring.is_waiting
    scripted.process().terminate()
    begins(qtbot, task)
    measuring.wish(None)
    ends(qtbot, task)


def test_what_the_person_begins_comes_in_its_place(qtbot, measuring, task, scripted):
    measuring.wish(PLAN)
    begins(qtbot, task)
    task.write_examples()
    ends(qtbot, task)
    assert [call[1] for call in scripted.calls] == ["estimate", "examples"]
