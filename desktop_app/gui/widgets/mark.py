"""A small icon beside words that say the same; it follows the theme."""

from PySide6.QtCore import QRect
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop_app.gui.theme import icon, scale, theme


class Mark(QWidget):
    """Shows nothing until it is told what."""

    def __init__(self, icon_name: str = "", token: str = "muted") -> None:
        super().__init__()
        self._shown = ("", "")
        self._icon = QIcon()
        self.setFixedSize(scale.ICON_SIZE_SMALL, scale.ICON_SIZE_SMALL)
        if icon_name:
            self.show_icon(icon_name, token)
        theme().changed.connect(self.update)

    def show_icon(self, icon_name: str, token: str = "muted") -> None:
        """Show this icon of the set in this color of the theme."""
        if self._shown != (icon_name, token):
            self._shown = (icon_name, token)
            self._icon = icon(icon_name, token)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._icon.paint(QPainter(self), QRect(0, 0, self.width(), self.height()))
