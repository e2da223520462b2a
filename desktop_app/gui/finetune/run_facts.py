"""Names and values below each other, such as the numbers of a run beside its curve."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale


class RunFacts(QWidget):
    """Args:
    wraps: Its values may be long.

    Attributes:
        values: By what they are.
    """

    def __init__(self, wraps: bool = False) -> None:
        super().__init__()
        self._wraps = wraps
        self.setAccessibleName("Numbers of the run")
        self.values: dict[str, QLabel] = {}
        self._titles: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addStretch(1)
        self._grid.setHorizontalSpacing(scale.SPACE_16)
        self._grid.setVerticalSpacing(scale.SPACE_4)
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: Mapping[str, str]) -> None:
        """Show these, in this order; what has no value is hidden."""
        for name, value in facts.items():
            if name not in self.values:
                self._add_row(name)
            self.values[name].setText(value)
            self.values[name].setAccessibleName(f"{name}: {value}")
            for part in (self.values[name], self._titles[name]):
                part.setVisible(bool(value))

    def _add_row(self, name: str) -> None:
        row = self._grid.rowCount()
        title, value = plain_label(name, "muted"), plain_label(wraps=self._wraps)
        font = QFont()
        font.setFeature(QFont.Tag("tnum"), 1)
        value.setFont(font)
        self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
        self._titles[name], self.values[name] = title, value
