"""The text that a stack is tried on: chosen, or dropped on it."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton

from desktop_app.adapters.trial import TEXT_ENDINGS, ProbeText
from desktop_app.gui.library.labels import name_label, set_role
from desktop_app.gui.theme import scale


class TextChoice(QFrame):
    """Signals:
    chosen(Path): A file; whether it is a text remains to be seen.
    """

    chosen = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self.setAcceptDrops(True)
        self.name = name_label("", "")
        self.button = QPushButton(self.tr("Choose"))
        self.button.setProperty("kind", "quiet")
        self.button.setAccessibleName(self.tr("Choose a text"))
        self.button.clicked.connect(self.choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(scale.SPACE_12, scale.SPACE_4, scale.SPACE_4, scale.SPACE_4)
        row.setSpacing(scale.SPACE_8)
        row.addWidget(self.name, 1)
        row.addWidget(self.button)
        self.show_text(None)

    def show_text(self, text: ProbeText | None) -> None:
        """Show which text it is."""
        self.name.setText(text.name if text else self.tr("Drop a text here"))
        set_role(self.name, "" if text else "muted")
        self.name.set_details(self.tr("Its beginning is read, about a thousand words.") if text and text.is_cut else "")

    def choose(self) -> None:
        """Ask for a file."""
        endings = " ".join(f"*{ending}" for ending in TEXT_ENDINGS)
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Choose a text"), "", f"{self.tr('Texts')} ({endings})")
        if name:
            self.chosen.emit(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._light_up(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light_up(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light_up(False)
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.chosen.emit(Path(files[0]))

    def _light_up(self, is_over: bool) -> None:
        self.setProperty("over", "true" if is_over else "false")
        self.style().polish(self)
