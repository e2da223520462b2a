"""Trying a stack on a text of the person's: what each adapter does for it, and better scales."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton
from shiboken6 import isValid

from desktop_app.adapters.stack import acting
from desktop_app.adapters.trial import ProbeText, Reading, Trial, verdict
from desktop_app.errors import UserError
from desktop_app.gui.adapters.hued_table import HuedTable, Row
from desktop_app.gui.adapters.mix_section import MixSection
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.adapters.text_choice import TextChoice
from desktop_app.gui.adapters.tuned_mix import TunedMix
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import plain_label
from desktop_app.jobs.mixing import Mixing
from desktop_app.storage.records import Model, Stack


class MixTrial(MixSection):
    """Hidden while no adapter acts.

    Signals:
        stack_wanted(tuple): Use this stack.
    """

    stack_wanted = Signal(tuple)

    def __init__(self, mixing: Mixing) -> None:
        super().__init__(
            self.tr("Try on a text"),
            self.tr("Choose a text like those the model should write. The better it is foreseen, the less the loss."),
        )
        self._mixing = mixing
        self._text: ProbeText | None = None
        self._stack: Stack = ()
        self._model: Model | None = None
        self._asked: Stack = ()  # acting when it was asked for what is being measured ...
        self._measured: Stack = ()  # ... and for what is shown
        self.choice = TextChoice()
        self.measure = QPushButton(self.tr("Measure"))
        self.tune = QPushButton(self.tr("Tune the mix"))
        self.tune.setToolTip(self.tr("Look for scales that are better for this text, by trying up to 15 mixes"))
        self.news = NewsLabel()
        self.step = StepRow(self.tr("Stop measuring"))
        self.table = HuedTable(self.tr("What was measured"), self.tr("Loss"), self.tr("Difference"))
        self.stale = plain_label(self.tr("Measured before the stack was changed."), "small", wraps=True)
        self.tuned = TunedMix()
        self._buttons = ButtonRow(self.measure, self.tune)
        for part in (self.choice, self._buttons, self.step, self.table, self.news, self.stale, self.tuned):
            self.column.addWidget(part)
        self._connect()
        self._clear()

    def _connect(self) -> None:
        mixing = self._mixing
        self.choice.chosen.connect(self.read)
        self.measure.clicked.connect(lambda: self._begin(mixing.measure))
        self.tune.clicked.connect(lambda: self._begin(mixing.tune))
        self.step.stop_wanted.connect(mixing.stop)
        self.tuned.stack_wanted.connect(self.stack_wanted)
        mixing.progressed.connect(self.step.show_step)
        mixing.measured.connect(self._show_trial)
        mixing.tuned.connect(lambda tuned: self.tuned.show_tuned(tuned, self._asked, self._stack))
        mixing.failed.connect(self._show_error)
        mixing.ended.connect(self._show_state)

    # ------------------------------------------------------------ for the panel

    def show_stack(self, stack: Stack, model: Model | None) -> None:
        """Take over which stack is tried; what was measured of other adapters or another model is forgotten."""
        same_adapters = [entry.sha256 for entry in stack] == [entry.sha256 for entry in self._stack]
        same_model = (model.path if model else "") == (self._model.path if self._model else "")
        self._stack, self._model = stack, model
        if not (same_adapters and same_model):
            self._mixing.stop()
            self._clear()
        self.setVisible(bool(acting(stack)) and model is not None)
        self.tuned.show_stack(stack)
        self._show_state()

    def read(self, path: Path) -> None:
        """Take this file for the text."""

        def show(text: ProbeText) -> None:
            if isValid(self):
                self._mixing.stop()
                self._clear()
                self._text = text
                self.choice.show_text(text)
                self._show_state()

        def fail(error: UserError) -> None:
            if isValid(self):
                self._show_error(error)

        self._mixing.read(path, show, fail)

    # ------------------------------------------------------------ measuring

    def _begin(self, work: Callable[[Stack, Model, str], None]) -> None:
        if self._text is not None and self._model is not None:
            self._asked = acting(self._stack)
            self.news.say("")
            work(self._asked, self._model, self._text.text)
            self._show_state()

    def _show_state(self) -> None:
        is_busy = self._mixing.is_measuring
        self._buttons.setVisible(not is_busy)
        self.measure.setEnabled(self._text is not None)
        self.tune.setEnabled(self._text is not None)
        self.step.setVisible(is_busy)
        self.stale.setVisible(bool(self._measured) and self._measured != acting(self._stack))

    def _show_trial(self, trial: Trial) -> None:
        self._measured = self._asked
        rows = [_row(self.tr("Bare model"), trial.bare)]
        rows += [_row(reading.name, reading) for reading in trial.alone]
        if trial.together is not None:
            rows.append(_row(self.tr("All together"), trial.together))
        self.table.show_rows(rows)
        self.table.show()
        self.news.say(verdict(trial))
        self._show_state()

    def _show_error(self, error: UserError) -> None:
        self.news.say(str(error), "danger")

    def _clear(self) -> None:
        self._measured = ()
        self.table.hide()
        self.tuned.clear()
        self.news.say("")


def _row(name: str, reading: Reading) -> Row:
    found = reading.from_bare
    loss = f"{reading.scored.mean_nll:.3f}"
    if found.error == 0:
        return Row(name, reading.sha256, loss, "", f"Over {len(reading.scored.logprobs):,} tokens")
    details = f"Difference to the bare model: {signed(found.mean)} \u00b1 {found.margin:.3f} nats a token"
    return Row(name, reading.sha256, loss, signed(found.mean), details)


def signed(number: float) -> str:
    """Return a difference with its sign, which is as wide as the other one."""
    return f"{number:+.3f}".replace("-", "\u2212")
