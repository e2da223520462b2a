"""How one document is painted in the list: whether it is used, its name and words, and a line on what was read."""

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.finetune.course import CourseDocument
from desktop_app.gui.finetune.document_model import DOCUMENT_ROLE
from desktop_app.gui.finetune.document_words import (
    FOR_MEASURING,
    is_trouble,
    is_used,
    private_words,
    second_line,
    words_of,
)
from desktop_app.gui.library.labels import printable
from desktop_app.gui.theme import icon, scale, theme

_Index = QModelIndex | QPersistentModelIndex
_PADDING = scale.SPACE_12
_BOX = scale.ICON_SIZE_SMALL + 2  # with its edge, as the style sheet has them
_LEADING = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)


class DocumentDelegate(QStyledItemDelegate):
    """Paints rows by itself: the list may have thousands, all of one height."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        lines = QFontMetrics(_body()).height() + QFontMetrics(_small()).height()
        return QSize(0, lines + scale.SPACE_4 + 2 * scale.SPACE_8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _Row(painter, QRect(option.rect), option.direction, index).paint(option.state)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """Let a click on the box switch it; one beside it only chooses the row."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            start = QRect(option.rect.left(), option.rect.top(), _BOX + 2 * _PADDING, option.rect.height())
            place = QStyle.visualRect(option.direction, QRect(option.rect), start)
            if event.button() == Qt.MouseButton.LeftButton and place.contains(event.position().toPoint()):
                return model.setData(index, None, Qt.ItemDataRole.CheckStateRole)
            return False
        return super().editorEvent(event, model, option, index)


class _Row:
    """What is painted in one rectangle."""

    def __init__(self, painter: QPainter, rect: QRect, direction: Qt.LayoutDirection, index: _Index) -> None:
        self._painter, self._rect, self._direction = painter, rect, direction
        document = index.data(DOCUMENT_ROLE)
        assert isinstance(document, CourseDocument)
        self._document = document
        self._can_switch = bool(index.flags() & Qt.ItemFlag.ItemIsUserCheckable)
        self._is_used = is_used(document)

    def paint(self, state: QStyle.StateFlag) -> None:
        tokens, rect = theme().tokens, self._rect
        line = QRect(rect.left() + _PADDING, rect.bottom(), rect.width() - 2 * _PADDING, 1)
        self._painter.fillRect(line, QColor(tokens.line))
        if state & QStyle.StateFlag.State_Selected:
            self._fill(tokens.accent_soft)
        elif state & QStyle.StateFlag.State_MouseOver:
            self._fill(tokens.hover)
        if state & QStyle.StateFlag.State_HasFocus:
            self._painter.setPen(QColor(tokens.accent))
            self._painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(rect).adjusted(1, 1, -1, -2)
            self._painter.drawRoundedRect(ring, scale.RADIUS_SMALL, scale.RADIUS_SMALL)
        area = rect.adjusted(_PADDING, scale.SPACE_8, -_PADDING, -scale.SPACE_8)
        first, second = QFontMetrics(_body()).height(), QFontMetrics(_small()).height()
        self._paint_box(QRect(area.left(), area.top() + (first - _BOX) // 2, _BOX, _BOX))
        left = area.left() + _BOX + _PADDING
        self._paint_first(QRect(left, area.top(), area.right() - left + 1, first))
        below = area.top() + first + scale.SPACE_4
        self._paint_second(QRect(left, below, area.right() - left + 1, second))

    def _fill(self, color: str) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QColor(color))
        self._painter.drawRoundedRect(self._rect, scale.RADIUS_SMALL, scale.RADIUS_SMALL)

    def _paint_box(self, where: QRect) -> None:
        tokens, painter = theme().tokens, self._painter
        frame = QRectF(self._seen(where)).adjusted(0.5, 0.5, -0.5, -0.5)
        if is_trouble(self._document):
            icon("circle-alert", "danger").paint(painter, self._seen(where))
            return
        filled = tokens.accent if self._can_switch else tokens.handle
        painter.setPen(QColor(filled if self._is_used else tokens.faint if self._can_switch else tokens.handle))
        painter.setBrush(QColor(filled if self._is_used else tokens.surface))
        painter.drawRoundedRect(frame, 5, 5)  # as those of the style sheet
        if self._is_used:
            icon("check", "on_accent").paint(painter, self._seen(where.adjusted(3, 3, -3, -3)))

    def _paint_first(self, area: QRect) -> None:
        document = self._document
        end = "" if is_trouble(document) else words_of(document)
        area.setWidth(area.width() - self._paint_end(area, end, _small(), "muted"))
        if document.is_held_out and self._is_used:
            area.setWidth(area.width() - self._paint_end(area, FOR_MEASURING, _small(), "accent"))
        shown = QFontMetrics(_body()).elidedText(printable(document.name), Qt.TextElideMode.ElideMiddle, area.width())
        self._paint_text(area, shown, _body(), "text" if self._is_used else "muted")

    def _paint_second(self, area: QRect) -> None:
        document = self._document
        private = private_words(document.private) if self._is_used else ""
        if private:
            # What was read is known without it; half of the line is as much as it may take.
            shown = QFontMetrics(_small()).elidedText(private, Qt.TextElideMode.ElideRight, area.width() // 2)
            taken = self._paint_end(area, shown, _small(), "warn")
            side = min(scale.ICON_SIZE_SMALL, area.height())
            mark = QRect(area.right() - taken - scale.SPACE_4 + 1, area.top() + (area.height() - side) // 2, side, side)
            icon("triangle-alert", "warn").paint(self._painter, self._seen(mark))
            area.setWidth(area.width() - taken - side - scale.SPACE_4)
        self._paint_text(area, second_line(document), _small(), "danger" if is_trouble(document) else "muted")

    def _paint_end(self, area: QRect, words: str, font: QFont, token: str) -> int:
        """Write at the end of an area and return how much of it that takes, with a gap before it."""
        if not words:
            return 0
        width = QFontMetrics(font).horizontalAdvance(words) + 1
        self._paint_text(QRect(area.right() - width + 1, area.top(), width, area.height()), words, font, token)
        return width + scale.SPACE_16

    def _paint_text(self, area: QRect, words: str, font: QFont, token: str) -> None:
        self._painter.setFont(font)
        self._painter.setPen(QColor(getattr(theme().tokens, token)))
        side = int(QStyle.visualAlignment(self._direction, Qt.AlignmentFlag.AlignLeft))
        shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        self._painter.drawText(self._seen(area), _LEADING | side, shown)

    def _seen(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self._direction, self._rect, rect)


def _body() -> QFont:
    return theme().font(theme().type_scale.body)


def _small() -> QFont:
    return theme().font(theme().type_scale.small)
