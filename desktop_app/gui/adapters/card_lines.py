"""What is written on an adapter's card, painted: labels for all of it would take longer than a frame to make.

A screen reader hears it from the card.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from desktop_app.gui.adapters.hue_dot import SIZE as DOT
from desktop_app.gui.adapters.news_label import breakable
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.theme import icon, scale, theme
from desktop_app.gui.theme.tokens import hue

_WRAPPED = int(Qt.TextFlag.TextWordWrap)
_ONE_LINE = int(Qt.TextFlag.TextSingleLine | Qt.AlignmentFlag.AlignVCenter)
_NARROWEST = 120


@dataclass(frozen=True)
class CardWords:
    """All of it: a name after a dot in the adapter's color, a word or two on its state, and lines below."""

    sha256: str
    name: str
    state: Told
    lines: tuple[Told, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """What a screen reader should say after the name."""
        return tuple(told.words for told in (self.state, *self.lines) if told.words)


class CardLines(QWidget):
    """As high as its lines are in the width it has."""

    def __init__(self, words: CardWords) -> None:
        super().__init__()
        self.words = words
        self._lines = _broken(words)
        self._heights: dict[int, int] = {}  # by width: layouts ask many times
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # its card's are meant
        theme().changed.connect(self.update)

    def show_words(self, words: CardWords) -> None:
        """Show this in place of what was there."""
        if words != self.words:
            self.words = words
            self._lines = _broken(words)
            self._remeasure()

    def sizeHint(self) -> QSize:
        return QSize(2 * _NARROWEST, self.heightForWidth(max(self.width(), 2 * _NARROWEST)))

    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST, self.heightForWidth(max(self.width(), _NARROWEST)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            height = QFontMetrics(_fonts().name).height()
            for *_, rect in self._placed(width):
                height = rect.bottom() + 1
            self._heights[width] = height
        return self._heights[width]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:  # so fonts have another size, before anybody measures again
            self._remeasure()

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_head(painter)
        for told, words, rect in self._placed(self.width()):
            painter.setFont(_fonts().of(told))
            painter.setPen(_color(told.token))
            painter.drawText(self._mirrored(rect), _WRAPPED | self._side(), words)
            if told.icon:
                side = scale.ICON_SIZE_SMALL
                line = QFontMetrics(_fonts().of(told)).height()
                mark = QRect(0, rect.top() + (line - side) // 2, side, side)
                icon(told.icon, told.token).paint(painter, self._mirrored(mark))

    def _paint_head(self, painter: QPainter) -> None:
        metrics, state = QFontMetrics(_fonts().name), self.words.state
        left, height = DOT + scale.SPACE_8, metrics.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_color(hue(self.words.sha256)))
        painter.drawEllipse(self._mirrored(QRect(0, (height - DOT) // 2, DOT, DOT)))
        state_width = QFontMetrics(_fonts().of(state)).horizontalAdvance(state.words) + 1 if state.words else 0
        room = self.width() - left - (state_width + scale.SPACE_8 if state_width else 0)
        name = metrics.elidedText(self.words.name, Qt.TextElideMode.ElideRight, room)
        name_width = min(room, metrics.horizontalAdvance(name))
        painter.setFont(_fonts().name)
        painter.setPen(_color("text"))
        painter.drawText(self._mirrored(QRect(left, 0, room, height)), _ONE_LINE | self._side(), name)
        painter.setFont(_fonts().of(state))
        painter.setPen(_color(state.token))
        beside = QRect(left + name_width + scale.SPACE_8, 0, state_width, height)
        painter.drawText(self._mirrored(beside), _ONE_LINE | self._side(), state.words)

    def _placed(self, width: int) -> Iterator[tuple[Told, str, QRect]]:
        """Return where the words of each line are."""
        top = QFontMetrics(_fonts().name).height() + scale.SPACE_4
        for told, words in self._lines:
            left = scale.ICON_SIZE_SMALL + scale.SPACE_8 if told.icon else 0
            room = QRect(left, top, max(1, width - left), 0)
            height = QFontMetrics(_fonts().of(told)).boundingRect(room, _WRAPPED, words).height()
            yield told, words, QRect(left, top, room.width(), height)
            top += height + scale.SPACE_4

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def _side(self) -> int:
        return int(QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft))

    def _remeasure(self) -> None:
        self._heights.clear()
        self.updateGeometry()
        self.update()


def _broken(words: CardWords) -> list[tuple[Told, str]]:
    """Return the lines there are, with words that can be broken."""
    return [(told, breakable(told.words)) for told in words.lines if told.words]


@dataclass(frozen=True)
class _Fonts:
    name: QFont
    body: QFont
    small: QFont

    def of(self, told: Told) -> QFont:
        return self.small if told.is_small else self.body


class _Cache:
    """The fonts of now, for hundreds of cards ask for them."""

    made_for: object = None
    fonts: _Fonts


def _fonts() -> _Fonts:
    sizes = theme().type_scale
    if _Cache.made_for != sizes:
        section = theme().font(sizes.section, QFont.Weight.DemiBold)
        _Cache.made_for, _Cache.fonts = sizes, _Fonts(section, theme().font(sizes.body), theme().font(sizes.small))
    return _Cache.fonts


def _color(token: str) -> QColor:
    return QColor(getattr(theme().tokens, token))
