"""The list of a course's documents: as high as they are, up to some rows, and scrolling by itself from there on."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QSizePolicy

from desktop_app.finetune.course import CourseDocument
from desktop_app.gui.finetune.document_delegate import DocumentDelegate
from desktop_app.gui.finetune.document_model import DocumentModel
from desktop_app.gui.theme import theme

_Index = QModelIndex | QPersistentModelIndex

MOST_ROWS = 7


class DocumentList(QListView):
    """Space switches a document, Delete removes it.

    Attributes:
        documents: The rows.

    Signals:
        chosen(object): This document is the current one; None if there is none.
        remove_wanted(CourseDocument): Take it out of the course.
    """

    chosen = Signal(object)
    remove_wanted = Signal(CourseDocument)

    def __init__(self) -> None:
        super().__init__()
        self.documents = DocumentModel()
        self.setModel(self.documents)
        self.setItemDelegate(DocumentDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Documents")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for changed in (self.documents.rowsInserted, self.documents.modelReset):
            changed.connect(self.updateGeometry)
        self.documents.modelReset.connect(self._tell_current)
        self.documents.dataChanged.connect(self._tell_current)
        theme().changed.connect(self._measure_anew)

    def show_documents(self, documents: Sequence[CourseDocument]) -> None:
        """Show these; what is chosen stays chosen, and what is seen is seen still."""
        before, top = self.current, self.verticalScrollBar().value()
        self.documents.show_documents(documents)
        if before is not None and self.current is None:
            paths = [each.path for each in documents]
            if before.path in paths:
                self.setCurrentIndex(self.documents.index(paths.index(before.path)))
            self.verticalScrollBar().setValue(top)

    @property
    def current(self) -> CourseDocument | None:
        """The document that the person has chosen."""
        row = self.currentIndex().row()
        return self.documents.documents[row] if 0 <= row < len(self.documents.documents) else None

    def sizeHint(self) -> QSize:
        rows = min(self.documents.rowCount(), MOST_ROWS)
        return QSize(0, rows * self.sizeHintForRow(0) if rows else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self._tell_current()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        document = self.current
        if document is not None and event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit(document)
        elif document is not None and event.key() == Qt.Key.Key_Space:
            self.documents.setData(self.currentIndex(), None, Qt.ItemDataRole.CheckStateRole)
        else:
            super().keyPressEvent(event)

    def _tell_current(self) -> None:
        self.chosen.emit(self.current)

    def _measure_anew(self) -> None:
        self.doItemsLayout()
        self.updateGeometry()
