"""The slider for one adapter's scale: from 0 to 2, where 1, "as trained", is in the middle."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider

from desktop_app.gui.theme import theme

MAX_SCALE = 2.0
_STEPS = 100  # to 1
_KEY_STEP = 5  # what an arrow key changes


class ScaleSlider(QSlider):
    """In an adapter's color. A click goes where it is, a double click back to 1.

    Signals:
        scale_changed(float): The person has moved it.
    """

    scale_changed = Signal(float)

    def __init__(self, hue: str, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._hue = hue
        self.setRange(0, round(MAX_SCALE * _STEPS))
        self.setSingleStep(_KEY_STEP)
        self.setPageStep(2 * _KEY_STEP)
        self.setAccessibleName(self.tr("Scale of {name}").format(name=name))
        self.setToolTip(
            self.tr("How strongly {name} acts; a double click goes back to 1, as trained").format(name=name)
        )
        self.setValue(_STEPS)
        self.valueChanged.connect(lambda value: self.scale_changed.emit(value / _STEPS))
        self._restyle()
        theme().changed.connect(self._restyle)

    def show_scale(self, scale: float) -> None:
        """Show a scale without a word of it."""
        self.blockSignals(True)
        self.setValue(round(scale * _STEPS))
        self.blockSignals(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style = self.style()
        handle = style.subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self)
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(event.position().toPoint()):
            place = round(event.position().x()) - handle.width() // 2
            span = self.width() - handle.width()
            self.setValue(
                QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, span, option.upsideDown)
            )
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setValue(_STEPS)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # who scrolls over it wants to scroll

    def _restyle(self) -> None:
        color, tokens = getattr(theme().tokens, self._hue), theme().tokens
        self.setStyleSheet(
            f"QSlider::sub-page:horizontal {{ background: {color}; }}"
            f"QSlider::handle:horizontal {{ border-color: {color}; }}"
            f"QSlider::handle:horizontal:focus {{ background: {color}; border-color: {tokens.text}; }}"
            f"QSlider::sub-page:horizontal:disabled {{ background: {tokens.handle}; }}"
            f"QSlider::handle:horizontal:disabled {{ border-color: {tokens.handle}; }}"
        )
