"""Where downloads go, and what becomes of one that is whole: a model or an adapter of the library."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from desktop_app.adapters.arrival import forget_conversion, forget_originals, look_at_downloaded
from desktop_app.adapters.catalog import Inspected, add_downloaded_adapter
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.catalog import add_downloaded
from desktop_app.library.download import discard, done_bytes
from desktop_app.library.places import target_paths
from desktop_app.library.upkeep import Entry, remove_empty_folders
from desktop_app.network.door import Stop, purpose
from desktop_app.paths import DataFolder
from desktop_app.storage.records import Adapter, Download, Model

MODEL, ADAPTER = "model", "adapter"  # kinds of downloads


class Arrivals:
    """Knows what is different between models and adapters on their way. Lives in the GUI thread."""

    def __init__(self, store: Store, background: Background, connection: HubConnection, folder: DataFolder) -> None:
        self._store = store
        self._background = background
        self._connection = connection
        self._folder = folder

    def folder(self, download: Download) -> Path:
        """Return the folder that what it becomes is kept in."""
        return self._folder.adapters if download.kind == ADAPTER else self._folder.models

    def done_bytes(self, download: Download) -> int:
        """Return how much of it is on this disk."""
        try:
            return done_bytes(download, self.folder(download))
        except UserError:
            return 0  # its name is refused when it is started

    def take_in(
        self,
        download: Download,
        hashes: Sequence[str],
        stop: Stop,
        on_done: Callable[[Entry | None], None],
        on_error: Callable[[UserError], None],
    ) -> None:
        """Put into the library what a download has brought, and take it out of the queue.

        Args:
            download: All of it is on this disk.
            hashes: Of its files.
            stop: Has the download left as it is.
            on_done: Called with what is in the library now, or None if it was stopped.
            on_error: Called if it is nothing that can be used, or cannot be converted.
        """
        paths = target_paths(self.folder(download), download)

        def take_in_model(repositories: Repositories) -> Model:
            model = add_downloaded(repositories.models, download, paths, hashes)
            repositories.downloads.remove(download.id)
            return model

        def find_model(repositories: Repositories) -> Path | None:
            models = repositories.models.list_models()
            return next((Path(model.path) for model in models if model.id == download.model_id), None)

        def look(model: Path | None) -> Inspected:
            with purpose(f"Convert {download.name} from {download.repo}", stop):
                return look_at_downloaded(download, paths, hashes, model, self._connection.hub)

        def enter(found: Inspected) -> None:
            self._store.ask(partial(take_in_adapter, found), on_done, on_error)

        def take_in_adapter(found: Inspected, repositories: Repositories) -> Adapter | None:
            if stop.is_set:
                forget_conversion(repositories.adapters, download, found)
                return None
            adapter = add_downloaded_adapter(repositories.adapters, download, found, hashes)
            repositories.downloads.remove(download.id)
            forget_originals(download, paths)
            remove_empty_folders(paths[0].parent, self._folder.adapters)  # it may be one that lies elsewhere
            return adapter

        if download.kind == ADAPTER:
            # Looking at it would keep the storage thread busy for seconds.
            self._store.ask(
                find_model,
                lambda model: self._background.run_long(partial(look, model), enter, on_error),
                on_error,
            )
        else:
            self._store.ask(take_in_model, on_done, on_error)

    def discard(self, download: Download, others: Sequence[Download], on_done: Callable[[], None]) -> None:
        """Take a canceled download out of the queue and delete what is there of it, but nothing of somebody else."""
        folder = self.folder(download)

        def delete(repositories: Repositories) -> None:
            is_adapter = download.kind == ADAPTER
            library = repositories.adapters.list_adapters() if is_adapter else repositories.models.list_models()
            with suppress(UserError):  # nothing was ever stored under such a name
                discard(download, folder, library, others)
            repositories.downloads.remove(download.id)

        self._store.ask(delete, lambda _none: on_done())
