"""One course in the list: what is taught to which model from what, and how that stands."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QVBoxLayout

from desktop_app.finetune.course import Course
from desktop_app.finetune.report import Report
from desktop_app.finetune.run_folder import RunState, RunStatus
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.course_words import facts_words, fraction_done, goal_words, run_told
from desktop_app.gui.library.labels import name_label, plain_label
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.icon_button import IconButton

_STEPS = 1000


class CourseCard(OpeningCard):
    """A click on it, or Enter, opens the course.

    Signals:
        open_wanted(str), remove_wanted(str): The course of this name.
    """

    open_wanted = Signal(str)
    remove_wanted = Signal(str)

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course
        self.name = name_label("", "section")
        self.goal = plain_label(wraps=True)
        self.facts = plain_label(role="small", wraps=True)
        self.state = ToldLine("small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.more_button = IconButton("ellipsis", "More")
        self.more_button.clicked.connect(self._open_menu)
        self.opened.connect(lambda: self.open_wanted.emit(self.course.name))
        self._lay_out()

    def show_course(self, course: Course, model: str, status: RunStatus | None, report: Report | None) -> None:
        """Show how a course stands.

        Args:
            model: The name of what is taught, or empty.
            status: Of its last run, or None.
            report: Of that, or None.
        """
        self.course = course
        told = run_told(status, report)
        self.name.setText(course.name)
        self.goal.setText(goal_words(course))
        self.facts.setText(facts_words(course, model))
        self.state.tell(told)
        is_running = status is not None and status.state == RunState.RUNNING
        fraction = fraction_done(status) if status is not None and is_running else None
        self.bar.setVisible(fraction is not None)
        self.bar.setValue(round(_STEPS * (fraction or 0.0)))
        self.bar.setAccessibleName(f"Training of {course.name}")
        self.setAccessibleName(course.name)
        parts = (self.goal.text(), self.facts.text(), told.words, "Enter opens it")
        self.setAccessibleDescription(". ".join(part.rstrip(".") for part in parts) + ".")
        self.more_button.setAccessibleName(f"More for {course.name}")
        self.resized.emit()

    def menu(self) -> QMenu:
        """Return a menu of what can be done with it."""
        menu, name = QMenu(self), self.course.name
        menu.addAction("Open", lambda: self.open_wanted.emit(name))
        menu.addSeparator()
        menu.addAction(icon("trash-2"), "Remove", lambda: self.remove_wanted.emit(name))
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height())))

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        for part in (self.name, self.goal, self.facts, self.state, self.bar):
            words.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        row.setSpacing(scale.SPACE_12)
        row.addLayout(words, 1)
        row.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignVCenter)
