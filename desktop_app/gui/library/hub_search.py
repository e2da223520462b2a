"""A search on the Hub and its results: what is asked, what is waited for, and a card for each thing that is found."""

import time
from collections import deque
from collections.abc import Hashable
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.adapters.browse import FoundAdapter
from desktop_app.errors import UserError
from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.found_card import FoundCard, Words
from desktop_app.gui.library.gate_panel import GatePanel
from desktop_app.gui.library.hub_notice import HubNotice
from desktop_app.gui.library.labels import OFFLINE_WORDS, announce, plain_label
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.library.whereabouts import Whereabouts
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.browse import Found
from desktop_app.library.prospects import Prospect
from desktop_app.network.door import TokenRefused

TYPING_MS = 400
SLICE_S = 0.004  # of building cards, between which the window can do what else there is


class HubSearch(PageColumn):
    """What is the same for models and adapters; what is searched for, and how it is put, is told by the subclass.

    Attributes:
        results_column, head_row: Where the subclass may add parts: below the results, and at the end of the line above.

    Signals:
        repo_wanted(str): The person wants to see this repository.
        online_wanted(): The person wants offline mode off.
    """

    repo_wanted = Signal(str)
    online_wanted = Signal()

    def __init__(
        self,
        name: str,
        search_words: str,
        browser: HubBrowser | AdapterBrowser,
        library: ModelLibrary | AdapterLibrary,
        queue: DownloadQueue,
        connection: HubConnection,
    ) -> None:
        super().__init__(name)
        self._browser = browser
        self._whereabouts = Whereabouts(library, queue, self)
        self._connection = connection
        self._asked: Hashable = None  # what was wished by the search that is shown or under way
        self._is_waiting = False
        self._last_opened: FoundCard | None = None
        self.cards: dict[str, FoundCard] = {}
        self._to_build: deque[Found | FoundAdapter] = deque()
        self._building = QTimer(self, singleShot=True, interval=0)
        self._building.timeout.connect(self._build_some)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._search_if_new)
        self._make_parts(search_words)

    # ------------------------------------------------------------ what subclasses say

    @property
    def _wish(self) -> Hashable:
        """What the person wants to have searched for; None is nothing."""
        raise NotImplementedError

    def _ask(self) -> None:
        """Have the browser search for that."""
        raise NotImplementedError

    def _describe(self, found: Any) -> tuple[Words, Prospect | None]:
        """Return what the card of a result says, and how it would run here; results without an obstacle come first."""
        raise NotImplementedError

    def _count(self, n_found: int) -> str:
        """Return how many were found, in words, or what to do if there are none."""
        raise NotImplementedError

    def _on_built(self) -> None:
        """Take in that all cards are there."""
        raise NotImplementedError

    def _card(self, repo: str) -> FoundCard | None:
        """Return what the person may have opened a repository by."""
        return self.cards.get(repo)

    # ------------------------------------------------------------ searching

    def _on_typed(self) -> None:
        if self.search.text().strip():
            self._typing.start()
        else:
            self._search()

    def _search_if_new(self) -> None:
        if self._asked != self._wish:
            self._search()

    def _search(self) -> None:
        self._typing.stop()
        if self._wish is not None and self._connection.is_open:
            self._asked = self._wish
            self._place_notice(above=True)
            self._ask()
        else:
            self._forget()
        self._show_section()

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
        self.notice.wait("Searching…")

    def _on_searched(self) -> None:
        self._end_wait()
        found = {each.model.id: each for each in self._browser.found}
        if list(found)[: len(self.cards)] != list(self.cards):  # it is not the old list with more at its end
            self._clear()
        self._to_build = deque(each for repo, each in found.items() if repo not in self.cards)
        self._building.start()
        words = self._count(len(found))
        if found:
            self.count.setText(words)
            announce(self, words)
        else:
            self.notice.tell(words)
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
        self.verticalScrollBar().setValue(0)

    def _build_some(self) -> None:
        """Add some cards; all at once they would take longer than a frame."""
        end = time.perf_counter() + SLICE_S
        while self._to_build and time.perf_counter() < end:
            self._add_card(self._to_build.popleft())
        if self._to_build:
            self._building.start()
        else:
            self._on_built()

    def _order_tabs(self, before: QWidget, *after: QWidget) -> None:
        """Let the Tab key visit the cards between these, whenever they were made."""
        for one, other in pairwise([before, *self.cards.values(), *after]):
            QWidget.setTabOrder(one, other)

    def _add_card(self, found: Found | FoundAdapter) -> None:
        repo = found.model.id
        words, prospect = self._describe(found)
        card = self.cards[repo] = FoundCard(words, prospect, can_download=False)
        card.details_wanted.connect(self._open)
        card.show_state(self._whereabouts.of(repo))
        (self._unusable if words.obstacle else self._usable).add(card)

    def _show_states(self) -> None:
        for repo, card in self.cards.items():
            card.show_state(self._whereabouts.of(repo))

    def _open(self, repo: str) -> None:
        self._typing.stop()
        self._last_opened = self._card(repo)
        self.repo_wanted.emit(repo)

    # ------------------------------------------------------------ what is shown

    def _show_connection(self, is_open: bool) -> None:
        self.search.setEnabled(is_open)
        self.banner.setVisible(not is_open)
        self._forget()
        self._show_section()
        if self.isVisible():
            self._search()

    def _place_notice(self, above: bool) -> None:
        """Put what is said where the person looks: above the results, or where more of them will come."""
        for part in (self.notice, self.token):
            self.column.removeWidget(part)
        place = self.column.indexOf(self.results) + (not above)
        self.column.insertWidget(place, self.notice)
        self.column.insertWidget(place + 1, self.token)

    def _show_section(self) -> None:
        self.results.setVisible(self._asked is not None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._search_if_new()
        if self._last_opened is not None and self._last_opened.isVisible():
            self._last_opened.setFocus()

    # ------------------------------------------------------------ the parts

    def _connect(self) -> None:
        """Begin to listen, once all parts are there."""
        self.search.textChanged.connect(self._on_typed)
        self.search.returnPressed.connect(self._search)
        self.online_button.clicked.connect(self.online_wanted)
        self.notice.given_up.connect(self._on_cancel)
        self.notice.again_wanted.connect(self._browser.again)
        self.token.saved.connect(self._search)
        self._browser.searching.connect(self._on_searching)
        self._browser.searched.connect(self._on_searched)
        self._browser.looking.connect(self._on_looking)
        self._browser.failed.connect(self._on_failed)
        self._whereabouts.changed.connect(self._show_states)
        self._connection.switched.connect(self._show_connection)
        self._show_connection(self._connection.is_open)

    def _make_parts(self, search_words: str) -> None:
        self.search = SearchField(search_words)
        self.banner = QFrame()
        self.banner.setProperty("panel", "card")
        self.online_button = QPushButton("Go online")
        in_banner = QHBoxLayout(self.banner)
        in_banner.setContentsMargins(scale.SPACE_16, scale.SPACE_8, scale.SPACE_8, scale.SPACE_8)
        in_banner.addWidget(plain_label(OFFLINE_WORDS, wraps=True), 1)
        in_banner.addWidget(self.online_button)
        self.notice = HubNotice()
        self.token = GatePanel(self._connection)
        self.count = plain_label(role="muted", wraps=True)
        self._usable, self._unusable = CardColumn(scale.SPACE_12), CardColumn(scale.SPACE_12)
        self.results_head = QWidget()
        self.head_row = QHBoxLayout(self.results_head)
        self.head_row.setContentsMargins(0, 0, 0, 0)
        self.head_row.addWidget(self.count, 1)
        self.results = QWidget()
        self.results_column = QVBoxLayout(self.results)
        self.results_column.setContentsMargins(0, 0, 0, 0)
        self.results_column.setSpacing(scale.SPACE_12)
        for part in (self.results_head, self._usable, self._unusable):
            self.results_column.addWidget(part)
        self.column.setSpacing(scale.SPACE_12)
