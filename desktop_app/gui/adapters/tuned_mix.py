"""Scales that were found to be better, beside those that are set, and a way there and back."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.adapters.trial import Tuned, tuned_verdict
from desktop_app.gui.adapters.hued_table import HuedTable, Row
from desktop_app.gui.library.labels import announce, plain_label
from desktop_app.gui.theme import scale
from desktop_app.storage.records import Stack


class TunedMix(QWidget):
    """Hidden as long as nothing was found.

    Signals:
        stack_wanted(tuple): Use this stack.
    """

    stack_wanted = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self._stack: Stack = ()
        self._before: dict[str, float] = {}
        self._found: dict[str, float] = {}
        self.table = HuedTable(self.tr("Scales that were found"), self.tr("Before"), self.tr("Found"))
        self.verdict = plain_label(wraps=True)
        self.use = QPushButton()
        self.use.clicked.connect(self._swap)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, scale.SPACE_8, 0, 0)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(self.table)
        column.addWidget(self.verdict)
        column.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_tuned(self, tuned: Tuned, entries: Stack, stack: Stack) -> None:
        """Show what was found for these adapters of a stack."""
        names = [entry.sha256 for entry in entries]
        self._before = dict(zip(names, tuned.before, strict=True))
        self._found = dict(zip(names, tuned.found, strict=True))
        self.table.show_rows(
            [
                Row(entry.name, entry.sha256, f"{before:.2f}", f"{found:.2f}")
                for entry, before, found in zip(entries, tuned.before, tuned.found, strict=True)
            ]
        )
        self.table.setVisible(tuned.found != tuned.before)
        self.verdict.setText(tuned_verdict(tuned))
        self.show_stack(stack)
        self.show()
        announce(self, self.verdict.text())

    def show_stack(self, stack: Stack) -> None:
        """Offer what the stack is not set to."""
        self._stack = stack
        self.use.setVisible(self._found != self._before)
        self.use.setText(self.tr("Use the earlier ones") if self._is_used() else self.tr("Use these"))

    def clear(self) -> None:
        self._before, self._found = {}, {}
        self.hide()

    def _is_used(self) -> bool:
        set_now = {entry.sha256: entry.scale if entry.is_on else 0.0 for entry in self._stack}
        return all(set_now.get(sha256) == found for sha256, found in self._found.items())

    def _swap(self) -> None:
        wanted = self._before if self._is_used() else self._found
        self.stack_wanted.emit(
            tuple(
                replace(entry, scale=wanted[entry.sha256], is_on=True) if entry.sha256 in wanted else entry
                for entry in self._stack
            )
        )
