"""ODT: headings make sections, tables come row by row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from desktop_app.finetune.reading.archive import Archive, local_name, parse_xml
from desktop_app.finetune.reading.blocks import Block, add_blocks, row_of
from desktop_app.finetune.reading.found import Found, Source, Words, damaged, protected

if TYPE_CHECKING:
    from lxml import etree

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MOST_SPACES = 100
_INDEXES = {"table-of-content", "illustration-index", "table-index", "object-index", "user-index", "alphabetical-index"}
_LEFT: dict[str, Words] = {
    **dict.fromkeys(_INDEXES, ("table of contents or index", "tables of contents and indexes")),
    "note": ("footnote", "footnotes"),
    "annotation": ("comment", "comments"),
    "frame": ("picture", "pictures"),
}
_EDGES: Words = ("page header or footer", "page headers and footers")


def read_odt(source: Source, found: Found) -> None:
    """Read an ODT file."""
    from lxml import etree

    archive = Archive(source)
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise protected(source.name)
    content = archive.read("content.xml")
    if not content:
        raise damaged(source.name)
    root = parse_xml(content)
    for body in root.iter("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}text"):
        add_blocks(found, _blocks(body, found))
    try:
        styles = parse_xml(archive.read("styles.xml") or b"<none/>")
    except etree.XMLSyntaxError:  # they only say how it looks
        return
    for element in styles.iter("{*}header", "{*}footer"):
        text = "".join(map(str, element.itertext())).strip()
        found.leave(_EDGES, text, n=bool(text))


def _blocks(parent: "etree._Element", found: Found, mark: str = "") -> Iterator[Block]:
    for element in parent:
        name = local_name(element)
        match name:
            case "h":
                yield Block(_text(element, found), _level(element))
            case "p":
                yield Block(mark + _text(element, found), is_item=bool(mark))
            case "list":
                yield from _blocks(element, found, "- ")
            case "table":
                for row in element.iter("{*}table-row"):
                    cells = [_cell(each, found) for each in row if local_name(each) == "table-cell"]
                    yield row_of(cells)
            case "section" | "list-item" | "list-header":
                yield from _blocks(element, found, mark)
            case _ if name in _LEFT:
                found.leave(_LEFT[name], "".join(map(str, element.itertext())))


def _level(heading: "etree._Element") -> int:
    value = heading.get(f"{_TEXT}outline-level") or ""
    return int(value) if value.isdecimal() and len(value) < 3 and int(value) else 1


def _cell(cell: "etree._Element", found: Found) -> str:
    return " ".join(_text(each, found) for each in cell if local_name(each) in ("p", "h", "list"))


def _text(element: "etree._Element", found: Found) -> str:
    """Return what is written in an element."""
    parts = [_plain(element.text)]
    for child in element:
        name = local_name(child)
        if name == "s":
            n = child.get(f"{_TEXT}c") or "1"
            parts.append(" " * min(_MOST_SPACES, int(n) if n.isdecimal() and len(n) < 5 else 1))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name in _LEFT:
            found.leave(_LEFT[name], "".join(map(str, child.itertext())))
        elif name:
            parts.append(_text(child, found))
        parts.append(_plain(child.tail))
    return "".join(parts)


def _plain(text: str | None) -> str:
    """Return a text of the file with each run of white space as one space, which is all it stands for."""
    return " ".join(f"x{text}x".split())[1:-1] if text else ""
