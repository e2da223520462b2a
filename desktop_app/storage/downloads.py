"""The queue of downloads, so that it is there again after a restart."""

import time
from collections.abc import Callable, Collection, Sequence

from desktop_app.errors import UserError
from desktop_app.storage import rows
from desktop_app.storage.database import Database
from desktop_app.storage.records import Download, DownloadState, RemoteFile


class Downloads:
    """Downloads in the database, in the order in which they were asked for. `clock` gives Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        *,
        name: str,
        files: Sequence[RemoteFile],
        repo: str = "",
        revision: str = "",
        license: str = "",
        kind: str = "model",
        model_id: int | None = None,
        leaving: Collection[int] = (),
    ) -> Download:
        """Put a download at the end of the queue.

        One of the same files that is there already is taken up again, if it is not about to be removed (`leaving`).
        """
        for known in self.list_downloads():
            is_same = (known.repo, known.revision, known.files) == (repo, revision, tuple(files))
            if is_same and known.id not in leaving:
                self.set_state(known.id, DownloadState.WAITING)
                return self.get(known.id)
        download_id = self._database.insert(
            "INSERT INTO downloads (name, repo, revision, license, files, state, created_at, kind, model_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(name, repo, revision, license, rows.to_json(tuple(files)), DownloadState.WAITING, self._clock()),
                *(kind, model_id),
            ),
        )
        return self.get(download_id)

    def get(self, download_id: int) -> Download:
        """Return one download.

        Raises:
            UserError: If it is no longer in the queue.
        """
        row = self._database.one("SELECT * FROM downloads WHERE id = ?", (download_id,))
        if row is None:
            raise UserError("This download is no longer in the list.", "Start it again.")
        return rows.download(row)

    def list_downloads(self) -> tuple[Download, ...]:
        """Return all of them. The order does not depend on the clock of the computer, which may be wrong."""
        return tuple(rows.download(row) for row in self._database.all("SELECT * FROM downloads ORDER BY id"))

    def set_state(self, download_id: int, state: DownloadState, note: str = "") -> None:
        values = (state, note, download_id)
        self._database.change("UPDATE downloads SET state = ?, note = ? WHERE id = ?", values)

    def remove(self, download_id: int) -> None:
        self._database.change("DELETE FROM downloads WHERE id = ?", (download_id,))
