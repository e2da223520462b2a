"""A run whose command was killed before it could tell its course is found again."""

import pytest

from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.course_runs import RunNote, write_note
from tests.gui.jobs.teaching.conftest import row


@pytest.fixture
def run(mails, data_folder):
    """Return a function that has a run of the course be there, which the course does not know."""

    def run():
        folder = data_folder.runs / "Mails"
        folder.mkdir()
        write_note(folder, RunNote(mails.load().created_at, ("row-0", "row-1")))

    return run


def test_a_run_is_found_again_by_the_list(qtbot, courses, run):
    run()
    with qtbot.waitSignal(courses.changed):
        courses.refresh()
    assert courses.courses[0].runs == ("Mails",)


def test_a_run_is_found_again_when_its_course_is_opened(qtbot, courses, run):
    run()
    with qtbot.waitSignal(courses.course_changed):
        courses.open("Mails")
    assert courses.course.runs == ("Mails",)
    assert [each.run for each in courses.rows] == ["Mails", "Mails", "", ""]


def test_a_row_that_is_changed_after_that_has_not_been_learned_as_it_is_now(opened, mails, saved, run):
    run()
    opened.change_row(row(1, answers=("Another answer.",)))
    course, rows = saved(mails)
    assert course.runs == ("Mails",)
    assert [each.run for each in rows] == ["Mails", "", "", ""]


def test_while_a_command_works_on_the_course_it_is_shown_as_it_is(qtbot, no_patience, courses, mails, run):
    run()
    with CourseFolder(mails.path).held(), qtbot.waitSignal(courses.course_changed):
        courses.open("Mails")
    assert courses.course.runs == ()
