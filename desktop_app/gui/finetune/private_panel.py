"""What seems to be private in the documents: how much of each kind, whether it is left out, and where it is."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QFrame, QListView, QSizePolicy, QVBoxLayout

from desktop_app.finetune.private_data import KINDS
from desktop_app.finetune.words import count
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.finetune.private_places import MOST_PLACES, Place
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale

_FOUND = "There may be private data in the documents"
_HELP = (
    "What a model has learned it may say again, to anyone who has the adapter. Lines and sentences with what is "
    "checked here are left out of everything that is learned; secrets are passwords and keys. What is found is a "
    "guess: have a look."
)
_MOST_ROWS = 8


class PrivatePanel(QFrame):
    """Hidden where nothing was found.

    Attributes:
        boxes: By kind.

    Signals:
        kinds_chosen(set): These kinds are to be left out.
        places_wanted(): Find out where it is, and call `show_places`.
    """

    kinds_chosen = Signal(set)
    places_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Private data")
        self.boxes: dict[str, QCheckBox] = {}
        for kind in KINDS:
            box = self.boxes[kind] = QCheckBox()
            box.clicked.connect(lambda _checked=False: self.kinds_chosen.emit(self._chosen()))
        self.fold = Fold("Show where")
        self.fold.button.clicked.connect(self._on_fold)
        self.places = _Places()
        self.note = plain_label(role="small", wraps=True)
        self._lay_out()

    def show_found(self, found: Mapping[str, int], left_out: Sequence[str], is_locked: bool) -> None:
        """Show how much of each kind was found; without any there is nothing to see."""
        self.setVisible(bool(found))
        for kind, box in self.boxes.items():
            box.setVisible(kind in found)
            box.setEnabled(not is_locked)
            box.setChecked(kind in left_out)
            if kind in found:
                box.setText(f"Leave out {count(found[kind], KINDS[kind])}")
        if not found:
            self.hide_places()

    def show_places(self, places: Sequence[Place]) -> None:
        """Show where it is."""
        self.places.show_places(places)
        is_cut = len(places) == MOST_PLACES
        self.note.setText(f"The first {MOST_PLACES} places." if is_cut else "")
        self.note.setVisible(is_cut)
        self.places.show()

    def hide_places(self) -> None:
        """Show no places until they are asked for (again)."""
        self.places.hide()
        self.note.hide()
        self.fold.button.setChecked(False)

    def _on_fold(self, is_open: bool) -> None:
        if is_open:
            self.places_wanted.emit()
        else:
            self.hide_places()

    def _chosen(self) -> set[str]:
        return {kind for kind, box in self.boxes.items() if box.isChecked()}

    def _lay_out(self) -> None:
        title = ToldLine("heading")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addWidget(title)
        title.tell(Told("triangle-alert", "warn", _FOUND))
        column.addWidget(plain_label(_HELP, "small", wraps=True))
        for box in self.boxes.values():
            column.addWidget(box)
        self.fold.body.addWidget(self.places)
        self.fold.body.addWidget(self.note)
        column.addWidget(self.fold)
        self.hide()
        self.hide_places()


class _Places(QListView):
    """Lines that can be read one by one."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = QStringListModel()
        self.setModel(self._lines)
        self.setAccessibleName("Where private data was found")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setUniformItemSizes(True)

    def show_places(self, places: Sequence[Place]) -> None:
        self._lines.setStringList([f"{printable(each.document, 40)}:  {each.line}" for each in places])
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(0, min(self._lines.rowCount(), _MOST_ROWS) * max(self.sizeHintForRow(0), scale.TOUCH_HEIGHT))
