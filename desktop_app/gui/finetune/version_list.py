"""The runs of a course: each version that was taught, with what it has come to."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from desktop_app.finetune.report import Outcome, Report
from desktop_app.finetune.run_folder import RunState, RunStatus
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.library.fact_grid import readable_day
from desktop_app.gui.library.labels import printable

_OUTCOMES = {
    Outcome.GAIN: "a gain",
    Outcome.NO_GAIN: "no measurable gain",
    Outcome.HARM: "does harm",
    Outcome.NOT_MEASURED: "not enough to measure",
    Outcome.NO_EFFECT: "changes nothing",
}
_STATES = {RunState.RUNNING: "is being taught", RunState.PREPARED: "not begun"}


@dataclass(frozen=True)
class Version:
    """A run of the course, the first one being version 1."""

    number: int
    status: RunStatus
    report: Report | None

    @property
    def words(self) -> str:
        """What it is and what it has come to, in a line."""
        status = self.status
        day = readable_day(status.progress.time or None, datetime.date.today())
        came = _OUTCOMES[self.report.outcome] if self.report else _STATES.get(status.state, status.state.value)
        return f"Version {self.number}: {printable(status.name, 40)}, {day[:1].lower()}{day[1:]}, {came}"


class VersionList(Fold):
    """Hidden where there is one version only.

    Signals:
        chosen(str): Show the run of this name.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("Versions")
        self.buttons: list[QPushButton] = []

    def show_versions(self, versions: Sequence[Version], shown: str) -> None:
        """Show these, the newest first; `shown` is the name of the run that is to be seen."""
        self.setVisible(len(versions) > 1)
        self.set_title(f"Versions ({len(versions)})")
        while len(self.buttons) < len(versions):
            self._add_button()
        newest_first = sorted(versions, key=lambda version: -version.number)
        for number, button in enumerate(self.buttons):
            version = newest_first[number] if number < len(versions) else None
            button.setVisible(version is not None)
            if version is not None:
                is_shown = version.status.name == shown
                button.setText(f"{version.words} (shown)" if is_shown else version.words)
                button.setProperty("run", version.status.name)
                button.setEnabled(not is_shown)

    def _add_button(self) -> None:
        button = QPushButton()
        button.setProperty("kind", "back")
        button.clicked.connect(lambda: self.chosen.emit(button.property("run")))
        self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.buttons.append(button)
