"""Whether to go on from what this course has taught already, or to begin anew."""

import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from desktop_app.finetune.run_folder import RunStatus
from desktop_app.finetune.words import count
from desktop_app.gui.library.fact_grid import readable_day
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale

_GO_ON_HELP = (
    "Some of the old examples are met again, and it is checked that nothing is forgotten. The old version stays."
)
_ANEW_HELP = "All examples are learned again, as if for the first time. Use it after taking documents out."


class RefreshChoice(QWidget):
    """Hidden where nothing was taught yet.

    Signals:
        chosen(bool): Begin anew (or go on).
    """

    chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.told = plain_label(wraps=True)
        self.go_on = QRadioButton("Go on from there")
        self.anew = QRadioButton("From scratch")
        self.go_on.setAccessibleDescription(_GO_ON_HELP)
        self.anew.setAccessibleDescription(_ANEW_HELP)
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addWidget(self.told)
        for button, help_text in ((self.go_on, _GO_ON_HELP), (self.anew, _ANEW_HELP)):
            group.addButton(button)
            column.addWidget(button)
            line = plain_label(help_text, "small", wraps=True)
            line.setContentsMargins(scale.SPACE_24 + scale.SPACE_4, 0, 0, 0)
            column.addWidget(line)
        self.go_on.clicked.connect(lambda: self.chosen.emit(False))
        self.anew.clicked.connect(lambda: self.chosen.emit(True))

    def show_run(self, run: RunStatus | None, n_new: int, is_anew: bool) -> None:
        """Show what would be continued.

        Args:
            run: The last one that has made an adapter, or None.
            n_new: Examples that it has not learned.
            is_anew: What is chosen.
        """
        self.setVisible(run is not None)
        if run is None:
            return
        day = readable_day(run.progress.time, datetime.date.today())
        day = day[:1].lower() + day[1:]
        news = f"There {'is' if n_new == 1 else 'are'} {count(n_new, 'new example')}." if n_new else "Nothing is new."
        self.told.setText(f"“{printable(run.name)}” was taught {day}. {news}")
        (self.anew if is_anew else self.go_on).setChecked(True)
