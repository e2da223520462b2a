"""One chunk of an answer's prose, or a person's message as it was typed: read, selected, copied, never edited."""

import math

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from desktop_app.gui.chat.prose_format import LINK_SCHEMES, Layout, fill_with_markdown, fill_with_plain_text
from desktop_app.gui.chat.prose_style import CODE_PADDING, QUOTE_INDENT, Kind, prose_style
from desktop_app.gui.theme.scale import RADIUS_SMALL

_BAR_WIDTH = 3
_DOT_GAP = 0.8  # between a dot and its text, in parts of the text's size
_NO_WRAP = 1_000_000


class ProseView(QTextBrowser):
    """Shows one chunk as high as it is; whoever holds it scrolls.

    Signals:
        link_activated(str): The person chose a link to the web or a mail address. Other links do nothing.
    """

    link_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = Layout()
        self._markdown: str | None = None
        self._plain = ""
        self._height_at: tuple[int, int] = (-1, 0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The text's width is set, not taken from the viewport, so that a height can be had before the view has a size.
        self.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(prose_style().measure)  # most likely; another width costs a layout
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_anchor)

    # ------------------------------------------------------------ content

    def set_markdown(self, markdown: str) -> None:
        """Show this Markdown; a selection stays where it was."""
        if markdown == self._markdown:
            return
        self._markdown, self._plain = markdown, ""
        self._fill()

    def set_plain(self, text: str) -> None:
        """Show this text as it is."""
        self._markdown, self._plain = None, text
        self._fill()

    def refresh(self) -> None:
        """Take over a new theme."""
        self._fill()

    @property
    def first_kind(self) -> Kind | None:
        return self._layout.first

    @property
    def last_kind(self) -> Kind | None:
        return self._layout.last

    def height_for(self, width: int) -> int:
        """Lay the text out in this width and return the height it takes, in pixels."""
        if self._height_at[0] != width:
            if self.lineWrapColumnOrWidth() != width:
                self.setLineWrapColumnOrWidth(width)
            self._height_at = (width, math.ceil(self.document().size().height()))
        return self._height_at[1]

    def natural_width(self) -> int:
        """Return the width the text would take without wrapping, in pixels."""
        self.setLineWrapColumnOrWidth(_NO_WRAP)
        self._height_at = (_NO_WRAP, 0)
        return math.ceil(self.document().idealWidth())

    @property
    def is_wide(self) -> bool:
        """True if it may use more than the measure: tables do."""
        kinds = (self._layout.first, self._layout.last)
        return all(kind is not None and kind.name == "table" for kind in kinds)

    def _fill(self) -> None:
        selection = self.textCursor()
        anchor, position = selection.anchor(), selection.position()
        document, style = self.document(), prose_style()
        self.setFont(style.font)
        document.setLayoutEnabled(False)  # one layout at the end instead of one after each change
        if self._markdown is None:
            self._layout = fill_with_plain_text(document, self._plain, style)
        else:
            self._layout = fill_with_markdown(document, self._markdown, style)
        document.setLayoutEnabled(True)
        if anchor != position:
            end = document.characterCount() - 1
            cursor = self.textCursor()
            cursor.setPosition(min(anchor, end))
            cursor.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
        self._height_at = (-1, 0)

    # ------------------------------------------------------------ what a model may not do

    def loadResource(self, kind: int, name: QUrl | str) -> QByteArray:
        """Give nothing: text must never make the program read a file or ask the network.

        It has to be an empty value. At None, Qt would read the file itself.
        """
        return QByteArray()

    def _on_anchor(self, url: QUrl) -> None:
        if url.scheme() in LINK_SCHEMES:
            self.link_activated.emit(url.toString())

    # ------------------------------------------------------------ painting and events

    def paintEvent(self, event: QPaintEvent) -> None:
        layout = self._layout
        if layout.quotes or layout.codes or layout.rules or layout.dots:
            painter = QPainter(self.viewport())
            self._paint_ground(painter)
            painter.end()
        super().paintEvent(event)

    def _paint_ground(self, painter: QPainter) -> None:
        tokens, width = prose_style().tokens, self.viewport().width()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.sunken))
        for first, last in self._layout.codes:
            area = self._area(first, last)
            indent = self.document().findBlockByNumber(first).blockFormat().indent()
            left = indent * self.document().indentWidth()
            ground = QRectF(left, area.top() - CODE_PADDING, width - left, area.height() + 2 * CODE_PADDING)
            painter.drawRoundedRect(ground, RADIUS_SMALL, RADIUS_SMALL)
        painter.setBrush(QColor(tokens.line))
        for first, last, depth in self._layout.quotes:
            area, left = self._area(first, last), (depth - 1) * QUOTE_INDENT
            if self.document().findBlockByNumber(first).textDirection() == Qt.LayoutDirection.RightToLeft:
                left = width - left - _BAR_WIDTH
            painter.drawRoundedRect(QRectF(left, area.top(), _BAR_WIDTH, area.height()), 1.5, 1.5)
        for number in self._layout.rules:
            painter.drawRect(QRectF(0, self._area(number, number).top(), width, 1))

        painter.setBrush(self.palette().text())
        radius = round(prose_style().size_px / 6.5)
        for number in self._layout.dots:
            painter.drawEllipse(self._dot_center(number), radius, radius)

    def _dot_center(self, number: int) -> QPointF:
        block = self.document().findBlockByNumber(number)
        line = block.layout().lineAt(0)
        corner = self.document().documentLayout().blockBoundingRect(block).topLeft()
        middle = corner.y() + line.y() + line.ascent() - self.fontMetrics().xHeight() / 2
        gap = prose_style().size_px * _DOT_GAP
        if block.textDirection() == Qt.LayoutDirection.RightToLeft:
            return QPointF(corner.x() + line.naturalTextRect().right() + gap, middle)
        return QPointF(corner.x() + line.x() - gap, middle)

    def _area(self, first: int, last: int) -> QRectF:
        """Return where the text of some blocks lies, without the space above it."""
        document = self.document()
        blocks = document.documentLayout()
        top_block = document.findBlockByNumber(first)
        top = blocks.blockBoundingRect(top_block)
        bottom = blocks.blockBoundingRect(document.findBlockByNumber(last))
        return QRectF(top.left(), top.top(), top.width(), bottom.bottom() - top.top())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # it belongs to the transcript

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Escape):
            event.ignore()
            return
        super().keyPressEvent(event)
