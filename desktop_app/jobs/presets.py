"""The stacks that have a name."""

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.records import Preset, Stack


class PresetList(QObject):
    """Lives in the GUI thread.

    Signals:
        changed(): `presets` is different.
    """

    changed = Signal()

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.presets: tuple[Preset, ...] = ()

    def refresh(self) -> None:
        """Read the list."""
        self._store.ask(lambda r: r.presets.list_presets(), self._show)

    def save(self, name: str, stack: Stack) -> None:
        """Keep a stack under this name, in place of what was kept under it before."""

        def write(repositories: Repositories) -> tuple[Preset, ...]:
            repositories.presets.save(name, stack)
            return repositories.presets.list_presets()

        self._store.ask(write, self._show)

    def delete(self, preset: Preset) -> None:
        """Forget a preset; conversations that use its stack keep theirs."""

        def write(repositories: Repositories) -> tuple[Preset, ...]:
            repositories.presets.delete(preset.id)
            return repositories.presets.list_presets()

        self._store.ask(write, self._show)

    def _show(self, presets: tuple[Preset, ...]) -> None:
        self.presets = presets
        self.changed.emit()
