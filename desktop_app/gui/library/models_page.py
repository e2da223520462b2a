"""The models on this computer: a list of cards, and the ways to add one."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout

from desktop_app.gui.library.model_card import ModelCard
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.column_page import ColumnPage
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.storage.records import Model

COLUMN_WIDTH = 820


class ModelsPage(ColumnPage):
    """Shows the library; files may be dropped anywhere on it.

    Signals:
        chat_wanted(Model): Chat with this model.
    """

    chat_wanted = Signal(Model)

    def __init__(self, library: ModelLibrary) -> None:
        super().__init__("Models", COLUMN_WIDTH)
        self._library = library
        self._in_use = ""
        self.setAcceptDrops(True)
        self.cards: list[ModelCard] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(scale.SPACE_12)
        self._lay_out()
        library.changed.connect(self._show)
        library.looked.connect(self._show_outlooks)

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
        for card in self.cards:
            self._column.removeWidget(card)
            card.deleteLater()
        self.cards = []
        for model in self._library.models:
            card = ModelCard(model, model.path == self._in_use, model.id in self._library.missing)
            card.chat_wanted.connect(self.chat_wanted)
            card.remove_wanted.connect(self._library.remove)
            self._column.addWidget(card)
            self.cards.append(card)
        self._empty.setVisible(not self._library.models)
        self._show_outlooks()

    def _show_outlooks(self) -> None:
        for card in self.cards:
            card.show_outlook(self._library.outlook(card.model))

    def _lay_out(self) -> None:
        self.add_button = QPushButton("Add a model file")
        self.add_button.setProperty("kind", "primary")
        self.add_button.setIcon(icon("file-plus", "on_accent"))
        self.add_button.clicked.connect(self.choose_file)
        self.head.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignTop)
        words = QLabel("A model is one GGUF file. It runs on this computer; what you write to it stays here.")
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        self._empty = QLabel("No model is here yet. Add a GGUF file, or drop one on this page.")
        self._empty.setProperty("role", "muted")
        hint = QLabel("Files can also be dropped on this page. They stay where they are.")
        hint.setProperty("role", "small")
        self.column.addWidget(words)
        self.column.addSpacing(scale.SPACE_16)
        self.column.addLayout(self._column)
        self.column.addWidget(self._empty)
        self.column.addWidget(hint)
        self.column.addStretch(1)
