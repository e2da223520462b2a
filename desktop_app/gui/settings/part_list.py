"""The list of what Moatless consists of: a row for each part, with its version and the name of its license."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.gui.theme import scale, theme
from desktop_app.licenses import Notice

_Index = QModelIndex | QPersistentModelIndex
_PART_ROLE = Qt.ItemDataRole.UserRole


class PartList(QListView):
    """Signals:
    chosen(object): This `Notice` is the current one; None if there is none.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._rows = _PartModel()
        self.setModel(self._rows)
        self.setItemDelegate(_PartDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Parts of Moatless")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        theme().changed.connect(self._measure_anew)

    @property
    def parts(self) -> Sequence[Notice]:
        return self._rows.parts

    @property
    def current(self) -> Notice | None:
        part = self.currentIndex().data(_PART_ROLE)
        return part if isinstance(part, Notice) else None

    def show_parts(self, parts: Sequence[Notice]) -> None:
        """Show these; what is chosen stays chosen if it is among them, or else it is the first."""
        before = self.current
        self._rows.show_parts(parts)
        self.setCurrentIndex(self._rows.index(parts.index(before) if before in parts else 0))
        if self.current != before:
            self.chosen.emit(self.current)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and previous.isValid():  # not while the rows change
            self.chosen.emit(self.current)

    def _measure_anew(self) -> None:
        self.scheduleDelayedItemsLayout()


class _PartModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.parts: Sequence[Notice] = ()

    def show_parts(self, parts: Sequence[Notice]) -> None:
        self.beginResetModel()
        self.parts = parts
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.parts)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        part = self.parts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return part.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (part.name, part.version, part.license)))
        return part if role == _PART_ROLE else None


class _PartDelegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        lines = QFontMetrics(_body()).height() + QFontMetrics(_small()).height()
        return QSize(0, lines + 2 * scale.SPACE_8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        part = index.data(_PART_ROLE)
        assert isinstance(part, Notice)
        rect = QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_ground(painter, rect, option.state)
        area = rect.adjusted(scale.SPACE_12, scale.SPACE_8, -scale.SPACE_12, -scale.SPACE_8)
        first = QRect(area.left(), area.top(), area.width(), QFontMetrics(_body()).height())
        second = QRect(area.left(), first.bottom() + 1, area.width(), QFontMetrics(_small()).height())
        _write(painter, first, part.name, _body(), theme().tokens.text, option.direction)
        words = "  ·  ".join(filter(None, (part.version, part.license)))
        _write(painter, second, words, _small(), theme().tokens.muted, option.direction)
        painter.restore()


def _paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    tokens = theme().tokens
    color = None
    if state & QStyle.StateFlag.State_Selected:
        color = tokens.accent_soft
    elif state & QStyle.StateFlag.State_MouseOver:
        color = tokens.hover
    if color:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(rect, scale.RADIUS_SMALL, scale.RADIUS_SMALL)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QColor(tokens.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), scale.RADIUS_SMALL, scale.RADIUS_SMALL)


def _write(painter: QPainter, area: QRect, words: str, font: QFont, color: str, direction: Qt.LayoutDirection) -> None:
    painter.setFont(font)
    painter.setPen(QColor(color))
    side = QStyle.visualAlignment(direction, Qt.AlignmentFlag.AlignLeft)
    shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, int(side | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine), shown)


def _body() -> QFont:
    return theme().font(theme().type_scale.body)


def _small() -> QFont:
    return theme().font(theme().type_scale.small)
