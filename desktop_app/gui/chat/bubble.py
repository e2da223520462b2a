"""A person's message: the text as it was typed, on a soft ground."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_app.gui.chat.prose_view import ProseView
from desktop_app.gui.chat.text_selection import TextSelection
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import RADIUS_BOX, SPACE_12, SPACE_16

_SIDE, _TOP = SPACE_16, SPACE_12


class Bubble(QWidget):
    """As wide as its text, and never wider than it is told.

    Signals:
        resized(): The height it needs may have changed.
    """

    resized = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._natural_width = 0
        self._view = ProseView(self)
        self.selection = TextSelection(lambda: [self._view], self)
        self.selection.watch(self._view)
        self.set_text(text)

    @property
    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Show this text in place of what is there."""
        self._text = text
        self._view.set_plain(text.strip("\n"))
        self._natural_width = self._view.natural_width()
        self.resized.emit()

    def refresh(self) -> None:
        """Take over a new theme."""
        self._view.refresh()
        self._natural_width = self._view.natural_width()
        self.update()

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self._view]

    def arrange(self) -> None:
        """Put the text where it belongs in the width this has now."""
        width = self.width() - 2 * _SIDE
        self._view.setGeometry(_SIDE, _TOP, width, self._view.height_for(width))

    def width_for(self, widest: int) -> int:
        """Return the width this takes where it may take at most so many pixels."""
        return min(widest, self._natural_width + 2 * _SIDE)

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        return self._view.height_for(width - 2 * _SIDE) + 2 * _TOP

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().tokens.accent_soft))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS_BOX, RADIUS_BOX)

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self._view.setAccessibleName(name)
