"""Courses: what is shown is what the files say, and nothing that a person does is lost."""

from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from desktop_app.finetune.course import CHATS_SOURCE, COURSE, CourseExample, ReadFile, Section
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.goals import FORMAT, OWN, STYLE, VOCABULARY
from desktop_app.jobs import course_edits
from desktop_app.storage.records import Model
from tests.gui.jobs.teaching.conftest import LETTERS, NOTES, row


def names(courses):
    return [course.name for course in courses.courses]


def refresh(qtbot, courses):
    with qtbot.waitSignal(courses.changed):
        courses.refresh()


def undo(offered):
    """Take the offer to undo that was made last."""
    offered[-1][1]()


@pytest.fixture
def offered(courses):
    """Everything that was offered to be undone: the words, and what undoes it."""
    offers = []
    courses.undo_offered.connect(lambda words, undo: offers.append((words, undo)))
    return offers


@pytest.fixture
def refused(courses):
    refused = []
    courses.refused.connect(refused.append)
    return refused


@pytest.fixture
def disk(background):
    """Keeps all that is to be read and written waiting until `disk.set()`."""
    free = Event()
    background.run_in_order(free.wait)
    yield free
    free.set()


# ------------------------------------------------------------ which there are


def test_a_new_course_is_open_and_in_the_list(qtbot, courses):
    with qtbot.waitSignal(courses.changed), qtbot.waitSignal(courses.course_changed):
        courses.create("Letters", VOCABULARY)
    assert courses.course.goal == VOCABULARY
    assert names(courses) == ["Letters"]


def test_a_second_course_of_the_same_name_gets_a_number(qtbot, courses, mails):
    with qtbot.waitSignal(courses.course_changed):
        courses.create("Mails", STYLE)
    assert courses.course.name == "Mails 2"
    assert courses.rows == ()


def test_a_damaged_course_is_told_and_does_not_hide_the_others(qtbot, courses, mails, data_folder):
    broken = data_folder.courses / "Broken"
    broken.mkdir()
    (broken / COURSE).write_text("{", "utf-8")
    refresh(qtbot, courses)
    assert names(courses) == ["Mails"]
    assert "damaged" in courses.damaged["Broken"].sentence


def test_the_last_of_two_courses_that_were_clicked_on_is_open(qtbot, courses, mails, data_folder, disk):
    with qtbot.waitSignal(courses.course_changed):
        disk.set()
        courses.create("Letters", STYLE)
    disk.clear()
    courses._background.run_in_order(disk.wait)
    courses.open("Mails")
    courses.open("Letters")
    disk.set()
    refresh(qtbot, courses)
    assert courses.course.name == "Letters"


def test_a_course_that_is_not_there_is_told(qtbot, courses, refused):
    courses.open("Nothing")
    qtbot.waitUntil(lambda: bool(refused))
    assert "Nothing" in refused[0].sentence
    assert courses.course is None


def test_a_course_that_was_removed_can_be_brought_back(qtbot, opened, offered):
    with qtbot.waitSignal(opened.undo_offered):
        opened.remove("Mails")
    assert opened.course is None
    qtbot.waitUntil(lambda: names(opened) == [])
    undo(offered)
    qtbot.waitUntil(lambda: names(opened) == ["Mails"])
    with qtbot.waitSignal(opened.course_changed):
        opened.open("Mails")
    assert len(opened.rows) == 4


def test_what_was_just_changed_is_in_a_course_that_is_removed(qtbot, opened, offered, disk):
    opened.set_goal(FORMAT)
    opened.remove("Mails")
    disk.set()
    qtbot.waitUntil(lambda: bool(offered))
    undo(offered)
    qtbot.waitUntil(lambda: [course.goal for course in opened.courses] == [FORMAT])


# ------------------------------------------------------------ changes


def test_a_change_is_shown_at_once_and_written_soon(opened, mails, saved, disk):
    opened.set_goal(VOCABULARY)
    assert opened.course.goal == VOCABULARY
    assert mails.load().goal == STYLE
    disk.set()
    assert saved(mails)[0].goal == VOCABULARY


def test_everything_that_is_chosen_is_kept(opened, mails, saved, tmp_path):
    path = tmp_path / "model.gguf"
    model = Model(1, "Tiny", str(path), 4, "llama", "F16", 1, 64, "file", 0.0, sha256="c" * 64)
    opened.set_model(model)
    opened.add_sources([tmp_path / "more", tmp_path / "more"])
    opened.set_private_out(["keys"])
    opened.set_plan("quick", {"rank": 4, "targets": ("attn_q",)})
    course, rows = saved(mails)
    assert (course.model_sha256, course.model_path) == (model.sha256, str(path))
    assert course.sources == ("/home/letters.pdf", "/home/notes", str(tmp_path / "more"))
    assert course.private_out == ("keys",)
    assert (course.preset, course.choices) == ("quick", {"rank": 4, "targets": ("attn_q",)})
    assert opened.course == course
    assert opened.rows == rows


