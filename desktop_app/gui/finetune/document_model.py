"""The documents of a course as rows of a list, thousands of them; each can be checked, which means that it is used."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from desktop_app.finetune.course import CourseDocument
from desktop_app.gui.finetune.document_words import FOR_MEASURING, WHY_HELD_OUT, is_trouble, is_used, spoken
from desktop_app.gui.library.labels import printable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

DOCUMENT_ROLE = Qt.ItemDataRole.UserRole + 1


class DocumentModel(QAbstractListModel):
    """Rows for the list view.

    Attributes:
        documents: In the order they are shown.

    Signals:
        switched(CourseDocument, bool): The person wants this one left out, or used again.
    """

    switched = Signal(CourseDocument, bool)

    def __init__(self) -> None:
        super().__init__()
        self.documents: tuple[CourseDocument, ...] = ()
        self._is_locked = False

    def show_documents(self, documents: Sequence[CourseDocument]) -> None:
        """Show these; a list that only grows, or has other facts, keeps what is chosen and where it is scrolled to."""
        before, now = self.documents, tuple(documents)
        if [each.path for each in now[: len(before)]] != [each.path for each in before]:
            self.beginResetModel()
            self.documents = now
            self.endResetModel()
            return
        if len(now) > len(before):
            self.beginInsertRows(_ROOT, len(before), len(now) - 1)
            self.documents = now
            self.endInsertRows()
        self.documents = now
        for row, (old, new) in enumerate(zip(before, now, strict=False)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def set_locked(self, is_locked: bool) -> None:
        """Let nothing be switched for now, or let it again."""
        if is_locked != self._is_locked:
            self._is_locked = is_locked
            if self.documents:
                self.dataChanged.emit(self.index(0), self.index(len(self.documents) - 1))

    # Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.documents)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        can_switch = not self._is_locked and not is_trouble(self.documents[index.row()])
        return flags | Qt.ItemFlag.ItemIsUserCheckable if can_switch else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        document = self.documents[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return printable(document.name)
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if is_used(document) else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(document)
        if role == Qt.ItemDataRole.ToolTipRole:
            is_measure = document.is_held_out and is_used(document)
            return f"{FOR_MEASURING.capitalize()}: {WHY_HELD_OUT}" if is_measure else document.path
        return document if role == DOCUMENT_ROLE else None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for a switch; the row follows once the course has."""
        if role != Qt.ItemDataRole.CheckStateRole or not self.flags(index) & Qt.ItemFlag.ItemIsUserCheckable:
            return False
        document = self.documents[index.row()]
        self.switched.emit(document, not document.is_left_out)
        return True
