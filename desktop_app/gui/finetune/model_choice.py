"""Which model is taught: those of the library that can be trained, and of the others why they cannot."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.choice import Choice
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Model

_MOST_REASONS = 3


class ModelChoice(QWidget):
    """Signals:
    chosen(Model): The person wants this one.
    """

    chosen = Signal(Model)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()
        self.box = Choice("Model that is taught")
        self.box.activated.connect(lambda index: self.chosen.emit(self.box.itemData(index)))
        self.others = plain_label(role="small", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addWidget(self.box)
        column.addWidget(self.others)

    def show_models(self, models: Sequence[Model], reasons: Mapping[int, str], chosen: Model | None) -> None:
        """Show these models.

        Args:
            reasons: Why those cannot be trained that cannot, by their numbers.
            chosen: The one that is taught, or None.
        """
        shown = (tuple(models), tuple(reasons.items()), chosen)
        if shown == self._shown:
            return
        self._shown = shown
        self.box.clear()
        for model in models:
            words = f"{printable(model.name)}  ({model.quant_type}, {readable_size(model.size_bytes)})"
            self.box.addItem(words, model)
            if model.id in reasons:
                self._disable(self.box.count() - 1, reasons[model.id])
        ids = [model.id for model in models]
        self.box.setCurrentIndex(ids.index(chosen.id) if chosen is not None and chosen.id in ids else -1)
        self.box.setPlaceholderText("Choose a model" if models else "No model is here yet")
        told = list(dict.fromkeys(reasons.values()))
        more = [f"So it is with {len(told) - _MOST_REASONS} more."] if len(told) > _MOST_REASONS else []
        self.others.setText("\n".join([*told[:_MOST_REASONS], *more]))
        self.others.setVisible(bool(told))

    def _disable(self, index: int, reason: str) -> None:
        items = self.box.model()
        assert isinstance(items, QStandardItemModel)
        items.item(index).setEnabled(False)
        items.setData(items.index(index, 0), reason, Qt.ItemDataRole.ToolTipRole)
