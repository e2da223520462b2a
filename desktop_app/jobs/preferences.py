"""The person's settings while the window runs: read at start, told around when changed, saved in the background."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.paths import DataFolder
from desktop_app.settings.option import Option, T
from desktop_app.settings.store import load_settings, save_settings


class Preferences(QObject):
    """Lives in the GUI thread.

    Signals:
        changed(Option): This option has another value.
    """

    changed = Signal(object)

    def __init__(self, folder: DataFolder, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = folder.settings
        self._background = background
        # A small file that the first picture of the window depends on (colors, text size): read here and now.
        self.settings, self.note = load_settings(self._path)

    def __getitem__(self, option: Option[T]) -> T:
        return self.settings[option]

    def load_settings(self) -> LoadSettings:
        """Return how models are to be loaded."""
        return self.settings.load_settings()

    def set(self, option: Option[Any], value: Any) -> None:
        """Change one option and save."""
        if self.settings[option] == value:
            return
        self.settings = settings = self.settings.changed(option, value)
        self.changed.emit(option)
        self._background.run_in_order(lambda: save_settings(self._path, settings), on_error=self._not_saved)

    def _not_saved(self, error: UserError) -> None:
        self._background.trouble.emit(error)