def test_the_chats_of_this_program_are_a_source_like_a_file(opened, mails, saved):
    opened.add_sources([Path(CHATS_SOURCE)])
    assert saved(mails)[0].sources[-1] == CHATS_SOURCE


def test_many_changes_before_the_disk_is_free_are_all_written(opened, mails, saved, disk):
    for number in range(4):
        opened.change_row(row(number, answers=(f"Better {number}.",)))
    opened.add_row("New?", "Yes.")
    disk.set()
    rows = saved(mails)[1]
    assert [each.answers[0] for each in rows] == ["Better 0.", "Better 1.", "Better 2.", "Better 3.", "Yes."]
    assert all(each.is_edited for each in rows[:4])
    assert rows[4].origin == OWN
    assert rows[4].prompt[0].content == "New?"


def test_what_is_changed_last_before_the_end_of_the_program_is_written(opened, mails, saved, disk):
    opened.set_goal(FORMAT)
    opened.add_row("New?", "Yes.")
    opened.close()
    disk.set()
    course, rows = saved(mails)
    assert course.goal == FORMAT
    assert len(rows) == 5


def test_a_change_loses_nothing_that_a_command_has_added(qtbot, opened, mails, saved):
    mails.add_examples([row(7)])
    opened.leave_out_rows(["row-0"])
    rows = saved(mails)[1]
    assert [each.id for each in rows] == ["row-0", "row-1", "row-2", "row-3", "row-7"]
    assert rows[0].is_left_out
    qtbot.waitUntil(lambda: opened.rows == rows)


def test_a_row_that_is_changed_stays_held_out_if_a_command_has_held_it_out_meanwhile(opened, mails, saved):
    mails.save_examples([row(0, is_held_out=True, group="settled"), *mails.examples()[1:]])
    opened.change_row(replace(opened.rows[0], answers=("Better.",)))
    changed = saved(mails)[1][0]
    assert (changed.answers, changed.is_held_out, changed.group) == (("Better.",), True, "settled")


def test_a_full_disk_takes_nothing_from_the_screen_and_the_next_change_writes_all(
    qtbot, opened, mails, saved, refused, monkeypatch
):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("desktop_app.finetune.course_folder.replace_file", full)
        opened.change_row(row(0, answers=("Long and good.",)))
        qtbot.waitUntil(lambda: bool(refused))
        assert "could not be saved" in refused[0].sentence
    assert opened.rows[0].answers == ("Long and good.",)
    assert mails.examples()[0].answers == ("Answer 0.",)
    opened.set_goal(FORMAT)
    course, rows = saved(mails)
    assert course.goal == FORMAT
    assert rows[0].answers == ("Long and good.",)


def test_who_waits_for_everything_to_be_written_is_told_if_it_cannot_be(qtbot, no_patience, opened, mails, refused):
    told = []
    with mails.held():  # as another program would
        opened.set_goal(FORMAT)
        opened.when_saved(lambda: told.append("saved"), told.append)
        qtbot.waitUntil(lambda: bool(told))
    assert "being worked on" in told[0].sentence
    opened.when_saved(lambda: told.append("saved"), told.append)
    qtbot.waitUntil(lambda: told[1:] == ["saved"])
    assert mails.load().goal == FORMAT


# ------------------------------------------------------------ taking out, and undoing


def test_rows_that_were_left_out_can_be_brought_back(opened, mails, saved, offered):
    opened.leave_out_rows(["row-1", "row-2"])
    assert [each.id for each in opened.rows if each.is_left_out] == ["row-1", "row-2"]
    assert offered[0][0] == "2 examples were left out."
    undo(offered)
    assert not any(each.is_left_out for each in saved(mails)[1])


def test_a_document_is_taken_out_with_its_examples_and_comes_back_to_its_place(opened, mails, saved, offered):
    before = mails.load(), mails.examples()
    opened.remove_document(opened.course.documents[0])
    course, rows = saved(mails)
    assert [each.name for each in course.documents] == ["notes.txt"]
    assert course.sources == ("/home/notes",)
    assert [each.id for each in rows] == ["row-2", "row-3"]
    undo(offered)
    assert saved(mails) == before


def test_what_was_read_in_a_document_goes_with_it_and_comes_back_with_it(opened, mails, saved, offered):
    text = ReadFile("letters.pdf", "PDF", LETTERS, 99, (Section("Page 1", "Dear Ida,"),))
    mails.save_text(text)
    opened.remove_document(opened.course.documents[0])
    saved(mails)
    assert mails.text(LETTERS) is None
    assert not list((mails.path / "texts").iterdir())
    undo(offered)
    opened.set_goal(FORMAT)
    saved(mails)
    assert mails.text(LETTERS) == text


