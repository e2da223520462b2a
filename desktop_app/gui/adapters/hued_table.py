"""A small table of adapters: the color and the name of each, and two columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from desktop_app.gui.adapters.hue_dot import SIZE, HueDot
from desktop_app.gui.library.labels import name_label, plain_label
from desktop_app.gui.theme import scale

_DOT, _NAME, _FIRST, _SECOND = range(4)
_WIDEST = "\u22120.0000"  # so that the numbers of one table stand below those of another
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Row:
    """A line: an adapter, or something else where `sha256` is empty; `details` are told in the numbers' tooltip."""

    name: str
    sha256: str
    first: str
    second: str
    details: str = ""


class HuedTable(QWidget):
    """Its numbers are right-aligned and of digits of one width."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._titles = (first, second)
        self._lines: list[_Line] = []
        self.rows: tuple[Row, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_8)
        self._grid.setVerticalSpacing(scale.SPACE_4)
        self._grid.setColumnMinimumWidth(_DOT, SIZE)
        self._grid.setColumnMinimumWidth(_SECOND, self.fontMetrics().horizontalAdvance(_WIDEST))
        self._grid.setColumnStretch(_NAME, 1)
        self._grid.addWidget(_number(first, "small"), 0, _FIRST)
        self._grid.addWidget(_number(second, "small"), 0, _SECOND)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these in place of those before."""
        self.rows = tuple(rows)
        while len(self._lines) < len(rows):
            self._lines.append(_Line(self._grid))
        for number, line in enumerate(self._lines):
            line.show_row(rows[number] if number < len(rows) else None, self._titles)


class _Line:
    """The widgets of a line; they stay, because new ones take far longer to be styled than a text to be set."""

    def __init__(self, grid: QGridLayout) -> None:
        self._dot = HueDot()
        self._name = name_label("", "")
        self._first, self._second = _number(), _number()
        self._grid = grid
        self._number = grid.rowCount()
        grid.addWidget(self._dot, self._number, _DOT, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self._name, self._number, _NAME)
        grid.addWidget(self._first, self._number, _FIRST)
        grid.addWidget(self._second, self._number, _SECOND)

    def show_row(self, row: Row | None, titles: tuple[str, str]) -> None:
        """Show a row, or none."""
        for widget in (self._name, self._first, self._second):
            widget.setVisible(row is not None)
        self._dot.setVisible(row is not None and bool(row.sha256))
        if row is None:
            return
        self._dot.show_adapter(row.sha256)
        # What is no adapter has no dot, and its name begins where the dots do.
        self._grid.addWidget(self._name, self._number, _NAME if row.sha256 else _DOT, 1, 1 if row.sha256 else 2)
        self._name.setText(row.name)
        self._name.setAccessibleName(f"{row.name}: {titles[0]} {row.first}, {titles[1]} {row.second}")
        for label, text in ((self._first, row.first), (self._second, row.second)):
            label.setText(text)
            label.setToolTip(row.details)


def _number(text: str = "", role: str = "") -> QLabel:
    label = plain_label(text, role)
    label.setAlignment(_RIGHT)
    font = QFont()
    font.setFeature(QFont.Tag("tnum"), 1)
    label.setFont(font)
    return label
