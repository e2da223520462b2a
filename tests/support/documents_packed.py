"""Documents that are archives, for tests: DOCX by python-docx, ODT and EPUB written by hand, and bombs."""

import io
import zipfile
from collections.abc import Callable, Mapping

from docx import Document
from docx.document import Document as DocxDocument

# Hebrew, Latin, a mark that turns the direction, and Arabic.
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd, 123 abc \u200f\u0645\u0631\u062d\u0628\u0627."

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
)
_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def packed(entries: Mapping[str, str | bytes]) -> bytes:
    """Return an archive with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the entries of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def docx(fill: Callable[[DocxDocument], object]) -> bytes:
    """Return a Word document that a function has filled."""
    document = Document()
    fill(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def docx_of(*paragraphs: str) -> bytes:
    """Return a Word document of these paragraphs."""
    return docx(lambda document: [document.add_paragraph(each) for each in paragraphs])


def odt(body: str, styles: str = "", **more: str) -> bytes:
    """Return an OpenDocument text with this XML in its body and among its master styles."""
    document = (
        "<office:document-content {}><office:body><office:text>{}</office:text></office:body></office:document-content>"
    )
    look = "<office:document-styles {}><office:master-styles>{}</office:master-styles></office:document-styles>"
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": document.format(_NAMES, body),
            "styles.xml": look.format(_NAMES, styles),
            **more,
        }
    )


def epub(chapters: Mapping[str, str], guide: str = "", nav: str = "", **more: str) -> bytes:
    """Return a book with these chapters: the names of their files and their XHTML, in the order of reading.

    Args:
        chapters: What is not complete XHTML is put into a body.
        guide: Its references, as XML.
        nav: The name of the chapter that is the table of contents.
        more: Other entries.
    """
    items = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"'
        + (' properties="nav"/>' if name == nav else "/>")
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>'
        f"{items}</manifest><spine>{spine}</spine><guide>{guide}</guide></package>"
    )
    pages = {
        f"OEBPS/{name}": text if "<html" in text else f"<html><body>{text}</body></html>"
        for name, text in chapters.items()
    }
    return packed({"META-INF/container.xml": _CONTAINER, "OEBPS/book.opf": package, **pages, **more})
