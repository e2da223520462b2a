"""The queue of downloads while the window runs: what goes on, how fast, and what becomes of it.

Two run at the same time. What a kill or the end of the program cuts off goes on at the next start; what the network
cuts off is tried again by itself.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.adapters.offers import AdapterOffer
from desktop_app.errors import TryAgain, UserError
from desktop_app.jobs.arrivals import ADAPTER, MODEL, Arrivals
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.download import run_download
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import inspect_model
from desktop_app.library.offers import Offer
from desktop_app.library.pace import Pace
from desktop_app.library.sources import HubSource, LocalSource
from desktop_app.library.transfer import Source, Stopped
from desktop_app.library.upkeep import Entry
from desktop_app.network.door import Stop, purpose
from desktop_app.network.records import HubRepo
from desktop_app.paths import DataFolder
from desktop_app.storage.records import Adapter, Download, DownloadState, Model, RemoteFile

AT_THE_SAME_TIME = 2
LOOK_MS = 250
RETRY_MS = 30_000


class Phase(Enum):
    """What a download is doing."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Attributes:
        bytes_per_s: 0 while it does not run, or not long enough.
        seconds_left: None where that cannot be told.
    """

    done_bytes: int
    total_bytes: int
    bytes_per_s: float = 0.0
    seconds_left: float | None = None

    @property
    def fraction(self) -> float:
        return self.done_bytes / self.total_bytes if self.total_bytes else 0.0


class _Run:
    """A download that is running. `done` is written by its thread and read by the window's."""

    def __init__(self, done: int) -> None:
        self.stop = Stop()
        self.done = done
        self.pace = Pace(time.monotonic)

    def tell(self, done: int) -> None:
        self.done = done


