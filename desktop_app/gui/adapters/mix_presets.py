"""Stacks with a name: keeping this one, and using those that were kept."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.adapters.mix_section import MixSection
from desktop_app.gui.adapters.name_field import NameField
from desktop_app.gui.library.labels import name_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.jobs.presets import PresetList
from desktop_app.storage.records import Preset, Stack


class MixPresets(MixSection):
    """Signals:
    use_wanted(tuple, str): Use this stack; and what to say about it.
    undo_offered(str, Callable): What was done, and how to undo it.
    """

    use_wanted = Signal(tuple, str)
    undo_offered = Signal(str, object)

    def __init__(self, presets: PresetList) -> None:
        super().__init__(self.tr("Presets"), self.tr("Stacks that are kept under a name, for any chat."))
        self._presets = presets
        self._stack: Stack = ()
        self.rows: list[_PresetRow] = []
        self.name = NameField(self.tr("Name of this stack"))
        self.save = QPushButton(self.tr("Save"))
        self.save.clicked.connect(self._save)
        self.name.entered.connect(self._save)
        self.name.edited.connect(self._show_state)
        self._entry = QWidget()
        row = QHBoxLayout(self._entry)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale.SPACE_8)
        row.addWidget(self.name, 1)
        row.addWidget(self.save)
        self._list = QVBoxLayout()
        self._list.setSpacing(scale.SPACE_8)
        self.column.addWidget(self._entry)
        self.column.addLayout(self._list)
        presets.changed.connect(self._show_presets)
        self._show_presets()

    def show_stack(self, stack: Stack) -> None:
        """Take over what would be saved."""
        self._stack = stack
        self._show_state()

    def _show_state(self) -> None:
        self._entry.setVisible(bool(self._stack))
        self.setVisible(bool(self._stack or self.rows))
        for row in self.rows:
            row.use.setEnabled(row.preset.stack != self._stack)
        is_known = self._called(self.name.text()) is not None
        self.save.setText(self.tr("Replace") if is_known else self.tr("Save"))
        self.save.setEnabled(bool(self._stack) and bool(self.name.text()))

    def _show_presets(self) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [_PresetRow(preset) for preset in self._presets.presets]
        for row in self.rows:
            self._list.addWidget(row)
            row.use.clicked.connect(lambda _checked=False, preset=row.preset: self._use(preset))
            row.delete.clicked.connect(lambda _checked=False, preset=row.preset: self._delete(preset))
        self._show_state()

    def _called(self, name: str) -> Preset | None:
        return next((preset for preset in self._presets.presets if preset.name == name), None)

    def _use(self, preset: Preset) -> None:
        self.use_wanted.emit(preset.stack, self.tr("The stack is now “{name}”.").format(name=preset.name))

    def _save(self) -> None:
        if not self.save.isEnabled():
            return
        name = self.name.text()
        replaced = self._called(name)
        self._presets.save(name, self._stack)
        self.name.clear()
        if replaced is not None and replaced.stack != self._stack:
            words = self.tr("The preset “{name}” was replaced.").format(name=name)
            self.undo_offered.emit(words, lambda: self._presets.save(name, replaced.stack))

    def _delete(self, preset: Preset) -> None:
        self._presets.delete(preset)
        words = self.tr("The preset “{name}” was deleted.").format(name=preset.name)
        self.undo_offered.emit(words, lambda: self._presets.save(preset.name, preset.stack))


class _PresetRow(QWidget):
    """A preset, what is in it, and what can be done with it."""

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self.use = QPushButton(self.tr("Use"))
        self.use.setAccessibleName(self.tr("Use {name}").format(name=preset.name))
        self.delete = IconButton("trash-2", self.tr("Delete {name}").format(name=preset.name))
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(name_label(preset.name, ""))
        text.addWidget(name_label(_contents(preset.stack), "small"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale.SPACE_4)
        row.addLayout(text, 1)
        row.addWidget(self.use)
        row.addWidget(self.delete)


def _contents(stack: Stack) -> str:
    """Return the adapters of a stack and their scales."""
    return ", ".join(f"{entry.name} {entry.scale:.2f}" if entry.is_on else f"{entry.name} off" for entry in stack)
