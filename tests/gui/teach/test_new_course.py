"""Beginning something new: the goal, the name, and what was dropped before there was a course."""

import pytest
from PySide6.QtCore import Qt

from desktop_app.finetune.goals import GOALS, QUESTION, REWRITE, STYLE, VOCABULARY
from desktop_app.gui.finetune.course_page import DOCUMENTS, EXAMPLES, GOAL
from desktop_app.gui.finetune.goal_step import free_name
from desktop_app.gui.finetune.step import StepState
from tests.gui.teach.conftest import drop, example, nameless


@pytest.fixture
def new(teach):
    teach.list.first_button.click()
    return teach.page


def states(page):
    return [step.state for step in page.steps]


def choose(page, goal):
    next(card for card in page.goal.cards if card.goal.key == goal).opened.emit()


def test_each_goal_says_what_it_can_and_what_it_cannot_do(new):
    assert [card.goal for card in new.goal.cards] == list(GOALS.values())
    for card in new.goal.cards:
        assert card.accessibleName() == card.goal.title
        assert card.accessibleDescription() == f"{card.goal.can} {card.goal.cannot}"
    assert states(new) == [StepState.OPEN, *4 * [StepState.WAITING]]
    assert nameless(new) == []


@pytest.mark.parametrize(("typed", "name"), [("", "My style"), ("  Letters ", "Letters")])
def test_one_click_on_a_goal_makes_the_course_and_goes_on(qtbot, desk, new, model, typed, name):
    new.goal.name.setText(typed)
    qtbot.mouseClick(new.goal.cards[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.courses.course is not None)
    course, _ = desk.saved()
    assert (course.name, course.goal, course.model_path) == (name, STYLE, model.path)
    assert new.title.text() == name
    assert states(new)[:3] == [StepState.DONE, StepState.OPEN, StepState.WAITING]
    assert new.steps[GOAL].head.accessibleDescription() == "Teach the model to write in my style. Enter opens it."


def test_a_goal_is_chosen_by_the_keyboard(qtbot, desk, new):
    new.goal.cards[2].setFocus()
    qtbot.keyClick(new.goal.cards[2], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.courses.course is not None)
    assert desk.courses.course.goal == VOCABULARY


def test_a_name_that_is_taken_is_not_used_again(qtbot, desk, teach):
    desk.course("My style")
    with qtbot.waitSignal(desk.courses.changed):
        desk.courses.refresh()
    teach.list.new_button.click()
    teach.page.goal.name.setText("my STYLE")
    choose(teach.page, STYLE)
    assert teach.page.goal.news.text() == "“my STYLE” is there already. Choose another name."
    assert teach.page.goal.news.isVisible()
    teach.page.goal.name.clear()
    choose(teach.page, STYLE)
    qtbot.waitUntil(lambda: desk.courses.course is not None)
    assert desk.courses.course.name == "My style 2"


def test_free_names():
    assert free_name("My style", []) == "My style"
    assert free_name("My style", ["my style", "My style 2"]) == "My style 3"


def test_what_is_dropped_on_the_list_begins_something_new_and_is_read_once_there_is_a_goal(
    qtbot, desk, teach, scripted, tmp_path
):
    (letters := tmp_path / "Letters 2024").mkdir()
    (notes := tmp_path / "notes.md").write_text("Notes", "utf-8")
    drop(teach, letters, notes)
    page = teach.page
    assert page.is_new
    assert page.goal.name.text() == "Letters 2024"
    assert (
        page.goal.waiting.words.text() == "Letters 2024 and notes.md will be read once you have chosen what to teach."
    )
    drop(teach, tmp_path / "more")
    assert page.goal.waiting.words.text().startswith("Letters 2024, notes.md and more will be read")
    choose(page, STYLE)
    qtbot.waitUntil(lambda: bool(scripted.calls) and not desk.task.is_busy)
    course, _ = desk.saved()
    assert course.sources == (str(letters), str(notes), str(tmp_path / "more"))
    assert scripted.calls == [["finetune", "course", str(desk.courses.folder.path), "--json"]]


def test_who_goes_back_has_begun_nothing(qtbot, desk, teach, new, tmp_path):
    drop(teach, tmp_path)
    new.back_button.click()
    assert teach.currentWidget() is teach.list
    teach.list.first_button.click()
    assert new.goal.name.text() == ""
    assert not new.goal.waiting.isVisible()
    assert desk.courses.courses == ()


# ------------------------------------------------------------ another goal later


def test_the_goal_of_a_course_is_changed_with_one_click(desk, opened):
    page = opened(GOAL, goal=VOCABULARY)
    chosen = [card.accessibleName() for card in page.goal.cards if card.accessibleName().endswith(", chosen")]
    assert chosen == ["know the vocabulary of my field, chosen"]
    assert not page.goal.name.isVisible()
    choose(page, STYLE)
    course, _ = desk.saved()
    assert course.goal == STYLE
    assert page.steps[DOCUMENTS].state == StepState.OPEN


def test_examples_that_were_written_for_another_goal_are_told_of(desk, opened):
    page = opened(GOAL, goal=VOCABULARY, rows=[example(1, QUESTION)])
    assert not page.goal.others.isVisible()
    choose(page, STYLE)
    page.open_step(GOAL)
    assert page.goal.others.isVisible()
    desk.courses.leave_out_rows(["row-1"])
    assert not page.goal.others.isVisible()


def test_written_examples_of_the_goal_are_none_of_another(opened):
    page = opened(GOAL, goal=STYLE, rows=[example(1, REWRITE)])
    assert not page.goal.others.isVisible()


def test_the_goal_stays_while_a_command_works(desk, opened):
    page = opened(GOAL)
    desk.courses.lock(desk.courses.folder)
    assert page.goal.locked.isVisible()
    assert not any(card.isEnabled() for card in page.goal.cards)
    desk.courses.lock(None)
    assert not page.goal.locked.isVisible()
    assert all(card.isEnabled() for card in page.goal.cards)


def test_the_examples_wait_until_there_is_something_to_make_them_of(desk, opened):
    page = opened(documents=())
    assert page.steps[DOCUMENTS].state == StepState.OPEN
    assert page.steps[EXAMPLES].state == StepState.WAITING
