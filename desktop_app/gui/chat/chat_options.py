"""This chat's own settings at the right: system prompt and sampler, from the declarations of the settings page."""

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from desktop_app.engine.choices import SamplerSettings
from desktop_app.gui.settings.fields import give_margin, make_field
from desktop_app.gui.theme import scale
from desktop_app.settings import options
from desktop_app.settings.option import Option

WIDTH = 300
RANDOM_SEED = -1
_SYSTEM_PROMPT = replace(
    options.SYSTEM_PROMPT, title="System prompt", help="What the model should know or do in this chat."
)
_SAMPLER_OPTIONS: tuple[Option[Any], ...] = (
    options.TEMPERATURE,
    options.TOP_K,
    options.TOP_P,
    options.MIN_P,
    options.REPEAT_PENALTY,
    options.MAX_TOKENS,
)


class ChatOptions(QScrollArea):
    """A form over a system prompt and sampler settings.

    Signals:
        changed(str, SamplerSettings): What the form says now.
    """

    changed = Signal(str, SamplerSettings)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Settings of this chat")
        self._system_prompt = ""
        self._sampler = SamplerSettings()

    def show_values(self, system_prompt: str, sampler: SamplerSettings) -> None:
        """Fill the form anew."""
        self._system_prompt, self._sampler = system_prompt, sampler
        form = QFrame()
        form.setProperty("panel", "sunken")
        layout = QVBoxLayout(form)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        layout.setSpacing(scale.SPACE_4)
        title = QLabel("This chat")
        title.setProperty("role", "section")
        layout.addWidget(title)
        prompt = make_field(_SYSTEM_PROMPT, system_prompt, self._set_system_prompt)
        _add_row(layout, _SYSTEM_PROMPT.title, _SYSTEM_PROMPT.help, prompt)
        for option in _SAMPLER_OPTIONS:
            value = getattr(sampler, option.key)
            field = make_field(option, value, partial(self._set_sampler, option.key))
            _add_row(layout, option.title, option.help, field)
        _add_row(layout, "Seed", "The same seed gives the same answer to the same prompt.", self._seed_field(sampler))
        stop = QLineEdit(", ".join(sampler.stop))
        stop.setAccessibleName("Stop strings")
        stop.editingFinished.connect(lambda: self._set_sampler("stop", _stop_strings(stop.text())))
        _add_row(layout, "Stop strings", "An answer ends before any of these; separate them by commas.", stop)
        layout.addStretch(1)
        self.setWidget(form)

    def _seed_field(self, sampler: SamplerSettings) -> QWidget:
        seed = QSpinBox()
        seed.setAccessibleName("Seed")
        give_margin(seed)
        seed.setFixedHeight(scale.CONTROL_HEIGHT)
        seed.setRange(RANDOM_SEED, 2**31 - 1)
        seed.setSpecialValueText("New each time")
        seed.setValue(RANDOM_SEED if sampler.seed is None else sampler.seed)
        seed.setKeyboardTracking(False)
        seed.valueChanged.connect(lambda value: self._set_sampler("seed", None if value == RANDOM_SEED else value))
        return seed

    def _set_system_prompt(self, text: str) -> None:
        self._system_prompt = text
        self.changed.emit(self._system_prompt, self._sampler)

    def _set_sampler(self, key: str, value: Any) -> None:
        self._sampler = replace(self._sampler, **{key: value})
        self.changed.emit(self._system_prompt, self._sampler)


def _stop_strings(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _add_row(layout: QVBoxLayout, title: str, help_text: str, field: QWidget) -> None:
    label = QLabel(title)
    label.setBuddy(field)
    label.setContentsMargins(0, scale.SPACE_12, 0, 0)
    hint = QLabel(help_text)
    hint.setProperty("role", "small")
    hint.setWordWrap(True)
    layout.addWidget(label)
    layout.addWidget(field)
    layout.addWidget(hint)
