"""A few words side by side, one of which is chosen: which of several views is shown below."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from desktop_app.gui.theme import scale, theme


class Tabs(QWidget):
    """Signals:
    chosen(int): The person wants this one, counted from 0.
    """

    chosen = Signal(int)

    def __init__(self, labels: tuple[str, ...], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        group = QButtonGroup(self)
        self.buttons: list[QToolButton] = []
        for number, label in enumerate(labels):
            button = QToolButton()
            button.setText(label)
            button.setCheckable(True)
            button.setProperty("kind", "tab")
            button.setFixedHeight(scale.CONTROL_HEIGHT)
            button.clicked.connect(lambda _checked=False, number=number: self.chosen.emit(number))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons.append(button)
        layout.addStretch(1)
        theme().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Leave room for the letters of the one that is chosen, which are wider."""
        metrics = QFontMetrics(theme().font(theme().type_scale.body, QFont.Weight.DemiBold))
        for button in self.buttons:
            button.setMinimumWidth(metrics.horizontalAdvance(button.text()) + 2 * scale.SPACE_16)

    def show_chosen(self, number: int) -> None:
        """Mark one without telling anybody."""
        self.buttons[number].setChecked(True)
