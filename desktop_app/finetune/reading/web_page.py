"""HTML: its text in blocks, without what pages have around it. Chapters of books and mails are HTML, too."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from desktop_app.finetune.reading.blocks import Block, add_blocks
from desktop_app.finetune.reading.cleaning import one_line
from desktop_app.finetune.reading.decoding import decode
from desktop_app.finetune.reading.found import Found, Source, Words

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_LEFT: dict[str, Words] = {
    "nav": ("block of links", "blocks of links"),
    "header": ("page header", "page headers"),
    "footer": ("page footer", "page footers"),
    "aside": ("aside", "asides"),
    "form": ("form", "forms"),
    "script": ("script or style", "scripts and styles"),
    "style": ("script or style", "scripts and styles"),
}
_ROLES = {"navigation": "nav", "banner": "header", "contentinfo": "footer", "complementary": "aside", "search": "form"}
_WITHOUT_TEXT, _BLOCKS = (
    frozenset(names.split())
    for names in (
        "head noscript template svg math iframe object canvas audio video button select textarea dialog map",
        "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
        "h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul",
    )
)
_PARTED = ["br", "p", "div", "ul", "ol", "pre", "blockquote", "table", "h1", "h2", "h3", "h4", "h5", "h6"]
_DECLARED = re.compile(
    rb"<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*[\"']?([\w-]{2,30})", re.IGNORECASE
)
_HEAD_BYTES = 4096
_LINE_SPACES = re.compile(r"[ \t\r\f]+")


def read_html(source: Source, found: Found) -> None:
    """Read an HTML file."""
    page = parse_page(decode(found, declared=declared_encoding(source.data)))
    title = one_line(page.title.get_text()) if page.title else ""
    add_blocks(found, blocks_of(page, found), title)


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a page says it has, or nothing."""
    match = _DECLARED.search(data[:_HEAD_BYTES])
    return match[1].decode() if match else ""


def parse_page(text: str) -> "BeautifulSoup":
    """Return a page as a tree."""
    import warnings

    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        # XHTML of books is read as HTML on purpose: much of it is no XML.
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        return BeautifulSoup(text, "lxml")


def blocks_of(page: "Tag", found: Found, keeps_headers: bool = False) -> Iterator[Block]:
    """Yield the text of a page; what it has around it is left out, but for headers where they belong to the text."""
    return _Walk(found, keeps_headers).blocks(page)


class _Walk:
    """Goes through a page from its beginning to its end, gathering text until something ends it."""

    def __init__(self, found: Found, keeps_headers: bool) -> None:
        self._found = found
        self._keeps_headers = keeps_headers
        self._text: list[str] = []
        self._level = 0
        self._mark = ""
        self._rows = 0  # rows of tables of data that it is in
        self._pre = 0
        self._size = 0  # of all text of the page

    def blocks(self, page: "Tag") -> Iterator[Block]:
        """Yield its text. Without recursion, which a page of a million open tags would break."""
        from bs4 import Tag
        from bs4.element import CData, NavigableString

        self._size = len(page.get_text())
        todo: list[Iterator[Any]] = [iter(page.children)]
        opened: list[Tag] = []
        while todo:
            node = next(todo[-1], None)
            if node is None:
                todo.pop()
                if opened:
                    yield from self._close(opened.pop())
            elif isinstance(node, Tag):
                if self._is_wanted(node):
                    yield from self._open(node)
                    opened.append(node)
                    todo.append(iter(node.children))
            elif type(node) in (NavigableString, CData):
                self._text.append(str(node) if self._pre else re.sub(r"\s+", " ", node))
        yield from self._take()

    def _is_wanted(self, tag: "Tag") -> bool:
        name = _ROLES.get(str(tag.get("role", "")), tag.name)
        if name == "header" and (self._keeps_headers or tag.find_parent(["article", "main", "section"])):
            return True  # the title of an article, not of the site
        if tag.name == "form" and 2 * len(tag.get_text()) > self._size:
            return True  # some servers put the whole page into one
        if name in _LEFT:
            self._found.leave(_LEFT[name], "" if name in ("script", "style") else tag.get_text(" ")[:500])
            return False
        return name not in _WITHOUT_TEXT and not tag.has_attr("hidden")

    def _open(self, tag: "Tag") -> Iterator[Block]:
        name = tag.name
        if name == "br":
            self._text.append("\n")
        elif self._rows:
            if name in ("td", "th") and any(map(str.strip, self._text)):
                self._text.append(" | ")
            self._rows += name == "tr"
        elif name in _BLOCKS:
            yield from self._take()
            if len(name) == 2 and name[0] == "h" and name[1].isdigit():
                self._level = int(name[1])
            elif name == "li":
                self._mark = "- "
            elif name == "tr" and not tag.find(_PARTED):
                self._rows += 1
            self._pre += name == "pre"

    def _close(self, tag: "Tag") -> Iterator[Block]:
        name = tag.name
        if self._rows:
            if name == "tr":
                self._rows -= 1
                yield from self._take(is_row=True)
        elif name in _BLOCKS:
            is_pre, self._pre = bool(self._pre), self._pre - (name == "pre")
            yield from self._take(is_pre=is_pre)
            self._level = 0
            if name == "li":
                self._mark = ""

    def _take(self, is_row: bool = False, is_pre: bool = False) -> Iterator[Block]:
        text = "".join(self._text)
        self._text.clear()
        if not is_pre:
            text = "\n".join(line.strip() for line in _LINE_SPACES.sub(" ", text).split("\n"))
        text = text.strip("\n") if is_pre else text.strip()
        if text:
            mark, self._mark = self._mark, ""
            yield Block(mark + text, self._level, is_item=is_row or bool(mark))
