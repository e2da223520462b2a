"""What new chats with one model start with, where that is something else than the settings say."""

from dataclasses import replace
from functools import partial
from typing import Any

from msgspec.structs import replace as changed
from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.engine.choices import SamplerSettings
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.settings.fields import make_field
from desktop_app.gui.theme import scale
from desktop_app.jobs.preferences import Preferences
from desktop_app.settings import options
from desktop_app.settings.option import Option, Text
from desktop_app.storage.records import Model, ModelDefaults

FIELD_WIDTH = 240
CALM_MS = 600  # while somebody types, not every letter is stored
LIKE_THE_SETTINGS = "Like the settings"

_PROMPT = replace(options.SYSTEM_PROMPT, title="System prompt")
_CONTEXT = replace(options.CONTEXT_LENGTH, lowest=LIKE_THE_SETTINGS)
_SAMPLER: tuple[Option[Any], ...] = tuple(
    option for option in options.OPTIONS if option.section == options.ANSWERS and hasattr(SamplerSettings, option.key)
)


class ModelDefaultsForm(QWidget):
    """Built from the declared options. What is not switched on follows the settings.

    Args:
        preferences: What a model's own values begin with; None for the defaults of the program.

    Signals:
        changed(Model, ModelDefaults): What the form says now, a moment after the last change.
    """

    changed = Signal(Model, ModelDefaults)

    def __init__(self, preferences: Preferences | None = None) -> None:
        super().__init__()
        self._preferences = preferences
        self._model: Model | None = None
        self.defaults = ModelDefaults()
        self.fields: dict[str, QWidget] = {}
        self._sampler = SamplerSettings()
        self._form: QWidget | None = None
        self._calm = QTimer(self, singleShot=True, interval=CALM_MS)
        self._calm.timeout.connect(self._tell)
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.store)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def open(self, model: Model) -> None:
        """Fill the form anew, with what is stored for this model."""
        self.store()
        self._model, self.defaults = model, model.defaults
        self.fields = {}
        if self._form is not None:
            self._form.hide()
            self._form.deleteLater()
        self._form = self._filled()
        self._column.addWidget(self._form)

    def store(self) -> None:
        """Tell at once what was changed last."""
        if self._calm.isActive():
            self._calm.stop()
            self._tell()

    def hideEvent(self, event: QHideEvent) -> None:
        self.store()

    # ------------------------------------------------------------ changes

    def _own_prompt(self, is_own: bool) -> None:
        edit = self.fields[_PROMPT.key]
        edit.setVisible(is_own)
        text = edit.toPlainText()  # type: ignore[attr-defined]
        self._set(system_prompt=text if is_own else None)

    def _set_prompt(self, text: str) -> None:
        self._set(system_prompt=text)

    def _own_sampler(self, is_own: bool) -> None:
        self._sampler_rows.setVisible(is_own)
        self._set(sampler=self._sampler if is_own else None)

    def _set_sampler(self, key: str, value: Any) -> None:
        self._sampler = replace(self._sampler, **{key: value})
        self._set(sampler=self._sampler)

    def _set_context(self, n_ctx: int) -> None:
        self._set(n_ctx=n_ctx)

    def _set(self, **values: Any) -> None:
        self.defaults = changed(self.defaults, **values)
        self._calm.start()

    def _tell(self) -> None:
        if self._model is not None:
            self.changed.emit(self._model, self.defaults)

    # ------------------------------------------------------------ the parts

    def _filled(self) -> QWidget:
        settings = self._preferences.settings if self._preferences else None
        defaults = self.defaults
        prompt = defaults.system_prompt
        if prompt is None:
            prompt = settings[options.SYSTEM_PROMPT] if settings else _PROMPT.default
        self._sampler = defaults.sampler or (settings.sampler() if settings else SamplerSettings())
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_12)
        self.prompt_box = _switch("Own system prompt", defaults.system_prompt is not None, self._own_prompt)
        edit = self._add_field(_PROMPT, prompt, self._set_prompt)
        self.sampler_box = _switch("Own settings for answers", defaults.sampler is not None, self._own_sampler)
        self._sampler_rows = QWidget()
        rows = QVBoxLayout(self._sampler_rows)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(scale.SPACE_12)
        for option in _SAMPLER:
            field = self._add_field(option, getattr(self._sampler, option.key), partial(self._set_sampler, option.key))
            rows.addWidget(_row(option, field))
        column.addWidget(_row(_CONTEXT, self._add_field(_CONTEXT, defaults.n_ctx, self._set_context)))
        for part in (self.prompt_box, edit, self.sampler_box, self._sampler_rows):
            column.addWidget(part)
        edit.setVisible(self.prompt_box.isChecked())
        self._sampler_rows.setVisible(self.sampler_box.isChecked())
        return form

    def _add_field(self, option: Option[Any], value: Any, on_change: Any) -> QWidget:
        field = self.fields[option.key] = make_field(option, value, on_change)
        if not isinstance(option, Text):
            field.setMinimumWidth(FIELD_WIDTH)
            field.setSizePolicy(QSizePolicy.Policy.Fixed, field.sizePolicy().verticalPolicy())
        return field


def _switch(words: str, is_on: bool, on_change: Any) -> QCheckBox:
    box = QCheckBox(words)
    box.setChecked(is_on)
    box.toggled.connect(on_change)
    return box


def _row(option: Option[Any], field: QWidget) -> QWidget:
    """Return a field with its title and help beside it."""
    title = QLabel(option.title)
    title.setBuddy(field)
    words = QVBoxLayout()
    words.setSpacing(scale.SPACE_4 // 2)
    words.addWidget(title)
    words.addWidget(plain_label(option.help, "small", wraps=True))
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(scale.SPACE_24)
    layout.addLayout(words, 1)
    layout.addWidget(field, 0, Qt.AlignmentFlag.AlignVCenter)
    return row
