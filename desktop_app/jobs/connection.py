"""The window's way to the Hub: the offline switch, the token, and the list of connections."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs.background import Background
from desktop_app.jobs.preferences import Preferences
from desktop_app.network.door import Door
from desktop_app.network.journal import Connection, Journal
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.settings.option import Option

if TYPE_CHECKING:
    from desktop_app.network.hub import Hub
    from desktop_app.network.token import HubToken, Kept


class HubConnection(QObject):
    """Lives in the GUI thread, but for `hub`.

    Signals:
        switched(bool): Offline mode is on (False) or off (True).
    """

    switched = Signal(bool)

    def __init__(
        self, folder: DataFolder, preferences: Preferences, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._background = background
        self._token: HubToken | None = None
        self._token_lock = threading.Lock()
        self.door = Door(Journal(folder.connections), is_open=not preferences[options.OFFLINE])
        preferences.changed.connect(self._on_preference)

    @property
    def is_open(self) -> bool:
        return self.door.is_open

    def set_open(self, is_open: bool) -> None:
        """Turn the switch, which is one of the settings."""
        self._preferences.set(options.OFFLINE, not is_open)

    def hub(self) -> "Hub":
        """Return the Hub. To be called on another thread: the first call takes its time, a keychain may take longer."""
        from desktop_app.network.hub import Hub

        return Hub(self.door, self._keychain().get())

    def read_journal(self, on_done: Callable[[tuple[Connection, ...]], None]) -> None:
        """Read the list of connections, the newest first."""
        self._background.run(self.door.journal.read, on_done)

    def keep_token(self, token: str, on_done: "Callable[[Kept], None]") -> None:
        """Keep a token; an empty one forgets it."""
        self._background.run_long(lambda: self._keychain().set(token), on_done)

    def find_token(self, on_done: "Callable[[Kept], None]") -> None:
        """Say where there is a token."""
        self._background.run_long(lambda: self._keychain().kept(), on_done)

    def close(self) -> None:
        """End what is connected; the caller then closes `Background`."""
        self.door.close()

    def _keychain(self) -> "HubToken":
        from desktop_app.network.token import HubToken

        with self._token_lock:  # two of them would not know of what the other one has in memory
            if self._token is None:
                self._token = HubToken()
            return self._token

    def _on_preference(self, option: Option[object]) -> None:
        if option is options.OFFLINE:
            self.door.set_open(not self._preferences[options.OFFLINE])
            self.switched.emit(self.door.is_open)
