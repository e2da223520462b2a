"""Puts Markdown into a text document the way this program shows it. Qt reads the Markdown; the look is ours."""

import re
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTable,
)

from desktop_app.gui.chat.prose_style import CODE_PADDING, QUOTE_INDENT, Kind, ProseStyle

# Model output is not trusted: HTML stays text that one can read.
_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_FIRST_RULE = re.compile(r"\A---(?=[ \t]*(\n|\Z))")
LINK_SCHEMES = ("http", "https", "mailto")

_MINIMUM = QTextBlockFormat.LineHeightTypes.MinimumHeight.value
_TABLE_PADDING = 6
_DOTS = (QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListCircle, QTextListFormat.Style.ListSquare)


@dataclass
class Layout:
    """What a view must know of its document.

    Attributes:
        first, last: Kinds of the outermost blocks; None without text.
        quotes: First and last block number and depth of each quote, whose bar the view paints.
        codes: First and last block number of code inside prose, whose ground the view paints.
        rules: Block numbers of horizontal rules.
        dots: Block numbers of list items with a dot.
    """

    first: Kind | None = None
    last: Kind | None = None
    quotes: list[tuple[int, int, int]] = field(default_factory=list)
    codes: list[tuple[int, int]] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)
    dots: list[int] = field(default_factory=list)


def fill_with_markdown(document: QTextDocument, markdown: str, style: ProseStyle) -> Layout:
    """Replace the document's text, and return what it holds."""
    _prepare(document, style)
    # Qt 6.11 would take text between a first line of hyphens and the next one for front matter, and hide it.
    document.setMarkdown(_FIRST_RULE.sub("***", markdown), _FEATURES)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    layout = _Formatter(document, cursor, style).run()
    cursor.endEditBlock()
    return layout


def fill_with_plain_text(document: QTextDocument, text: str, style: ProseStyle) -> Layout:
    """Replace the document's text with one that is shown as it was typed."""
    _prepare(document, style)
    document.setPlainText(text)
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    block_format = QTextBlockFormat()
    block_format.setLineHeight(style.line_px, _MINIMUM)
    cursor.mergeBlockFormat(block_format)
    paragraph = Kind("paragraph")
    return Layout(first=paragraph, last=paragraph)


def _prepare(document: QTextDocument, style: ProseStyle) -> None:
    document.setUndoRedoEnabled(False)
    document.setDocumentMargin(0)
    document.setIndentWidth(style.indent_px)


