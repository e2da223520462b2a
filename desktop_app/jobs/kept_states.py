"""KV states on disk, as the window sees them: whether and how many the engine may keep, and that none outlives what it
belongs to.
"""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from desktop_app.engine.messages import StateFolder
from desktop_app.engine.state_files import remove_states
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.store import Repositories, Store
from desktop_app.settings import options
from desktop_app.settings.option import Option

_GB = 1_000_000_000


class KeptStates(QObject):
    """Follows the person's settings and deletions. Lives in the GUI thread.

    Args:
        folder: Where the engine keeps states.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        engine: Engine,
        background: Background,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._store = store
        self._engine = engine
        self._background = background
        self._preferences = preferences
        store.conversation_deleted.connect(self._forget)
        preferences.changed.connect(self._on_preference)
        self._tell_engine()

    def tidy(self) -> None:
        """Remove what belongs to no conversation, e.g. because the program ended too early; once at the start."""
        folder, are_wanted = self._folder, self._preferences[options.KEEP_STATES]

        def work(repositories: Repositories) -> None:
            kept = {each.id for each in repositories.chats.list_conversations()} if are_wanted else set()
            remove_states(folder, lambda conversation: conversation not in kept)

        self._store.ask(work)

    def _forget(self, conversation: int) -> None:
        # Both, in whatever order: the engine may be about to write one, and it may not be running.
        self._engine.forget(conversation)
        self._background.run(lambda: remove_states(self._folder, lambda each: each == conversation))

    def _on_preference(self, option: Option[Any]) -> None:
        if option in (options.KEEP_STATES, options.STATE_DISK_GB):
            self._tell_engine()
        if option is options.KEEP_STATES and not self._preferences[options.KEEP_STATES]:
            # An engine that keeps its model goes on with what it was loaded with; `tidy` sees to that.
            self._engine.let_go(lambda: self._background.run(lambda: remove_states(self._folder, lambda _each: True)))

    def _tell_engine(self) -> None:
        """What is chosen counts from the next loading of a model on."""
        limit_bytes = self._preferences[options.STATE_DISK_GB] * _GB
        is_wanted = self._preferences[options.KEEP_STATES]
        self._engine.states = StateFolder(str(self._folder), limit_bytes) if is_wanted else None
