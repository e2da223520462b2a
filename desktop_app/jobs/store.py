"""What is stored, from the window's side: the repositories on the storage thread, and who is told of changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.paths import DataFolder
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from desktop_app.storage.presets import Presets

_T = TypeVar("_T")


@dataclass(frozen=True)
class Repositories:
    """The open database by subject; to be used on the storage thread only."""

    database: Database
    chats: Chats
    models: Models
    adapters: Adapters
    presets: Presets
    downloads: Downloads

    @classmethod
    def open(cls, folder: DataFolder) -> "Repositories":
        """Open the data folder's database.

        Raises:
            UserError: If the folder or the database cannot be used.
        """
        folder.create()
        database = Database.open(folder.database)
        return cls(
            database, Chats(database), Models(database), Adapters(database), Presets(database), Downloads(database)
        )


class Store(QObject):
    """Asks the storage thread. Lives in the GUI thread.

    Signals:
        conversations_changed(): The list of conversations is not what it was.
        conversation_deleted(int): This one is in the trash or gone for good.
        conversation_renamed(int, str): This one has that title now.
        models_changed(): The same for the models.
    """

    conversations_changed = Signal()
    conversation_deleted = Signal(int)
    conversation_renamed = Signal(int, str)
    models_changed = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._repositories: Repositories | None = None
        self._error = UserError("The data folder is not open.")

    def open(self, folder: DataFolder, on_done: Callable[[], None], on_error: Callable[[UserError], None]) -> None:
        """Open the database; everything asked meanwhile waits for it."""

        def work() -> None:
            try:
                self._repositories = Repositories.open(folder)
            except UserError as error:
                self._error = error
                raise

        self._background.run_in_order(work, lambda _none: on_done(), on_error)

    def ask(
        self,
        work: Callable[[Repositories], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Run `work` on the storage thread, after everything asked before, and `on_done` with its result here."""

        def with_repositories() -> _T:
            if self._repositories is None:
                raise self._error
            return work(self._repositories)

        self._background.run_in_order(with_repositories, on_done, on_error)

    def change(
        self,
        work: Callable[[Repositories], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Like `ask`, for work after which the list of conversations looks different."""

        def done(result: _T) -> None:
            if on_done is not None:
                on_done(result)
            self.conversations_changed.emit()

        self.ask(work, done, on_error)

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        self.change(
            lambda r: r.chats.rename(conversation_id, title),
            lambda _none: self.conversation_renamed.emit(conversation_id, title),
        )

    def suggest_title(self, conversation_id: int, title: str) -> None:
        """Give a conversation a title in place of its first words, unless somebody was faster."""

        def done(is_taken: bool) -> None:
            if is_taken:
                self.conversation_renamed.emit(conversation_id, title)

        self.change(lambda r: r.chats.suggest_title(conversation_id, title), done)

    def trash(self, conversation_id: int, on_done: Callable[[], None]) -> None:
        """Move a conversation to the trash, from where it can be brought back."""
        self._delete(conversation_id, lambda r: r.chats.move_to_trash(conversation_id), on_done)

    def delete_forever(self, conversation_id: int) -> None:
        """Delete a conversation for good."""
        self._delete(conversation_id, lambda r: r.chats.delete_forever(conversation_id), lambda: None)

    def _delete(self, conversation_id: int, work: Callable[[Repositories], None], on_done: Callable[[], None]) -> None:
        def done(_none: None) -> None:
            self.conversation_deleted.emit(conversation_id)
            on_done()

        self.change(work, done)

    def close(self) -> None:
        """Close the database after everything asked before; the caller then closes `Background`."""

        def work() -> None:
            if self._repositories is not None:
                self._repositories.database.close()

        self._background.run_in_order(work)
