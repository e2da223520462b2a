"""The card of a step: what is seen of it open, done and waiting, by eye, by keyboard and by screen reader."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.gui.finetune.step import Step, StepState


@pytest.fixture
def step(qtbot):
    step = Step(2, "Documents", "What the model learns from.")
    step.button = QPushButton("Add files")
    step.body.addWidget(step.button)
    step.set_summary("12 documents")
    qtbot.addWidget(step)
    step.resize(400, 300)
    with qtbot.waitExposed(step):
        step.show()
    return step


def test_an_open_step_shows_what_is_in_it(step):
    step.set_state(StepState.OPEN)
    assert step.button.isVisible()
    assert step.head.accessibleName() == "Step 2: Documents"
    assert step.head.accessibleDescription() == "What the model learns from."
    assert step.head.focusPolicy() == Qt.FocusPolicy.NoFocus


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_a_step_that_is_done_tells_its_summary_and_is_opened_by_keys(qtbot, step, key):
    step.set_state(StepState.DONE)
    assert not step.button.isVisible()
    assert step.head.accessibleDescription() == "12 documents. Enter opens it."
    step.head.setFocus()
    with qtbot.waitSignal(step.opened):
        qtbot.keyClick(step.head, key)


def test_a_step_that_is_done_is_opened_by_a_click(qtbot, step):
    step.set_state(StepState.DONE)
    with qtbot.waitSignal(step.opened):
        qtbot.mouseClick(step.head, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("state", [StepState.OPEN, StepState.WAITING])
def test_a_step_that_is_open_or_waiting_is_not_opened_by_a_click(qtbot, step, state):
    opened = []
    step.opened.connect(lambda: opened.append(True))
    step.set_state(state)
    qtbot.mouseClick(step.head, Qt.MouseButton.LeftButton)
    assert opened == []


def test_a_waiting_step_says_what_will_be_done_in_it(step):
    assert not step.button.isVisible()
    assert step.head.accessibleDescription() == "Not yet. What the model learns from."
    assert step.head.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_the_focus_goes_to_the_first_thing_that_can_be_used(step):
    step.set_state(StepState.OPEN)
    step.focus_first()
    assert QApplication.focusWidget() is step.button
    step.button.clearFocus()
    step.button.setEnabled(False)
    step.focus_first()
    assert QApplication.focusWidget() is step  # from where Tab goes on
