"""How the adapters of a stack get along, two by two, the worst first."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_section import MixSection
from desktop_app.gui.adapters.pair_row import PairRow
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import icon, scale
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.storage.records import Adapter, Stack

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.conflict import Conflict

UNFOLDED = 3  # pairs that are shown at first


class MixConflicts(MixSection):
    """Reads the adapters one pair after the other, once for each set of them; hidden without a pair.

    Attributes:
        rows: Of the pairs, once all are known.
    """

    def __init__(self, library: AdapterLibrary) -> None:
        super().__init__(self.tr("How they get along"), self.tr("Judged by the weights that each one changes."))
        self._library = library
        self._adapters: tuple[Adapter, ...] = ()
        self._pairs: tuple[tuple[Adapter, Adapter], ...] = ()
        self._found: list[PairRow] = []
        self.rows: tuple[PairRow, ...] = ()
        self.progress = plain_label(role="muted", wraps=True)
        self.fold_button = QToolButton()
        self.fold_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold_button.setIconSize(QSize(scale.ICON_SIZE_SMALL, scale.ICON_SIZE_SMALL))
        self.fold_button.setFixedHeight(scale.TOUCH_HEIGHT)
        self.fold_button.setCheckable(True)
        self.fold_button.toggled.connect(self._fold)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(scale.SPACE_12)
        self.column.addWidget(self.progress)
        self.column.addWidget(self._list)
        self.column.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_entries(self, entries: Stack) -> None:
        """Compare these, unless they are compared already; those that are not there cannot be."""
        found = (self._library.find(entry.sha256) for entry in entries)
        adapters = tuple(each for each in found if each is not None and each.id not in self._library.missing)
        if adapters == self._adapters:
            return
        self._adapters = adapters
        self._pairs = tuple(combinations(adapters, 2))
        self._found = []
        self.fold_button.setChecked(False)
        self._show_rows(())
        self.setVisible(bool(self._pairs))
        self._compare_next(self._pairs)

    def _compare_next(self, pairs: Sequence[tuple[Adapter, Adapter]]) -> None:
        """Compare the next of these pairs; `pairs` tells whether they are still the ones that are wanted."""
        if not isValid(self) or pairs is not self._pairs:
            return
        n_done = len(self._found)
        self.progress.setText(self.tr("Comparing pair {n} of {total}").format(n=n_done + 1, total=len(pairs)))
        self.progress.setVisible(n_done < len(pairs))
        if n_done == len(pairs):
            self._show_rows(sorted(self._found, key=lambda row: row.badness, reverse=True))
            return
        first, second = pairs[n_done]

        def show(conflict: "Conflict", sentence: str) -> None:
            add(PairRow(first, second, sentence, conflict))

        def fail(error: UserError) -> None:
            add(PairRow(first, second, str(error)))

        def add(row: PairRow) -> None:
            if pairs is self._pairs:
                self._found.append(row)
                self._compare_next(pairs)

        self._library.conflict(first, second, show, fail)

    # ------------------------------------------------------------ the rows

    def _show_rows(self, rows: Sequence[PairRow]) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = tuple(rows)
        for row in rows:
            self._column.addWidget(row)
        self._fold()

    def _fold(self) -> None:
        is_unfolded = self.fold_button.isChecked()
        self._list.hide()  # or all would be laid out anew for each row
        for number, row in enumerate(self.rows):
            row.setVisible(is_unfolded or number < UNFOLDED)
        self._list.setVisible(bool(self.rows))
        words = self.tr("Show only the worst") if is_unfolded else self.tr("Show all {n} pairs")
        self.fold_button.setText(f" {words.format(n=len(self.rows))}")
        self.fold_button.setIcon(icon("chevron-up" if is_unfolded else "chevron-down", "muted"))
        self.fold_button.setVisible(len(self.rows) > UNFOLDED)
