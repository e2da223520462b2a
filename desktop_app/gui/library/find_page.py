"""Finding models: a good few to begin with, and the search on the Hugging Face Hub."""

import time
from collections import deque
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.errors import UserError
from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.curated_list import CuratedList
from desktop_app.gui.library.found_card import FoundCard, words_of_found
from desktop_app.gui.library.gate_panel import GatePanel
from desktop_app.gui.library.hub_notice import HubNotice
from desktop_app.gui.library.labels import OFFLINE_WORDS, announce, plain_label
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.library.whereabouts import Whereabouts
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.browse import Found
from desktop_app.network.door import TokenRefused

TYPING_MS = 400
SLICE_S = 0.004  # of building cards, between which the window can do what else there is
ORDERS = {
    "downloads": "Most downloaded",
    "likes": "Most liked",
    "last_modified": "Newest",
    "trending_score": "Trending",
}
NOTHING_FOUND = "No model on the Hub has these words in its name. Try fewer words, or only a part of the name."


class FindPage(PageColumn):
    """Shows the curated list while nothing is searched for, or nothing can be.

    Signals:
        repo_wanted(str): The person wants to see this repository.
        online_wanted(): The person wants offline mode off.
    """

    repo_wanted = Signal(str)
    online_wanted = Signal()

    def __init__(
        self, browser: HubBrowser, library: ModelLibrary, queue: DownloadQueue, connection: HubConnection
    ) -> None:
        super().__init__("Find models")
        self._browser = browser
        self._whereabouts = Whereabouts(library, queue, self)
        self._connection = connection
        self._asked: tuple[str, str] | None = None  # words and order of the search that is shown or under way
        self._is_waiting = False
        self._last_opened: FoundCard | None = None
        self.cards: dict[str, FoundCard] = {}
        self._to_build: deque[Found] = deque()
        self._building = QTimer(self, singleShot=True, interval=0)
        self._building.timeout.connect(self._build_some)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._search_if_new)
        self._lay_out(library, queue)
        self._connect()
        self._show_connection(connection.is_open)

    # ------------------------------------------------------------ searching

    @property
    def _wish(self) -> tuple[str, str]:
        return self.search.text().strip(), self.order.currentData()

    def _on_typed(self) -> None:
        if self._wish[0]:
            self._typing.start()
        else:
            self._search()

    def _search_if_new(self) -> None:
        if self._asked != self._wish:
            self._search()

    def _search(self) -> None:
        self._typing.stop()
        words, order = self._wish
        if words and self._connection.is_open:
            self._asked = words, order
            self._place_notice(above=True)
            self._browser.search(words, order)
        else:
            self._forget()
        self._show_section()

    def _more(self) -> None:
        self._place_notice(above=False)
        self._browser.more()

    def _forget(self) -> None:
        if self._is_waiting:
            self._browser.forget()
        self._end_wait()
        self._asked = None
        self._clear()

    def _on_cancel(self) -> None:
        self._browser.forget()
        self._end_wait()
        self.notice.tell("The search was stopped.", can_try_again=True)

    def _on_searching(self) -> None:
        self._is_waiting = True
        self.token.hide()
        self.more_button.hide()
        self.notice.wait("Searching…")

    def _on_searched(self) -> None:
        self._end_wait()
        found = {each.model.id: each for each in self._browser.found}
        if list(found)[: len(self.cards)] != list(self.cards):  # it is not the old list with more at its end
            self._clear()
        self._to_build = deque(each for repo, each in found.items() if repo not in self.cards)
        self._building.start()
        if found:
            words = f"{'The first ' * self._browser.has_more}{len(found)} model{'s' * (len(found) != 1)}"
            self.count.setText(words)
            announce(self, words)
        else:
            self.notice.tell(NOTHING_FOUND)
        self.results_head.setVisible(bool(found))

    def _on_failed(self, error: UserError) -> None:
        if self._is_waiting:
            self._end_wait()
            self.notice.tell(str(error), can_try_again=True)
            if isinstance(error, TokenRefused):
                self.token.offer_other_token()

    def _on_looking(self) -> None:
        """Searching has ended without a result, because something else was asked for."""
        if self._is_waiting:
            self._end_wait()
            self._asked = None

    def _end_wait(self) -> None:
        self._is_waiting = False
        self.notice.clear()
        self.token.hide()

    # ------------------------------------------------------------ cards

    def _clear(self) -> None:
        self._usable.clear()
        self._unusable.clear()
        self.cards = {}
        self._to_build.clear()
        self._last_opened = None
        self.results_head.hide()
        self.more_button.hide()
        self.verticalScrollBar().setValue(0)

    def _build_some(self) -> None:
        """Add some cards; all at once they would take longer than a frame."""
        end = time.perf_counter() + SLICE_S
        while self._to_build and time.perf_counter() < end:
            self._add_card(self._to_build.popleft())
        if self._to_build:
            self._building.start()
            return
        stops = self.cards.values()
        for before, after in pairwise([self.order, *stops, self.more_button]):
            QWidget.setTabOrder(before, after)
        self._show_more()

    def _add_card(self, found: Found) -> None:
        card = self.cards[found.model.id] = FoundCard(words_of_found(found), found.prospect, can_download=False)
        card.details_wanted.connect(self._open)
        card.show_state(self._whereabouts.of(found.model.id))
        (self._usable if found.can_chat else self._unusable).add(card)

    def _show_states(self) -> None:
        for repo, card in self.cards.items():
            card.show_state(self._whereabouts.of(repo))

    def _show_more(self) -> None:
        self.more_button.setVisible(self._browser.has_more and not self._is_waiting and not self._to_build)

    def _open(self, repo: str) -> None:
        self._typing.stop()
        self._last_opened = self.cards.get(repo) or self.curated.cards.get(repo)
        self.repo_wanted.emit(repo)

    # ------------------------------------------------------------ what is shown

    def _show_connection(self, is_open: bool) -> None:
        self.search.setEnabled(is_open)
        self.banner.setVisible(not is_open)
        self.curated.set_open(is_open, "" if is_open else OFFLINE_WORDS)
        self._forget()
        self._show_section()
        if self.isVisible():
            self._search()

    def _place_notice(self, above: bool) -> None:
        """Put what is said where the person looks: above the results, or where more of them will come."""
        for part in (self.notice, self.token):
            self.column.removeWidget(part)
        place = self.column.indexOf(self.curated) if above else self.column.indexOf(self.results) + 1
        self.column.insertWidget(place, self.notice)
        self.column.insertWidget(place + 1, self.token)

    def _show_section(self) -> None:
        self.curated.setVisible(self._asked is None)
        self.results.setVisible(self._asked is not None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._search_if_new()
        if self._last_opened is not None and self._last_opened.isVisible():
            self._last_opened.setFocus()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._search)
        self.order.currentIndexChanged.connect(self._search_if_new)
        self.online_button.clicked.connect(self.online_wanted)
        self.more_button.clicked.connect(self._more)
        self.notice.given_up.connect(self._on_cancel)
        self.notice.again_wanted.connect(self._browser.again)
        self.token.saved.connect(self._search)
        self.curated.repo_wanted.connect(self._open)
        self._browser.searching.connect(self._on_searching)
        self._browser.searched.connect(self._on_searched)
        self._browser.looking.connect(self._on_looking)
        self._browser.failed.connect(self._on_failed)
        self._whereabouts.changed.connect(self._show_states)
        self._connection.switched.connect(self._show_connection)

    def _lay_out(self, library: ModelLibrary, queue: DownloadQueue) -> None:
        self.search = SearchField("Search the Hugging Face Hub")
        self.order = _Order()
        self.banner = QFrame()
        self.banner.setProperty("panel", "card")
        self.online_button = QPushButton("Go online")
        in_banner = QHBoxLayout(self.banner)
        in_banner.setContentsMargins(scale.SPACE_16, scale.SPACE_8, scale.SPACE_8, scale.SPACE_8)
        in_banner.addWidget(plain_label(OFFLINE_WORDS, wraps=True), 1)
        in_banner.addWidget(self.online_button)
        self.notice = HubNotice()
        self.token = GatePanel(self._connection)
        self.curated = CuratedList(self._browser, library, queue)
        self.count = plain_label(role="muted")
        self._usable, self._unusable = CardColumn(scale.SPACE_12), CardColumn(scale.SPACE_12)
        self.more_button = QPushButton("More results")
        self.results = QWidget()
        self._lay_out_results()
        for part in (self.banner, self.search, self.notice, self.token, self.curated, self.results):
            self.column.addWidget(part)
        self.column.setSpacing(scale.SPACE_12)
        self.column.addStretch(1)

    def _lay_out_results(self) -> None:
        self.results_head = QWidget()
        head = QHBoxLayout(self.results_head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.count, 1)
        head.addWidget(self.order)
        column = QVBoxLayout(self.results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_12)
        column.addWidget(self.results_head)
        column.addWidget(self._usable)
        column.addWidget(self._unusable)
        more = QHBoxLayout()
        more.addWidget(self.more_button)
        more.addStretch(1)
        column.addLayout(more)


class _Order(QComboBox):
    """What comes first. The wheel is left to the page."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Order of the results")
        self.setFixedHeight(scale.CONTROL_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for order, words in ORDERS.items():
            self.addItem(words, order)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
