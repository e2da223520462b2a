"""The page as a whole: from the list to a course and back, the steps, dropping, and the keyboard."""

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.gui.finetune.course_page import DOCUMENTS, EXAMPLES, GOAL, PLAN, RUN
from tests.gui.teach.conftest import given, nameless, reached_by_tab


def states(page):
    return "".join(step.state.value[0] for step in page.steps)  # done, open, waiting


def test_a_course_with_documents_goes_on_with_its_examples(opened):
    page = opened(rows=[given(0)])
    assert states(page) == "ddoww"
    assert page.steps[DOCUMENTS].head.accessibleDescription().startswith("2 documents, 601 words")


def test_a_course_that_was_trained_goes_on_with_its_run(opened):
    page = opened(rows=[given(0)], runs=("Letters",))
    assert states(page) == "ddddo"


def test_each_step_leads_to_the_next(opened):
    page = opened(DOCUMENTS, rows=[given(0)])
    assert states(page) == "dodww"  # the examples are there already
    page.documents.next_button.click()
    assert states(page) == "ddoww"
    page.examples.next_button.click()
    assert states(page) == "dddow"


def test_a_step_that_was_open_can_be_opened_again(qtbot, opened):
    page = opened(rows=[given(0)])
    page.open_step(PLAN)
    qtbot.mouseClick(page.steps[GOAL].head, Qt.MouseButton.LeftButton)
    assert states(page) == "odddw"
    qtbot.mouseClick(page.steps[RUN].head, Qt.MouseButton.LeftButton)
    assert states(page) == "odddw"


def test_the_focus_goes_into_the_step_that_was_opened(qtbot, opened):
    page = opened(EXAMPLES, rows=[given(0)])
    page.steps[DOCUMENTS].head.setFocus()
    qtbot.keyClick(page.steps[DOCUMENTS].head, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is page.documents.target.files_button


def test_the_step_that_was_opened_is_seen_from_its_beginning(qtbot, opened):
    page = opened(DOCUMENTS, n_documents=30, rows=[given(number) for number in range(30)])
    page.open_step(EXAMPLES)
    head = page.steps[EXAMPLES].head
    qtbot.waitUntil(lambda: 0 <= head.mapTo(page, QPoint(0, 0)).y() < page.height() // 4)


def test_going_back_shows_the_list_with_the_focus_on_the_course(qtbot, desk, teach, opened):
    page = opened()
    page.back_button.click()
    assert teach.currentWidget() is teach.list
    assert desk.courses.course is None
    qtbot.waitUntil(lambda: bool(teach.list.cards))
    teach.list.return_to("Letters")
    assert QApplication.focusWidget() is teach.list.cards[0]


def test_a_course_that_cannot_be_opened_leaves_the_list(qtbot, desk, teach):
    with qtbot.waitSignal(desk.courses.refused):
        teach.open_course("Nothing")
    assert teach.currentWidget() is teach.list
    desk.courses.create("Notes", "style")  # which nobody asked the page to show
    qtbot.waitUntil(lambda: desk.courses.course is not None)
    assert teach.currentWidget() is teach.list


def test_a_course_that_is_removed_while_it_is_open_leads_back_to_the_list(qtbot, desk, teach, opened):
    opened()
    desk.courses.remove("Letters")
    assert teach.currentWidget() is teach.list


class WindowsShown(QObject):
    """Notes each window that comes on the screen."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(watched)
        return False


def test_no_part_of_the_page_is_a_window_for_a_moment(desk, teach, opened):
    shown = WindowsShown()
    QApplication.instance().installEventFilter(shown)
    page = opened(EXAMPLES, rows=[given(0)])
    page.examples.table.selectRow(0)
    teach.show_list()
    teach.begin()
    QApplication.instance().removeEventFilter(shown)
    assert shown.seen == []
    assert QApplication.activeWindow() is teach


@pytest.mark.parametrize("is_open", [False, True])
def test_files_that_are_held_over_the_page_are_invited(teach, opened, tmp_path, is_open):
    if is_open:
        opened()
    data = QMimeData()
    data.setUrls([tmp_path.as_uri()])
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    teach.dragEnterEvent(enter)
    assert teach._area.isVisible()
    assert teach._area.words == ("Drop to add to “Letters”" if is_open else "Drop to teach something new")
    teach.dragLeaveEvent(QDragLeaveEvent())
    assert not teach._area.isVisible()


def test_what_is_no_file_is_not_taken(teach):
    data = QMimeData()
    data.setText("words")
    keys = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    enter.ignore()
    teach.dragEnterEvent(enter)
    assert not enter.isAccepted()


@pytest.mark.parametrize("step", [GOAL, DOCUMENTS, EXAMPLES])
def test_everything_has_a_name_and_is_reached_by_tab(qtbot, opened, step):
    page = opened(step, rows=[given(0)])
    if step == EXAMPLES:
        page.examples.table.selectRow(0)
    if step == DOCUMENTS:
        page.documents.list.setCurrentIndex(page.documents.list.documents.index(0))
    assert nameless(page) == []
    reached = reached_by_tab(qtbot, page)
    wanted = {
        GOAL: [*page.goal.cards],
        DOCUMENTS: [page.documents.target.files_button, page.documents.list, page.documents.details.use_box],
        EXAMPLES: [page.examples.search, page.examples.table, page.examples.editor.answer.edit],
    }[step]
    if step != GOAL:
        wanted.append((page.documents if step == DOCUMENTS else page.examples).next_button)
    places = [reached.index(widget) for widget in wanted]
    assert places == sorted(places)
