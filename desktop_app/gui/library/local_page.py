"""The models on this computer: those of the library, and those of other programs that could be in it."""

import time
from itertools import pairwise

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.elsewhere_list import ElsewhereList
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.library.model_card import ModelCard
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.jobs.model_care import ModelCare
from desktop_app.jobs.model_finder import ModelFinder
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.elsewhere import FoundModel
from desktop_app.storage.records import Model

NEVER = -1.0
CARDS_AT_ONCE = 20  # as many as are made without holding up the window
LOOK_AGAIN_S = 120.0  # other programs may have got a model meanwhile; looking reads many files


class LocalPage(PageColumn):
    """A card for each model.

    Attributes:
        cards: In the order they are shown.

    Signals:
        chat_wanted(Model), details_wanted(Model), find_wanted(Model), download_wanted(Model), verify_wanted(Model),
            remove_wanted(Model), delete_wanted(Model): As those of `ModelCard`.
        browse_wanted(): Find a model on the Hub.
        file_wanted(): Add a model file.
    """

    chat_wanted = Signal(Model)
    details_wanted = Signal(Model)
    find_wanted = Signal(Model)
    download_wanted = Signal(Model)
    verify_wanted = Signal(Model)
    remove_wanted = Signal(Model)
    delete_wanted = Signal(Model)
    browse_wanted = Signal()
    file_wanted = Signal()

    def __init__(self, library: ModelLibrary, care: ModelCare, finder: ModelFinder) -> None:
        super().__init__("Models on this computer")
        self._library = library
        self._care = care
        self._finder = finder
        self._in_use = ""
        self._is_stale = False
        self._stops: list[QWidget] = []
        self._rest = QTimer(self, singleShot=True, interval=0)
        self._rest.timeout.connect(self._show)
        self._looked_at: float | None = None
        self._damaged: dict[int, float | None] = {}  # and when they were sound the last time
        self.cards: list[ModelCard] = []
        self._lay_out()
        library.changed.connect(self._show)
        library.looked.connect(self._show_outlooks)
        library.refused.connect(self.elsewhere.let_again)
        care.verifying.connect(self._show_checks)
        care.damaged.connect(self._on_damaged)
        finder.found.connect(self._show_elsewhere)
        self.elsewhere.add_wanted.connect(self._add)

    def set_in_use(self, path: str) -> None:
        """Mark the model that is loaded."""
        self._in_use = path
        for card in self.cards:
            card.set_in_use(card.model.path == path)

    def return_to(self, model: Model) -> None:
        """Put the focus on a model's card and make sure that it is seen."""
        for card in self.cards:
            if card.model.id == model.id:
                card.setFocus()
                self.ensureWidgetVisible(card)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._show()
        now = time.monotonic()
        if self._looked_at is None or now - self._looked_at > LOOK_AGAIN_S:
            self._looked_at = now
            self._finder.look_elsewhere()

    # ------------------------------------------------------------ the library

    def _show(self) -> None:
        """Show the list as it is now, or as soon as somebody looks at it."""
        self._is_stale = not self.isVisible()
        if self._is_stale:
            return
        with self.laid_out_once():
            is_all = self._show_cards()
            self._empty.setVisible(not self._library.models)
            self.set_in_use(self._in_use)
            self._show_outlooks()
            self._show_checks()
            self._show_elsewhere()
        if not is_all:
            self._rest.start()

    def _show_cards(self) -> bool:
        """Let each model that was there keep its card, make some new ones, and return whether these were all."""
        there = {card.model.id: card for card in self.cards}
        for model_id in there.keys() - {model.id for model in self._library.models}:
            card = there.pop(model_id)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards, n_new = [], 0
        for model in self._library.models:
            is_missing = model.id in self._library.missing
            if model.id in there:
                card = there[model.id]
                if card.model != model or card.is_missing != is_missing:
                    card.show_model(model, is_missing)
            elif n_new < CARDS_AT_ONCE:
                card, n_new = self._new_card(model, is_missing), n_new + 1
            else:
                continue
            if self._list.indexOf(card) != len(self.cards):
                self._list.insertWidget(len(self.cards), card)
                card.show()  # or Qt would do so later, with a layout of everything for each card
            self.cards.append(card)
        return len(self.cards) == len(self._library.models)

    def _new_card(self, model: Model, is_missing: bool) -> ModelCard:
        card = ModelCard(model, self._care.models, model.path == self._in_use, is_missing)
        card.chat_wanted.connect(self.chat_wanted)
        card.details_wanted.connect(self.details_wanted)
        card.find_wanted.connect(self.find_wanted)
        card.download_wanted.connect(self.download_wanted)
        card.verify_wanted.connect(self.verify_wanted)
        card.remove_wanted.connect(self.remove_wanted)
        card.delete_wanted.connect(self.delete_wanted)
        return card

    def _show_outlooks(self) -> None:
        with self.laid_out_once():
            for card in self.cards:
                card.show_outlook(self._library.outlook(card.model))
                card.show_speed(self._library.speed(card.model))

    def _show_checks(self) -> None:
        for card in self.cards:
            model, checked = card.model, self._care.verification(card.model)
            if checked is not None:
                self._damaged.pop(model.id, None)
            card.show_check(checked, self._damaged.get(model.id, NEVER) == model.verified_at)

    def _on_damaged(self, model: Model) -> None:
        self._damaged[model.id] = model.verified_at
        self._show_checks()

    # ------------------------------------------------------------ other programs

    def _show_elsewhere(self) -> None:
        known = {model.path for model in self._library.models}
        found = tuple(each for each in self._finder.elsewhere if str(each.path.absolute()) not in known)
        self.elsewhere.show_models(found)
        self._set_tab_order()

    def _add(self, found: FoundModel) -> None:
        self._library.add(found.path, found.sha256)

    # ------------------------------------------------------------ the parts

    def _set_tab_order(self) -> None:
        """Let the Tab key follow what is seen, whenever it was made."""
        stops: list[QWidget] = [self, self.browse_button, self.file_button]
        for card in self.cards:
            stops += card.focus_widgets()
        stops += self.elsewhere.focus_widgets()
        if stops != self._stops:
            self._stops = stops
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    def _lay_out(self) -> None:
        self.browse_button = QPushButton("Find a model")
        self.browse_button.setProperty("kind", "primary")
        self.browse_button.clicked.connect(self.browse_wanted)
        self.file_button = QPushButton("Add a model file")
        self.file_button.clicked.connect(self.file_wanted)
        self._empty = QWidget()
        title = QLabel("No model is here yet")
        title.setProperty("role", "section")
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(0, scale.SPACE_16, 0, 0)
        empty.setSpacing(scale.SPACE_8)
        empty.addWidget(title)
        empty.addWidget(
            plain_label(
                "A model is what answers you. It runs on this computer, and what you write to it stays here. "
                "Find one that fits, or add a GGUF file that you have; files can also be dropped on this page.",
                "muted",
                wraps=True,
            )
        )
        empty.addSpacing(scale.SPACE_8)
        empty.addWidget(ButtonRow(self.browse_button, self.file_button))
        self._empty.hide()  # until it is known
        self._list = QVBoxLayout()
        self._list.setSpacing(scale.SPACE_12)
        self.elsewhere = ElsewhereList()
        self.column.addWidget(self._empty)
        self.column.addLayout(self._list)
        self.column.addWidget(self.elsewhere)
        self.column.addStretch(1)
