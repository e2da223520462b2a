"""What an adapter was measured to do to the model in use, with the numbers, and the way to have it measured."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.engine.messages import Effect
from desktop_app.gui.adapters.standing_words import effect_told
from desktop_app.gui.adapters.standings import Standing
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import announce, listed, plain_label
from desktop_app.gui.theme import scale

NOT_MEASURED = "Not measured yet."
BLOCKED = "It cannot act on this model."
NO_MODEL = "Choose a model to measure it on."


class EffectSection(QWidget):
    """Signals:
    measure_wanted(): Find out what it does.
    stop_wanted(): Do not, after all.
    """

    measure_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._standing = Standing()
        self.told = ToldLine()
        self.plain = plain_label(wraps=True)
        self.numbers = plain_label(role="small", wraps=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)  # nobody knows how long
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Measuring")
        self.measure_button = QPushButton()
        self.measure_button.clicked.connect(self.measure_wanted)
        self.stop_button = QPushButton("Stop")
        self.stop_button.setAccessibleName("Stop measuring")
        self.stop_button.clicked.connect(self.stop_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_8)
        for part in (self.told, self.plain, self.numbers, self.bar):
            column.addWidget(part)
        column.addWidget(ButtonRow(self.measure_button, self.stop_button))

    def show_standing(self, standing: Standing) -> None:
        """Show how things are now."""
        was_measuring, self._standing = self._standing.is_measuring, standing
        told = effect_told(standing)
        self.told.tell(told)
        plain = "" if told.words else BLOCKED if standing.is_blocked else NOT_MEASURED
        self.plain.setText(plain if standing.model_name else NO_MODEL)
        self.plain.setVisible(not told.words)
        numbers = _numbers(standing.proof.effect) if standing.proof and not standing.is_measuring else ""
        self.numbers.setText(numbers)
        self.numbers.setVisible(bool(numbers))
        self.bar.setVisible(standing.is_measuring)
        self.measure_button.setText("Measure again" if standing.proof else "Measure effect")
        self.measure_button.setVisible(standing.can_measure)
        self.stop_button.setVisible(standing.is_measuring)
        if was_measuring and not standing.is_measuring and self.isVisible():
            announce(self, told.words)


def _numbers(effect: Effect) -> str:
    """Return what was measured, for those who want to know."""
    difference = effect.other_nll - effect.mean_nll
    signed = f"{difference:+.3f} ± {effect.nll_error:.3f}".replace("-", "\u2212")
    return listed(
        (
            f"{effect.tokens:,} tokens",
            f"loss {signed} nats a token",
            f"divergence {effect.kl:.3f} nats",
            f"same word in {effect.agreement:.0%}",
        )
    )
