"""How one row of the conversation list is painted: a heading, a conversation, or a hit with the words that matched."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.gui.chat.conversation_model import IS_HEADING_ROLE, IS_PINNED_ROLE, SNIPPET_ROLE
from desktop_app.gui.theme import icon, scale, theme

_Index = QModelIndex | QPersistentModelIndex
_PADDING = scale.SPACE_8


class ConversationDelegate(QStyledItemDelegate):
    """Paints rows by itself: the list may have thousands, and asks for the size of one to know that of all."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        height = scale.CONTROL_HEIGHT
        if index.data(SNIPPET_ROLE):
            height += QFontMetrics(_small()).height() + scale.SPACE_4
        return QSize(0, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRect(option.rect)
        if index.data(IS_HEADING_ROLE):
            _paint_heading(painter, rect, str(index.data()))
        else:
            _paint_row(painter, rect, option.state, index)
        painter.restore()


def _small(weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    return theme().font(theme().type_scale.small, weight)


def _paint_heading(painter: QPainter, rect: QRect, text: str) -> None:
    painter.setFont(_small(QFont.Weight.DemiBold))
    painter.setPen(QColor(theme().tokens.muted))
    area = rect.adjusted(_PADDING, 0, -_PADDING, -scale.SPACE_4)
    painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading, text)


def _paint_row(painter: QPainter, rect: QRect, state: QStyle.StateFlag, index: _Index) -> None:
    tokens = theme().tokens
    if state & QStyle.StateFlag.State_Selected:
        _fill(painter, rect, tokens.accent_soft)
    elif state & QStyle.StateFlag.State_MouseOver:
        _fill(painter, rect, tokens.hover)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QColor(tokens.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75), scale.RADIUS_SMALL, scale.RADIUS_SMALL)
    area = rect.adjusted(_PADDING, 0, -_PADDING, 0)
    if index.data(IS_PINNED_ROLE):
        side = scale.ICON_SIZE_SMALL
        where = QRect(area.right() - side, area.center().y() - side // 2, side, side)
        icon("pin", "muted").paint(painter, where)
        area.setRight(area.right() - side - scale.SPACE_4)
    snippet = index.data(SNIPPET_ROLE)
    title_area = QRect(area.x(), area.y(), area.width(), scale.CONTROL_HEIGHT if snippet else area.height())
    painter.setFont(theme().font(theme().type_scale.body))
    painter.setPen(QColor(tokens.text))
    title = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, title_area.width())
    painter.drawText(title_area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, title)
    if snippet:
        _paint_snippet(painter, area.adjusted(0, scale.CONTROL_HEIGHT - scale.SPACE_8, 0, 0), snippet)


def _fill(painter: QPainter, rect: QRect, color: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(rect, scale.RADIUS_SMALL, scale.RADIUS_SMALL)


def _paint_snippet(painter: QPainter, area: QRect, snippet: str) -> None:
    """Draw one line with the matching words in the accent color."""
    metrics = QFontMetrics(_small())
    before, _, rest = snippet.partition("\x02")
    # The match has to be seen: what comes before it may take half of the line.
    before = metrics.elidedText(before, Qt.TextElideMode.ElideLeft, area.width() // 2)
    plain, formats, marked = "", [], False
    for part in (before, *_split(rest)):
        if marked and part:
            formats.append(_accent(len(plain), len(part)))
        plain += part
        marked = not marked
    layout = QTextLayout(metrics.elidedText(plain, Qt.TextElideMode.ElideRight, area.width()), _small())
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeading))
    layout.setFormats(formats)
    layout.beginLayout()
    layout.createLine().setLineWidth(area.width())
    layout.endLayout()
    painter.setPen(QColor(theme().tokens.muted))
    layout.draw(painter, QRectF(area).topLeft())


def _split(text: str) -> list[str]:
    """Return marked and unmarked parts by turns, beginning with a marked one."""
    return text.replace("\x03", "\x02").split("\x02")


def _accent(start: int, length: int) -> QTextLayout.FormatRange:
    accent = QTextCharFormat()
    accent.setForeground(QColor(theme().tokens.accent))
    accent.setFontWeight(QFont.Weight.DemiBold)
    span = QTextLayout.FormatRange()
    span.start, span.length, span.format = start, length, accent
    return span
