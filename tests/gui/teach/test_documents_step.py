"""The documents: how they come in, what is said of each, and leaving them out."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog

from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Skipped
from desktop_app.finetune.goals import CHATS, VOCABULARY
from desktop_app.finetune.private_data import DEFAULT_OUT
from desktop_app.gui.finetune.course_page import DOCUMENTS, EXAMPLES
from desktop_app.gui.finetune.document_list import MOST_ROWS
from desktop_app.gui.finetune.step import StepState
from tests.gui.teach.conftest import document, drop, nameless

SKIPPED = (Skipped("page numbers", 12, "Page 3 of 14"), Skipped("near-empty page", 1))


@pytest.fixture
def step(opened):
    """Open the step of a course: `step(documents=...)`."""
    return lambda **facts: opened(DOCUMENTS, **facts).documents


def choose_row(step, number):
    step.list.setCurrentIndex(step.list.documents.index(number))


def click(qtbot, step, number, x):
    """Click on a row, so far from where it begins."""
    view = step.list.viewport()

    def place():
        return step.list.visualRect(step.list.documents.index(number))

    qtbot.waitUntil(lambda: view.rect().contains(place()))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(place().left() + x, place().center().y()))


def spoken(step, number):
    said = step.list.documents.index(number).data(Qt.ItemDataRole.AccessibleTextRole)
    return said.replace("\u00a0", " ")


# ------------------------------------------------------------ how they come in


def test_without_documents_the_step_says_what_to_bring(step):
    step = step(documents=(), goal=VOCABULARY)
    assert step.takes.text().startswith("Bring texts of your field")
    assert step.target.words.isVisible()
    assert not step.target.chats_button.isVisible()
    assert not step.next_button.isEnabled()
    assert nameless(step) == []


def test_files_and_folders_are_chosen_and_read(qtbot, desk, step, scripted, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *words: asked.append(words[-1]) or ([str(tmp_path / "a.pdf")], "")
    )
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    step = step(documents=())
    step.target.files_button.click()
    assert "*.pdf" in asked[0]
    qtbot.waitUntil(lambda: len(scripted.calls) == 1 and not desk.task.is_busy)
    step.target.folder_button.click()
    qtbot.waitUntil(lambda: len(scripted.calls) == 2 and not desk.task.is_busy)
    course, _ = desk.saved()
    assert course.sources[1:] == (str(tmp_path / "a.pdf"), str(tmp_path))


def test_nothing_chosen_adds_nothing(desk, step, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    step = step(documents=())
    step.target.choose_files()
    step.target.choose_folder()
    assert not desk.task.is_busy
    assert desk.courses.course.sources == ("/home/ada/letters",)


def test_the_chats_of_this_program_are_added_where_the_goal_is_to_learn_from_them(qtbot, desk, step, scripted):
    step = step(documents=(), goal=CHATS)
    step.target.chats_button.click()
    qtbot.waitUntil(lambda: bool(scripted.calls) and not desk.task.is_busy)
    course, _ = desk.saved()
    assert course.sources[-1] == CHATS_SOURCE


def test_what_is_dropped_anywhere_goes_into_the_documents(qtbot, desk, teach, opened, scripted, tmp_path):
    page = opened(EXAMPLES)
    drop(teach, tmp_path)
    assert page.steps[DOCUMENTS].state == StepState.OPEN
    qtbot.waitUntil(lambda: bool(scripted.calls) and not desk.task.is_busy)
    course, _ = desk.saved()
    assert course.sources[-1] == str(tmp_path)


def test_reading_tells_how_far_it_is_and_can_be_stopped(qtbot, desk, step, scripted):
    told = {"event": "progress", "words": "Reading letter 7.txt", "fraction": 0.5, "seconds_left": 90.0}
    scripted(course=[told, "wait"])
    step = step()
    step.refresh_button.click()
    qtbot.waitUntil(lambda: step.step.words.text() == "Reading letter 7.txt, 2 min left", timeout=60_000)
    assert step.step.isVisible()
    assert not step.refresh_button.isEnabled()
    assert not step.target.files_button.isEnabled()
    step.step.stop.click()
    qtbot.waitUntil(lambda: not step.step.isVisible(), timeout=60_000)
    qtbot.waitUntil(step.refresh_button.isEnabled)


def test_what_cannot_be_done_now_is_told(desk, step, tmp_path):
    step = step()
    desk.courses.lock(desk.courses.folder)
    step.add([tmp_path])
    assert step.news.text().startswith("Nothing can be added")
    desk.courses.lock(None)
    desk.task.failed.emit(UserError("The disk is full.", "Free some space."))
    assert step.news.text() == "The disk is full. Free some space."


# ------------------------------------------------------------ what is said of each


def test_a_row_says_what_was_read_and_what_was_not(step):
    step = step(documents=(document(0, skipped=SKIPPED, private={"phone": 3, "address": 1}),))
    assert spoken(step, 0) == (
        "letter 0.txt: 300 words, Text  ·  without 12 page numbers, 1 near-empty page, "
        "3 phone numbers, 1 postal address"
    )


def test_what_is_kept_for_measuring_says_so_quietly(step):
    step = step(documents=(document(0), document(1, is_held_out=True)))
    assert "for measuring" in spoken(step, 1)
    assert "for measuring" not in spoken(step, 0)
    choose_row(step, 1)
    assert step.details.held_out.words.text().startswith("For measuring: Nothing of it is learned.")


def test_a_document_that_cannot_be_read_says_why_and_cannot_be_used(desk, step):
    step = step(documents=(document(0), document(1, sha256="", n_words=0, trouble="It is encrypted. Unlock it.")))
    assert "It is encrypted. Unlock it." in spoken(step, 1)
    choose_row(step, 1)
    assert step.details.trouble.words.text() == "It is encrypted. Unlock it."
    assert not step.details.use_box.isVisible()
    qt_flags = step.list.documents.flags(step.list.documents.index(1))
    assert not qt_flags & Qt.ItemFlag.ItemIsUserCheckable
    assert step.totals.text() == "1 document, 300 words, about 1 page"


def test_a_document_that_cannot_be_read_is_settled_by_leaving_it_out(desk, step):
    step = step(documents=(document(0, sha256="", n_words=0, trouble="It is encrypted. Unlock it."),))
    choose_row(step, 0)
    step.details.remove_button.click()
    assert spoken(step, 0) == "letter 0.txt: left out, Text"
    assert step.details.use_box.isVisible()
    step.details.use_box.click()
    assert spoken(step, 0).endswith("It is encrypted. Unlock it.")


def test_the_chosen_document_is_told_in_full(step):
    step = step(documents=(document(0, skipped=SKIPPED, private={"phone": 3}), document(1)))
    assert not step.details.isVisible()
    choose_row(step, 0)
    assert step.details.isVisible()
    assert step.details.name.text().replace("\u200b", "") == "letter 0.txt"
    assert "12 page numbers, such as “Page 3 of 14”" in step.details.skipped.text()
    assert step.details.private.words.text() == "It seems to have 3 phone numbers."
    choose_row(step, 1)
    assert step.details.skipped.text() == "Everything in it was read."
    assert not step.details.private.isVisible()


def test_a_thousand_documents_are_one_list_of_a_few_rows_height(qtbot, step):
    step = step(documents=tuple(document(number) for number in range(1000)))
    row = step.list.sizeHintForRow(0)
    qtbot.waitUntil(lambda: step.list.height() == MOST_ROWS * row)
    assert step.totals.text() == "1,000 documents, 799,500 words, about 2,700 pages"


def test_documents_that_come_leave_what_is_chosen_as_it_is(desk, step):
    step = step(n_documents=2)
    choose_row(step, 1)
    step.list.show_documents([*desk.courses.course.documents, document(2)])
    assert step.list.current.name == "letter 1.txt"
    step.list.show_documents([document(1), document(2)])
    assert step.list.current.name == "letter 1.txt"
    step.list.show_documents([document(2)])
    assert step.list.current is None
    assert not step.details.isVisible()


# ------------------------------------------------------------ leaving out


def test_a_document_is_left_out_by_a_click_on_its_box_and_by_the_space_bar(qtbot, desk, step):
    step = step()
    click(qtbot, step, 1, 20)
    assert [each.is_left_out for each in desk.courses.course.documents] == [False, True]
    assert "left out" in spoken(step, 1)
    click(qtbot, step, 1, 200)
    assert desk.courses.course.documents[1].is_left_out
    choose_row(step, 1)
    qtbot.keyClick(step.list, Qt.Key.Key_Space)
    assert not desk.courses.course.documents[1].is_left_out


def test_a_document_is_left_out_in_its_details(desk, step):
    step = step()
    choose_row(step, 0)
    step.details.use_box.click()
    assert desk.courses.course.documents[0].is_left_out
    assert not step.details.use_box.isChecked()
    assert step.totals.text() == "1 document, 301 words, about 1 page"


@pytest.mark.parametrize("act", ["key", "button"])
def test_a_document_is_taken_out_and_comes_back(qtbot, desk, step, act):
    step = step()
    choose_row(step, 0)
    if act == "key":
        qtbot.keyClick(step.list, Qt.Key.Key_Delete)
    else:
        step.details.remove_button.click()
    words, undo = desk.offered[0]
    assert words == "“letter 0.txt” was taken out."
    assert "left out" in spoken(step, 0)  # it lies in a folder of the course, and would be found again
    undo()
    assert "left out" not in spoken(step, 0)


def test_nothing_is_switched_while_a_command_works(qtbot, desk, step):
    step = step()
    desk.courses.lock(desk.courses.folder)
    click(qtbot, step, 0, 20)
    choose_row(step, 0)
    qtbot.keyClick(step.list, Qt.Key.Key_Space)
    qtbot.keyClick(step.list, Qt.Key.Key_Delete)
    assert not step.details.use_box.isEnabled()
    assert not any(each.is_left_out for each in desk.courses.course.documents)
    assert desk.refused == []


# ------------------------------------------------------------ private data


def test_private_data_is_counted_and_left_out_by_kind(desk, step):
    step = step(documents=(document(0, private={"phone": 2}), document(1, private={"phone": 1, "iban": 1})))
    box = step.private.boxes["phone"]
    assert box.text() == "Leave out 3 phone numbers"
    assert step.private.boxes["iban"].isChecked()  # what can do harm is left out from the beginning
    assert not box.isChecked()
    assert [kind for kind, each in step.private.boxes.items() if each.isVisible()] == ["iban", "phone"]
    box.click()
    course, _ = desk.saved()
    assert set(course.private_out) == {"phone", *DEFAULT_OUT}
    desk.courses.set_private_out(())
    assert not box.isChecked()


def test_where_private_data_is_can_be_looked_at(qtbot, step):
    step = step(documents=(document(0, private={"phone": 1}), document(1)))
    assert not step.private.places.isVisible()
    step.private.fold.button.click()
    qtbot.waitUntil(step.private.places.isVisible)
    lines = [step.private.places.model().index(0, 0).data()]
    assert lines == ["letter 0.txt:  Call me at +49 30 901820 before you come. The heating …"]
    step.private.fold.button.click()
    assert not step.private.places.isVisible()


def test_without_private_data_nothing_is_said_of_it(step):
    assert not step(n_documents=1).private.isVisible()
