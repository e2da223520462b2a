"""A page that is made when it is first shown: the window is at work sooner without it."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class LazyPage(QWidget):
    """Stands in the place of a page.

    Args:
        make: Gives the page, once.

    Signals:
        shown(bool): It has come on the screen, or gone from it.
    """

    shown = Signal(bool)

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        if not self._layout.count():
            page = self._make()
            self._layout.addWidget(page)
            page.show()
            self.setFocusProxy(page)
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shown.emit(False)
