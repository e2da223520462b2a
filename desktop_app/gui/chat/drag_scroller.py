"""Scrolls while the person drags a selection beyond the edge of what is in sight."""

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QAbstractScrollArea

from desktop_app.gui.chat.text_selection import TextSelection

_INTERVAL_MS = 30
_FASTEST_PX = 32


class DragScroller(QObject):
    """Belongs to one scroll area; the further out the pointer is, the faster it goes."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._selection: TextSelection | None = None
        self._point = QPoint()
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._scroll)

    def follow(self, selection: TextSelection, point: QPoint) -> None:
        """Take note of where a drag is on the screen; the null point ends it."""
        self._selection, self._point = selection, point
        if point.isNull():
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _scroll(self) -> None:
        viewport = self._area.viewport()
        y = viewport.mapFromGlobal(self._point).y()
        beyond = min(y, 0) + max(y - viewport.height(), 0)
        if beyond and self._selection is not None:
            bar = self._area.verticalScrollBar()
            bar.setValue(bar.value() + max(-_FASTEST_PX, min(_FASTEST_PX, beyond)))
            self._selection.extend_to(self._point, scrolled=True)
