"""What a person does with one model of the library: check it, find it again, delete it, give it defaults, renew it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.catalog import SOURCE_FILE
from desktop_app.library.file_errors import shown_name
from desktop_app.library.offers import Offer, find_offers
from desktop_app.library.outlook import cached_header
from desktop_app.library.upkeep import Verified, check_same, delete_files, disk_bytes, files_of, verify
from desktop_app.network.records import HubRepo
from desktop_app.storage.records import Model, ModelDefaults

LOOK_MS = 100


@dataclass(frozen=True)
class FileFacts:
    """What a look at a model's files tells.

    Attributes:
        files: All of them, the one with the header first.
        disk_bytes: Of those that are there.
        chat_template: None where it has none.
        trouble: Why its header could not be read, or empty.
    """

    files: tuple[Path, ...]
    disk_bytes: int
    chat_template: str | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Usage:
    """What would be missed if a model were deleted.

    Attributes:
        n_adapters: How many of the library were measured on it.
    """

    disk_bytes: int
    n_conversations: int
    n_adapters: int = 0


@dataclass(frozen=True)
class Update:
    """A version of a model on the Hub that is another one than what is here."""

    repo: HubRepo
    offer: Offer


class _Check:
    """A model that is being verified. `fraction` is written by its thread and read by the window's."""

    def __init__(self) -> None:
        self.stop = Event()
        self.fraction = 0.0

    def tell(self, fraction: float) -> None:
        self.fraction = fraction


class ModelCare(QObject):
    """Lives in the GUI thread.

    Args:
        models: The folder that downloaded models are kept in.
        release: Calls its second argument once nothing uses the files of the first any more.

    Signals:
        changed(): What is stored about the models is different.
        verifying(): What `verification` says is different.
        told(str): Something went as the person wished, in a sentence.
        refused(UserError): It did not.
        damaged(Model, UserError): Its files are not what they were.
    """

    changed = Signal()
    verifying = Signal()
    told = Signal(str)
    refused = Signal(UserError)
    damaged = Signal(Model, UserError)

    def __init__(
        self,
        store: Store,
        background: Background,
        connection: HubConnection,
        models: Path,
        release: Callable[[Model, Callable[[], None]], None] = lambda _model, then: then(),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._connection = connection
        self.models = models
        self._release = release
        self._checks: dict[int, _Check] = {}
        self._is_closing = Event()
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self.verifying)

    # ------------------------------------------------------------ checking

    def verify(self, model: Model) -> None:
        """Read all its files and compare them with the hashes that are known."""
        if model.id in self._checks:
            return
        check = self._checks[model.id] = _Check()
        self._background.run_long(
            lambda: verify(model, check.tell, check.stop.is_set),
            partial(self._on_verified, model),
            partial(self._on_not_verified, model),
        )
        self._clock.start()
        self.verifying.emit()

    def stop_verifying(self, model: Model) -> None:
        if (check := self._checks.get(model.id)) is not None:
            check.stop.set()

    def verification(self, model: Model) -> float | None:
        """Return how much of it has been read, from 0 to 1; None while it is not being checked."""
        check = self._checks.get(model.id)
        return None if check is None else check.fraction

    def _on_verified(self, model: Model, verified: Verified | None) -> None:
        self._end_check(model)
        if verified is None:
            return

        def write(repositories: Repositories) -> None:
            if not model.sha256:
                repositories.models.set_sha256(model.id, verified.sha256)
            repositories.models.set_verified(model.id)

        self._store.ask(write, lambda _none: self.changed.emit())
        self.told.emit(
            f"{model.name} is unchanged: every byte is as it was when it came."
            if verified.had_hashes
            else f"The hash of {model.name} was noted. From now on it can be compared with it."
        )

    def _on_not_verified(self, model: Model, error: UserError) -> None:
        self._end_check(model)
        self.damaged.emit(model, error)

    def _end_check(self, model: Model) -> None:
        del self._checks[model.id]
        if not self._checks:
            self._clock.stop()
        self.verifying.emit()

    # ------------------------------------------------------------ where it is

    def facts(self, model: Model, on_done: Callable[[FileFacts], None]) -> None:
        """Look at its files."""
        self._background.run(lambda: _look_at(model), on_done)

    def find_at(self, model: Model, path: Path) -> None:
        """Take a file that was moved as this model again, if it is the same."""

        def write(sha256: str) -> None:
            where = (str(path.absolute()), SOURCE_FILE, sha256)
            self._store.ask(
                lambda r: r.models.set_path(model.id, *where), lambda _none: self.changed.emit(), self.refused.emit
            )

        self.told.emit(f"“{shown_name(path)}” is being read, to see whether it is {model.name}.")
        check = partial(check_same, model, path, self._is_closing.is_set)
        self._background.run_long(check, write, self.refused.emit)

    def usage(self, model: Model, on_done: Callable[[Usage], None]) -> None:
        """Tell what deleting the model would free and who would miss it."""

        def count(repositories: Repositories) -> Usage:
            known = {adapter.sha256 for adapter in repositories.adapters.list_adapters()}
            measured = {proof.adapter_sha256 for proof in repositories.adapters.proofs_of(model.sha256)}
            n_conversations = repositories.models.n_conversations(model.id)
            return Usage(disk_bytes(model), n_conversations, len(known & measured))

        self._store.ask(count, on_done)

    def delete(self, model: Model) -> None:
        """Delete its files and forget it. Conversations with it stay."""

        def write(repositories: Repositories) -> None:
            delete_files(model, self.models, repositories.models.list_models())
            repositories.models.remove(model.id)

        def deleted(_none: None) -> None:
            self.changed.emit()
            self.told.emit(f"{model.name} was deleted.")

        self._release(model, lambda: self._store.ask(write, deleted, self.refused.emit))

    # ------------------------------------------------------------ what is stored about it

    def set_defaults(self, model: Model, defaults: ModelDefaults) -> None:
        """Set what new chats with it start with."""
        self._store.ask(lambda r: r.models.set_defaults(model.id, defaults), lambda _none: self.changed.emit())

    def look_for_update(
        self,
        model: Model,
        on_done: Callable[[Update | None], None],
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Ask the Hub whether it has another version of a downloaded model. Trouble is `refused` without `on_error`."""
        self._background.run_long(
            lambda: _find_update(self._connection.hub().repo(model.repo), model),
            on_done,
            on_error or self.refused.emit,
        )

    def close(self) -> None:
        """Stop everything; for the end of the program."""
        self._clock.stop()
        self._is_closing.set()
        for check in self._checks.values():
            check.stop.set()


def _look_at(model: Model) -> FileFacts:
    files, size = files_of(model), disk_bytes(model)
    try:
        return FileFacts(files, size, cached_header(files[0]).chat_template)
    except UserError as error:
        return FileFacts(files, size, trouble=str(error))


def _find_update(repo: HubRepo, model: Model) -> Update | None:
    first = model.files[0] if model.files else None
    for offer in find_offers(repo.files):
        if first is not None and offer.files[0].path == first.path and offer.files[0].sha256 != first.sha256:
            return Update(repo, offer)
    return None
