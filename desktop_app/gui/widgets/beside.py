"""Two parts side by side, or one below the other where there is no room for that."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from desktop_app.gui.theme import scale


class Beside(QWidget):
    """Args:
    first, second: The parts, in reading order.
    characters: So many average letters must fit in the width for them to be side by side.
    shares: Of the width, when they are.
    """

    def __init__(self, first: QWidget, second: QWidget, characters: int, shares: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        self._characters = characters
        self._parts = (first, second)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(scale.SPACE_16)
        for part, share in zip(self._parts, shares, strict=True):
            self._layout.addWidget(part, share)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    @property
    def is_beside(self) -> bool:
        """Whether they are side by side now."""
        return self._layout.direction() == QBoxLayout.Direction.LeftToRight

    def minimumSizeHint(self) -> QSize:
        widest = max(max(part.minimumSizeHint().width(), part.minimumWidth()) for part in self._parts)
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._settle()

    def _settle(self) -> None:
        has_room = self.width() >= self._characters * self.fontMetrics().averageCharWidth()
        direction = QBoxLayout.Direction.LeftToRight if has_room else QBoxLayout.Direction.TopToBottom
        if direction != self._layout.direction():
            self._layout.setDirection(direction)
