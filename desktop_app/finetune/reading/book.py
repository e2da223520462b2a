"""EPUB: a section a chapter, in the order of reading, without cover and table of contents."""

import logging
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from desktop_app.errors import UserError
from desktop_app.finetune.reading.archive import Archive, parse_xml
from desktop_app.finetune.reading.blocks import joined
from desktop_app.finetune.reading.cleaning import one_line
from desktop_app.finetune.reading.decoding import NoText, decode
from desktop_app.finetune.reading.found import Found, Source, Words, damaged
from desktop_app.finetune.reading.web_page import blocks_of, declared_encoding, parse_page
from desktop_app.finetune.script import n_words

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from lxml import etree

_FEWEST_WORDS = 5
_LINKS = 0.7  # of the text of a page, in a table of contents
_PAGES = {"application/xhtml+xml", "text/html"}
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # only fonts are hidden so

_BROKEN: Words = ("chapter that could not be read", "chapters that could not be read")
_CONTENTS: Words = ("table of contents", "tables of contents")
_COVER: Words = ("cover", "covers")
_EMPTY: Words = ("page with next to nothing on it", "pages with next to nothing on them")
_MISSING: Words = ("chapter that is not in the file", "chapters that are not in the file")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Item:
    """A file of the book, and what the book says it is."""

    path: str
    media_type: str
    properties: tuple[str, ...]


def read_epub(source: Source, found: Found) -> None:
    """Read an EPUB file."""
    archive = Archive(source)
    _check_readable(archive, source.name)
    container = archive.read("META-INF/container.xml")
    roots = [each.get("full-path") for each in parse_xml(container).iter("{*}rootfile")] if container else []
    package = archive.read(roots[0]) if roots and roots[0] else b""
    if not package:
        raise damaged(source.name)
    for item, role in _spine(parse_xml(package), posixpath.dirname(roots[0] or "")):
        try:
            _add_page(archive.read(item.path), item, role, found)
        except (NoText, RecursionError):  # the others are as good as they were
            _log.info("a chapter of %s could not be read", source.name, exc_info=True)
            found.leave(_BROKEN, item.path)


def _check_readable(archive: Archive, name: str) -> None:
    encryption = archive.read("META-INF/encryption.xml")
    if not encryption:
        return
    for each in parse_xml(encryption).iter("{*}EncryptionMethod"):
        if each.get("Algorithm") not in _FONTS:
            raise UserError(
                f"“{name}” is locked for the reading program of the shop it comes from.",
                "Choose a book without copy protection.",
            )


def _spine(package: "etree._Element", folder: str) -> Iterator[tuple[_Item, str]]:
    """Yield the pages in the order of reading, each with its role in the guide, where it has one."""

    def path_of(href: str | None) -> str:
        return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))

    items = {
        each.get("id"): _Item(
            path_of(each.get("href")), each.get("media-type") or "", tuple((each.get("properties") or "").split())
        )
        for each in package.iter("{*}item")
    }
    roles = {path_of(each.get("href")): each.get("type") or "" for each in package.iter("{*}reference")}
    for each in package.iter("{*}itemref"):
        item = items.get(each.get("idref"))
        if item is not None and item.media_type in _PAGES:
            yield item, roles.get(item.path, "")


def _add_page(data: bytes, item: _Item, role: str, found: Found) -> None:
    if not data:
        found.leave(_MISSING, item.path)
    elif role == "toc" or "nav" in item.properties:
        found.leave(_CONTENTS)
    elif role == "cover":
        found.leave(_COVER)
    else:
        _add_chapter(decode(found, data, declared_encoding(data)), found)


def _add_chapter(text: str, found: Found) -> None:
    page = parse_page(text)
    blocks = list(blocks_of(page, found, keeps_headers=True))
    written = joined(blocks)
    if n_words(written) < _FEWEST_WORDS:
        found.leave(_EMPTY, written)
    elif _is_contents(page, written):
        found.leave(_CONTENTS, written)
    else:
        headings = (one_line(each.text) for each in blocks if each.level)
        title = one_line(page.title.get_text()) if page.title else ""
        found.add(next(headings, title), written)


def _is_contents(page: "BeautifulSoup", written: str) -> bool:
    links = [each.get_text() for each in page.find_all("a", href=True)]
    return len(links) >= 5 and sum(map(len, links)) > _LINKS * len(written)
