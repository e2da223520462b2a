"""The way back to where a page was opened from; it begins at the edge that the page's words begin at."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton

from desktop_app.gui.theme import icon, scale


class BackButton(QPushButton):
    """Says where it leads."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.setProperty("kind", "back")
        self.setIcon(icon("chevron-left", "accent"))
        self.setIconSize(QSize(scale.ICON_SIZE_SMALL, scale.ICON_SIZE_SMALL))
