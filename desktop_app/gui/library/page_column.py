"""A column that scrolls below the head of the Models page and has the same edges as it."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.theme import scale

COLUMN_WIDTH = 820  # with its margins


class PageColumn(QScrollArea):
    """Attributes:
    column: Where the page puts its parts.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        content = QWidget()
        content.setMaximumWidth(COLUMN_WIDTH)
        self.column = QVBoxLayout(content)
        self.column.setSpacing(scale.SPACE_8)
        page = _Page()
        self._around = QHBoxLayout(page)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._around.addWidget(content, 1)
        self._around.addStretch(0)
        self.setWidget(page)

    @contextmanager
    def laid_out_once(self) -> Iterator[None]:
        """Change many parts: Qt would lay everything out anew for each of them that is shown or hidden."""
        layouts: tuple[QLayout, ...] = (self._around, self.column)
        was_enabled = [layout.isEnabled() for layout in layouts]
        for layout in layouts:
            layout.setEnabled(False)
        try:
            yield
        finally:
            for layout, is_enabled in zip(layouts, was_enabled, strict=True):
                layout.setEnabled(is_enabled)
                layout.invalidate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margin = scale.PAGE_MARGIN if self.width() >= scale.NARROW_WIDTH else scale.PAGE_MARGIN_NARROW
        # The scroll bar takes its room from the margin, so that nothing moves when it comes or goes.
        cut_off = min(self.width(), COLUMN_WIDTH) - min(self.viewport().width(), COLUMN_WIDTH)
        self.column.setContentsMargins(margin, scale.SPACE_16, max(0, margin - cut_off), scale.PAGE_MARGIN)


class _Page(QWidget):
    """As high as its width makes it; what Qt would take for the least is the height at the least width."""

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)
