"""What a plan takes on this computer, line by line: memory, time, space on the disk."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from desktop_app.finetune.training_needs import MemoryFit, MemoryPlan, about
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.kept_focus import kept_focus
from desktop_app.jobs.mixing import Step

_FITS = {
    MemoryFit.FITS: ("check", "muted"),
    MemoryFit.TIGHT: ("circle-alert", "warn"),
    MemoryFit.TOO_LARGE: ("triangle-alert", "danger"),
}
_LOOKING = "Looking at the model…"
_NOT_MEASURED = "Not measured yet."
_MEASURING = "Measuring how fast this computer learns…"
_WAITING = "It is measured as soon as this computer has nothing else to do."
_HOW = "Three steps of the training are done, and nothing is kept but how long they took."


def time_words(seconds: float | None, is_measured: bool, is_measuring: bool, is_waiting: bool) -> str:
    """Say how long it takes, or why that is not known yet.

    Args:
        is_measured: This very way to train was measured.
        is_measuring, is_waiting: It is being measured, or will be by itself.
    """
    if seconds:
        how = "as measured on this computer" if is_measured else "from what was measured for another plan"
        return f"{about(seconds)}, {how}."
    return _MEASURING if is_measuring else _WAITING if is_waiting else _NOT_MEASURED


class PlanNeeds(QWidget):
    """Signals:
    measure_wanted(): Find out how long it takes.
    stop_wanted(): Do not, after all.
    """

    measure_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.memory, self.time, self.disk = ToldLine(), ToldLine(), ToldLine()
        self.measure_button = QPushButton("Measure the time")
        self.measure_button.setAccessibleDescription(_HOW)
        self.measure_button.setToolTip(_HOW)
        self.measure_button.clicked.connect(self.measure_wanted)
        self.step = StepRow("Stop measuring")
        self.step.stop_wanted.connect(self.stop_wanted)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_16)
        self._grid.setVerticalSpacing(scale.SPACE_8)
        self._grid.setColumnStretch(1, 1)
        for row, (title, told) in enumerate((("Time", self.time), ("Memory", self.memory), ("Disk", self.disk))):
            label = plain_label(title, "muted")
            label.setContentsMargins(0, 1, 0, 0)
            self._grid.addWidget(label, 3 * row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(told, 3 * row, 1)
        self._grid.addWidget(self.step, 1, 1)
        self._grid.addWidget(self.measure_button, 2, 1, Qt.AlignmentFlag.AlignLeft)

    def show_memory(self, plan: MemoryPlan | None) -> None:
        """Say whether it fits; None as long as that is not known."""
        if plan is None:
            self.memory.tell(Told("clock", "muted", _LOOKING))
            return
        icon, token = _FITS[plan.fit]
        self.memory.tell(Told(icon, token, f"{plan.fit.value}. {plan.sentence}"))

    def show_time(self, words: str, can_measure: bool) -> None:
        """Say how long it takes, and offer to find out."""
        self.time.tell(Told("clock", "muted", words))
        with kept_focus(self, self.step.stop, self.measure_button):
            self.measure_button.setVisible(can_measure)

    def show_step(self, step: Step | None) -> None:
        """Show how far the measuring is; None while nothing is measured."""
        with kept_focus(self, self.step.stop, self.measure_button):
            self.step.setVisible(step is not None)
        if step is not None:
            self.step.show_step(step)

    def show_disk(self, is_enough: bool, sentence: str) -> None:
        """Say how much space it takes."""
        icon, token = ("check", "muted") if is_enough else ("triangle-alert", "danger")
        self.disk.tell(Told(icon, token, sentence) if sentence else Told("clock", "muted", _LOOKING))
