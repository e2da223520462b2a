"""A course knows each of its runs and what it learns, whoever is killed when, and none that was never there."""

import os
import shutil
import signal
import sys

import pytest
from msgspec.structs import replace

from desktop_app.errors import UserError
from desktop_app.finetune.course import Course
from desktop_app.finetune.course_folder import CourseFolder, create_course, remove
from desktop_app.finetune.course_runs import NOTE, take_notes
from tests.support.full_disk import no_file_may_grow_beyond
from tests.unit.finetune.teaching import Teaching, letters

WRITING = os.O_WRONLY | os.O_RDWR
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir")


@pytest.fixture
def teaching(tmp_path):
    return Teaching(tmp_path / "home", letters(3))


@pytest.fixture
def unheard(teaching):
    """The folder of a run whose command was killed before the course knew of it."""
    return teaching.make()


def learned(teaching, run):
    return {row.id for row in teaching.rows() if row.run == run}


def known(teaching):
    return teaching.folder.load().runs


def test_once_a_run_is_there_its_course_knows_it_and_what_it_learns(teaching):
    made = teaching.material()
    assert {row.run for row in teaching.rows()} == {""}
    assert known(teaching) == ()
    run = teaching.prepare()
    assert learned(teaching, "Tea") == set(made.material.note.learned)
    assert known(teaching) == ("Tea",)
    assert not (run / NOTE).exists()


def test_a_run_that_is_still_being_prepared_is_none(teaching, unheard):
    unheard.rename(unheard.with_name(".preparing-1"))
    take_notes(teaching.folder, teaching.runs)
    assert known(teaching) == ()


def test_a_row_that_was_changed_since_was_not_learned(teaching):
    teaching.prepare()
    first, *others = teaching.rows()
    teaching.folder.save_examples([replace(first, run=""), *others])
    take_notes(teaching.folder, teaching.runs)
    assert teaching.rows()[0].run == ""


def test_another_course_does_not_take_it_for_its_own_not_even_under_the_same_name(teaching, unheard):
    remove(teaching.folder)
    another = create_course(teaching.folder.path.parent, Course("Tea"))
    take_notes(another, teaching.runs)
    assert another.load().runs == ()
    assert (unheard / NOTE).exists()


def test_a_run_in_the_place_of_one_that_was_deleted_is_the_newest(teaching):
    for _ in range(2):
        teaching.prepare(is_anew=True)
    shutil.rmtree(teaching.runs / "Tea")
    teaching.prepare(is_anew=True)
    assert known(teaching) == ("Tea 2", "Tea")


def test_nobody_is_disturbed_who_works_on_the_course(teaching, unheard):
    with CourseFolder(teaching.folder.path).held(), pytest.raises(UserError, match="being worked on already"):
        take_notes(teaching.folder, teaching.runs)
    assert (unheard / NOTE).exists()


def test_what_cannot_be_saved_is_taken_later(teaching, unheard):
    with no_file_may_grow_beyond(0), pytest.raises(UserError):
        take_notes(teaching.folder, teaching.runs)
    assert known(teaching) == ()
    take_notes(teaching.folder, teaching.runs)
    assert known(teaching) == ("Tea",)


# ------------------------------------------------------------ killed at each step


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be doubled there")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # NumPy's threads rest meanwhile
def test_whenever_a_command_is_killed_its_run_is_there_and_known_or_neither(teaching, tmp_path):
    def command():
        teaching.folder = CourseFolder(teaching.folder.path)  # whose lock is of that process
        teaching.prepare()

    shutil.copytree(teaching.place, tmp_path / "before")
    wanted = set(teaching.material().material.note.learned)
    found, step, has_ended = set(), 0, False
    while not has_ended:
        shutil.rmtree(teaching.place)
        shutil.copytree(tmp_path / "before", teaching.place)
        has_ended = is_done_within(step, command)
        step += 1
        is_there = (teaching.runs / "Tea").is_dir()
        found.add((is_there, known(teaching)))
        take_notes(teaching.folder, teaching.runs)
        assert known(teaching) == (("Tea",) if is_there else ())
        assert learned(teaching, "Tea") == (wanted if is_there else set())
        assert not list(teaching.runs.glob(f"[!.]*/{NOTE}"))
    assert found == {(False, ()), (True, ()), (True, ("Tea",))}


def is_done_within(n_changes, work):
    """Do this in another process, which is killed if it is about to change more files than that."""
    process = os.fork()
    if not process:
        try:
            left = [True] * n_changes
            sys.addaudithook(lambda event, facts: _is_change(event, facts) and (left.pop() if left else _kill()))
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL)
    return ended == 0


def _is_change(event, facts):
    return event in CHANGES or (event == "open" and bool(facts[2] & WRITING))


def _kill():
    signal.raise_signal(signal.SIGKILL)
