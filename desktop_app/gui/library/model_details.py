"""All that is known of one model of the library, and all that can be done with it."""

import datetime
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget
from shiboken6 import isValid

from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import name_label, plain_label, section, show_fit
from desktop_app.gui.library.missing_panel import MissingPanel
from desktop_app.gui.library.model_card import STARTER_WORDS
from desktop_app.gui.library.model_defaults import ModelDefaultsForm
from desktop_app.gui.library.model_facts import ModelFacts
from desktop_app.gui.library.model_upkeep import ModelUpkeep
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.gui.widgets.question import ask
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_care import FileFacts, ModelCare, Usage
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.catalog import SOURCE_FOLDER, SOURCE_STARTER
from desktop_app.library.memory import readable_size
from desktop_app.library.upkeep import is_kept_here
from desktop_app.storage.records import Model

VERIFY_HELP = "Verifying reads every byte and compares it with what it was when the model came."
DEFAULTS_HELP = "What is not set here is like the settings. Chats that are there already keep what they have."
_REMOVE_HELP = {
    SOURCE_STARTER: "It came with Moatless: taken out of the list, it is there again at the next start.",
    SOURCE_FOLDER: "It lies in the watched folder: taken out of the list, it comes back as long as it is there.",
}


class ModelDetails(PageColumn):
    """Shows one model at a time.

    Args:
        preferences: What a model's own defaults begin with; None for the defaults of the program.

    Attributes:
        model: The one that is shown.

    Signals:
        back_wanted(): Show the list again.
        chat_wanted(Model): Chat with this model.
    """

    back_wanted = Signal()
    chat_wanted = Signal(Model)

    def __init__(
        self,
        library: ModelLibrary,
        care: ModelCare,
        connection: HubConnection,
        queue: DownloadQueue,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__("Details of a model")
        self._library = library
        self._care = care
        self._connection = connection
        self.model: Model | None = None
        self._files: FileFacts | None = None
        self.facts = ModelFacts()
        self.upkeep = ModelUpkeep(care, connection, queue)
        self.defaults = ModelDefaultsForm(preferences)
        self._lay_out()
        self.facts.repo_wanted.connect(self._show_repo)
        self.defaults.changed.connect(care.set_defaults)
        library.changed.connect(self._renew)
        library.looked.connect(self._show_outlook)
        queue.changed.connect(self._show_downloads)

    def open(self, model: Model) -> None:
        """Show this model, from the top."""
        self.model, self._files = model, None
        self.upkeep.open(model)
        self.defaults.open(model)
        self._show()
        self._look_at_files()
        self.verticalScrollBar().setValue(0)
        self.setFocus()  # the next Tab is at the first button, and the arrow keys scroll

    # ------------------------------------------------------------ what can be done with any model

    def choose_file(self, model: Model) -> None:
        """Ask where the file of a model is now."""
        if path := self.ask_for_file(f"Find {model.name}"):
            self._care.find_at(model, path)

    def ask_for_file(self, title: str) -> Path | None:
        """Ask for a GGUF file; None is none."""
        name, _ = QFileDialog.getOpenFileName(self, title, "", "Models (*.gguf);;All files (*)")
        return Path(name) if name else None

    def download_again(self, model: Model) -> None:
        """Get the files of a model that is from the Hub anew."""
        self.upkeep.download_again(model)

    def ask_to_delete(self, model: Model) -> None:
        """Delete a model's files if that is what the person wants, knowing what it means."""

        def show(usage: Usage) -> None:
            if isValid(self) and ask(self, f"Delete {model.name}?", _consequences(model, usage), "Delete", "Keep it"):
                self._care.delete(model)

        self._care.usage(model, show)

    # ------------------------------------------------------------ what is shown

    def _renew(self) -> None:
        """Show what the library has learned meanwhile about the model that is shown."""
        if self.model is None:
            return
        found = next((model for model in self._library.models if model.id == self.model.id), None)
        if found is None:
            self.model = None
            if not self.isHidden():  # another page may have taken its place
                self.back_wanted.emit()
            return
        is_new = (found.path, found.verified_at) != (self.model.path, self.model.verified_at)
        is_back = self._files is not None and bool(self._files.trouble) and found.id not in self._library.missing
        self.model = found
        self.upkeep.show_model(found)
        self._show()
        if is_new or is_back:
            self._look_at_files()

    def _look_at_files(self) -> None:
        model = self.model

        def show(files: FileFacts) -> None:
            if isValid(self) and model is not None and self.model is not None and self.model.id == model.id:
                self._files = files
                self.facts.show_files(self.model, files)
                self._show_removal(self.model)

        if model is not None:
            self._care.facts(model, show)

    def _show(self) -> None:
        model = self.model
        if model is None:
            return
        is_missing = model.id in self._library.missing
        self.name.setText(model.name)
        self.chat_button.setAccessibleName(f"Chat with {model.name}")
        self.chat_button.setVisible(not is_missing)
        self.missing_panel.setVisible(is_missing)
        self.missing_panel.show_loss(Path(model.path), bool(model.repo))
        self.starter_words.setVisible(model.source == SOURCE_STARTER)
        self.facts.show_model(model, datetime.date.today())
        self.facts.show_files(model, self._files)
        self.facts.folder_button.setVisible(not is_missing)
        for part in (*self._upkeep_parts, *self._removal_parts):
            part.setVisible(not is_missing)
        self._show_removal(model)
        self._show_outlook()
        self._show_downloads()

    def _show_outlook(self) -> None:
        model = self.model
        if model is None:
            return
        outlook = self._library.outlook(model)
        show_fit(self.badge, outlook)
        self.needs.setText(outlook.sentence if outlook else "")
        self.needs.setVisible(outlook is not None)
        self.facts.show_speed(model, self._library.speed(model))

    def _show_removal(self, model: Model) -> None:
        is_kept = is_kept_here(model, self._care.models)
        file = "files" if self._files and len(self._files.files) > 1 else "file"
        self.delete_button.setText("Delete" if is_kept else f"Delete the {file}")
        self.delete_button.setVisible(model.source != SOURCE_STARTER)
        self.remove_button.setVisible(not is_kept)
        self.removal_help.setText(
            "Its files are deleted from this computer. Chats with it stay."
            if is_kept
            else _REMOVE_HELP.get(model.source, "Taken out of the list, its file stays where it is.")
        )

    def _show_downloads(self) -> None:
        if self.model is not None:
            self.missing_panel.show_download(self.upkeep.is_queued(self.model))

    # ------------------------------------------------------------ what the person does

    def _show_repo(self) -> None:
        if self.model is not None:
            ask_before_opening(self, f"{self._connection.door.endpoint}/{self.model.repo}")

    def _for_model(self, act: Callable[[Model], object]) -> Callable[[], None]:
        """Return a slot that does something with the model that is shown."""

        def do() -> None:
            if self.model is not None:
                act(self.model)

        return do

    def _button(self, words: str, act: Callable[[Model], object], kind: str = "") -> QPushButton:
        button = QPushButton(words)
        button.setProperty("kind", kind)
        button.clicked.connect(self._for_model(act))
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ the parts

    def _lay_out(self) -> None:
        self.back_button = BackButton("Back to the list")
        self.back_button.clicked.connect(self.back_wanted)
        self.name = name_label("", "title")
        self.chat_button = self._button("Chat with it", self.chat_wanted.emit, "primary")
        self.badge = plain_label(role="small")
        self.needs = plain_label(role="small", wraps=True)
        self.starter_words = plain_label(STARTER_WORDS, "small", wraps=True)
        self.missing_panel = MissingPanel()
        self.missing_panel.find_wanted.connect(self._for_model(self.choose_file))
        self.missing_panel.download_wanted.connect(self._for_model(self.download_again))
        self.missing_panel.forget_wanted.connect(self._for_model(self._library.remove))
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_16)
        head.addWidget(self.name, 1)
        head.addWidget(self.chat_button)
        outlook = QHBoxLayout()
        outlook.setSpacing(scale.SPACE_8)
        outlook.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        outlook.addWidget(self.needs, 1)
        self.column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addLayout(head)
        self.column.addLayout(outlook)
        self.column.addWidget(self.starter_words)
        self.column.addWidget(self.missing_panel)
        self.column.addSpacing(scale.SPACE_8)
        self.column.addWidget(self.facts)
        self._upkeep_parts = (section("Verify and update", VERIFY_HELP), self.upkeep)
        defaults = (section("New chats with it", DEFAULTS_HELP), self.defaults)
        self.removal_help = plain_label(role="small", wraps=True)
        self._removal_parts = (section("Remove"), self.removal_help, self._removal())
        for part in (*self._upkeep_parts, *defaults, *self._removal_parts):
            self.column.addWidget(part)
        self.column.addStretch(1)

    def _removal(self) -> QWidget:
        self.remove_button = self._button("Remove from the list", self._library.remove)
        self.delete_button = self._button("Delete", self.ask_to_delete, "danger")
        return ButtonRow(self.remove_button, self.delete_button)


def _consequences(model: Model, usage: Usage) -> str:
    """Return what is to be known before a model is deleted."""
    chats = ""
    if usage.n_conversations == 1:
        chats = " 1 chat was held with it; it stays and can go on with another model."
    elif usage.n_conversations:
        chats = f" {usage.n_conversations:,} chats were held with it; they stay and can go on with another model."
    adapters = ""
    if usage.n_adapters == 1:
        adapters = " 1 adapter was measured on it; it stays and goes on acting on other models it is for."
    elif usage.n_adapters:
        adapters = (
            f" {usage.n_adapters:,} adapters were measured on it; they stay and go on acting on other models they are "
            "for."
        )
    back = "Only another download can bring it back." if model.repo else "Nothing can bring the file back."
    return f"This frees {readable_size(usage.disk_bytes)}.{chats}{adapters} {back}"
