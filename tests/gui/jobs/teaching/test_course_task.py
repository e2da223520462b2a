"""Commands on a course: one at a time, told as they go, and ended without harm."""

import pytest

from desktop_app.finetune.goals import FORMAT
from desktop_app.jobs import memory_room
from desktop_app.jobs.course_edits import settings_edit
from desktop_app.jobs.course_task import CourseTask, Kind, options_of
from desktop_app.jobs.mixing import Step
from tests.gui.jobs.teaching.conftest import row

CHANGED = {"event": "course", "name": "Mails", "path": "/x"}


def progress(words, fraction=None, left=None):
    return {"event": "progress", "words": words, "fraction": fraction, "seconds_left": left}


@pytest.fixture
def task(opened, data_folder, room, scripted):
    task = CourseTask(opened, data_folder, room)
    yield task
    task.close()


@pytest.fixture
def heard(task):
    """All that the task says, in its order."""
    heard = []
    task.progressed.connect(lambda step: heard.append(step.words))
    task.ended.connect(lambda: heard.append("ended"))
    task.prepared.connect(heard.append)
    task.failed.connect(heard.append)
    return heard


def wait(qtbot, heard, last):
    qtbot.waitUntil(lambda: last in heard, timeout=60_000)


def test_reading_tells_how_far_it_is_and_shows_what_was_read(qtbot, task, heard, scripted, mails, opened):
    scripted(course=[progress("Reading letters.pdf", 0.5, 12.5), CHANGED, "wait"])
    task.read()
    assert task.kind == Kind.READING
    mails.add_examples([row(9)])
    wait(qtbot, heard, "Reading letters.pdf")
    assert task.step == Step("Reading letters.pdf", 0.5, 12.5)
    qtbot.waitUntil(lambda: len(opened.rows) == 5)
    assert scripted.calls == [["finetune", "course", str(mails.path), "--json"]]
    task.stop()
    wait(qtbot, heard, "ended")


def test_the_course_is_locked_while_its_files_are_written(qtbot, task, heard, scripted, opened):
    scripted(examples=[progress("Writing"), "wait"])
    task.write_examples()
    wait(qtbot, heard, "Writing")
    assert opened.is_locked
    task.stop()
    wait(qtbot, heard, "ended")
    assert not opened.is_locked
    assert not task.is_busy


def test_what_was_just_changed_is_in_the_files_before_a_command_begins(qtbot, task, heard, scripted, opened, mails):
    scripted(examples=[0])
    opened.set_goal(FORMAT)
    task.write_examples()
    opened.set_plan("quick", {})  # the person is quicker than the disk
    wait(qtbot, heard, "ended")
    assert mails.load().goal == FORMAT
    assert mails.load().preset == "quick"


def test_a_command_that_refuses_is_told_after_its_end(qtbot, task, heard, scripted):
    scripted(examples=["The model is gone. Choose another one.", 1])
    with qtbot.waitSignal(task.failed, timeout=60_000) as failed:
        task.write_examples()
    assert str(failed.args[0]) == "The model is gone. Choose another one."
    assert heard[-2:] == ["ended", failed.args[0]]


def test_stopping_is_no_failure(qtbot, task, heard, scripted):
    scripted(examples=[progress("Writing"), "wait"])
    task.write_examples()
    wait(qtbot, heard, "Writing")
    task.stop()
    wait(qtbot, heard, "ended")
    assert heard[-1] == "ended"


def test_what_is_stopped_before_it_has_begun_never_begins(qtbot, task, heard, scripted, opened):
    scripted(examples=[0])
    opened.set_goal(FORMAT)  # which has to be in the files before a command may begin
    task.write_examples()
    task.stop()
    wait(qtbot, heard, "ended")
    assert scripted.calls == []
    assert not opened.is_locked


def test_a_command_does_not_begin_if_the_course_cannot_be_saved(
    qtbot, no_patience, task, heard, scripted, opened, mails
):
    scripted(examples=[0])
    with mails.held(), qtbot.waitSignal(task.failed) as failed:
        opened.set_goal(FORMAT)
        task.write_examples()
    assert "being worked on" in failed.args[0].sentence
    assert scripted.calls == []


def test_two_things_are_not_done_at_once(qtbot, task, heard, scripted):
    scripted(examples=[progress("Writing"), "wait"])
    task.write_examples()
    wait(qtbot, heard, "Writing")
    with qtbot.waitSignal(task.failed) as failed:
        task.read()
    assert "still being worked on" in failed.args[0].sentence
    assert task.kind == Kind.WRITING
    task.stop()
    wait(qtbot, heard, "ended")


def test_preparing_ends_with_the_name_of_the_run(qtbot, task, heard, scripted, mails):
    scripted(start=[{"event": "prepared", "name": "Mails-2", "path": "/runs/Mails-2"}, 0])
    task.prepare({"preset": "quick", "learning_rate": 0.0002, "targets": ("attn_q", "attn_v")})
    wait(qtbot, heard, "Mails-2")
    assert heard[-2:] == ["ended", "Mails-2"]
    (call,) = scripted.calls
    assert call[:4] == ["finetune", "start", "--course", str(mails.path)]
    assert call[4:] == [
        *["--prepare-only", "--preset", "quick", "--learning-rate", "0.0002", "--targets", "attn_q,attn_v"],
        "--json",
    ]


