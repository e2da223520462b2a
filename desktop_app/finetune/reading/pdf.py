"""PDF: a section a page, without what stands on every page, and with lines put together into paragraphs again."""

import io
import logging
from typing import TYPE_CHECKING, Any

from desktop_app.errors import UserError
from desktop_app.finetune.reading.cleaning import clean, one_line
from desktop_app.finetune.reading.found import Found, Source, damaged, protected
from desktop_app.finetune.reading.page_lines import Page, join_lines, without_running_lines
from desktop_app.finetune.script import n_words

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_FEWEST_WORDS = 5  # a page with less is a title, a blank or a picture
_UNREADABLE = ("page that could not be read", "pages that could not be read")
_PICTURE = ("page with pictures and no text", "pages with pictures and no text")
_EMPTY = ("page with next to nothing on it", "pages with next to nothing on them")
# Two letters that a font has as one; nobody types them so.
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb06": "st"}
)
_SENTENCE_ENDS = (".", "!", "?", ":", "”", '"', "…")

_log = logging.getLogger(__name__)


def read_pdf(source: Source, found: Found) -> None:
    """Read a PDF file."""
    reader = _open(source)
    n_pages = len(reader.pages)
    pages = [Page(number, lines) for number in range(1, n_pages + 1) if (lines := _lines(reader, number, found))]
    if not pages:
        raise _nothing(source, found)
    texts: list[tuple[int, list[str]]] = []
    for page in without_running_lines(pages, found):
        paragraphs = join_lines(page.lines)
        if sum(map(n_words, paragraphs)) < _FEWEST_WORDS:
            found.leave(_EMPTY, " ".join(paragraphs))
            continue
        if texts and _goes_on(texts[-1][1][-1], paragraphs[0]):
            texts[-1][1][-1] = " ".join((texts[-1][1][-1], paragraphs.pop(0)))
        if paragraphs:
            texts.append((page.number, paragraphs))
    for number, paragraphs in texts:
        found.add(f"Page {number:,}", "\n\n".join(paragraphs))


def _open(source: Source) -> "PdfReader":
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError, PdfReadError

    # It tells of each small fault that it has made good.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    if b"%PDF-" not in source.data[:1024]:
        raise damaged(source.name)
    try:
        reader = PdfReader(io.BytesIO(source.data))
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise protected(source.name)
    except (DependencyError, NotImplementedError) as error:  # encrypted in a way of its own
        raise protected(source.name) from error
    except PdfReadError as error:
        raise damaged(source.name) from error
    return reader


def _lines(reader: "PdfReader", number: int, found: Found) -> list[str]:
    """Return the lines of a page that have something; count the page as left out if it has none."""
    try:
        page = reader.pages[number - 1]
        text = clean(page.extract_text())
    except (MemoryError, UserError):
        raise
    except Exception:  # whatever the library makes of a stranger's page
        _log.info("page %d of %s could not be read", number, found.source.name, exc_info=True)
        found.leave(_UNREADABLE, str(number))
        return []
    lines = [one_line(line).translate(_LIGATURES) for line in text.split("\n")]
    if not any(lines):
        found.leave(_PICTURE if _has_picture(page) else _EMPTY)
        return []
    return lines


def _has_picture(page: "PageObject") -> bool:
    try:
        resources: Any = page.get("/Resources")
        objects: Any = resources.get_object().get("/XObject") if resources else None
        return any(each.get_object().get("/Subtype") == "/Image" for each in objects.get_object().values())
    except Exception:  # whatever the library makes of a stranger's page
        return False


def _nothing(source: Source, found: Found) -> UserError:
    whys = {each.why for each in found.skipped()}
    if whys & set(_PICTURE):
        return UserError(
            f"“{source.name}” has no text but pictures of it, as a scanner makes them.",
            "Have its text recognized (OCR) by another program, then add what that saves.",
        )
    if whys & set(_UNREADABLE):
        return damaged(source.name)
    return UserError(f"“{source.name}” has no text.", "Leave it out.")


def _goes_on(before: str, after: str) -> bool:
    """Return whether a paragraph goes on at the top of the next page."""
    return after[:1].islower() and not before.endswith(_SENTENCE_ENDS)
