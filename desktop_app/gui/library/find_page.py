"""Finding models: a good few to begin with, and the search on the Hugging Face Hub."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from desktop_app.gui.library.curated_list import CuratedList
from desktop_app.gui.library.found_card import FoundCard, Words, words_of_found
from desktop_app.gui.library.hub_search import HubSearch
from desktop_app.gui.library.labels import OFFLINE_WORDS
from desktop_app.gui.widgets.choice import Choice
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.browse import Found
from desktop_app.library.prospects import Prospect

ORDERS = {
    "downloads": "Most downloaded",
    "likes": "Most liked",
    "last_modified": "Newest",
    "trending_score": "Trending",
}
NOTHING_FOUND = "No model on the Hub has these words in its name. Try fewer words, or only a part of the name."


class FindPage(HubSearch):
    """Shows the curated list while nothing is searched for, or nothing can be."""

    def __init__(
        self, browser: HubBrowser, library: ModelLibrary, queue: DownloadQueue, connection: HubConnection
    ) -> None:
        super().__init__("Find models", "Search the Hugging Face Hub", browser, library, queue, connection)
        self._hub = browser
        self._lay_out(library, queue)
        self._connect()

    # ------------------------------------------------------------ what is searched for

    @property
    def _wish(self) -> tuple[str, str] | None:
        words = self.search.text().strip()
        return (words, self.order.currentData()) if words else None

    def _ask(self) -> None:
        self._hub.search(self.search.text(), self.order.currentData())

    def _more(self) -> None:
        self._place_notice(above=False)
        self._hub.more()

    def _describe(self, found: Found) -> tuple[Words, Prospect | None]:
        return words_of_found(found), found.prospect

    def _count(self, n_found: int) -> str:
        if not n_found:
            return NOTHING_FOUND
        return f"{'The first ' * self._hub.has_more}{n_found} model{'s' * (n_found != 1)}"

    # ------------------------------------------------------------ what is shown

    def _on_searching(self) -> None:
        super()._on_searching()
        self.more_button.hide()

    def _clear(self) -> None:
        super()._clear()
        self.more_button.hide()

    def _on_built(self) -> None:
        self._order_tabs(self.order, self.more_button)
        self.more_button.setVisible(self._hub.has_more and not self._is_waiting)

    def _card(self, repo: str) -> FoundCard | None:
        return super()._card(repo) or self.curated.cards.get(repo)

    def _show_connection(self, is_open: bool) -> None:
        self.curated.set_open(is_open, "" if is_open else OFFLINE_WORDS)
        super()._show_connection(is_open)

    def _show_section(self) -> None:
        super()._show_section()
        self.curated.setVisible(self._asked is None)

    # ------------------------------------------------------------ the parts

    def _connect(self) -> None:
        self.order.currentIndexChanged.connect(self._search_if_new)
        self.more_button.clicked.connect(self._more)
        self.curated.repo_wanted.connect(self._open)
        super()._connect()

    def _lay_out(self, library: ModelLibrary, queue: DownloadQueue) -> None:
        self.order = Choice("Order of the results")
        for order, words in ORDERS.items():
            self.order.addItem(words, order)
        self.head_row.addWidget(self.order)
        self.curated = CuratedList(self._hub, library, queue)
        self.more_button = QPushButton("More results")
        more = QHBoxLayout()
        more.addWidget(self.more_button)
        more.addStretch(1)
        self.results_column.addLayout(more)
        for part in (self.banner, self.search, self.notice, self.token, self.curated, self.results):
            self.column.addWidget(part)
        self.column.addStretch(1)
