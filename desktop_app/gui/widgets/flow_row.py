"""A row of widgets that goes on in the next line where there is no room."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.theme import scale


class FlowRow(QWidget):
    """As high as its lines are in the width it has."""

    def __init__(self, spacing: int = scale.SPACE_8) -> None:
        super().__init__()
        self._spacing = spacing
        self._widgets: tuple[QWidget, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_widgets(self, widgets: Sequence[QWidget]) -> None:
        """Show these, in this order; those that were shown before and are not among them are the caller's to delete."""
        self._widgets = tuple(widgets)
        for widget in widgets:
            if widget.parent() is not self:
                widget.setParent(self)
            widget.show()
        for before, after in pairwise(widgets):
            self.setTabOrder(before, after)
        self._place(self.width(), for_real=True)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(width, for_real=False)

    def sizeHint(self) -> QSize:
        widths = [widget.sizeHint().width() for widget in self._widgets]
        whole = sum(widths) + self._spacing * max(0, len(widths) - 1)
        return QSize(whole, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        widest = max((widget.minimumSizeHint().width() for widget in self._widgets), default=0)
        return QSize(widest, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place(self.width(), for_real=True)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # one of them has become another size
            self._place(self.width(), for_real=True)
            self.updateGeometry()
        return super().event(event)

    def _place(self, width: int, for_real: bool) -> int:
        """Return the height in some width."""
        left = top = line = 0
        for widget in self._widgets:
            size = widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())
            needed = min(size.width(), max(width, widget.minimumSizeHint().width()))
            if left and left + needed > width:
                left, top, line = 0, top + line + self._spacing, 0
            if for_real:
                widget.setGeometry(mirrored(left, needed, self), top, needed, size.height())
            left += needed + self._spacing
            line = max(line, size.height())
        return top + line
