"""Somebody who teaches a model in the window: with the mouse, one step after the other, as the page asks for it."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.finetune.goals import WRITTEN
from desktop_app.finetune.run_folder import RunState
from desktop_app.gui.main_window import TEACH

_LEFT, _NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Teacher:
    """Works on the Teach page.

    Args:
        app: The workspace of a window that is shown.
        wait_for: Waits until a condition holds.
    """

    def __init__(self, app, wait_for):
        self.app = app
        self.teaching = app.teaching
        self._wait_for = wait_for
        app.window.show_page(TEACH)
        self.page = app.teaching.page

    @property
    def course(self):
        return self.teaching.courses.course

    @property
    def rows(self):
        return self.teaching.courses.rows

    @property
    def steps(self):
        """The bodies of the five steps."""
        return self.page.page

    def drop(self, paths):
        """Drop files and folders on the page, where it invites to."""
        content = QMimeData()
        content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        place = self.page.rect().center()
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(self.page, QDragEnterEvent(QPoint(place), copy, content, _LEFT, _NO_KEY))
        QApplication.sendEvent(self.page, QDropEvent(QPointF(place), copy, content, _LEFT, _NO_KEY))

    def choose_goal(self, goal):
        """Choose what is to be taught; what was dropped is read then."""
        self.click(next(card for card in self.steps.goal.cards if card.goal.key == goal))
        self._wait_for(lambda: self.course is not None and self.course.documents and self.is_idle())

    def go_on_to_examples(self):
        self.click(self.steps.documents.next_button)

    def have_written(self):
        """Have the model write examples, until it is done."""
        self.click(self.steps.examples.writing.button)
        self._wait_for(lambda: not self.is_idle())
        self._wait_for(lambda: self.is_idle() and self.written)

    @property
    def written(self):
        return [row for row in self.rows if row.origin in WRITTEN and not row.is_left_out]

    def go_on_to_plan(self):
        self.click(self.steps.examples.next_button)

    def choose_preset(self, preset):
        """Choose a preset, and wait until it can begin."""
        self.click(self.steps.plan.presets.cards[preset])
        self._wait_for(self.steps.plan.start_button.isEnabled)

    def wait_for_time(self):
        """Wait until the plan tells how long it takes, which nobody has asked for."""
        self._wait_for(lambda: self.steps.plan.needs.time.words.text().startswith("About "))

    def start(self):
        """Start teaching; return once the model learns."""
        self.click(self.steps.plan.start_button)
        self._wait_for(lambda: any(run.progress.losses for run in self.runs))

    def wait_for_end(self):
        """Wait until the run has come to its end, and return its report."""
        ends = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED, RunState.DAMAGED)
        name = self.course.runs[-1]
        self._wait_for(lambda: (run := self.teaching.training.status(name)) is not None and run.state in ends)
        assert self.teaching.training.status(name).state == RunState.FINISHED, self.teaching.training.status(name)
        self._wait_for(self.steps.run.report.isVisible)
        return self.teaching.training.report(name)

    @property
    def runs(self):
        return [run for run in self.teaching.training.runs if self.course and run.name in self.course.runs]

    def is_idle(self):
        return not self.teaching.task.is_busy

    def click(self, widget):
        """Click on something, once it can be clicked on; what is out of sight is scrolled to."""

        def can_be_clicked():
            if widget.isVisible():
                self.steps.ensureWidgetVisible(widget)
            return widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()

        self._wait_for(can_be_clicked)
        QTest.mouseClick(widget, _LEFT)
