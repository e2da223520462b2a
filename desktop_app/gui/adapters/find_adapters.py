"""Finding adapters on the Hub for a model of the library."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from desktop_app.adapters.browse import FoundAdapter
from desktop_app.gui.adapters.adapter_offers import words_of_found_adapter
from desktop_app.gui.adapters.base_panel import BasePanel
from desktop_app.gui.library.found_card import Words
from desktop_app.gui.library.hub_search import HubSearch
from desktop_app.gui.library.labels import plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.choice import Choice
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.prospects import Prospect
from desktop_app.storage.records import Model

NO_MODEL = "Adapters are made for one model, and there is none in the library. Add one on the Models page."
LONGEST = 300


class FindAdapters(HubSearch):
    """Shows adapters for the model in use, or for another one that the person has chosen."""

    def __init__(
        self,
        browser: AdapterBrowser,
        library: AdapterLibrary,
        models: ModelLibrary,
        session: ChatSession,
        queue: DownloadQueue,
        connection: HubConnection,
    ) -> None:
        words = "Search for words in the names of adapters"
        super().__init__("Find adapters", words, browser, library, queue, connection)
        self._hub = browser
        self._models = models
        self._session = session
        self._chosen: Model | None = None  # by the person; else it is the one in use
        self._base = ""  # told by the person, for the model that is shown
        self._lay_out()
        self._connect()

    @property
    def model(self) -> Model | None:
        """The one that adapters are looked for."""
        model = self._chosen or self._session.model
        known = [each for each in self._models.models if model is not None and each.id == model.id]
        return known[0] if known else None

    # ------------------------------------------------------------ what is searched for

    @property
    def _wish(self) -> tuple[str, int, str] | None:
        model = self.model
        return (self.search.text().strip(), model.id, self._base) if model is not None else None

    def _ask(self) -> None:
        if (model := self.model) is not None:
            self.base.hide()
            self._hub.search(model, self.search.text(), self._base)

    def _describe(self, found: FoundAdapter) -> tuple[Words, Prospect | None]:
        return words_of_found_adapter(found, names_base=len(self._hub.bases) > 1), None

    def _count(self, n_found: int) -> str:
        bases = printable(" or ".join(self._hub.bases), LONGEST)
        if n_found:
            return f"{n_found} adapter{'s' * (n_found != 1)} made for {bases}"
        if self.search.text().strip():
            return f"No adapter for {bases} has these words in its name. Try fewer words, or only a part of the name."
        return f"There are no adapters for {bases} on the Hub that could be used."

    # ------------------------------------------------------------ which model

    def _show_models(self) -> None:
        """Offer the models there are, and mark the one that adapters are looked for."""
        shown = self.model
        names = [(model.name, model.id) for model in self._models.models if model.id not in self._models.missing]
        with_data = [(self.choice.itemText(n), self.choice.itemData(n)) for n in range(self.choice.count())]
        self.choice.blockSignals(True)
        if names != with_data:
            self.choice.clear()
            for name, model_id in names:
                self.choice.addItem(name, model_id)
        self.choice.setCurrentIndex(self.choice.findData(shown.id) if shown is not None else -1)
        self.choice.blockSignals(False)
        self.choice.setEnabled(bool(names) and self._connection.is_open)
        self.nothing.setVisible(not names)
        if self.isVisible() and self._connection.is_open:
            self._search_if_new()

    def _on_chosen(self) -> None:
        model_id = self.choice.currentData()
        self._chosen = next((model for model in self._models.models if model.id == model_id), None)
        self._base = ""
        self._search_if_new()

    def _on_model_in_use(self) -> None:
        if self._chosen is None:
            self._base = ""
            self._show_models()

    def _on_base_wanted(self, suggested: str) -> None:
        self._end_wait()
        self._clear()
        if (model := self.model) is not None:
            self.base.ask(model.name, suggested, is_certain=False)

    def _change_base(self) -> None:
        if self.base.isVisible():
            self.base.hide()
        elif (model := self.model) is not None:
            self.base.ask(model.name, next(iter(self._hub.bases), ""), is_certain=True)

    def _on_base_told(self, base: str) -> None:
        self._base = base
        self._search()

    # ------------------------------------------------------------ what is shown

    def _on_searched(self) -> None:
        super()._on_searched()
        self.results_head.show()  # nothing may have been found because it is another base
        if not self._hub.found:
            self.count.setText("")

    def _on_built(self) -> None:
        self._order_tabs(self.change_button)

    def _forget(self) -> None:
        super()._forget()
        self.base.hide()

    def _show_connection(self, is_open: bool) -> None:
        self._show_models()
        super()._show_connection(is_open)

    # ------------------------------------------------------------ the parts

    def _connect(self) -> None:
        self.choice.currentIndexChanged.connect(self._on_chosen)
        self.change_button.clicked.connect(self._change_base)
        self.base.told.connect(self._on_base_told)
        self._hub.base_wanted.connect(self._on_base_wanted)
        self._models.changed.connect(self._show_models)
        self._session.model_changed.connect(self._on_model_in_use)
        super()._connect()

    def _lay_out(self) -> None:
        self.choice = Choice("Model to find adapters for")
        words = plain_label("Adapters for", "muted")
        words.setBuddy(self.choice)
        which = QHBoxLayout()
        which.setSpacing(scale.SPACE_12)
        which.addWidget(words)
        which.addWidget(self.choice, 1)
        self.nothing = plain_label(NO_MODEL, "muted", wraps=True)
        self.base = BasePanel()
        self.change_button = QPushButton("Another base model")
        self.change_button.setProperty("kind", "quiet")
        self.head_row.addWidget(self.change_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.column.addWidget(self.banner)
        self.column.addLayout(which)
        for part in (self.nothing, self.search, self.base, self.notice, self.token, self.results):
            self.column.addWidget(part)
        self.column.addStretch(1)
