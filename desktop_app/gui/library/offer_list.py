"""What can be downloaded from a repository, in one card."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop_app.adapters.browse import AdapterLook
from desktop_app.gui.library.card_column import CardColumn
from desktop_app.gui.library.labels import OFFLINE_WORDS
from desktop_app.gui.library.offer_row import OfferRow, OfferWords
from desktop_app.gui.library.whereabouts import DOWNLOADING, Whereabouts
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.browse import Look

SLICE_S = 0.004  # of building rows, between which the window can do what else there is
ACCEPT_FIRST = "Its owner asks you to accept something first."


class OfferList(QFrame):
    """Puts what the person chooses into the queue.

    Args:
        describe: Returns what is to be said of the offers of a look, in order.
        download: Puts an offer of a repository into the queue. Both know whether they are about models or adapters.

    Signals:
        completed(): All rows are there.
    """

    completed = Signal()

    def __init__(
        self,
        library: ModelLibrary | AdapterLibrary,
        queue: DownloadQueue,
        connection: HubConnection,
        describe: Callable[[Any], Sequence[OfferWords]],
        download: Callable[[Any, Any], object],
    ) -> None:
        super().__init__()
        self._whereabouts = Whereabouts(library, queue, self)
        self._connection = connection
        self._describe = describe
        self._download = download
        self._look: Look | AdapterLook | None = None
        self._to_build: deque[OfferWords] = deque()
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

    def show_look(self, look: Look | AdapterLook) -> None:
        """Show what this repository has, or has now."""
        self._look = look
        self._column.clear()
        self.rows = []
        self._to_build = deque(self._describe(look))
        self.setVisible(bool(look.offers))
        self._build_some()

    def _build_some(self) -> None:
        """Add some rows; a repository can have hundreds of files."""
        end = time.perf_counter() + SLICE_S
        while self._to_build and time.perf_counter() < end:
            self._add_row(self._to_build.popleft())
        self._show_connection()
        self._show_states()
        if self._to_build:
            self._building.start()
        else:
            self.completed.emit()

    def _add_row(self, words: OfferWords) -> None:
        row = OfferRow(words, is_first=not self.rows)
        row.download_wanted.connect(lambda: self._on_download(words))
        self.rows.append(row)
        self._column.add(row)

    def _on_download(self, words: OfferWords) -> None:
        if self._look is not None:
            self._whereabouts.promise(self._look.repo.model.id, DOWNLOADING, words.offer.files[0].path)
            self._download(self._look.repo, words.offer)

    def _show_states(self) -> None:
        if self._look is not None:
            for row in self.rows:
                row.show_state(self._whereabouts.of(self._look.repo.model.id, row.words.offer.files[0].path))

    def _show_connection(self) -> None:
        is_open, is_gated = self._connection.is_open, self._look is not None and self._look.gate is not None
        for row in self.rows:
            row.set_open(is_open and not is_gated, OFFLINE_WORDS if not is_open else ACCEPT_FIRST * is_gated)
