"""Nothing is deleted under the feet of whoever works with it."""

import sys

import pytest
from filelock import FileLock
from PySide6.QtCore import QLockFile

from desktop_app.errors import UserError
from desktop_app.finetune.course_folder import list_courses
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.run_folder import conducted, held
from desktop_app.kept_data.in_use import check_unused, is_window_open
from desktop_app.kept_data.parts import Part
from desktop_app.kept_data.removal import remove_parts
from desktop_app.network.token import HubToken


def assert_refused(folder, words):
    with pytest.raises(UserError, match=words):
        check_unused(folder)
    before = sorted(folder.root.rglob("*"))
    with pytest.raises(UserError, match=words):
        remove_parts(folder, tuple(Part), HubToken())
    assert sorted(folder.root.rglob("*")) == before
    assert HubToken().get() == "hf_secret"


def test_where_nothing_is_at_work_nothing_is_refused(full):
    check_unused(full)


def test_an_open_window_keeps_everything(full):
    lock = QLockFile(str(full.lock))
    lock.setStaleLockTime(0)
    assert lock.tryLock(0)
    assert_refused(full, "A window of Moatless is open")
    assert not QLockFile(str(full.lock)).tryLock(0)
    lock.unlock()
    check_unused(full)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no way to leave such a file behind")
def test_the_lock_of_a_window_that_was_killed_does_not_count_and_stays_as_it_is(full):
    full.lock.write_text("123\npython\nhere\n")
    assert not is_window_open(full.lock)
    assert full.lock.read_text() == "123\npython\nhere\n"


def test_a_run_that_is_conducted_or_trained_keeps_everything(full):
    run = full.runs / "first"
    for at_work in (conducted, held):
        with at_work(run):
            assert_refused(full, "The run “first” is being worked on")
    check_unused(full)


def test_a_course_that_is_worked_on_keeps_everything(full):
    (course,) = list_courses(full.courses)
    with course.held():
        assert_refused(full, "The course “Letters” is being worked on")


def test_a_training_environment_that_is_being_changed_keeps_everything(full):
    with FileLock(Place(full.training).lock):
        assert_refused(full, "The training environment is being changed")


def test_a_download_keeps_everything(full):
    with FileLock(full.models / "one" / "more.gguf.lock"):
        assert_refused(full, "A download is going on")