def test_what_was_read_in_a_document_comes_back_in_a_course_that_is_not_open_any_more(opened, mails, saved, offered):
    text = ReadFile("letters.pdf", "PDF", LETTERS, 99, (Section("Page 1", "Dear Ida,"),))
    mails.save_text(text)
    opened.remove_document(opened.course.documents[0])
    opened.close_course()
    undo(offered)
    course, rows = saved(mails)
    assert [each.name for each in course.documents] == ["letters.pdf", "notes.txt"]
    assert len(rows) == 4
    assert mails.text(LETTERS) == text


def test_a_document_of_a_folder_is_left_out_for_it_would_be_found_again(opened, mails, saved, offered):
    opened.remove_document(opened.course.documents[1])
    course, rows = saved(mails)
    assert [each.is_left_out for each in course.documents] == [False, True]
    assert len(rows) == 4
    undo(offered)
    assert not any(each.is_left_out for each in saved(mails)[0].documents)


def test_examples_of_a_document_stay_as_long_as_there_is_another_copy_of_it(opened, mails, saved):
    course = mails.load()
    copy = replace(course.documents[1], sha256=LETTERS)
    mails.save(replace(course, documents=(course.documents[0], copy)))
    opened.set_goal(FORMAT)
    saved(mails)
    opened.remove_document(opened.course.documents[0])
    assert len(saved(mails)[1]) == 4


def test_undoing_reaches_a_course_that_is_not_open_any_more(opened, mails, saved, offered):
    opened.leave_out_rows(["row-1"])
    opened.close_course()
    undo(offered)
    assert not any(each.is_left_out for each in saved(mails)[1])


EDITS = {
    "a setting": course_edits.settings_edit(goal=FORMAT),
    "a row": course_edits.row_edit(row(1, answers=("Other.",))),
    "a new row": course_edits.new_row_edit("new", "New?", "Yes."),
    "rows that are left out": course_edits.leave_out_rows_edit(["row-1"], True),
    "a document that is left out": course_edits.leave_out_document_edit("/home/letters.pdf", True),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_change_that_is_made_twice_is_made_once(mails, data_folder, what):
    """What is shown while it is written is what was read, perhaps with the change already, and the change."""
    before = course_edits.read_content(mails, data_folder.runs)
    once = EDITS[what](before)
    assert once != before
    assert EDITS[what](once) == once


def test_taking_out_and_bringing_back_twice_is_the_same_as_once(mails, data_folder):
    content = course_edits.read_content(mails, data_folder.runs)
    removed = course_edits.removed_from(content, "/home/letters.pdf")
    out, back = course_edits.remove_edit(removed), course_edits.bring_back_edit(removed)
    assert out(out(content)) == out(content) != content
    assert back(back(out(content))) == content


# ------------------------------------------------------------ while a command works on it


def test_nothing_is_changed_while_a_command_works_on_the_course(opened, mails, saved, refused):
    opened.lock(opened.folder)
    assert opened.is_locked
    opened.set_goal(FORMAT)
    opened.add_row("New?", "Yes.")
    opened.remove("Mails")
    assert len(refused) == 3
    assert "being worked on" in refused[0].sentence
    opened.lock(None)
    opened.set_goal(VOCABULARY)
    assert saved(mails)[0].goal == VOCABULARY


def test_another_course_can_be_changed_meanwhile(qtbot, opened):
    opened.lock(opened.folder)
    with qtbot.waitSignal(opened.course_changed):
        opened.create("Letters", STYLE)
    assert not opened.is_locked
    with qtbot.waitSignal(opened.course_changed):
        opened.open("Mails")
    assert opened.is_locked


def test_however_often_a_command_changes_the_files_they_are_read_at_most_once_more(qtbot, opened, mails, monkeypatch):
    read = []
    examples = CourseFolder.examples
    monkeypatch.setattr(CourseFolder, "examples", lambda folder: (read.append(True), examples(folder))[1])
    free = Event()
    opened._background.run_in_order(free.wait)
    for number in range(10, 60):
        mails.add_examples([row(number, NOTES)])
        opened.reload()
    free.set()
    qtbot.waitUntil(lambda: len(opened.rows) == 54)
    assert len(read) <= 2


def test_a_thousand_rows_come_as_they_are(qtbot, opened, mails):
    mails.save_examples([row(number) for number in range(3000)])
    with qtbot.waitSignal(opened.course_changed):
        opened.reload()
    assert len(opened.rows) == 3000
    assert isinstance(opened.rows[0], CourseExample)
