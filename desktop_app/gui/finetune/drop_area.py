"""Files and folders held over the page, and where they are dropped: a frame that says what will become of them."""

from pathlib import Path

from PySide6.QtCore import QMarginsF, QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import icon, scale, theme

_DASHES = [4.0, 3.0]
_MARGINS = QMarginsF(*4 * (scale.SPACE_16,))


class DropArea(QWidget):
    """Covers a page while something is held over it; what is dropped is the page's to take."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self.words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def invite(self, words: str) -> None:
        """Cover the page and say what happens to what is dropped."""
        self.words = words
        self.setGeometry(self._page.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(tokens.base)
        veil.setAlphaF(0.9)
        painter.fillRect(self.rect(), veil)
        paint_frame(painter, QRectF(self.rect()).marginsRemoved(_MARGINS), is_over=True)
        painter.setFont(theme().font(theme().type_scale.section))
        painter.setPen(QColor(tokens.text))
        words = self.rect().adjusted(scale.SPACE_32, scale.SPACE_32, -scale.SPACE_32, -scale.SPACE_32)
        centered = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        bounds = painter.boundingRect(words, centered, self.words)
        painter.drawText(words, centered, self.words)
        above = bounds.translated(0, -scale.SPACE_32)
        above.setHeight(scale.SPACE_24)
        icon("file-plus", "accent").paint(painter, above)


def paint_frame(painter: QPainter, rect: QRectF, is_over: bool) -> None:
    """Draw the edge of a place where things can be dropped; stronger while something is held over it."""
    tokens = theme().tokens
    pen = QPen(QColor(tokens.accent if is_over else tokens.faint), 2 if is_over else 1)
    pen.setDashPattern(_DASHES)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect, scale.RADIUS_CARD, scale.RADIUS_CARD)


def dropped_paths(data: QMimeData) -> list[Path]:
    """Return the files and folders of this computer among what is dropped."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
