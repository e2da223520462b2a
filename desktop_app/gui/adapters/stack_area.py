"""A few lines of the stack; more are scrolled to, so that many adapters leave room for the messages."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from desktop_app.gui.adapters.stack_bar import StackBar
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.focus_area import FocusArea

_MOST_LINES = 5  # of the most adapters, where the chat is wide
_HIGHEST = _MOST_LINES * (scale.TOUCH_HEIGHT + scale.SPACE_4) - scale.SPACE_4


class StackArea(FocusArea):
    """As high as the stack in it, up to some lines."""

    def __init__(self, bar: StackBar) -> None:
        super().__init__()
        self._bar = bar
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setWidget(bar)
        bar.setAutoFillBackground(False)
        bar.installEventFilter(self)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(min(self._bar.heightForWidth(self.viewport().width()), _HIGHEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return super().eventFilter(watched, event)
