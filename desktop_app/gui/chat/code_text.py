"""The text of a block of code: read-only, unwrapped, as high as its lines, growing at its end without a new layout."""

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QTextBlock, QTextCursor, QTextOption, QWheelEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from desktop_app.gui.chat.prose_style import prose_style

_TAB_CHARACTERS = 4
_SCROLL_BAR_HEIGHT = 12  # as in the style sheet


class CodeText(QPlainTextEdit):
    """Long lines scroll sideways; up and down, whoever holds it scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widest = 0.0
        self._tall_lines: dict[int, float] = {}  # extra height of lines with letters of other fonts
        self._line_height = 0.0
        self._measured = 0  # lines before this one cannot change any more
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # code is, in every language
        self.document().setDocumentMargin(0)
        self.refresh()

    def refresh(self) -> None:
        """Take over a new theme."""
        self.setFont(prose_style().code_font)
        self._metrics = QFontMetricsF(self.font())
        self.setTabStopDistance(self._metrics.horizontalAdvance(" ") * _TAB_CHARACTERS)
        self._widest, self._measured = 0.0, 0
        self._tall_lines.clear()
        self._height_at = (-1, 0)

    def append_text(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        self._height_at = (-1, 0)

    def height_for(self, width: int) -> int:
        """Return the height of all lines, and of the sideways scroll bar if this width makes one necessary."""
        if self._height_at[0] == width:
            return self._height_at[1]
        self._measure_new_lines()
        is_wide = self._widest > width
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn if is_wide else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        lines = self.blockCount() * self._line_height + sum(self._tall_lines.values())
        self._height_at = (width, math.ceil(lines) + (_SCROLL_BAR_HEIGHT if is_wide else 0))
        return self._height_at[1]

    def _measure_new_lines(self) -> None:
        document = self.document()
        block = document.findBlockByNumber(self._measured)
        # What a line takes is more than the font says, by a rounding that is Qt's own.
        self._line_height = self._bounds(document.firstBlock()).height()
        while block.isValid():
            text = block.text()
            if text.isascii() and "\t" not in text:
                width = len(text) * self._metrics.horizontalAdvance("x")
            else:
                bounds = self._bounds(block)
                width = bounds.width()
                if bounds.height() != self._line_height:
                    self._tall_lines[block.blockNumber()] = bounds.height() - self._line_height
            self._widest = max(self._widest, width)
            block = block.next()
        self._measured = document.blockCount() - 1

    def _bounds(self, block: QTextBlock) -> QRectF:
        return self.document().documentLayout().blockBoundingRect(block)

    def wheelEvent(self, event: QWheelEvent) -> None:
        moved = event.angleDelta()
        if abs(moved.x()) > abs(moved.y()):
            super().wheelEvent(event)
        else:
            event.ignore()  # it belongs to the transcript

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape):
            event.ignore()
            return
        super().keyPressEvent(event)
