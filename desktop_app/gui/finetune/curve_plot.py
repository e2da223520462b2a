"""The plot of a curve. Only this file imports pyqtgraph, which takes half a second; `curve` loads it elsewhere."""

import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent

from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.theme import scale, theme

pyqtgraph.setConfigOptions(antialias=True)

_GRID_ALPHA = 0.35
_POINT, _MARKER = 3, 8
_LEAST_SPAN = 0.1  # nats; a flat line is to look flat
_AIR = 0.06  # of the span, above and below


class _StepAxis(pyqtgraph.AxisItem):  # type: ignore[misc]  # it has no types
    """There is no step between two steps, so none is written there."""

    def tickSpacing(self, minimum: float, maximum: float, size: float) -> list[tuple[float, float]]:
        spacings: list[tuple[float, float]] = super().tickSpacing(minimum, maximum, size)
        return [(max(1.0, spacing), offset) for spacing, offset in spacings]


class CurvePlot(pyqtgraph.PlotWidget):  # type: ignore[misc]  # it has no types
    """Points and a line of the training loss, and a line with markers of the loss on what was held out.

    Signals:
        pointed(object): At this step, or at none (None).
    """

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__(background=None, enableMenu=False, axisItems={"bottom": _StepAxis("bottom")})
        self._values = CurveValues()
        self._token = "accent"
        self._pointed: int | None = None
        self.setFrameShape(self.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setMouseEnabled(x=False, y=False)
        self.viewport().setAutoFillBackground(False)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # a background that is kept has the color of the window
        self.getPlotItem().layout.setContentsMargins(0, scale.SPACE_8, scale.SPACE_16, 0)
        self.hideButtons()
        menu = self.getPlotItem().ctrlMenu  # which nobody sees, and which has no owner
        menu.setParent(self, menu.windowFlags())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.points = pyqtgraph.ScatterPlotItem(size=_POINT, pxMode=True, pen=None)
        self.training = pyqtgraph.PlotCurveItem()
        self.held_out = pyqtgraph.PlotDataItem(symbol="o", symbolSize=_MARKER)
        self.best = pyqtgraph.ScatterPlotItem(size=_MARKER + 6, pxMode=True, brush=None)
        self.pointer = pyqtgraph.InfiniteLine(angle=90)
        self.pointer.hide()
        for item in (self.pointer, self.points, self.training, self.held_out, self.best):
            self.addItem(item)
        theme().changed.connect(self.wear)
        self.wear()

    def sizeHint(self) -> QSize:
        return QSize(0, 0)  # whoever shows it knows how large it should be

    def show_values(self, values: CurveValues, token: str) -> None:
        """Show these values, with the held-out ones in the color of a token."""
        self._values = values
        self.points.setData(list(values.steps), list(values.losses))
        self.training.setData(list(values.steps), list(values.smoothed))
        self.held_out.setData(list(values.held_out), list(values.held_out.values()))
        best = values.best_step
        self.best.setData([best] if best is not None else [], [values.held_out[best]] if best is not None else [])
        self.setXRange(0, max(1, values.n_steps), padding=0.02)
        if values.heights is not None:
            low, high = values.heights
            middle, half = (low + high) / 2, max(high - low, _LEAST_SPAN) / 2
            self.setYRange(middle - half, middle + half, padding=_AIR)
        if token != self._token:
            self._token = token
            self.wear()

    def wear(self) -> None:
        """Take the colors and sizes of the theme."""
        tokens, sizes = theme().tokens, theme().type_scale
        color = QColor(getattr(tokens, self._token))
        for name, words in (("bottom", "Step"), ("left", "Loss, nats a token")):
            axis = self.getAxis(name)
            axis.setPen(QPen(QColor(tokens.line), 1))
            axis.setTextPen(QColor(tokens.muted))
            axis.setTickFont(theme().font(sizes.small))
            axis.setStyle(tickLength=0, tickTextOffset=scale.SPACE_8, maxTickLevel=0, hideOverlappingLabels=False)
            axis.setLabel(words, **{"color": tokens.muted, "font-size": f"{sizes.small}pt"})
        self.getAxis("left").setGrid(round(255 * _GRID_ALPHA))
        self.points.setBrush(QColor(tokens.handle))
        self.training.setPen(pyqtgraph.mkPen(QColor(tokens.muted), width=1.5))
        self.held_out.setPen(pyqtgraph.mkPen(color, width=2))
        self.held_out.setSymbolBrush(color)
        self.held_out.setSymbolPen(None)
        self.best.setPen(pyqtgraph.mkPen(color, width=1.5))
        self.pointer.setPen(pyqtgraph.mkPen(QColor(tokens.faint), width=1))

    # ------------------------------------------------------------ pointing

    def point_at(self, step: int | None) -> None:
        """Point at a step, or at none."""
        self._pointed = step
        self.pointer.setVisible(step is not None)
        if step is not None:
            self.pointer.setValue(step)
        self.pointed.emit(step)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = self.getViewBox().mapSceneToView(QPointF(self.mapToScene(event.position().toPoint())))
        self.point_at(self._values.nearest(at.x()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.hasFocus():
            self.point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        known = sorted({*self._values.steps, *self._values.held_out})
        if event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or not known:
            event.ignore()
            return
        place = known.index(self._pointed) if self._pointed in known else len(known)
        place += 1 if event.key() == Qt.Key.Key_Right else -1
        self.point_at(known[max(0, min(place, len(known) - 1))])

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page is scrolled

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().tokens.accent), 2))
            rect = self.viewport().rect().adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(rect, scale.RADIUS_SMALL, scale.RADIUS_SMALL)