class _Formatter:
    def __init__(self, document: QTextDocument, cursor: QTextCursor, style: ProseStyle) -> None:
        self._document = document
        self._cursor = cursor
        self._style = style
        self._layout = Layout()
        self._table: QTextTable | None = None

    def run(self) -> Layout:
        before: Kind | None = None
        block = self._document.begin()
        while block.isValid():
            kind = self._kind(block)
            if kind is None:
                self._flatten(block)
            else:
                self._format(block, kind, before)
                self._layout.first = self._layout.first or kind
                before = kind
            block = block.next()
        self._layout.last = before
        return self._layout

    def _kind(self, block: QTextBlock) -> Kind | None:
        """Return what a block is; None for the empty ones that Qt puts around tables."""
        block_format = block.blockFormat()
        if block_format.headingLevel():
            return Kind("heading", block_format.headingLevel())
        if block_format.hasProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth):
            return Kind("rule")
        if block_format.hasProperty(QTextFormat.Property.BlockCodeLanguage):
            return Kind("code")
        self._cursor.setPosition(block.position())
        if (table := _table_at(self._cursor)) is not None:
            # Qt sometimes starts the first cell with an empty block of its own.
            cell = table.cellAt(block.position())
            is_spare = block.length() == 1 and cell.firstPosition() != cell.lastPosition()
            return None if is_spare else Kind("table")
        if block.textList() is not None:
            return Kind("item")
        if level := block_format.intProperty(QTextFormat.Property.BlockQuoteLevel):
            return Kind("quote", level)
        return Kind("paragraph") if block.length() > 1 else None

    def _format(self, block: QTextBlock, kind: Kind, before: Kind | None) -> None:
        style = self._style
        block_format = block.blockFormat()
        block_format.setTopMargin(style.gap(before, kind))
        block_format.setBottomMargin(0)
        block_format.setLineHeight(style.line_px, _MINIMUM)
        if kind.name == "heading":
            block_format.setLineHeight(style.heading_line_px[kind.level - 1], _MINIMUM)
            self._format_heading(block, style.heading[kind.level - 1])
        elif kind.name == "rule":
            block_format.clearProperty(QTextFormat.Property.BlockTrailingHorizontalRulerWidth)
            self._layout.rules.append(block.blockNumber())
            self._cursor.setBlockCharFormat(style.nothing)
        elif kind.name == "code":
            self._format_code(block, block_format, before)
        elif kind.name == "table":
            self._format_cell(block, block_format, before)
        elif kind.name == "quote":
            self._format_quote(block, block_format, kind)
        elif kind.name == "item":
            self._take_over_dots(block)
        if before is not None and before.name == "code" and kind.name != "code":
            block_format.setTopMargin(block_format.topMargin() + CODE_PADDING)
        self._cursor.setPosition(block.position())
        self._cursor.setBlockFormat(block_format)
        if kind.name != "code":
            self._format_text(block)

    def _format_heading(self, block: QTextBlock, look: QTextCharFormat) -> None:
        for fragment in _fragments(block):
            char_format = fragment.charFormat()
            char_format.clearProperty(QTextFormat.Property.FontSizeAdjustment)  # it would win over a size in points
            char_format.merge(look)
            self._select(fragment.position(), fragment.length())
            self._cursor.setCharFormat(char_format)

    def _format_code(self, block: QTextBlock, block_format: QTextBlockFormat, before: Kind | None) -> None:
        number = block.blockNumber()
        if before is not None and before.name == "code":
            first, _last = self._layout.codes.pop()
            self._layout.codes.append((first, number))
        else:
            block_format.setTopMargin(block_format.topMargin() + CODE_PADDING)
            self._layout.codes.append((number, number))
        block_format.setLeftMargin(CODE_PADDING)
        block_format.setRightMargin(CODE_PADDING)
        block_format.setLineHeight(self._style.dense_line_px, _MINIMUM)
        block_format.setNonBreakableLines(False)
        self._merge(block, self._style.code)

    def _format_quote(self, block: QTextBlock, block_format: QTextBlockFormat, kind: Kind) -> None:
        indent, is_mirrored = QUOTE_INDENT * kind.level, block.textDirection() == Qt.LayoutDirection.RightToLeft
        block_format.setLeftMargin(0 if is_mirrored else indent)
        block_format.setRightMargin(indent if is_mirrored else 0)
        self._merge(block, self._style.quote)
        quotes, number = self._layout.quotes, block.blockNumber()
        for level in range(1, kind.level + 1):
            index = next((i for i, (_f, last, depth) in enumerate(quotes) if depth == level and last == number - 1), -1)
            if index >= 0:
                quotes[index] = (quotes[index][0], number, level)
            else:
                quotes.append((number, number, level))

    def _format_cell(self, block: QTextBlock, block_format: QTextBlockFormat, before: Kind | None) -> None:
        table = _table_at(self._cursor)
        assert table is not None
        block_format.setTopMargin(0)
        block_format.setLineHeight(self._style.dense_line_px, _MINIMUM)
        if table.cellAt(block.position()).row() == 0:
            self._merge(block, self._style.table_head)
        if table == self._table:
            return
        self._table = table
        table_format = table.format()
        table_format.setBorderCollapse(True)
        table_format.setBorder(1)
        table_format.setBorderBrush(QBrush(QColor(self._style.tokens.line)))
        table_format.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        table_format.setCellPadding(_TABLE_PADDING)
        table_format.setCellSpacing(0)
        table_format.setTopMargin(self._style.gap(before, Kind("table")))
        table_format.setBottomMargin(0)
        table_format.setWidth(QTextLength(QTextLength.Type.VariableLength, 0))
        table.setFormat(table_format)
        ground = QTextCharFormat()
        ground.setBackground(QBrush(QColor(self._style.tokens.sunken)))
        for column in range(table.columns()):
            cell = table.cellAt(0, column)
            cell_format = cell.format()
            cell_format.merge(ground)
            cell.setFormat(cell_format)

    def _format_text(self, block: QTextBlock) -> None:
        """Give code and images inside a line their look; an image is shown by its description only."""
        pictures = []
        for fragment in _fragments(block):
            char_format = fragment.charFormat()
            if char_format.isImageFormat():
                pictures.append((fragment.position(), fragment.length(), char_format.toImageFormat()))
            elif char_format.fontFixedPitch():
                self._select(fragment.position(), fragment.length())
                self._cursor.mergeCharFormat(self._style.inline_code)
        for position, length, image in reversed(pictures):
            words = str(image.property(QTextFormat.Property.ImageAltText) or "") or "image"
            text_format = QTextCharFormat(self._style.image)
            if QUrl(image.name()).scheme() in LINK_SCHEMES:
                text_format.setAnchor(True)
                text_format.setAnchorHref(image.name())
                text_format.setFontUnderline(True)
            self._select(position, length)
            self._cursor.insertText(f"[{words}]", text_format)

    def _take_over_dots(self, block: QTextBlock) -> None:
        """Let the view draw the dots of a list: Qt puts them too close to the text. Check boxes stay Qt's."""
        items = _list_of(block)
        if items is None or items.format().style() not in _DOTS:
            return
        if any(item.blockFormat().marker() != QTextBlockFormat.MarkerType.NoMarker for item in _items(items)):
            return
        self._layout.dots += [item.blockNumber() for item in _items(items)]
        list_format = items.format()
        list_format.setStyle(QTextListFormat.Style.ListStyleUndefined)
        items.setFormat(list_format)

    def _flatten(self, block: QTextBlock) -> None:
        self._cursor.setPosition(block.position())
        self._cursor.setBlockFormat(QTextBlockFormat())
        self._cursor.setBlockCharFormat(self._style.nothing)

    def _merge(self, block: QTextBlock, char_format: QTextCharFormat) -> None:
        self._select(block.position(), block.length() - 1)
        self._cursor.mergeCharFormat(char_format)

    def _select(self, position: int, length: int) -> None:
        self._cursor.setPosition(position)
        self._cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)


def _list_of(block: QTextBlock) -> QTextList | None:
    return block.textList()


def _items(items: QTextList) -> list[QTextBlock]:
    return [items.item(number) for number in range(items.count())]


def _table_at(cursor: QTextCursor) -> QTextTable | None:
    return cursor.currentTable()


def _fragments(block: QTextBlock) -> list[QTextFragment]:
    found = []
    iterator = block.begin()
    while not iterator.atEnd():
        found.append(iterator.fragment())
        iterator += 1
    return found
