"""A part of a page that is folded away until somebody wants to see it."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.theme import icon, scale


class Fold(QWidget):
    """A line with a title, and below it what belongs to that.

    Attributes:
        button: Folds and unfolds.
        body: Where its parts are put.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.button = _FoldButton(title)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(scale.SPACE_8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._content)
        self._content.hide()
        self.button.toggled.connect(self._content.setVisible)

    def set_title(self, title: str) -> None:
        """Call it otherwise."""
        self.button.setText(title)


class _FoldButton(QToolButton):
    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setCheckable(True)
        self.setProperty("kind", "fold")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumHeight(scale.TOUCH_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        folded = "chevron-left" if self.isRightToLeft() else "chevron-right"
        side = scale.ICON_SIZE_SMALL
        place = QRect(mirrored(0, side, self), (self.height() - side) // 2, side, side)
        icon("chevron-down" if self.isChecked() else folded, "muted").paint(QPainter(self), place)
