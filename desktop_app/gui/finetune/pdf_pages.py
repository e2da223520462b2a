"""Lines of text in columns, and drawings, put onto the pages of a PDF one below the other.

Works on any thread: Qt's own documents need one with an event loop.
"""

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtSvg import QSvgRenderer

from desktop_app.gui.theme.tokens import LIGHT

BODY, SMALL, HEADING, TITLE = 10.0, 9.0, 13.0, 16.0  # points
_MARGIN_MM = 20.0
_DPI = 300
_GAP = 0.02  # of the width of a page, between columns


@dataclass(frozen=True)
class Cell:
    """Text of one column.

    Attributes:
        share: Of the width of the page.
        points: Size of its letters.
        token: Name of its color.
    """

    text: str
    share: float = 1.0
    points: float = BODY
    token: str = "text"
    is_bold: bool = False
    is_right: bool = False


class PdfPages:
    """Attributes:
    title: Of the document.
    """

    def __init__(self, title: str) -> None:
        self._data = QByteArray()
        self._buffer = QBuffer(self._data)
        self._buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._writer = QPdfWriter(self._buffer)
        self._writer.setTitle(title)
        self._writer.setResolution(_DPI)
        self._writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self._writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
        self._painter = QPainter(self._writer)
        self._width, self._height = float(self._writer.width()), float(self._writer.height())
        self._top = 0.0

    def add_space(self, points: float) -> None:
        """Leave room, but for the beginning of a page."""
        if self._top:
            self._top += points * _DPI / 72

    def keep_together(self, points: float) -> None:
        """Begin a new page if there is less room than this on the one that is written on."""
        self._make_room(points * _DPI / 72)

    def add(self, *cells: Cell) -> None:
        """Add a row of columns, each as high as its text; it may go on on the next page."""
        laid = [self._laid(cell) for cell in cells]  # whose lines are gone without them
        columns = [[layout.lineAt(number) for number in range(layout.lineCount())] for layout in laid]
        for number in range(max(map(len, columns))):
            lines = [lines[number] if number < len(lines) else None for lines in columns]
            height = max(line.height() for line in lines if line)
            self._make_room(height)
            left = 0.0
            for cell, line in zip(cells, lines, strict=True):
                if line is not None:
                    self._draw(cell, line, left)
                left += cell.share * self._width
            self._top += height

    def add_drawing(self, svg: str) -> None:
        """Add a drawing as wide as the page."""
        drawing = QSvgRenderer(QByteArray(svg.encode()))
        size = drawing.defaultSize()
        height = self._width * size.height() / size.width()
        self._make_room(height)
        drawing.render(self._painter, QRectF(0, self._top, self._width, height))
        self._top += height

    def finish(self) -> bytes:
        """Return the file. Nothing can be added any more."""
        self._painter.end()
        self._buffer.close()
        return bytes(self._data.data())

    def _make_room(self, height: float) -> None:
        if self._top and self._top + height > self._height:
            self._writer.newPage()
            self._top = 0.0

    def _laid(self, cell: Cell) -> QTextLayout:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPointSizeF(cell.points)
        font.setBold(cell.is_bold)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        layout = QTextLayout(cell.text.replace("\n", "\u2028") or " ", font, self._writer)
        option = QTextOption(Qt.AlignmentFlag.AlignRight if cell.is_right else Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        width = self._width * (cell.share - _GAP * (cell.share < 1))
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
        layout.endLayout()
        return layout

    def _draw(self, cell: Cell, line: QTextLine, left: float) -> None:
        self._painter.setPen(QColor(getattr(LIGHT, cell.token)))
        line.draw(self._painter, QPointF(left, self._top - line.y()))