def test_a_run_can_leave_what_the_course_has_taught_before(qtbot, task, heard, scripted):
    scripted(estimate=[0], start=[{"event": "prepared", "name": "Mails", "path": "/x"}, 0])
    task.estimate(is_anew=True)
    wait(qtbot, heard, "ended")
    task.prepare({}, is_anew=True)
    wait(qtbot, heard, "Mails")
    assert all("--from-scratch" in call for call in scripted.calls)


def test_choices_are_words_of_the_command_line():
    from desktop_app import cli

    choices = {"preset": "quick", "rank": 4, "targets": ("attn_q",), "learning_rate": 1e-05, "replay": 0.2, "steps": 3}
    parsed = cli._parser().parse_args(
        ["finetune", "estimate", "--model", "m", "--documents", "d", *options_of(choices)]
    )
    assert {name: getattr(parsed, name) for name in choices} == choices


# ------------------------------------------------------------ estimates


def test_an_estimate_works_beside_the_person_as_training_will(qtbot, task, heard, scripted, mails):
    scripted(estimate=[0])
    task.estimate()
    wait(qtbot, heard, "ended")
    assert scripted.calls == [["finetune", "estimate", "--course", str(mails.path), "--background", "--json"]]


@pytest.mark.parametrize("is_asked", [True, False])
def test_the_model_of_the_chat_goes_only_for_an_estimate_that_the_person_asks_for(
    qtbot, task, heard, scripted, opened, loaded, starter_model, monkeypatch, is_asked
):
    monkeypatch.setattr(memory_room, "free_memory_bytes", lambda: 100_000_000)
    scripted(estimate=[0])
    opened._change(settings_edit(model_path=str(starter_model)))
    task.estimate(is_asked=is_asked)
    wait(qtbot, heard, "ended")
    assert (loaded.model is None) == is_asked
    assert bool(scripted.calls) == is_asked


def test_while_it_is_estimated_the_course_can_be_changed(qtbot, task, heard, scripted, opened):
    scripted(estimate=[progress("Trying"), "wait"])
    task.estimate()
    wait(qtbot, heard, "Trying")
    assert not opened.is_locked
    task.stop()
    wait(qtbot, heard, "ended")


def test_what_was_settled_for_an_estimate_is_shown(qtbot, task, heard, scripted, mails, opened):
    scripted(estimate=[progress("Trying"), "wait"])
    task.estimate()
    wait(qtbot, heard, "Trying")
    mails.save_examples([row(0, is_held_out=True), *mails.examples()[1:]])
    task.stop()
    qtbot.waitUntil(lambda: opened.rows[0].is_held_out)


def test_an_estimate_gives_way_to_whatever_is_wanted_next(qtbot, task, heard, scripted):
    scripted(estimate=[progress("Trying"), "wait"], start=[{"event": "prepared", "name": "Mails", "path": "/x"}, 0])
    task.estimate()
    wait(qtbot, heard, "Trying")
    task.estimate(is_anew=True)
    task.prepare({})
    wait(qtbot, heard, "Mails")
    assert [call[1] for call in scripted.calls][-1] == "start"
    assert heard.count("ended") == 1


def test_an_estimate_is_given_up_also_where_another_course_is_looked_at(qtbot, task, heard, scripted, opened):
    scripted(estimate=[progress("Trying"), "wait"], examples=[progress("Writing"), "wait"])
    task.estimate()
    wait(qtbot, heard, "Trying")
    with qtbot.waitSignal(opened.course_changed):
        opened.create("Letters", FORMAT)
    assert not task.is_free
    task.give_up_estimating()
    wait(qtbot, heard, "ended")
    assert task.is_free
    task.write_examples()
    wait(qtbot, heard, "Writing")
    task.give_up_estimating()
    assert task.kind == Kind.WRITING
    task.stop()
    qtbot.waitUntil(lambda: heard.count("ended") == 2)


# ------------------------------------------------------------ more than one course


def test_a_command_goes_on_while_another_course_is_looked_at(qtbot, task, heard, scripted, opened):
    scripted(examples=[progress("Writing"), "wait"])
    task.write_examples()
    wait(qtbot, heard, "Writing")
    with qtbot.waitSignal(opened.course_changed):
        opened.create("Letters", FORMAT)
    assert not task.is_busy
    assert task.step is None
    with qtbot.waitSignal(opened.course_changed):
        opened.open("Mails")
    assert task.kind == Kind.WRITING
    assert task.step.words == "Writing"
    task.stop()
    wait(qtbot, heard, "ended")


def test_the_end_of_the_window_is_the_end_of_the_command(qtbot, task, heard, scripted):
    scripted(examples=[progress("Writing"), "wait"])
    task.write_examples()
    wait(qtbot, heard, "Writing")
    process = scripted.process()
    task.close()
    assert not process.is_running()
    assert "ended" not in heard


# ------------------------------------------------------------ the real thing


def test_real_documents_are_read_into_the_course(qtbot, opened, data_folder, room, tmp_path):
    (tmp_path / "harbor.txt").write_text("The harbor lies in the north.\n\nShips rest there.\n" * 20, "utf-8")
    with qtbot.waitSignal(opened.course_changed):
        opened.create("Harbor", FORMAT)
    task = CourseTask(opened, data_folder, room)
    opened.add_sources([tmp_path / "harbor.txt"])
    with qtbot.waitSignal(task.ended, timeout=120_000):
        task.read()
    qtbot.waitUntil(lambda: bool(opened.course.documents))
    assert [each.name for each in opened.course.documents] == ["harbor.txt"]
    assert opened.course == opened.folder.load()
    assert opened.rows == opened.folder.examples()
