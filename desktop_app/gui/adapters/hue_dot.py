"""A dot in an adapter's color, beside its name."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import scale, theme
from desktop_app.gui.theme.tokens import hue

SIZE = 10


class HueDot(QWidget):
    """Says nothing that the name beside it does not say."""

    def __init__(self, sha256: str = "") -> None:
        super().__init__()
        self._sha256 = sha256
        self.setFixedSize(SIZE, SIZE)
        theme().changed.connect(self.update)

    def show_adapter(self, sha256: str) -> None:
        """Take the color of another adapter; of none there is no dot."""
        self._sha256 = sha256
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._sha256:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(theme().tokens, hue(self._sha256))))
        painter.drawEllipse(self.rect())


def dot_icon(sha256: str) -> QIcon:
    """Return the same dot for a menu, in the colors of now."""
    pixmap = QPixmap(2 * scale.ICON_SIZE_SMALL, 2 * scale.ICON_SIZE_SMALL)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(getattr(theme().tokens, hue(sha256))))
    edge = (scale.ICON_SIZE_SMALL - SIZE) // 2
    painter.drawEllipse(edge, edge, SIZE, SIZE)
    painter.end()
    return QIcon(pixmap)
