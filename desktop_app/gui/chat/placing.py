"""Puts widgets of the transcript in place without Qt's layouts, which would measure each of them several times."""

from typing import Protocol

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget


class Arranged(Protocol):
    """A widget that arranges its parts by itself when its size changes, and on demand."""

    def geometry(self) -> QRect: ...

    def setGeometry(self, rect: QRect) -> None: ...

    def arrange(self) -> None: ...


def place(widget: Arranged, left: int, top: int, width: int, height: int) -> None:
    """Move and size a widget whose parts may have changed, and let it arrange them once."""
    target = QRect(left, top, width, height)
    is_same_size = widget.geometry().size() == target.size()
    widget.setGeometry(target)
    if is_same_size:
        widget.arrange()


def mirrored(left: int, width: int, parent: QWidget) -> int:
    """Return where something at `left` begins in a window that is read from right to left, or `left` itself."""
    return parent.width() - left - width if parent.isRightToLeft() else left
