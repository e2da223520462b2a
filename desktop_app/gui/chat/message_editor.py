"""Changes a message where it stands: its text as it was written, and what to do with the change."""

import math

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme.scale import CONTROL_HEIGHT, SPACE_8

_FEWEST_LINES, _MOST_LINES = 3, 20
_CHROME = 18  # padding and border of the field


class MessageEditor(QWidget):
    """A field with buttons; Ctrl+Enter saves and Esc leaves everything as it was.

    Signals:
        saved(str): The new text, which is not blank.
        cancelled(): Nothing is to change.
        resized(): The text needs another height.
    """

    saved = Signal(str)
    cancelled = Signal()
    resized = Signal()

    def __init__(self, text: str, save_words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = 0
        self.field = QPlainTextEdit(self)
        self.field.setFont(prose_style().font)
        self.field.setTabChangesFocus(True)
        self.field.setAccessibleName(self.tr("Text of the message"))
        self.field.setPlainText(text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)
        self.save = QPushButton(save_words, self)
        self.save.setProperty("kind", "primary")
        self.save.clicked.connect(self._on_save)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout()
        row.setSpacing(SPACE_8)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_8)
        column.addWidget(self.field, 1)
        column.addLayout(row)
        self.field.textChanged.connect(self._on_changed)
        self.setFocusProxy(self.field)

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self.field, self.cancel, self.save]

    def height_for(self, width: int) -> int:
        """Return the height this needs, in pixels; the field scrolls when the text is very long."""
        line = self.field.fontMetrics().lineSpacing()
        self._lines = self._visual_lines()
        shown = min(max(self._lines, _FEWEST_LINES), _MOST_LINES)
        return math.ceil(shown * line) + _CHROME + SPACE_8 + CONTROL_HEIGHT

    def _visual_lines(self) -> int:
        document = self.field.document()
        return round(document.documentLayout().documentSize().height())  # counted in lines for plain text

    def _on_changed(self) -> None:
        self.save.setEnabled(bool(self.field.toPlainText().strip()))
        if self._visual_lines() != self._lines:
            self.resized.emit()

    def _on_save(self) -> None:
        text = self.field.toPlainText()
        if text.strip():
            self.saved.emit(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._visual_lines() != self._lines:
            self.resized.emit()

    def event(self, event: QEvent) -> bool:
        is_wanted = event.type() == QEvent.Type.ShortcutOverride
        if is_wanted and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # here it means the change, not the answer that may be written meanwhile
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._on_save()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)
