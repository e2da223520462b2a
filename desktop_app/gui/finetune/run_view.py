"""A run while it is trained: the curve first, the numbers beside it, what can be asked of it, and what it says now."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.finetune import events
from desktop_app.finetune.run_folder import RESUMABLE, RunState, RunStatus
from desktop_app.finetune.samples import Sample
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.answers_view import AnswersView
from desktop_app.gui.finetune.curve import Curve, RunInBackground
from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.finetune.run_facts import RunFacts
from desktop_app.gui.finetune.run_words import Asked, run_facts, run_words, sample_pairs
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import announce, plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.beside import Beside
from desktop_app.gui.widgets.kept_focus import kept_focus

PAUSE, STOP = "Pause", "Stop and keep the best"
_CHARACTERS = 82  # that must fit for the curve and its numbers side by side
_STEPS = 1000
_RESUME = {RunState.PREPARED: "Begin", RunState.TRAINED: "Finish it", RunState.FAILED: "Try again"}


class RunView(QWidget):
    """Signals:
    pause_wanted(), resume_wanted(), stop_wanted(): What the person asks of it.
    """

    pause_wanted = Signal()
    resume_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, run_in_background: RunInBackground) -> None:
        super().__init__()
        self._headline = ""
        self.headline = ToldLine("heading")
        self.details = plain_label(role="small", wraps=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.curve = Curve(run_in_background)
        self.facts = RunFacts()
        self._graph = Beside(self.curve, self.facts, _CHARACTERS, (1, 0))
        self.pause_button, self.stop_button = QPushButton(PAUSE), QPushButton(STOP)
        self.resume_button = QPushButton("Resume")
        self.resume_button.setProperty("kind", "primary")
        self.closing = plain_label(role="small", wraps=True)
        self._says = plain_label("What it says now", "heading")
        self.samples = AnswersView("Before", "Now")
        self.pause_button.clicked.connect(self.pause_wanted)
        self.resume_button.clicked.connect(self.resume_wanted)
        self.stop_button.clicked.connect(self.stop_wanted)
        self._buttons = ButtonRow(self.resume_button, self.pause_button, self.stop_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_8)
        for part in (self.headline, self.details, self.bar, self._graph, self._buttons, self.closing):
            column.addWidget(part)
        column.addSpacing(scale.SPACE_8)
        column.addWidget(self._says)
        column.addWidget(self.samples)

    def show_run(self, status: RunStatus, samples: Sequence[Sample], asked: Asked, closing: str) -> None:
        """Show how a run is.

        Args:
            asked: What is known of it besides its folder.
            closing: What happens when the window is closed.
        """
        progress = status.progress
        words = run_words(status, asked)
        self.headline.tell(words.headline)
        self.details.setText(words.details)
        self.details.setVisible(bool(words.details))
        self.bar.setVisible(words.waits)
        self.bar.setRange(0, 0 if words.fraction is None else _STEPS)
        self.bar.setValue(round(_STEPS * (words.fraction or 0)))
        self.bar.setAccessibleName(words.headline.words)
        values = CurveValues.of(progress)
        self._graph.setVisible(not values.is_empty)
        self.curve.show_values(values, progress.exported.get("sha256", ""))
        self.facts.show_facts(run_facts(status))
        self._show_buttons(status, asked)
        self.closing.setText(closing)
        self.closing.setVisible(bool(closing) and status.state == RunState.RUNNING)
        self._says.setVisible(bool(samples))
        self.samples.show_pairs(sample_pairs(samples))
        told = words.headline.words.partition(",")[0]  # without the time that is left, which changes all the time
        if told != self._headline and self.isVisible():
            announce(self, f"{told}. {words.details}")
        self._headline = told

    def _show_buttons(self, status: RunStatus, asked: Asked) -> None:
        is_running, is_trained = status.state == RunState.RUNNING, status.progress.last == events.FINISHED
        is_training = is_running and not is_trained
        can_resume = not asked.is_starting and status.state in (*RESUMABLE, RunState.TRAINED)
        self.resume_button.setText(_RESUME.get(status.state, "Resume"))
        with kept_focus(self, self.resume_button, self.pause_button, self.stop_button):
            self.resume_button.setVisible(can_resume)
            self.pause_button.setVisible(is_training)
            self.stop_button.setVisible(is_training and status.progress.step > 0)
            for button in (self.pause_button, self.stop_button):
                button.setEnabled(not asked.wish)
            self._buttons.setVisible(can_resume or is_training)
