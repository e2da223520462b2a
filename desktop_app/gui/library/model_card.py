"""One model in the list of models: what it is, how it runs here, and what can be done with it."""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.fact_grid import breakable, show_in_folder, shown_path
from desktop_app.gui.library.labels import name_label, plain_label, set_role, show_fit
from desktop_app.gui.library.model_facts import facts_line
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.library.catalog import SOURCE_STARTER
from desktop_app.library.outlook import Outlook
from desktop_app.library.upkeep import is_kept_here
from desktop_app.storage.records import Model

STARTER_WORDS = "Small enough for any computer, to try things with. It makes many mistakes; a larger model knows more."


class ModelCard(OpeningCard):
    """Shows a model; a click on it, or Enter, asks for its details.

    Args:
        folder: That downloaded models are kept in.

    Signals:
        chat_wanted(Model): Chat with it.
        details_wanted(Model): Show all that is known of it.
        find_wanted(Model): Say where its file is now.
        download_wanted(Model): Get its lost file again.
        verify_wanted(Model): Check whether its files are what they were.
        remove_wanted(Model): Take it out of the list.
        delete_wanted(Model): Delete its files.
    """

    chat_wanted = Signal(Model)
    details_wanted = Signal(Model)
    find_wanted = Signal(Model)
    download_wanted = Signal(Model)
    verify_wanted = Signal(Model)
    remove_wanted = Signal(Model)
    delete_wanted = Signal(Model)

    def __init__(self, model: Model, folder: Path, is_in_use: bool, is_missing: bool) -> None:
        super().__init__()
        self.model = model
        self._folder = folder
        self.is_missing = is_missing
        self._is_in_use = is_in_use
        self._speed: float | None = None
        self._checked: float | None = None
        self._is_damaged = False
        self._outlook: Outlook | None = None
        self._ways_back: QWidget | None = None  # made for those that are missing
        self._words = QVBoxLayout()
        self.opened.connect(lambda: self.details_wanted.emit(self.model))
        self._lay_out()
        self.show_model(model, is_missing)
        self.show_outlook(None)

    def show_model(self, model: Model, is_missing: bool) -> None:
        """Show this model, or the same one with other facts."""
        self.model, self.is_missing = model, is_missing
        self.setAccessibleName(model.name)
        self.name.setText(model.name)
        self.facts.setText(facts_line(model, self._speed))
        is_starter = model.source == SOURCE_STARTER
        lost = f"The file is no longer at {breakable(shown_path(Path(model.path)))}."
        self.note.setText(lost if is_missing else STARTER_WORDS)
        self.note.setVisible(is_missing or is_starter)
        self.chat_button.setAccessibleName(f"Chat with {model.name}")
        self.chat_button.setVisible(not is_missing)
        self.more_button.setAccessibleName(f"More for {model.name}")
        self._show_ways_back()
        self._show_state()

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Say how the model would run here; None where that is not known (yet)."""
        if outlook == self._outlook and self.needs.text():
            return
        self._outlook = outlook
        show_fit(self.badge, outlook)
        self.needs.setText(outlook.sentence if outlook else "")
        self.needs.setVisible(outlook is not None)
        self._describe()

    def show_speed(self, tokens_per_s: float | None) -> None:
        """Say how fast it writes here; None where that is not known (yet)."""
        self._speed = tokens_per_s
        self.facts.setText(facts_line(self.model, tokens_per_s))
        self._describe()

    def set_in_use(self, is_in_use: bool) -> None:
        """Mark it as the one that is loaded."""
        self._is_in_use = is_in_use
        self._show_state()

    def show_check(self, fraction: float | None, is_damaged: bool) -> None:
        """Say how much of it has been checked (None while it is not being checked), and what came of the last time."""
        self._checked, self._is_damaged = fraction, is_damaged
        self._show_state()

    def menu(self) -> QMenu:
        """Return a menu of all that can be done with it."""
        menu = QMenu(self)
        model = self.model
        menu.addAction(icon("info"), "Details", lambda: self.details_wanted.emit(model))
        if not self.is_missing:
            menu.addAction(icon("shield-check"), "Verify", lambda: self.verify_wanted.emit(model))
            menu.addAction(icon("folder-open"), "Show in folder", lambda: show_in_folder(Path(model.path)))
        menu.addSeparator()
        if is_kept_here(model, self._folder) and not self.is_missing:
            menu.addAction(icon("trash-2"), "Delete", lambda: self.delete_wanted.emit(model))
        else:
            menu.addAction(icon("x"), "Remove from the list", lambda: self.remove_wanted.emit(model))
        return menu

    # ------------------------------------------------------------ what it says

    def _show_state(self) -> None:
        words = ""
        if self.is_missing:
            words = "Missing"
        elif self._checked is not None:
            words = f"Being checked, {self._checked:.0%}"
        elif self._is_damaged:
            words = "Damaged"
        elif self._is_in_use:
            words = "In use"
        if words != self.state.text():
            self.state.setText(words)
            set_role(self.state, "danger" if words in ("Missing", "Damaged") else "small")
            self._describe()
        self.state.setVisible(bool(words))

    def _describe(self) -> None:
        """Let a screen reader say what is seen at a glance."""
        said = (self.state.text(), self.badge.text(), self.facts.text(), "Enter shows its details")
        self.setAccessibleDescription(". ".join(words for words in said if words) + ".")

    def _show_ways_back(self) -> None:
        """Offer what brings a lost model back, or lets it go."""
        if self.is_missing and self._ways_back is None:
            self._ways_back = self._make_ways_back()
            self._words.addWidget(self._ways_back)
        if self._ways_back is not None:
            self._ways_back.setVisible(self.is_missing)
            self.find_button.setAccessibleName(f"Find {self.model.name}")
            self.download_button.setVisible(bool(self.model.repo))

    # ------------------------------------------------------------ the parts

    def _lay_out(self) -> None:
        self.name = name_label("", "section")
        self.state = plain_label(role="small")
        self.badge = plain_label(role="small")
        self.facts = plain_label(role="small", wraps=True)
        self.needs = plain_label(role="small", wraps=True)
        self.note = plain_label(role="small", wraps=True)
        self.chat_button = QPushButton("Chat with it")
        self.chat_button.clicked.connect(lambda: self.chat_wanted.emit(self.model))
        self.more_button = IconButton("ellipsis", "More")
        self.more_button.clicked.connect(self._open_menu)
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_8)
        for label in (self.name, self.state, self.badge):
            head.addWidget(label)
        head.addStretch(1)
        self._words.setSpacing(scale.SPACE_4)
        self._words.addLayout(head)
        for label in (self.facts, self.needs, self.note):
            self._words.addWidget(label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_8)
        layout.addLayout(self._words, 1)
        for button in (self.chat_button, self.more_button):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _make_ways_back(self) -> QWidget:
        self.find_button = QPushButton("Find it")
        self.find_button.clicked.connect(lambda: self.find_wanted.emit(self.model))
        self.download_button = QPushButton("Download again")
        self.download_button.clicked.connect(lambda: self.download_wanted.emit(self.model))
        self.remove_button = QPushButton("Remove from the list")
        self.remove_button.clicked.connect(lambda: self.remove_wanted.emit(self.model))
        return ButtonRow(self.find_button, self.download_button, self.remove_button)

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height())))

    # ------------------------------------------------------------ Qt's side

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        buttons = [self.find_button, self.download_button, self.remove_button] if self._ways_back is not None else []
        return [self, *buttons, self.chat_button, self.more_button]
