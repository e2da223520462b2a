"""Every value of the recipe with its field, its help and the way back to what the preset has; built from `expert`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.finetune.expert import EXPERT_OPTIONS, Matter, Value, as_preset, chosen, shown
from desktop_app.finetune.recipe import Choices
from desktop_app.gui.library.labels import plain_label, set_role
from desktop_app.gui.settings.fields import make_field
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.beside import Beside
from desktop_app.settings.option import Choice, Option, Whole

FIELD_WIDTH = 220
_CHARACTERS = 56
_AS_PRESET = "as the preset has it"


class ExpertForm(QWidget):
    """Attributes:
    rows: By the names of `Choices`.

    Signals:
        changed(dict): What is chosen besides the preset now.
    """

    changed = Signal(dict)

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, Value] = {}
        self.rows: dict[str, _Row] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_12)
        section = ""
        for option in EXPERT_OPTIONS:
            if option.section != section:
                section = option.section
                heading = plain_label(section, "heading")
                heading.setContentsMargins(0, scale.SPACE_8, 0, 0)
                column.addWidget(heading)
            row = self.rows[option.key] = _Row(option)
            row.chosen.connect(lambda value, key=option.key: self._choose(key, value))
            row.reset.connect(lambda key=option.key: self._reset(key))
            column.addWidget(row)

    def show_choices(self, choices: Choices, values: Mapping[str, Value], matter: Matter) -> None:
        """Show what is chosen, and what the preset has where nothing is."""
        self._values = dict(values)
        for key, row in self.rows.items():
            row.show_value(values.get(key), as_preset(key, choices, matter), matter.n_ctx_train)

    def _choose(self, key: str, value: Value) -> None:
        self._values[key] = chosen(key, value)
        self.changed.emit(dict(self._values))

    def _reset(self, key: str) -> None:
        if self._values.pop(key, None) is not None:
            self.changed.emit(dict(self._values))


class _Row(QWidget):
    """A title, its help, and the field.

    Signals:
        chosen(object): A value that the preset does not have.
        reset(): As the preset has it.
    """

    chosen = Signal(object)
    reset = Signal()

    def __init__(self, option: Option[Any]) -> None:
        super().__init__()
        self._option = option
        self._preset: Value = option.default
        self._shown: Value | None = None
        self._n_ctx_train = 0
        self.title = plain_label(option.title)
        words = QWidget()
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(scale.SPACE_4 // 2)
        lines.addWidget(self.title)
        lines.addWidget(plain_label(option.help, "small", wraps=True))
        lines.addStretch(1)
        self.reset_button = QPushButton()
        self.reset_button.setProperty("kind", "back")
        self.reset_button.clicked.connect(self.reset)
        self.field: QWidget | None = None
        side = QWidget()
        self._side = QVBoxLayout(side)
        self._side.setContentsMargins(0, 0, 0, 0)
        self._side.setSpacing(scale.SPACE_4 // 2)
        self._side.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._side.addStretch(1)
        side.setFixedWidth(FIELD_WIDTH)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(Beside(words, side, _CHARACTERS, (1, 0)))

    def show_value(self, value: Value | None, preset: Value, n_ctx_train: int) -> None:
        """Show what is chosen, or what the preset has."""
        self._preset = preset
        now = shown(preset if value is None else value)
        if (now, n_ctx_train) != (self._shown, self._n_ctx_train):  # or it would lose the focus
            self._shown, self._n_ctx_train = now, n_ctx_train
            self._make_field(_within(self._option, now, n_ctx_train), now)
        is_own = value is not None
        set_role(self.title, "heading" if is_own else "")
        self.reset_button.setVisible(is_own)
        self.reset_button.setText(f"Back to {self._words(preset)}")
        self.reset_button.setAccessibleName(f"{self._option.title}: {_AS_PRESET}, {self._words(preset)}")
        self.reset_button.setToolTip(f"{_AS_PRESET.capitalize()}")

    def _make_field(self, option: Option[Any], value: Value) -> None:
        before = self.field
        self.field = make_field(option, value, self._on_change)
        self.title.setBuddy(self.field)
        self._side.insertWidget(0, self.field)
        if before is not None:
            self.setTabOrder(before, self.field)
            before.hide()
            before.deleteLater()

    def _on_change(self, value: Value) -> None:
        self._shown = value
        if value == self._preset:
            self.reset.emit()
        else:
            self.chosen.emit(value)

    def _words(self, value: Value) -> str:
        if isinstance(self._option, Choice):
            return next((words for stored, words in self._option.choices if stored == value), str(value))
        if isinstance(self._option, Whole) and value == self._option.minimum and self._option.lowest:
            return self._option.lowest.lower()
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _within(option: Option[Any], value: Value, n_ctx_train: int) -> Option[Any]:
    """Return the option with limits for this model, and with a value that was chosen elsewhere."""
    if option.key == "length" and isinstance(option, Whole):
        return replace(option, maximum=max(option.minimum, min(option.maximum, n_ctx_train)))
    if isinstance(option, Choice) and option.accepted(value) is None:
        return replace(option, choices=(*option.choices, (str(value), str(value).replace(" ", ", "))))
    return option