class DownloadQueue(QObject):
    """Lives in the GUI thread.

    Attributes:
        items: All downloads that are not finished, in order.

    Signals:
        changed(): `items` or the phase of one is different.
        progressed(): What `progress` says is different.
        finished(Model): This one has come into the library.
        adapter_finished(Adapter): The same for adapters.
        failed(Download, UserError): This one cannot go on without the person.
    """

    changed = Signal()
    progressed = Signal()
    finished = Signal(Model)
    adapter_finished = Signal(Adapter)
    failed = Signal(Download, UserError)

    def __init__(
        self,
        store: Store,
        background: Background,
        connection: HubConnection,
        folder: DataFolder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._connection = connection
        self._arrivals = Arrivals(store, background, connection, folder)
        self._runs: dict[int, _Run] = {}
        self._done: dict[int, int] = {}  # of those that do not run
        self._leaving: dict[int, Download] = {}  # canceled, with files that are still there
        self._being_set: Counter[int] = Counter()  # those of which `items` does not have the newest state yet
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self._look)
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self._go_on)
        self._is_closed = False
        self.items: tuple[Download, ...] = ()
        connection.switched.connect(self._on_switched)

    # ------------------------------------------------------------ what the person does

    def open(self) -> None:
        """Read the queue and go on where it was left."""
        self._refresh()

    def add(
        self,
        name: str,
        files: Sequence[RemoteFile],
        repo: str = "",
        revision: str = "",
        license: str = "",
        kind: str = MODEL,
        model_id: int | None = None,
    ) -> None:
        """Download a model or an adapter, or copy a model if it is from no repository."""
        leaving = frozenset(self._leaving)

        def add(repositories: Repositories) -> None:
            repositories.downloads.add(
                name=name,
                files=files,
                repo=repo,
                revision=revision,
                license=license,
                kind=kind,
                model_id=model_id,
                leaving=leaving,
            )

        self._store.ask(add, lambda _none: self._refresh())

    def add_offer(self, repo: HubRepo, offer: Offer) -> None:
        """Download one of a repository's models."""
        self.add(offer.name, offer.remote_files(), repo.model.id, repo.revision, repo.model.license)

    def add_adapter(self, repo: HubRepo, offer: AdapterOffer, model: Model) -> None:
        """Download one of a repository's adapters for this model."""
        where = (repo.model.id, repo.revision, repo.model.license)
        self.add(offer.name, offer.remote_files(), *where, kind=ADAPTER, model_id=model.id)

    def add_copy(self, path: Path) -> None:
        """Copy a model, all parts of it, into the program's own folder."""

        def look() -> tuple[str, tuple[RemoteFile, ...]]:
            name = inspect_model(path).name
            return name, tuple(RemoteFile(str(part), part.stat().st_size) for part in read_header(path).parts)

        self._background.run(look, lambda looked: self.add(*looked))

    def pause(self, download_id: int) -> None:
        """Stop it where it is."""
        self._set(download_id, DownloadState.PAUSED)
        if (run := self._runs.get(download_id)) is not None:
            run.stop.set()

    def resume(self, download_id: int) -> None:
        """Go on, also after a failure."""
        self._set(download_id, DownloadState.WAITING)

    def cancel(self, download_id: int) -> None:
        """Forget it and delete what is there of it."""
        download = self._item(download_id)
        if download is None:
            return
        self._leaving[download_id] = download
        self.items = tuple(item for item in self.items if item.id != download_id)
        self.changed.emit()
        # It is in the list until its files are gone: who closed the window meanwhile would never hear of them.
        self._store.ask(lambda r: r.downloads.set_state(download_id, DownloadState.PAUSED))
        run = self._runs.get(download_id)
        if run is None:
            self._discard(download)
        else:
            run.stop.set()  # its files are deleted once its thread lets go of them

    def close(self) -> None:
        """Stop everything where it is; for the end of the program."""
        self._is_closed = True
        self._clock.stop()
        self._retry.stop()
        for run in self._runs.values():
            run.stop.set()

    # ------------------------------------------------------------ what is shown

    def phase(self, download: Download) -> Phase:
        if download.id in self._runs and download.state == DownloadState.WAITING:
            return Phase.RUNNING
        return Phase(download.state.value)

    def progress(self, download: Download) -> Progress:
        total = download.size_bytes
        run = self._runs.get(download.id)
        if run is None:
            return Progress(self._done.get(download.id, 0), total)
        return Progress(run.done, total, run.pace.bytes_per_s, run.pace.seconds_left(total - run.done))

    def overall(self, kind: str) -> float | None:
        """Return how much of all models or adapters that run is done, from 0 to 1; None while none runs."""
        running = [self.progress(item) for item in self.items if item.kind == kind and item.id in self._runs]
        total = sum(each.total_bytes for each in running)
        return sum(each.done_bytes for each in running) / total if total else None

    # ------------------------------------------------------------ running

    def _refresh(self) -> None:
        def read(repositories: Repositories) -> tuple[tuple[Download, ...], dict[int, int]]:
            downloads = repositories.downloads.list_downloads()
            return downloads, {download.id: self._arrivals.done_bytes(download) for download in downloads}

        self._store.ask(read, self._on_read)

    def _on_read(self, result: tuple[tuple[Download, ...], dict[int, int]]) -> None:
        read, self._done = result
        self.items = tuple(item for item in read if item.id not in self._leaving)
        self.changed.emit()
        self._go_on()

    def _go_on(self) -> None:
        """Start what waits, as long as there is room."""
        self._retry.stop()
        for item in self.items:
            is_settled = item.id not in self._runs and not self._being_set[item.id]
            is_waiting = item.state == DownloadState.WAITING and is_settled
            if is_waiting and self._may_run(item) and len(self._runs) < AT_THE_SAME_TIME and not self._is_closed:
                self._start(item)

    def _may_run(self, download: Download) -> bool:
        """Return whether nothing is in its way: offline mode, files that go, or one that comes for another download."""
        if not download.repo:
            return True
        is_leaving = any(each.repo == download.repo for each in self._leaving.values())
        is_shared = any(item.id in self._runs and _share_a_file(item, download) for item in self.items)
        return self._connection.is_open and not is_leaving and not is_shared

    def _start(self, download: Download) -> None:
        beside = [self.progress(item) for item in self.items if item.id in self._runs]
        reserved = sum(each.total_bytes - each.done_bytes for each in beside)
        run = self._runs[download.id] = _Run(self._done.get(download.id, 0))
        folder = self._arrivals.folder(download)

        def work() -> tuple[str, ...] | None:
            try:
                with purpose(f"Download {download.name} from {download.repo}", run.stop):
                    return run_download(download, folder, self._source(download), run.tell, run.stop, reserved)
            except Stopped:
                return None

        self._background.run_long(work, partial(self._on_run_done, download), partial(self._on_run_failed, download))
        self._clock.start()
        self.changed.emit()

    def _source(self, download: Download) -> Source:
        if not download.repo:
            return LocalSource()
        return HubSource(self._connection.hub(), download.repo, download.revision)

    def _on_run_done(self, download: Download, hashes: tuple[str, ...] | None) -> None:
        if hashes is None or download.id in self._leaving:
            self._end_run(download)
            return

        def taken_in(entry: Entry | None) -> None:
            if entry is not None:  # it must not be begun again before the queue is read
                self.items = tuple(item for item in self.items if item.id != download.id)
            self._end_run(download)
            if isinstance(entry, Adapter):
                self.adapter_finished.emit(entry)
            elif entry is not None:
                self.finished.emit(entry)

        stop = self._runs[download.id].stop
        self._arrivals.take_in(download, hashes, stop, taken_in, partial(self._on_run_failed, download))

    def _on_run_failed(self, download: Download, error: UserError) -> None:
        if self._runs[download.id].stop.is_set:  # and so it does not matter how it has ended
            self._end_run(download)
            return
        self._end_run(download, go_on=False)
        if isinstance(error, TryAgain):
            self._set(download.id, DownloadState.WAITING, str(error), goes_on_later=True)
        else:
            self._set(download.id, DownloadState.FAILED, str(error))
            self.failed.emit(download, error)

    def _end_run(self, download: Download, go_on: bool = True) -> None:
        run = self._runs.pop(download.id)
        self._done[download.id] = run.done
        if not self._runs:
            self._clock.stop()
        if download.id in self._leaving:
            self._discard(download)
        if go_on:
            self._refresh()

    def _discard(self, download: Download) -> None:
        """Delete what is there of a canceled download that does not run any more."""

        def deleted() -> None:
            del self._leaving[download.id]
            self._go_on()

        self._arrivals.discard(download, self.items, deleted)

    def _set(self, download_id: int, state: DownloadState, note: str = "", goes_on_later: bool = False) -> None:
        def settle() -> None:
            self._being_set[download_id] -= 1
            if goes_on_later:
                self._retry.start()

        def done(_none: None) -> None:
            settle()
            self._show_state(download_id, state, note)
            if not goes_on_later:
                self._go_on()

        def not_done(error: UserError) -> None:
            settle()
            self._background.trouble.emit(error)

        self._being_set[download_id] += 1
        self._store.ask(lambda r: r.downloads.set_state(download_id, state, note), done, not_done)

    def _show_state(self, download_id: int, state: DownloadState, note: str) -> None:
        self.items = tuple(
            replace(item, state=state, note=note) if item.id == download_id else item for item in self.items
        )
        self.changed.emit()

    def _on_switched(self, is_open: bool) -> None:
        if is_open:
            self._go_on()
        else:
            for item in self.items:
                if item.repo and (run := self._runs.get(item.id)) is not None:
                    run.stop.set()

    def _item(self, download_id: int) -> Download | None:
        return next((item for item in self.items if item.id == download_id), None)

    def _look(self) -> None:
        for run in self._runs.values():
            run.pace.note(run.done)
        self.progressed.emit()


def _share_a_file(one: Download, other: Download) -> bool:
    return one.repo == other.repo and not {file.path for file in one.files}.isdisjoint(
        file.path for file in other.files
    )
