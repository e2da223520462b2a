"""DOCX: headings make sections, tables come row by row, and what is changed counts as accepted."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from desktop_app.finetune.reading.archive import Archive, local_name
from desktop_app.finetune.reading.blocks import Block, add_blocks, row_of
from desktop_app.finetune.reading.found import Found, Source, Words, damaged

if TYPE_CHECKING:
    from docx.document import Document
    from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Taken back, said twice for older programs, or standing beside the text.
_PASSED_OVER = {"del", "moveFrom", "Fallback", "drawing", "pict", "object", "pPr", "rPr"}
_PICTURES: Words = ("picture", "pictures")
_EDGES: Words = ("page header or footer", "page headers and footers")
_PARTS: dict[str, tuple[str, Words]] = {
    "/word/footnotes.xml": ("footnote", ("footnote", "footnotes")),
    "/word/endnotes.xml": ("endnote", ("endnote", "endnotes")),
    "/word/comments.xml": ("comment", ("comment", "comments")),
}


def read_docx(source: Source, found: Found) -> None:
    """Read a DOCX file."""
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    Archive(source)
    try:
        document = Document(io.BytesIO(source.data))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise damaged(source.name) from error
    body = document.element.body
    add_blocks(found, _blocks(body, _Headings(document)))
    found.leave(_PICTURES, n=sum(1 for _ in body.iter(f"{_W}drawing", f"{_W}pict")))
    _tell_of_parts(document, found)


class _Headings:
    """Knows which styles are those of headings, by their names, which are the same in every language."""

    def __init__(self, document: "Document") -> None:
        self._levels: dict[str, int] = {}
        for style in document.styles:
            words = (style.name or "").lower().split()
            if words == ["title"]:
                self._levels[style.style_id] = 1
            elif len(words) == 2 and words[0] == "heading" and words[1].isdigit():
                self._levels[style.style_id] = int(words[1])

    def level(self, paragraph: "etree._Element") -> int:
        """Return the level of a heading, from 1; 0 for other paragraphs."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        if style is not None and (level := self._levels.get(style.get(f"{_W}val") or "")):
            return level
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        value = outline.get(f"{_W}val") if outline is not None else None
        return int(value) + 1 if value is not None and value in "012345678" else 0


def _blocks(parent: "etree._Element", headings: _Headings) -> Iterator[Block]:
    for element in parent:
        match local_name(element):
            case "p":
                mark = "- " if element.find(f"{_W}pPr/{_W}numPr") is not None else ""
                level = headings.level(element)
                yield Block(_text(element) if level else mark + _text(element), level, is_item=bool(mark) and not level)
            case "tbl":
                for row in _parts(element, "tr"):
                    yield row_of([_text(cell) for cell in _parts(row, "tc")])
            case "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml":
                yield from _blocks(element, headings)
            case _:
                pass


def _parts(parent: "etree._Element", name: str) -> Iterator["etree._Element"]:
    """Yield the rows of a table or the cells of a row, but not those of tables within."""
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _parts(element, name)


def _text(element: "etree._Element") -> str:
    """Return what is written in an element."""
    parts: list[str] = []
    for child in element:
        name = local_name(child)
        if name in _PASSED_OVER:
            continue
        if name == "t":
            parts.append(child.text or "")
        elif name in _CHARACTERS:
            parts.append(_CHARACTERS[name])
        elif name == "p" and parts:  # another one of the same cell
            parts.append(" " + _text(child))
        else:
            parts.append(_text(child))
    return "".join(parts).strip() if local_name(element) in ("p", "tc") else "".join(parts)


def _tell_of_parts(document: "Document", found: Found) -> None:
    from lxml import etree

    for section in document.sections:
        for edge in (section.header, section.footer, section.first_page_header, section.first_page_footer):
            if not edge.is_linked_to_previous:
                text = " ".join(each.text for each in edge.paragraphs).strip()
                found.leave(_EDGES, text, n=bool(text))
    for part in document.part.package.iter_parts():
        if part.partname in _PARTS:
            name, words = _PARTS[part.partname]
            # Word puts lines of its own among the notes, with types.
            notes = [each for each in etree.fromstring(part.blob).iter(f"{_W}{name}") if each.get(f"{_W}type") is None]
            found.leave(words, "".join(notes[0].itertext()) if notes else "", n=len(notes))
