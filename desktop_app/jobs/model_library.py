"""The models of the library as the window shows them, and what a person does with them."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.store import Store
from desktop_app.library.catalog import add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.records import Model


class ModelLibrary(QObject):
    """Keeps the list of models. Lives in the GUI thread.

    Signals:
        changed(): `models` or `missing` is different.
        added(Model): The person's file is in the library.
        refused(UserError): It is not, and why.
    """

    changed = Signal()
    added = Signal(Model)
    refused = Signal(UserError)

    def __init__(self, store: Store, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self.models: tuple[Model, ...] = ()
        self.missing: frozenset[int] = frozenset()

    def refresh(self) -> None:
        """Read the list again and look which files are still there."""
        self._store.ask(lambda r: r.models.list_models(), self._check)

    def add(self, path: Path) -> None:
        """Add a GGUF file where it lies; its hash is computed afterwards."""
        self._store.ask(lambda r: add_model(r.models, path), self._on_added, self.refused.emit)

    def remove(self, model: Model) -> None:
        """Take a model out of the list; its file stays where it is."""
        self._store.ask(lambda r: r.models.remove(model.id), lambda _none: self.refresh())

    def _on_added(self, model: Model) -> None:
        self.added.emit(model)
        self.refresh()
        if not model.sha256:
            self._background.run(
                lambda: file_sha256(Path(model.path)), lambda sha256: self._set_hash(model, sha256), _ignore
            )

    def _set_hash(self, model: Model, sha256: str) -> None:
        self._store.ask(lambda r: r.models.set_sha256(model.id, sha256), lambda _none: self.refresh())

    def _check(self, models: tuple[Model, ...]) -> None:
        def look() -> frozenset[int]:
            return frozenset(model.id for model in models if not Path(model.path).is_file())

        def show(missing: frozenset[int]) -> None:
            self.models, self.missing = models, missing
            self.changed.emit()

        self._background.run(look, show)


def _ignore(_error: UserError) -> None:
    """A file that cannot be read to its end has no hash; it says so itself once it is loaded."""
