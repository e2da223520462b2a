"""The examples: reading, searching, changing, taking out, adding, and having the model write them."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.goals import EXAMPLES as EXAMPLES_GOAL
from desktop_app.finetune.goals import OWN, PASSAGE, QUESTION, REWRITE
from desktop_app.finetune.writing import rewrite
from desktop_app.gui.finetune.course_page import EXAMPLES
from desktop_app.gui.finetune.example_model import ANSWER, DOCUMENT, ORIGIN, TOKENS
from desktop_app.gui.finetune.example_model import QUESTION as ASKED
from desktop_app.gui.finetune.example_words import FILTERS
from desktop_app.gui.finetune.writing_panel import GO_ON, WRITE
from desktop_app.trainer.contract import PAIR
from tests.gui.teach.conftest import example, given, nameless


@pytest.fixture
def step(opened):
    """Open the step of a course: `step(rows=...)`."""
    return lambda **facts: opened(EXAMPLES, **facts).examples


def cell(step, row, column, role=Qt.ItemDataRole.DisplayRole):
    return step.table.examples.index(row, column).data(role)


def shown(step):
    return [row.id for row in step.table.examples.rows]


def type_into(qtbot, field, text):
    field.edit.selectAll()
    qtbot.keyClicks(field.edit, text)


# ------------------------------------------------------------ what is shown


def test_a_row_says_where_it_is_from_and_how_much_it_is(step):
    step = step(rows=[given(0), example(1, PASSAGE), example(2, OWN, document="", is_held_out=True)])
    assert [cell(step, 0, column) for column in range(5)] == [
        "Given",
        "Question 0?",
        "Answer 0.",
        "letter 0.txt",
        "5",
    ]
    assert [cell(step, 1, column) for column in (ORIGIN, ASKED, ANSWER, DOCUMENT)] == [
        "Passage",
        "",
        "Passage 1.",
        "letter 1.txt",
    ]
    assert cell(step, 2, ORIGIN, Qt.ItemDataRole.AccessibleTextRole) == "From: My own, for measuring"
    assert cell(step, 2, DOCUMENT) == ""
    assert step.totals.text() == "2 examples, about 8 tokens, 1 held out for measuring"
    assert nameless(step) == []


def test_rewrites_are_told_by_what_they_say_and_not_by_how_all_of_them_are_asked_for(step):
    asked = (ChatMessage("user", rewrite.PROMPT.format("The sea was calm.")),)
    step = step(rows=[example(0, REWRITE, prompt=asked), example(1, QUESTION, prompt=asked)])
    assert [cell(step, row, ASKED) for row in (0, 1)] == ["The sea was calm.", asked[0].content]
    step.table.selectRow(0)
    assert step.editor.question.text() == asked[0].content


def test_passages_alone_need_no_column_of_questions(step):
    step = step(rows=[example(0, PASSAGE), given(1)])
    assert not step.table.isColumnHidden(ASKED)
    step.filter.setCurrentIndex(1)
    assert step.table.isColumnHidden(ASKED)
    step.filter.setCurrentIndex(0)
    assert not step.table.isColumnHidden(ASKED)


def test_what_was_left_out_is_not_there(step):
    step = step(rows=[given(0), given(1, is_left_out=True)], notes=("3 near copies.", "1 empty answer."))
    assert shown(step) == ["row-0"]
    assert step.notes.button.text() == "What was left out (2)"
    step.notes.button.click()
    assert step._notes.text() == "3 near copies.\n1 empty answer."


def test_rows_are_searched_in_all_they_say(qtbot, step):
    step = step(rows=[given(number) for number in range(30)])
    qtbot.keyClicks(step.search, "ANSWER 2")
    qtbot.waitUntil(lambda: len(shown(step)) == 11)
    step.search.setText("question 17")
    qtbot.waitUntil(lambda: shown(step) == ["row-17"])
    step.search.setText("nowhere")
    qtbot.waitUntil(lambda: shown(step) == [])
    assert step.note.text() == "No example has these words."
    step.search.clear()
    qtbot.waitUntil(lambda: len(shown(step)) == 30)
    assert not step.note.isVisible()


def test_rows_are_filtered_by_where_they_are_from(step):
    rows = [example(0, PASSAGE), given(1), example(2, QUESTION), example(3, OWN), given(4, is_held_out=True)]
    step = step(rows=rows)
    found = {}
    for number, each in enumerate(FILTERS):
        step.filter.setCurrentIndex(number)
        found[each.words] = shown(step)
    assert found == {
        "All examples": ["row-0", "row-1", "row-2", "row-3", "row-4"],
        "Passages": ["row-0"],
        "Given in documents": ["row-1", "row-4"],
        "Written by the model": ["row-2"],
        "My own": ["row-3"],
        "For measuring": ["row-4"],
    }


def test_another_course_begins_with_all_of_its_rows(qtbot, desk, teach, step):
    step = step(rows=[given(0)])
    step.search.setText("nowhere")
    qtbot.waitUntil(lambda: shown(step) == [])
    teach.show_list()
    desk.course("Notes", rows=[given(5)])
    teach.open_course("Notes")
    qtbot.waitUntil(lambda: shown(step) == ["row-5"])
    assert step.search.text() == ""


def test_without_examples_the_step_says_where_they_come_from(step):
    step = step(n_documents=0, documents=(), goal=EXAMPLES_GOAL)
    assert step.note.text().startswith("They come from your documents")
    assert not step.table.isVisible()
    assert not step.next_button.isEnabled()


# ------------------------------------------------------------ changing


def test_what_is_changed_is_saved_when_the_field_is_left(qtbot, desk, step):
    step = step(rows=[given(0), given(1)])
    assert not step.editor.isVisible()
    step.table.selectRow(0)
    assert step.editor.question.text() == "Question 0?"
    step.editor.answer.edit.setFocus()
    type_into(qtbot, step.editor.answer, "A better answer.")
    assert desk.courses.rows[0].answers == ("Answer 0.",)
    step.search.setFocus()
    _, rows = desk.saved()
    assert (rows[0].answers, rows[0].is_edited, rows[1].is_edited) == (("A better answer.",), True, False)
    assert cell(step, 0, ANSWER) == "A better answer."


def test_a_text_that_was_emptied_stays_so_while_another_is_fetched_to_be_pasted(qtbot, step):
    step = step(rows=[given(0)])
    step.table.selectRow(0)
    edit = step.editor.answer.edit
    edit.clear()
    for reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
        QApplication.sendEvent(edit, QFocusEvent(QEvent.Type.FocusOut, reason))
        assert edit.toPlainText() == ""
    QApplication.sendEvent(edit, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert edit.toPlainText() != ""  # an example without an answer cannot be learned


@pytest.mark.parametrize("leave", ["row", "step", "page"])
def test_what_is_changed_is_saved_when_it_is_no_longer_looked_at(qtbot, desk, teach, step, leave):
    step = step(rows=[given(0), given(1)])
    step.table.selectRow(0)
    type_into(qtbot, step.editor.question, "What else?")
    folder = desk.courses.folder
    if leave == "row":
        step.table.selectRow(1)
        assert step.editor.question.text() == "Question 1?"
    elif leave == "step":
        teach.page.open_step(EXAMPLES - 1)
    else:
        teach.show_list()
    qtbot.waitUntil(lambda: folder.examples()[0].prompt == (ChatMessage("user", "What else?"),))


def test_an_example_without_an_answer_stays_as_it_was(desk, step):
    step = step(rows=[given(0)])
    step.table.selectRow(0)
    step.editor.answer.edit.clear()
    step.editor.save()
    assert step.editor.answer.text() == "Answer 0."
    assert not desk.courses.rows[0].is_edited


def test_of_a_pair_both_answers_can_be_changed(qtbot, desk, step):
    row = given(0, kind=PAIR, answers=("Good.", "Bad."))
    step = step(rows=[row])
    step.table.selectRow(0)
    assert step.editor.answer.label.text() == "Better answer"
    type_into(qtbot, step.editor.worse, "Worse.")
    step.editor.save()
    assert desk.courses.rows[0].answers == ("Good.", "Worse.")


def test_what_was_said_before_the_question_is_told_and_stays(qtbot, desk, step):
    before = (ChatMessage("system", "Be brief."), ChatMessage("user", "Why?"))
    step = step(rows=[given(0, prompt=before)])
    step.table.selectRow(0)
    assert step.editor.earlier.text() == "System: Be brief."
    type_into(qtbot, step.editor.question, "How?")
    step.editor.save()
    assert desk.courses.rows[0].prompt == (before[0], ChatMessage("user", "How?"))


def test_a_passage_is_one_text(step):
    step = step(rows=[example(0, PASSAGE)])
    step.table.selectRow(0)
    assert not step.editor.question.isVisible()
    assert step.editor.answer.label.text() == "Text"


@pytest.mark.parametrize("act", ["key", "button"])
def test_examples_are_left_out_and_come_back(qtbot, desk, step, act):
    step = step(rows=[given(number) for number in range(4)])
    step.table.selectRow(1)
    if act == "key":
        qtbot.keyClick(step.table, Qt.Key.Key_Delete)
    else:
        step.editor.leave_out_button.click()
    assert shown(step) == ["row-0", "row-2", "row-3"]
    words, undo = desk.offered[0]
    assert words == "1 example was left out."
    undo()
    assert shown(step) == ["row-0", "row-1", "row-2", "row-3"]


@pytest.mark.parametrize("act", ["key", "button"])
def test_one_after_the_other_is_looked_over_and_left_out(qtbot, step, act):
    step = step(rows=[given(number) for number in range(4)])
    step.activateWindow()
    step.table.selectRow(1)
    pressed = step.table if act == "key" else step.editor.leave_out_button
    pressed.setFocus()
    qtbot.waitUntil(pressed.hasFocus)
    for left, chosen in ((3, "row-2"), (2, "row-3"), (1, "row-0")):
        qtbot.keyClick(pressed, Qt.Key.Key_Delete if act == "key" else Qt.Key.Key_Space)
        assert len(shown(step)) == left
        assert step.editor.row.id == step.table.current.id == chosen
        assert pressed.hasFocus()


def test_several_are_left_out_at_once(qtbot, desk, step):
    step = step(rows=[given(number) for number in range(4)])
    step.table.selectAll()
    qtbot.keyClick(step.table, Qt.Key.Key_Delete)
    assert shown(step) == []
    assert desk.offered[0][0] == "4 examples were left out."


def test_an_example_of_ones_own_is_added(qtbot, desk, step):
    step = step(rows=[given(0)])
    step.filter.setCurrentIndex(1)
    step.add_button.click()
    assert not step.editor.add_button.isEnabled()
    type_into(qtbot, step.editor.question, "What is a jib?")
    type_into(qtbot, step.editor.answer, "A sail before the mast.")
    step.editor.add_button.click()
    _, rows = desk.saved()
    assert (rows[-1].origin, rows[-1].answers) == (OWN, ("A sail before the mast.",))
    assert step.table.current.id == rows[-1].id
    assert step.editor.answer.text() == "A sail before the mast."


def test_adding_one_can_be_left(desk, step):
    step = step(rows=[given(0)])
    step.add_button.click()
    assert step.editor.isVisible()
    step.editor.cancel_button.click()
    assert not step.editor.isVisible()
    assert len(desk.courses.rows) == 1


def test_the_first_example_of_all_may_be_ones_own(qtbot, desk, step):
    step = step(documents=(), goal=EXAMPLES_GOAL)
    step.add_button.click()
    assert step.editor.isVisible()
    type_into(qtbot, step.editor.question, "What is a jib?")
    type_into(qtbot, step.editor.answer, "A sail.")
    step.editor.add_button.click()
    assert step.table.isVisible()
    assert step.next_button.isEnabled()


# ------------------------------------------------------------ the model writes


def test_having_the_model_write_is_what_comes_next_until_it_has(desk, step, model):
    step = step(rows=[example(0, PASSAGE)], model_path=model.path, model_sha256=model.sha256)
    assert (step.writing.button.text(), step.writing.button.property("kind")) == (WRITE, "primary")
    assert step.next_button.property("kind") == ""
    assert "questions with their answers and summaries" in step.writing.how.text()
    desk.courses.folder.add_examples([example(1, QUESTION)])
    desk.courses.reload()
    desk.qtbot.waitUntil(lambda: len(shown(step)) == 2)
    assert (step.writing.button.text(), step.writing.button.property("kind")) == (GO_ON, "")
    assert step.next_button.property("kind") == "primary"


def test_it_needs_a_model_and_a_document(desk, step, model):
    step = step(rows=[given(0)])
    assert not step.writing.button.isEnabled()
    step.writing.choice.chosen.emit(model)
    assert step.writing.button.isEnabled()
    for each in desk.courses.course.documents:
        desk.courses.leave_out_document(each, True)
    assert not step.writing.button.isEnabled()


def test_where_the_goal_needs_nothing_written_nothing_is_said_of_it(step):
    step = step(goal=EXAMPLES_GOAL, rows=[given(0)])
    assert not step.writing.isVisible()
    assert step.next_button.property("kind") == "primary"


def test_rows_appear_while_they_are_written_and_what_is_chosen_stays(qtbot, desk, step, scripted, model):
    told = {"event": "progress", "words": "Writing questions", "fraction": 0.5, "seconds_left": 600.0}
    scripted(examples=[told, {"event": "course", "name": "Letters", "path": "/x"}, "wait"])
    step = step(rows=[given(0), given(1)], model_path=model.path, model_sha256=model.sha256)
    step.table.selectRow(1)
    step.writing.button.click()
    desk.courses.folder.add_examples([example(2, QUESTION)])
    qtbot.waitUntil(lambda: shown(step) == ["row-0", "row-1", "row-2"], timeout=60_000)
    assert step.table.current.id == "row-1"
    assert step.writing.step.words.text() == "Writing questions, 10 min left"
    assert step.locked.isVisible()
    assert step.editor.answer.edit.isReadOnly()
    assert not step.add_button.isEnabled()
    qtbot.keyClick(step.table, Qt.Key.Key_Delete)
    assert desk.refused == []
    step.writing.step.stop.click()
    qtbot.waitUntil(lambda: not desk.courses.is_locked and not step.locked.isVisible(), timeout=60_000)
    assert not step.editor.answer.edit.isReadOnly()


# ------------------------------------------------------------ what it comes to


def test_the_time_of_training_is_told_as_soon_as_the_plan_knows_it(teach, step):
    step = step(rows=[given(number) for number in range(4)])
    assert not step.time.isVisible()
    teach.page.plan.time_told.emit(1200.0)
    assert step.time.text() == "Training on them takes about 20 min as it is planned."
    teach.page.plan.time_told.emit(None)
    assert not step.time.isVisible()


def test_tokens_follow_what_is_known_of_the_vocabulary(step):
    step = step(rows=[given(0)], characters_per_token=2.0)
    assert cell(step, 0, TOKENS) == "10"
    assert step.totals.text() == "1 example, about 10 tokens"


def test_a_table_of_ten_thousand_rows_is_narrowed_in_one_go(step):
    step = step(rows=[given(number) for number in range(10_000)])
    assert step.table.examples.rowCount() == 10_000
    step.table.examples.narrow("question 9999", FILTERS[0])
    assert shown(step) == ["row-9999"]
