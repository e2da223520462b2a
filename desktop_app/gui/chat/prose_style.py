"""How the blocks of an answer look: sizes, gaps and colors of prose, taken from the theme once for all views."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontInfo, QFontMetrics, QTextCharFormat, QTextFormat

from desktop_app.gui.theme import Tokens, theme
from desktop_app.gui.theme.scale import LINE_HEIGHT, SPACE_8, TOUCH_HEIGHT, TypeScale

_HEADING_EXTRA_PT = (4.0, 2.5, 1.0, 0.0, 0.0, 0.0)
_HEADING_LINE_HEIGHT = 1.3
_DENSE_LINE_HEIGHT = 1.4  # code and tables

# Gaps in parts of the text's size, so that they grow with it.
_PARAGRAPH_GAP = 0.75
_ITEM_GAP = 0.3
_BEFORE_HEADING = (1.6, 1.5, 1.25, 1.25, 1.25, 1.25)
_AFTER_HEADING = 0.5
_INDENT = 1.75

CODE_PADDING = 12  # pixels around code that lies inside prose
QUOTE_INDENT = 16


@dataclass(frozen=True)
class Kind:
    """What a block is, as far as the gap to its neighbors depends on it.

    `name` is one of paragraph, heading, item, code, quote, table, rule, view (a view of its own: code, reasoning).
    """

    name: str
    level: int = 0


VIEW = Kind("view")


@dataclass(frozen=True)
class ProseStyle:
    """Formats and sizes in pixels, ready to be used."""

    tokens: Tokens
    font: QFont
    code_font: QFont
    size_px: int
    small_px: int  # height of a line of small print
    measure: int  # how wide prose may be
    column: int  # how wide messages may be
    heading: tuple[QTextCharFormat, ...]
    heading_line_px: tuple[int, ...]
    code: QTextCharFormat
    inline_code: QTextCharFormat
    quote: QTextCharFormat
    table_head: QTextCharFormat
    image: QTextCharFormat
    nothing: QTextCharFormat  # for blocks that are there but should take no room

    @property
    def line_px(self) -> int:
        return round(self.size_px * LINE_HEIGHT)

    @property
    def dense_line_px(self) -> int:
        return round(self.size_px * _DENSE_LINE_HEIGHT)

    @property
    def row_px(self) -> int:
        """How high a row of buttons and small print is."""
        return max(TOUCH_HEIGHT, self.small_px + SPACE_8)

    @property
    def indent_px(self) -> int:
        return round(self.size_px * _INDENT)

    def gap(self, before: Kind | None, kind: Kind) -> int:
        """Return the space between two blocks, in pixels; `before` is None at the top."""
        if before is None:
            return 0
        if before.name == "heading":
            parts = _AFTER_HEADING
        elif kind.name == "heading":
            parts = _BEFORE_HEADING[kind.level - 1]
        elif before.name == kind.name == "item":
            parts = _ITEM_GAP
        elif before.name == kind.name == "code":
            parts = 0.0
        else:
            parts = _PARAGRAPH_GAP
        return round(self.size_px * parts)


def prose_style() -> ProseStyle:
    """Return the style of the theme as it is now."""
    return _style(theme().tokens, theme().type_scale)


@lru_cache(maxsize=4)
def _style(tokens: Tokens, type_scale: TypeScale) -> ProseStyle:
    font = theme().font(type_scale.transcript)
    code_font = theme().code_font()
    size_px = QFontInfo(font).pixelSize()
    headings, lines = [], []
    for extra in _HEADING_EXTRA_PT:
        heading = QTextCharFormat()
        heading.setFontPointSize(type_scale.transcript + extra)
        heading.setFontWeight(QFont.Weight.DemiBold)
        headings.append(heading)
        lines.append(round(size_px * (1 + extra / type_scale.transcript) * _HEADING_LINE_HEIGHT))
    inline_code = _code_format(code_font)
    inline_code.setBackground(QBrush(QColor(tokens.hover)))
    table_head = QTextCharFormat()
    table_head.setFontWeight(QFont.Weight.DemiBold)
    image = _colored(tokens.muted)
    image.setFontItalic(True)
    nothing = QTextCharFormat()
    nothing.setProperty(QTextFormat.Property.FontPixelSize, 1)
    return ProseStyle(
        tokens=tokens,
        font=font,
        code_font=code_font,
        size_px=size_px,
        small_px=QFontMetrics(theme().font(type_scale.small)).height(),
        measure=theme().measure(),
        column=theme().column(),
        heading=tuple(headings),
        heading_line_px=tuple(lines),
        code=_code_format(code_font),
        inline_code=inline_code,
        quote=_colored(tokens.muted),
        table_head=table_head,
        image=image,
        nothing=nothing,
    )


def _code_format(font: QFont) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setFontFamilies([font.family(), *font.families()])
    result.setFontPointSize(font.pointSizeF())
    return result


def _colored(color: str) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setForeground(QBrush(QColor(color), Qt.BrushStyle.SolidPattern))
    return result
