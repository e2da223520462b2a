"""How a run goes: the loss over the steps, with a legend and what is known of the step that is pointed at."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.library.labels import name_label
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.theme.tokens import hue

if TYPE_CHECKING:
    from types import ModuleType

    from desktop_app.gui.finetune.curve_plot import CurvePlot

RunInBackground = Callable[[Any, Any], None]
_PLOT = "desktop_app.gui.finetune.curve_plot"
_LINES = 18  # of text, that it is high


class Curve(QWidget):
    """Args:
    run_in_background: Runs its first argument elsewhere and calls the second with the result.
    lines: How many lines of text the plot is high.

    Attributes:
        plot: Made when it is shown for the first time; None before.
        readout: What is known of the step that is pointed at.
    """

    def __init__(self, run_in_background: RunInBackground, lines: int = _LINES) -> None:
        super().__init__()
        self._run_in_background = run_in_background
        self._lines = lines
        self._values = CurveValues()
        self._token = "accent"
        self._is_loading = False
        self.plot: CurvePlot | None = None
        self.keys = (_Key("Held out"), _Key("Training"))
        self.readout = name_label("", "small")
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._place = QWidget()
        QVBoxLayout(self._place).setContentsMargins(0, 0, 0, 0)
        legend = QHBoxLayout()
        legend.setSpacing(scale.SPACE_16)
        for key in self.keys:
            legend.addWidget(key)
        legend.addWidget(self.readout, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addLayout(legend)
        column.addWidget(self._place, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme().changed.connect(self._fit)
        self._fit()

    def show_values(self, values: CurveValues, sha256: str = "") -> None:
        """Show these values, in the color of the adapter with this hash once there is one."""
        self._values, self._token = values, hue(sha256) if sha256 else "accent"
        self.setAccessibleDescription(values.description())
        held_out, training = self.keys
        held_out.show_token(self._token, has_marker=True)
        held_out.setVisible(bool(values.held_out))
        training.setVisible(bool(values.steps))
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.plot is None and not self._is_loading:
            self._is_loading = True
            self._run_in_background(lambda: import_module(_PLOT), self._on_loaded)

    def _on_loaded(self, module: "ModuleType") -> None:
        if not isValid(self):
            return
        self.plot = plot = module.CurvePlot()
        plot.setAccessibleName("Loss by step")
        plot.pointed.connect(self._on_pointed)
        layout = self._place.layout()
        assert layout is not None
        layout.addWidget(plot)
        # Or Tab would come to it after all that was made before; only what takes the focus can have a place in order.
        self._place.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabOrder(self._place, plot)
        self._place.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._show()

    def _show(self) -> None:
        if self.plot is not None:
            self.plot.show_values(self._values, self._token)
            self.plot.setAccessibleDescription(f"{self._values.description()} Left and right tell of single steps.")

    def _on_pointed(self, step: int | None) -> None:
        self.readout.setText("" if step is None else self._values.words_at(step))

    def _fit(self) -> None:
        line = QFontMetrics(theme().font(theme().type_scale.body)).height()
        self._place.setMinimumHeight(line * self._lines)


class _Key(QLabel):
    """A word of the legend, behind a piece of its line."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self._token, self._has_marker = "muted", False
        self.setProperty("role", "small")
        self.setContentsMargins(scale.SPACE_24, 0, 0, 0)
        theme().changed.connect(self.update)

    def show_token(self, token: str, has_marker: bool) -> None:
        self._token, self._has_marker = token, has_marker
        self.update()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(0, scale.TOUCH_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        color = QColor(getattr(theme().tokens, self._token))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 2))
        end = scale.SPACE_16
        start = self.width() - end if self.isRightToLeft() else 0
        middle = self.height() // 2
        painter.drawLine(start, middle, start + end, middle)
        if self._has_marker:
            painter.setBrush(color)
            painter.drawEllipse(start + end // 2 - 3, middle - 3, 6, 6)
