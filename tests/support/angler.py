"""Six chapters of Izaak Walton's "The Compleat Angler" (1653, in the public domain) as documents of four formats.

Some twenty pages on fish, in a spelling and a tone that no model of today writes by itself: something to be taught.
"""

import html
import random
import zipfile
from pathlib import Path

import docx
from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument

CHAPTERS = ("Trout", "Salmon", "Pike", "Carp", "Bream and Tench", "Eel")
_TEXT = Path(__file__).parent / "texts" / "angler.txt"
_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
_BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">angler</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language></metadata>
<manifest><item id="text" href="text.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="text"/></spine></package>"""
_WORDS = 400  # different ones in documents of nothing


def paragraphs():
    """Return the paragraphs of each chapter, without its number."""
    chapters = _TEXT.read_text(encoding="utf-8").strip().split("\n\n\n")
    return dict(zip(CHAPTERS, (chapter.split("\n\n")[1:] for chapter in chapters), strict=True))


def write_angler(folder):
    """Write the six documents and return their paths: two PDFs, two of a word processor, a book, and a text."""
    folder.mkdir(parents=True, exist_ok=True)
    writers = (write_text, write_docx, write_pdf, write_pdf, write_epub, write_docx)
    chapters = paragraphs().items()
    return [write(folder / title, title, text) for write, (title, text) in zip(writers, chapters, strict=True)]


def write_random_words(folder, n_documents, n_words, seed=1):
    """Write documents in which no word says anything about the next one, and return their paths."""
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(_WORDS)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(n_documents):
        path = folder / f"nothing {number + 1}.txt"
        path.write_text("\n\n".join(" ".join(chance.choices(words, k=100)) for _ in range(n_words // 100)))
        paths.append(path)
    return paths


def write_text(path, title, text):
    path = path.with_name(f"{path.name}.txt")
    path.write_text("\n\n".join([title, *text]), encoding="utf-8")
    return path


def write_docx(path, title, text):
    path = path.with_name(f"{path.name}.docx")
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "The Compleat Angler"
    document.add_heading(title, 1)
    for paragraph in text:
        document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def write_pdf(path, title, text):
    """Write what a printer would get, with page numbers; needs a Qt application."""
    path = path.with_name(f"{path.name}.pdf")
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setPageSize(QPageSize(QSizeF(148, 210), QPageSize.Unit.Millimeter))
    writer.setPageMargins(QMarginsF(15, 15, 15, 15))
    document = QTextDocument()
    document.setHtml(_as_html(title, text))
    document.print_(writer)
    return path


def write_epub(path, title, text):
    path = path.with_name(f"{path.name}.epub")
    body = _as_html(title, text)
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head><body>{body}</body></html>'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", _CONTAINER)
        book.writestr("book.opf", _BOOK.format(title=title))
        book.writestr("text.xhtml", page, zipfile.ZIP_DEFLATED)
    return path


def _as_html(title, text):
    return f"<h1>{title}</h1>" + "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in text)
