"""The adapters on this computer, a card for each."""

import time
from collections import deque
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.adapters.adapter_card import AdapterCard
from desktop_app.gui.adapters.conversion_panel import ConversionPanel, RunInBackground
from desktop_app.gui.adapters.pair_section import compare, others
from desktop_app.gui.adapters.standings import Standings
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.hub_notice import HubNotice
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.storage.records import Adapter

SLICE_S = 0.0015  # of making and changing cards, between which the window can do what else there is
EMPTY = (
    "An adapter is something a model has learned, in a small file that you switch on and off in a chat and mix with "
    "others. Add one that you have, or find one for your model; files and folders can also be dropped on this page."
)
EXPLANATION = "An adapter is something a model has learned, in a small file."
WHOSE = "What is said of each is about {model}, the model in use."


class AdapterList(PageColumn):
    """Attributes:
    cards: In the order they are shown.

    Signals:
        chat_wanted(Adapter), details_wanted(Adapter), find_wanted(Adapter), download_wanted(Adapter),
            remove_wanted(Adapter): As those of `AdapterCard`.
        browse_wanted(): Find an adapter on the Hub.
    """

    chat_wanted = Signal(Adapter)
    details_wanted = Signal(Adapter)
    find_wanted = Signal(Adapter)
    download_wanted = Signal(Adapter)
    remove_wanted = Signal(Adapter)
    browse_wanted = Signal()

    def __init__(
        self,
        library: AdapterLibrary,
        models: ModelLibrary,
        standings: Standings,
        add_menu: QMenu,
        run_in_background: RunInBackground,
    ) -> None:
        super().__init__("Adapters on this computer")
        self.conversion = ConversionPanel(models, run_in_background)
        self._library = library
        self._standings = standings
        self._is_stale = True
        self._known: dict[int, AdapterCard] = {}  # by the adapter's number
        self._to_show: deque[Adapter] = deque()
        self._slices = QTimer(self, singleShot=True, interval=0)
        self._slices.timeout.connect(self._show_some)
        self._stops: list[QWidget] = []
        self._compared: AdapterCard | None = None  # says how it gets along with another one
        self.cards: list[AdapterCard] = []
        self._lay_out(add_menu)
        standings.changed.connect(self._show)
        library.adding_changed.connect(self._show_adding)

    def return_to(self, adapter: Adapter) -> None:
        """Put the focus on an adapter's card and make sure that it is seen."""
        if (card := self._known.get(adapter.id)) is not None:
            card.setFocus()
            self.ensureWidgetVisible(card)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._show()
        self._library.refresh()  # files may have gone, and chats have begun to use them

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._slices.stop()
        self._is_stale = self._is_stale or bool(self._to_show)
        self._end_comparison()

    # ------------------------------------------------------------ the cards

    def _show(self) -> None:
        """Show the list as it is now, or as soon as somebody looks at it."""
        self._is_stale = not self.isVisible()
        if self._is_stale:
            return
        self._show_head()
        there = {adapter.id for adapter in self._library.adapters}
        for adapter_id in self._known.keys() - there:
            card = self._known.pop(adapter_id)
            if card is self._compared:
                self._compared = None
        self._to_show = deque(self._library.adapters)
        self._show_some()

    def _show_some(self) -> None:
        """Make some cards, or bring them up to date; all at once they would take longer than a frame."""
        end = time.perf_counter() + SLICE_S
        with self._column.placed_once():
            while self._to_show and time.perf_counter() < end:
                adapter = self._to_show.popleft()
                if (card := self._known.get(adapter.id)) is not None:
                    card.show_adapter(adapter, self._standings.of(adapter))
                else:
                    self._known[adapter.id] = self._new_card(adapter)
            self._order_cards()
        if self._to_show:
            self._slices.start()
        else:
            self._order_tabs()

    def _order_cards(self) -> None:
        cards = [self._known[each.id] for each in self._library.adapters if each.id in self._known]
        if cards == self.cards:
            return
        self.cards = cards
        self._column.set_cards(cards)

    def _order_tabs(self) -> None:
        """Let the Tab key follow what is seen, whenever it was made."""
        stops = [self, *self.conversion.focus_widgets()]
        stops += [part for card in self.cards for part in card.focus_widgets()]
        if stops != self._stops:
            self._stops = stops
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    def _new_card(self, adapter: Adapter) -> AdapterCard:
        card = AdapterCard(adapter, self._standings.of(adapter), partial(others, self._library, adapter))
        card.chat_wanted.connect(self.chat_wanted)
        card.details_wanted.connect(self.details_wanted)
        card.measure_wanted.connect(self._standings.measure)
        card.stop_wanted.connect(self._standings.stop)
        card.find_wanted.connect(self.find_wanted)
        card.download_wanted.connect(self.download_wanted)
        card.remove_wanted.connect(self.remove_wanted)
        card.pair_wanted.connect(self._compare)
        return card

    # ------------------------------------------------------------ one with another

    def _compare(self, adapter: Adapter, sha256: str) -> None:
        """Say on its card how an adapter gets along with another one."""
        card, other = self._known.get(adapter.id), self._library.find(sha256)
        if card is None or other is None:
            return
        self._end_comparison()
        self._compared = card

        def show(result: QWidget) -> None:
            if card is self._compared:  # else the person has asked for something else, or left
                card.show_pair(result)
                self.ensureWidgetVisible(card)
                announce(card, result.accessibleName())

        compare(self._library, adapter, other, show)

    def _end_comparison(self) -> None:
        if self._compared is not None:
            self._compared.show_pair(None)
            self._compared = None

    # ------------------------------------------------------------ what else is there

    def _show_head(self) -> None:
        model = self._standings.model
        words = (EXPLANATION, WHOSE.format(model=model.name) if model else "")
        self.intro.setText(" ".join(filter(None, words)))
        has_some = bool(self._library.adapters)
        self.intro.setVisible(has_some)
        self._empty.setVisible(not has_some)

    def _show_adding(self) -> None:
        names = [printable(path.name) for path in self._library.adding]
        if names:
            self.notice.wait(f"Reading {' and '.join(names)}…", can_give_up=False)
        else:
            self.notice.clear()

    def _lay_out(self, add_menu: QMenu) -> None:
        self.browse_button = QPushButton("Find adapters")
        self.browse_button.setProperty("kind", "primary")
        self.browse_button.clicked.connect(self.browse_wanted)
        self.add_button = QPushButton("Add an adapter")
        self.add_button.setMenu(add_menu)
        self._empty = QWidget()
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(0, scale.SPACE_16, 0, 0)
        empty.setSpacing(scale.SPACE_8)
        empty.addWidget(plain_label("No adapter is here yet", "section"))
        empty.addWidget(plain_label(EMPTY, "muted", wraps=True))
        empty.addSpacing(scale.SPACE_8)
        empty.addWidget(ButtonRow(self.browse_button, self.add_button))
        self._empty.hide()  # until it is known
        self.intro = plain_label(role="small", wraps=True)
        self.intro.hide()
        self.notice = HubNotice()
        self._column = CardColumn(scale.SPACE_12)
        for part in (self.conversion, self.notice, self._empty, self.intro, self._column):
            self.column.addWidget(part)
        self.column.addStretch(1)
