"""One field for each kind of option, so that forms are built from the declared options and never by hand."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from desktop_app.gui.settings.folder_field import FolderField
from desktop_app.gui.theme import scale
from desktop_app.settings.option import Choice, Decimal, Folder, Line, Option, Text, Toggle, Whole

TEXT_LINES = 4


class _WheelGuard(QObject):
    """Keeps the wheel from changing a field that the person only scrolls past."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent) and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def make_field(option: Option[Any], value: Any, on_change: Callable[[Any], None]) -> QWidget:
    """Return a field that shows `value` and calls `on_change` with each new one."""
    field = _bare_field(option, value, on_change)
    field.setAccessibleName(option.title)
    field.setAccessibleDescription(option.help)
    if isinstance(field, QSpinBox | QDoubleSpinBox | QComboBox):
        field.setFixedHeight(scale.CONTROL_HEIGHT)
        keep_wheel_away(field)
    if isinstance(field, QSpinBox | QDoubleSpinBox):
        give_margin(field)
    return field


def show_value(field: QWidget, value: Any) -> None:
    """Show a value that was chosen somewhere else; only switches and folders can be."""
    if isinstance(field, QCheckBox):
        field.setChecked(value)
    elif isinstance(field, FolderField):
        field.show_folder(value)


def keep_wheel_away(field: QWidget) -> None:
    """Let the wheel change a field only while it has the focus."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_WheelGuard(field))


def give_margin(box: QAbstractSpinBox) -> None:
    """Put the number where other fields have their text; the style sheet's padding does not reach it."""
    for line in box.findChildren(QLineEdit):
        line.setTextMargins(scale.SPACE_8, 0, 0, 0)


def _bare_field(option: Option[Any], value: Any, on_change: Callable[[Any], None]) -> QWidget:
    if isinstance(option, Toggle):
        box = QCheckBox()
        box.setChecked(value)
        box.toggled.connect(on_change)
        return box
    if isinstance(option, Whole):
        return _whole(option, value, on_change)
    if isinstance(option, Decimal):
        decimal = QDoubleSpinBox()
        decimal.setDecimals(option.decimals)
        decimal.setRange(option.minimum, option.maximum)
        decimal.setSingleStep(option.step)
        decimal.setValue(value)
        decimal.setKeyboardTracking(False)
        decimal.valueChanged.connect(lambda number: on_change(round(number, option.decimals)))
        return decimal
    if isinstance(option, Choice):
        combo = QComboBox()
        for stored, words in option.choices:
            combo.addItem(words, stored)
        combo.setCurrentIndex(combo.findData(value))
        combo.currentIndexChanged.connect(lambda index: on_change(combo.itemData(index)))
        return combo
    if isinstance(option, Folder):
        folder = FolderField(option.title, value)
        folder.chosen.connect(on_change)
        return folder
    if isinstance(option, Line):
        line = QLineEdit(value)
        line.setMaxLength(option.max_chars)
        line.editingFinished.connect(lambda: on_change(line.text().strip()))
        return line
    assert isinstance(option, Text)
    return _text(option, value, on_change)


def _whole(option: Whole, value: int, on_change: Callable[[Any], None]) -> QSpinBox:
    number = QSpinBox()
    number.setRange(option.minimum, option.maximum)
    number.setGroupSeparatorShown(True)
    number.setValue(value)
    number.setKeyboardTracking(False)
    number.setSpecialValueText(option.lowest)
    if option.unit:
        number.setSuffix(f" {option.unit}")
    number.valueChanged.connect(on_change)
    return number


def _text(option: Text, value: str, on_change: Callable[[Any], None]) -> QPlainTextEdit:
    edit = QPlainTextEdit(value)
    edit.setTabChangesFocus(True)
    edit.setFixedHeight(edit.fontMetrics().lineSpacing() * TEXT_LINES + 20)
    edit.textChanged.connect(lambda: on_change(edit.toPlainText()[: option.max_chars]))
    return edit
