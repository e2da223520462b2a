"""One adapter of a stack: a dot that switches it on and off, its name, its slider, and a way to take it out."""

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop_app.gui.adapters.scale_slider import ScaleSlider
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.theme.tokens import hue
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import StackEntry

_NAME_WIDTH = 132
_SLIDER_WIDTH = 72
_DOT = 10


class StackChip(QFrame):
    """Shows one entry and says what the person does to it.

    Signals:
        changed(StackEntry): Another scale, or on or off.
        removed(): It should leave the stack.
        move_wanted(int): It should change places with the one so many places after (or before) it.
        dragged(QPoint): Its name is being dragged to this place of the screen.
    """

    changed = Signal(StackEntry)
    removed = Signal()
    move_wanted = Signal(int)
    dragged = Signal(QPoint)

    def __init__(self, entry: StackEntry, trouble: str = "") -> None:
        super().__init__()
        self.entry = entry
        self.setProperty("panel", "chip")
        self.setFixedHeight(scale.TOUCH_HEIGHT)
        self.setAccessibleName(self.tr("Adapter {name}").format(name=entry.name))
        self.dot = _Dot(hue(entry.sha256), entry.name)
        self.dot.setChecked(entry.is_on)
        self.dot.clicked.connect(lambda checked: self._change(is_on=checked))
        self._name = _Name(entry.name)
        self._name.dragged.connect(self.dragged)
        self._warning = IconButton("triangle-alert", trouble, token="warn", size=scale.ICON_SIZE_SMALL)
        self._warning.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider = ScaleSlider(hue(entry.sha256), entry.name)
        self.slider.setFixedSize(_SLIDER_WIDTH, scale.TOUCH_HEIGHT - 4)
        self.slider.show_scale(entry.scale)
        self.slider.scale_changed.connect(lambda value: self._change(scale=value))
        self._value = QLabel()
        self._value.setProperty("role", "small")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("0.00"))
        self.remove = IconButton(
            "x", self.tr("Take {name} out of the stack").format(name=entry.name), size=scale.ICON_SIZE_SMALL
        )
        self.remove.clicked.connect(self.removed)
        self._lay_out()
        self._warning.setVisible(bool(trouble))
        self._add_actions()
        self._show_state()

    def _change(self, **changes: object) -> None:
        self.entry = replace(self.entry, **changes)
        self._show_state()
        self.changed.emit(self.entry)

    def _show_state(self) -> None:
        self._value.setText(f"{self.entry.scale:.2f}")
        self.slider.setEnabled(self.entry.is_on)
        self._name.setEnabled(self.entry.is_on)
        self._value.setEnabled(self.entry.is_on)
        self._name.setProperty("role", "" if self.entry.is_on else "hint")
        for label in (self._name, self._value):
            label.style().polish(label)

    def _add_actions(self) -> None:
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for words, do in (
            (self.tr("Move to the left"), lambda: self.move_wanted.emit(-1)),
            (self.tr("Move to the right"), lambda: self.move_wanted.emit(1)),
            (self.tr("As trained (scale 1)"), lambda: self.slider.setValue(100)),
            (self.tr("Take out of the stack"), self.removed.emit),
        ):
            action = QAction(words, self)
            action.triggered.connect(do)
            self.addAction(action)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_4, 0, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        parts: tuple[QWidget, ...] = (self.dot, self._warning, self._name, self.slider, self._value, self.remove)
        for part in parts:
            layout.addWidget(part)
        layout.insertSpacing(parts.index(self.slider), scale.SPACE_4)


class _Name(ElidedLabel):
    """The name, by which the chip can be dragged; as wide as it needs to be, but not wider than fits a row."""

    dragged = Signal(QPoint)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pressed: QPoint | None = None
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setMaximumWidth(_NAME_WIDTH)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.globalPosition().toPoint()
        far = QApplication.startDragDistance()
        if self._pressed is not None and (place - self._pressed).manhattanLength() >= far:
            self.dragged.emit(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None


class _Dot(QAbstractButton):
    """Full while the adapter acts, a ring while it does not."""

    def __init__(self, hue_token: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hue = hue_token
        self.setCheckable(True)
        self.setFixedSize(scale.ICON_SIZE, scale.TOUCH_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("{name} acts").format(name=name))
        self.setToolTip(self.tr("Switch {name} on or off").format(name=name))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        color = QColor(getattr(tokens, self._hue))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 2))
        painter.setBrush(color if self.isChecked() else Qt.BrushStyle.NoBrush)
        center = self.rect().center()
        painter.drawEllipse(center, _DOT // 2, _DOT // 2)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(center, _DOT // 2 + 4, _DOT // 2 + 4)
