"""Tells someone who reads further up that there is new text below, and takes them there."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.scale import CONTROL_HEIGHT, ICON_WITH_WORDS, SPACE_16


class NewTextButton(QToolButton):
    """Floats at the bottom of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        self.setText(self.tr("New text below"))
        self.setIcon(icon("arrow-down"))
        self.setIconSize(QSize(*ICON_WITH_WORDS))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setProperty("kind", "pill")
        self.setToolTip(self.tr("Go to the end"))
        self.hide()

    def appear(self) -> None:
        if self.isHidden():
            self.ensurePolished()
            self.place()
            self.show()
            self.raise_()

    def place(self) -> None:
        """Go to the middle of the parent's bottom."""
        width = self.sizeHint().width()
        left = (self._page.width() - width) // 2
        self.setGeometry(left, self._page.height() - CONTROL_HEIGHT - SPACE_16, width, CONTROL_HEIGHT)
