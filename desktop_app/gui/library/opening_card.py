"""A card that opens something when it is clicked, or by Enter or Space while it has the focus."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame

from desktop_app.gui.theme import scale, theme

_OPENING_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class OpeningCard(QFrame):
    """Its edge shows the pointer and the focus.

    Signals:
        opened(): It was clicked, or one of the keys was pressed on it.
        resized(): The height it needs may have changed.
    """

    opened = Signal()
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._is_pressed = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _OPENING_KEYS:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._is_pressed = event.button() == Qt.MouseButton.LeftButton
        event.setAccepted(self._is_pressed)  # or its release would not come here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_pressed and self.rect().contains(event.position().toPoint()):
            self.opened.emit()
        self._is_pressed = False

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        width, edge = 1, tokens.faint if self.underMouse() else tokens.line
        if self.hasFocus():
            width, edge = 2, tokens.accent
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(tokens.surface))
        inset = width / 2
        rounded = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(rounded, scale.RADIUS_CARD, scale.RADIUS_CARD)
