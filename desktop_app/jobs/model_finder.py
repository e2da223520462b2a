"""Models that are on this computer already: those of other programs, and those in the folder the person has watched."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.catalog import SOURCE_FOLDER, add_model
from desktop_app.library.elsewhere import FoundModel, find_elsewhere
from desktop_app.library.file_errors import Truncated
from desktop_app.library.folder_scan import Search, find_in_folder, part_paths
from desktop_app.library.inspect import inspect_model
from desktop_app.library.upkeep import missing
from desktop_app.settings import options
from desktop_app.settings.option import Option
from desktop_app.storage.models import Models
from desktop_app.storage.records import Model

CALM_MS = 1_000  # a file that is being copied into the folder changes it many times


class ModelFinder(QObject):
    """Lives in the GUI thread.

    Attributes:
        elsewhere: What other programs have and the library does not.

    Signals:
        found(): `elsewhere` is different.
        added(): Models from the watched folder are in the library.
    """

    found = Signal()
    added = Signal()

    def __init__(
        self, store: Store, background: Background, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._preferences = preferences
        self._watcher = QFileSystemWatcher(self)
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self.scan)
        self._watcher.directoryChanged.connect(lambda _path: self._calm.start())
        self._watcher.fileChanged.connect(lambda _path: self._calm.start())
        self.elsewhere: tuple[FoundModel, ...] = ()
        preferences.changed.connect(self._on_preference)

    def look_elsewhere(self) -> None:
        """Look for models of other programs."""

        def show(found: tuple[FoundModel, ...]) -> None:
            self._store.ask(lambda r: _not_known(found, r.models), self._show)

        self._background.run_long(_find_usable, show)

    def scan(self) -> None:
        """Take in what is in the watched folder, and watch it from now on."""
        self._watch_nothing()
        folder = self._preferences[options.WATCHED_FOLDER]
        if folder:
            self._background.run_long(lambda: _look_into(Path(folder)), partial(self._take_in, folder))

    def close(self) -> None:
        """Watch nothing any more; for the end of the program."""
        self._calm.stop()
        self._watch_nothing()

    def _watch_nothing(self) -> None:
        if watched := [*self._watcher.directories(), *self._watcher.files()]:
            self._watcher.removePaths(watched)

    def _show(self, found: tuple[FoundModel, ...]) -> None:
        self.elsewhere = found
        self.found.emit()

    def _take_in(self, folder: str, result: tuple[tuple[str, ...], tuple[Path, ...]]) -> None:
        if folder != self._preferences[options.WATCHED_FOLDER]:  # it was changed meanwhile
            return
        folders, paths = result
        if folders:
            self._watcher.addPaths(folders)
        self._store.ask(lambda r: _add_all(r, paths), self._on_taken_in)

    def _on_taken_in(self, result: tuple[int, dict[Path, int]]) -> None:
        n_added, growing = result
        if growing:  # of a file that is written on, a folder says nothing
            self._watcher.addPaths([str(path) for path in growing])
            if any(_size(path) != size for path, size in growing.items()):
                self._calm.start()
        if n_added:
            self.added.emit()

    def _on_preference(self, option: Option[object]) -> None:
        if option is options.WATCHED_FOLDER:
            self.scan()


def _find_usable() -> tuple[FoundModel, ...]:
    """Return what other programs have and this one can run."""
    found = []
    for each in find_elsewhere():
        try:
            inspect_model(each.path)
        except UserError:
            continue
        found.append(each)
    return tuple(found)


def _look_into(folder: Path) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Return the folders to watch and the models in them."""
    try:
        any(folder.iterdir())
    except OSError:  # it is gone or may not be listed, or its drive does not answer: it cannot be watched either
        return (), ()
    paths = find_in_folder(folder)
    folders = {folder, *Search().folders(folder), *(path.parent for path in paths)}
    return tuple(sorted(map(str, folders))), paths


def _add_all(repositories: Repositories, paths: tuple[Path, ...]) -> tuple[int, dict[Path, int]]:
    """Add what is not known yet and return how many; what cannot be run is passed over.

    Also returned are the files whose end is missing, which may still be coming, with their sizes.
    """
    models = repositories.models.list_models()
    known = {model.path for model in models}
    gone = missing(models)
    lost = [model for model in models if model.id in gone]
    added = 0
    growing: dict[Path, int] = {}
    for path in paths:
        if str(path) in known:
            continue
        sizes = {part: _size(part) for part in part_paths(path)}
        try:
            moved = _moved(path, sum(sizes.values()), lost)
            if moved is not None:
                lost.remove(moved)
                repositories.models.set_path(moved.id, str(path), SOURCE_FOLDER)
            else:
                add_model(repositories.models, path, SOURCE_FOLDER)
        except Truncated:
            growing |= sizes
        except UserError:
            pass
        else:
            added += 1
    return added, growing


def _moved(path: Path, size_bytes: int, lost: list[Model]) -> Model | None:
    """Return the model that this file was before it was moved, as it seems, or None."""
    facts = (path.name, size_bytes)
    return next((model for model in lost if (Path(model.path).name, model.size_bytes) == facts), None)


def _size(path: Path) -> int:
    """Return the size of a file, or -1 if it has just gone."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _not_known(found: tuple[FoundModel, ...], models: Models) -> tuple[FoundModel, ...]:
    known = {str(Path(model.path).resolve()) for model in models.list_models()}
    return tuple(each for each in found if str(each.path.resolve()) not in known)
