"""The description of a repository: Markdown to be read, selected and copied; links lead out only after a question."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.chat.segment_column import SegmentColumn
from desktop_app.gui.chat.text_selection import TextSelection
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import RADIUS_CARD

FOLDED_LINES = 40
FOLDED_CHARACTERS = 4_000  # lines of Markdown can be long
SLICE_CHARACTERS = 3_000  # shown in one go, so that the window does not stand still
_RING_GAP = 6


class CardText(QWidget):
    """As high as what is shown of its text."""

    def __init__(self, run_in_background: RunInBackground) -> None:
        super().__init__()
        self._rest = ""
        self._is_unfolding = False
        self._focused: QWidget | None = None
        self.column = SegmentColumn(run_in_background, self)
        self.column.setAccessibleName("Description")
        self.column.link_activated.connect(lambda url: ask_before_opening(self, url))
        self.selection = TextSelection(lambda: [*self.column.text_views()], self)
        self.selection.focused.connect(self._on_focused)
        self.column.view_added.connect(self.selection.watch)
        self._slices = QTimer(self, singleShot=True, interval=0)
        self._slices.timeout.connect(self._show_slice)
        theme().changed.connect(self._refresh)

    @property
    def is_folded(self) -> bool:
        """Whether there is more than is shown."""
        return bool(self._rest) and not self._is_unfolding

    def show_text(self, markdown: str) -> None:
        """Show the beginning of a text."""
        self._slices.stop()
        self.column.clear()
        self._is_unfolding = False
        cut = _fold(markdown)
        self._rest = markdown[cut:]
        self.column.feed(markdown[:cut])
        if not self._rest:
            self.column.finish()
        self._place()

    def unfold(self) -> None:
        """Show all of it, little by little."""
        self._is_unfolding = True
        self._show_slice()

    def _show_slice(self) -> None:
        end = self._rest.find("\n", SLICE_CHARACTERS) + 1 or len(self._rest)
        self.column.feed(self._rest[:end])
        self._rest = self._rest[end:]
        if self._rest:
            self._slices.start()
        else:
            self.column.finish()
        self._place()

    def _place(self) -> None:
        height = self.column.height_for(self.width())
        self.column.setGeometry(0, 0, self.width(), height)
        self.column.arrange()
        self.setFixedHeight(height)

    def _refresh(self) -> None:
        self.column.refresh()
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._place()

    def _on_focused(self, view: QWidget | None) -> None:
        self._focused = view
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._focused is None or not isValid(self._focused):
            return
        corner = self._focused.mapTo(self, QPoint(0, 0))
        ring = QRectF(QRect(corner, self._focused.size())).adjusted(-_RING_GAP, -1, _RING_GAP, 1)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme().tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(ring, RADIUS_CARD, RADIUS_CARD)


def _fold(markdown: str) -> int:
    """Return how much of a text is shown at first: all of it, or so many whole lines."""
    end = 0
    for number, line in enumerate(markdown.splitlines(keepends=True)):
        if number == FOLDED_LINES or end + len(line) > FOLDED_CHARACTERS:
            break
        end += len(line)
    else:
        return len(markdown)
    return end or min(len(markdown), FOLDED_CHARACTERS)
