"""The models on this computer: a list of cards, and the ways to add one."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.library.model_card import ModelCard
from desktop_app.gui.theme import icon, scale
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.storage.records import Model

COLUMN_WIDTH = 820


class ModelsPage(QScrollArea):
    """Shows the library; files may be dropped anywhere on it.

    Signals:
        chat_wanted(Model): Chat with this model.
    """

    chat_wanted = Signal(Model)

    def __init__(self, library: ModelLibrary) -> None:
        super().__init__()
        self._library = library
        self._in_use: str = ""
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Models")
        self.setAcceptDrops(True)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(scale.SPACE_12)
        self._lay_out()
        library.changed.connect(self._show)

    def set_in_use(self, path: str) -> None:
        """Mark the model that is loaded."""
        self._in_use = path
        self._show()

    def choose_file(self) -> None:
        """Ask for a GGUF file."""
        name, _ = QFileDialog.getOpenFileName(self, "Add a model", "", "Models (*.gguf);;All files (*)")
        if name:
            self._library.add(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self._library.add(Path(url.toLocalFile()))

    def _show(self) -> None:
        while item := self._cards.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        for model in self._library.models:
            card = ModelCard(model, model.path == self._in_use, model.id in self._library.missing)
            card.chat_wanted.connect(self.chat_wanted)
            card.remove_wanted.connect(self._library.remove)
            self._cards.addWidget(card)
        self._empty.setVisible(not self._library.models)

    def _lay_out(self) -> None:
        title = QLabel("Models")
        title.setProperty("role", "title")
        words = QLabel("A model is one GGUF file. It runs on this computer; what you write to it stays here.")
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self.add_button = QPushButton("Add a model file")
        self.add_button.setProperty("kind", "primary")
        self.add_button.setIcon(icon("file-plus", "on_accent"))
        self.add_button.clicked.connect(self.choose_file)
        self._empty = QLabel("No model is here yet. Add a GGUF file, or drop one on this page.")
        self._empty.setProperty("role", "muted")
        hint = QLabel("Files can also be dropped on this page. They stay where they are.")
        hint.setProperty("role", "small")
        column = QWidget()
        column.setMaximumWidth(COLUMN_WIDTH)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(scale.PAGE_MARGIN, scale.PAGE_MARGIN, scale.PAGE_MARGIN, scale.PAGE_MARGIN)
        layout.setSpacing(scale.SPACE_12)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(head)
        layout.addWidget(words)
        layout.addSpacing(scale.SPACE_12)
        layout.addLayout(self._cards)
        layout.addWidget(self._empty)
        layout.addWidget(hint)
        layout.addStretch(1)
        page = QWidget()
        around = QHBoxLayout(page)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(column, 1)
        around.addStretch(0)
        self.setWidget(page)
