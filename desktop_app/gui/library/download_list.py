"""All downloads of one kind that are not finished, at the top of their page; nothing where there are none."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.gui.library.download_row import DownloadRow
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.question import ask
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Download

WORTH_ASKING_BYTES = 50_000_000


class DownloadList(QWidget):
    """Shows the queue and passes on what the person wants of it.

    Args:
        kind: What comes: models, or adapters; see `jobs.arrivals`.
    """

    def __init__(self, queue: DownloadQueue, connection: HubConnection, kind: str) -> None:
        super().__init__()
        self._queue = queue
        self._kind = kind
        self._connection = connection
        self.rows: dict[int, DownloadRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(scale.SPACE_8)
        self.setAccessibleName("Downloads")
        queue.changed.connect(self._show)
        queue.progressed.connect(self._show_progress)
        connection.switched.connect(lambda _is_open: self._show_progress())
        self._show()

    def _show(self) -> None:
        items = self._items()
        ids = {item.id for item in items}
        for download_id in [each for each in self.rows if each not in ids]:
            row = self.rows.pop(download_id)
            self._column.removeWidget(row)
            row.deleteLater()
        for item in items:
            if item.id not in self.rows:
                row = self.rows[item.id] = DownloadRow(item)
                row.pause_wanted.connect(self._queue.pause)
                row.resume_wanted.connect(self._queue.resume)
                row.cancel_wanted.connect(self._cancel)
                self._column.addWidget(row)
        self.setVisible(bool(self.rows))
        self._show_progress()

    def _items(self) -> list[Download]:
        return [item for item in self._queue.items if item.kind == self._kind]

    def _show_progress(self) -> None:
        for item in self._items():
            if (row := self.rows.get(item.id)) is not None:
                row.show_state(item, self._queue.phase(item), self._queue.progress(item), not self._connection.is_open)

    def _cancel(self, download_id: int) -> None:
        item = next(item for item in self._queue.items if item.id == download_id)
        done = self._queue.progress(item).done_bytes
        if done < WORTH_ASKING_BYTES or ask(
            self,
            f"Cancel the download of {item.name}?",
            f"{readable_size(done)} that are here already are deleted. To go on later, pause it instead.",
            "Cancel the download",
            "Keep it",
        ):
            self._queue.cancel(download_id)
