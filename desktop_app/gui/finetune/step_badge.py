"""The number of a step in a circle: filled while the step is open, a check mark once it is done."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import icon, scale, theme


class StepBadge(QWidget):
    """Says nothing that the words beside it do not say too."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._is_open = self._is_done = False
        theme().changed.connect(self._fit)
        self._fit()

    def show_state(self, is_open: bool, is_done: bool) -> None:
        self._is_open, self._is_done = is_open, is_done
        self.update()

    def _fit(self) -> None:
        side = max(scale.SPACE_24, QFontMetrics(_font()).height() + scale.SPACE_8)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = tokens.accent if self._is_open else tokens.accent_soft if self._is_done else tokens.sunken
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawEllipse(self.rect())
        if self._is_done:
            side = scale.ICON_SIZE_SMALL
            place = QRect(0, 0, side, side)
            place.moveCenter(self.rect().center())
            icon("check", "accent").paint(painter, place)
            return
        painter.setFont(_font())
        painter.setPen(QPen(QColor(tokens.on_accent if self._is_open else tokens.muted)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))


def _font() -> QFont:
    return theme().font(theme().type_scale.small, QFont.Weight.DemiBold)
