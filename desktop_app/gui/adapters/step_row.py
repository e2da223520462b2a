"""How far something is: words, time left where it is known, a bar, and a button that stops it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.download_row import readable_time
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.jobs.mixing import Step

_STEPS = 1000


class StepRow(QWidget):
    """Hidden as long as nothing goes on.

    Signals:
        stop_wanted(): The person does not want to wait.
    """

    stop_wanted = Signal()

    def __init__(self, stop_name: str) -> None:
        super().__init__()
        self.words = plain_label(role="small", wraps=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setAccessibleName(stop_name)
        self.stop.clicked.connect(self.stop_wanted)
        text = QVBoxLayout()
        text.setSpacing(scale.SPACE_4)
        text.addStretch(1)
        text.addWidget(self.words)
        text.addWidget(self.bar)
        text.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale.SPACE_12)
        row.addLayout(text, 1)
        row.addWidget(self.stop)
        self.hide()

    def show_step(self, step: Step) -> None:
        """Show what is being done now."""
        words = step.words
        if step.seconds_left is not None:
            words = self.tr("{what}, {time} left").format(what=words, time=readable_time(step.seconds_left))
        self.words.setText(words)
        self.bar.setAccessibleName(step.words)
        self.bar.setRange(0, 0 if step.fraction is None else _STEPS)
        self.bar.setValue(round(_STEPS * (step.fraction or 0.0)))
        self.show()
