"""How an adapter gets along with another one that the person chooses."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.gui.adapters.pair_menu import PairMenu
from desktop_app.gui.adapters.pair_row import PairRow
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import announce, plain_label
from desktop_app.gui.theme import scale
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.storage.records import Adapter

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.conflict import Conflict


def others(library: AdapterLibrary, adapter: Adapter | None) -> Sequence[Adapter]:
    """Return those that an adapter can be compared with."""
    return [each for each in library.adapters if each != adapter and each.id not in library.missing]


def compare(library: AdapterLibrary, first: Adapter, second: Adapter, show: Callable[[QWidget], None]) -> None:
    """Show that two adapters are being compared, and then what came of it."""

    def done(conflict: "Conflict | None", sentence: str) -> None:
        show(PairRow(first, second, sentence, conflict))

    def fail(error: UserError) -> None:
        done(None, str(error))

    show(plain_label(f"Comparing with “{second.name}”…", "small", wraps=True))
    library.conflict(first, second, done, fail)


class PairSection(QWidget):
    """A button with a menu, and above it the last result."""

    def __init__(self, library: AdapterLibrary) -> None:
        super().__init__()
        self._library = library
        self._adapter: Adapter | None = None
        self.result: QWidget | None = None
        self.button = QPushButton("Compare with another")
        self.menu = PairMenu(lambda: others(library, self._adapter), self.button)
        self.menu.chosen.connect(self._compare)
        self.button.setMenu(self.menu)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(scale.SPACE_8)
        self._column.addWidget(ButtonRow(self.button))

    def open(self, adapter: Adapter) -> None:
        """Compare this one from now on."""
        self._adapter = adapter
        self._show(None)

    def _compare(self, other: Adapter) -> None:
        adapter = self._adapter
        if adapter is None:
            return

        def show(result: QWidget) -> None:
            if isValid(self) and self._adapter is adapter:
                self._show(result)
                announce(self, result.accessibleName())

        compare(self._library, adapter, other, show)

    def _show(self, result: QWidget | None) -> None:
        if self.result is not None:
            self._column.removeWidget(self.result)
            self.result.hide()
            self.result.deleteLater()
        self.result = result
        if result is not None:
            self._column.insertWidget(0, result)
