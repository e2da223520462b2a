"""Where documents come in: a place to drop them, and buttons for those who would rather choose."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.finetune.drop_area import paint_frame
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import icon, scale, theme

_KINDS = (
    "PDF, Word, OpenDocument, EPUB, HTML, Markdown, plain text, tables, e-mail, source code, and chats as ChatGPT and "
    "WhatsApp export them. They are read on this computer, stay where they are and are not changed."
)
_ANYWHERE = "Files and folders can also be dropped anywhere on this page."


class DropTarget(QWidget):
    """Dropping itself is the page's business: it takes files everywhere.

    Signals:
        chosen(list): Files or folders to be added, as paths.
        chats_wanted(): Add the chats of this program.
    """

    chosen = Signal(list)
    chats_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.files_button = self._button("Add files", "file-plus")
        self.folder_button = self._button("Add a folder", "folder-open")
        self.chats_button = self._button("Add my chats", "message-square")
        self.files_button.clicked.connect(self.choose_files)
        self.folder_button.clicked.connect(self.choose_folder)
        self.chats_button.clicked.connect(self.chats_wanted)
        self.words = plain_label("Drop files or folders here", "heading", wraps=True)
        self._kinds = plain_label(_KINDS, "small", wraps=True)
        self._buttons = ButtonRow(self.files_button, self.folder_button, self.chats_button)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(scale.SPACE_8)
        for part in (self.words, self._kinds, self._buttons):
            self._column.addWidget(part)
        theme().changed.connect(self.update)
        self.show_state(is_empty=True, with_chats=False)

    def show_state(self, is_empty: bool, with_chats: bool) -> None:
        """Be a large invitation while there is nothing, and buttons alone later."""
        self._is_empty = is_empty
        self.words.setVisible(is_empty)
        self._kinds.setVisible(is_empty)
        self.chats_button.setVisible(with_chats)
        margin = scale.SPACE_16 if is_empty else 0
        self._column.setContentsMargins(margin, margin, margin, margin)
        for button in (self.files_button, self.folder_button, self.chats_button):
            button.setToolTip("" if is_empty else _ANYWHERE)
        self.update()

    def choose_files(self) -> None:
        """Ask for files."""
        from desktop_app.finetune.reading.reader import ENDINGS  # what reads them takes its time to load

        endings = " ".join(f"*{ending}" for ending in sorted(ENDINGS))
        filters = f"Documents ({endings});;All files (*)"
        names, _ = QFileDialog.getOpenFileNames(self, "Add files", "", filters)
        if names:
            self.chosen.emit([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        if name := QFileDialog.getExistingDirectory(self, "Add a folder"):
            self.chosen.emit([Path(name)])

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_empty:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_frame(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), is_over=False)

    def _button(self, words: str, icon_name: str) -> QPushButton:
        button = QPushButton(words)
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(*scale.ICON_WITH_WORDS))
        return button
