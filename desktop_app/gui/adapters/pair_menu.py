"""Which adapter another one is to be compared with."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop_app.gui.adapters.hue_dot import dot_icon
from desktop_app.storage.records import Adapter


class PairMenu(QMenu):
    """Filled when it is opened, for there may be hundreds.

    Args:
        others: Returns those that there are to choose from then.

    Signals:
        chosen(Adapter): This one.
    """

    chosen = Signal(Adapter)

    def __init__(self, others: Callable[[], Sequence[Adapter]], parent: QWidget) -> None:
        super().__init__("Compare with", parent)
        self._others = others
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for adapter in self._others():
            action = self.addAction(dot_icon(adapter.sha256), adapter.name.replace("&", "&&"))
            action.triggered.connect(partial(self.chosen.emit, adapter))
        if self.isEmpty():
            self.addAction("There is no other adapter").setEnabled(False)
