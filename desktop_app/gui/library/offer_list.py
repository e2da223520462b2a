"""What can be downloaded from a repository, in one card: the recommended model first, then the smallest."""

import time
from collections import Counter, deque

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.labels import OFFLINE_WORDS, printable
from desktop_app.gui.library.offer_row import OfferRow
from desktop_app.gui.library.whereabouts import DOWNLOADING, Whereabouts
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.browse import Look
from desktop_app.library.offers import Offer
from desktop_app.library.prospects import Prospect

SLICE_S = 0.004  # of building rows, between which the window can do what else there is
ACCEPT_FIRST = "Its owner asks you to accept something first."


class OfferList(QFrame):
    """Puts what the person chooses into the queue.

    Signals:
        completed(): All rows are there.
    """

    completed = Signal()

    def __init__(self, queue: DownloadQueue, library: ModelLibrary, connection: HubConnection) -> None:
        super().__init__()
        self._queue = queue
        self._whereabouts = Whereabouts(library, queue, self)
        self._connection = connection
        self._look: Look | None = None
        self._to_build: deque[tuple[Offer, Prospect]] = deque()
        self._kinds: Counter[str] = Counter()
        self._building = QTimer(self, singleShot=True, interval=0)
        self._building.timeout.connect(self._build_some)
        self.rows: list[OfferRow] = []
        self.setProperty("panel", "card")
        self._column = CardColumn(spacing=0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._column)
        self._whereabouts.changed.connect(self._show_states)
        connection.switched.connect(self._show_connection)

    def show_look(self, look: Look) -> None:
        """Show what this repository has, or has now."""
        self._look = look
        self._column.clear()
        self.rows = []
        self._to_build = deque(sorted(look.offers, key=lambda offered: offered[0] is not look.recommended))
        self._kinds = Counter(offer.quant_type for offer, _ in look.offers)
        self.setVisible(bool(look.offers))
        self._build_some()

    def _build_some(self) -> None:
        """Add some rows; a repository can have hundreds of files."""
        end = time.perf_counter() + SLICE_S
        while self._to_build and time.perf_counter() < end:
            self._add_row(*self._to_build.popleft())
        self._show_connection()
        self._show_states()
        if self._to_build:
            self._building.start()
        else:
            self.completed.emit()

    def _add_row(self, offer: Offer, prospect: Prospect) -> None:
        needs_name = self._kinds[offer.quant_type] > 1 or not offer.quant_type
        is_recommended = self._look is not None and offer is self._look.recommended
        row = OfferRow(offer, prospect, printable(offer.name) * needs_name, is_recommended, is_first=not self.rows)
        row.download_wanted.connect(self._download)
        self.rows.append(row)
        self._column.add(row)

    def _download(self, offer: Offer) -> None:
        if self._look is not None:
            self._whereabouts.promise(self._look.repo.model.id, DOWNLOADING, offer.files[0].path)
            self._queue.add_offer(self._look.repo, offer)

    def _show_states(self) -> None:
        if self._look is not None:
            for row in self.rows:
                row.show_state(self._whereabouts.of(self._look.repo.model.id, row.offer.files[0].path))

    def _show_connection(self) -> None:
        is_open, is_gated = self._connection.is_open, self._look is not None and self._look.gate is not None
        for row in self.rows:
            row.set_open(is_open and not is_gated, OFFLINE_WORDS if not is_open else ACCEPT_FIRST * is_gated)
