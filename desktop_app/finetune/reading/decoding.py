"""From bytes to text: by the mark a file begins with, as UTF-8, by what the file says, or by a guess that is told."""

import codecs
import re

from desktop_app.errors import UserError
from desktop_app.finetune.reading.cleaning import clean
from desktop_app.finetune.reading.found import Found

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 500_000  # the guess takes seconds for each megabyte
_ZEROS = 0.2  # of all bytes, in UTF-16 of European languages
_CONTROLS, _FEW_CONTROLS = 0.01, 10  # of all characters, in what is no text; and of a short one
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LATIN = "cp1252"  # by far the most frequent; its sisters differ in letters that short texts do not have
_LATIN_IS_ENOUGH = 0.1  # so much less like a known language it may look


class NoText(UserError):
    """These bytes are no text. What else is in the file may be."""


def decode(found: Found, data: bytes | None = None, declared: str = "") -> str:
    """Return the text of a file, or of a part of it.

    Args:
        found: Gets told of a guess.
        data: The part; the whole file if left out.
        declared: Encoding that the file says it has, or empty.

    Raises:
        NoText: If it is no text.
        UserError: If the source is strict and it would have to be guessed.
    """
    is_strict = found.source.is_strict and data is None  # a part says by itself what it is
    data = found.source.data if data is None else data
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return clean(data[len(mark) :].decode(encoding, "replace"))
    for encoding in ("utf-8", declared):
        text = _as(data, encoding)
        if text is not None and "\0" not in text:
            return _checked(text, found)
    if is_strict:
        raise _not_utf8(data, found.source.name)
    encoding = _guess(data)
    if not encoding:
        raise _no_text(found.source.name)
    found.tell(f"encoding that had to be guessed: {encoding}")
    return _checked(data.decode(encoding, "replace"), found)


def _as(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding) if encoding else None
    except (UnicodeDecodeError, LookupError):
        return None


def _checked(text: str, found: Found) -> str:
    if len(_CONTROL.findall(text)) > max(_FEW_CONTROLS, _CONTROLS * len(text)):
        raise _no_text(found.source.name)
    return clean(text)


def _guess(data: bytes) -> str:
    """Return the encoding that these bytes most likely have, or nothing."""
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if data[start::2].count(0) > _ZEROS * len(data):
            return encoding
    from charset_normalizer import from_bytes

    sample = data[:_SAMPLE_BYTES]
    if len(data) > len(sample):
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    matches = [each for each in from_bytes(sample.replace(b"\0", b"")) if not each.encoding.startswith("utf_16")]
    if not matches:
        return ""
    best = matches[0]
    for each in matches:
        is_as_good = each.chaos <= best.chaos and each.coherence >= best.coherence - _LATIN_IS_ENOUGH
        if is_as_good and _LATIN in each.could_be_from_charset:
            return _LATIN
    return best.encoding


def _not_utf8(data: bytes, name: str) -> UserError:
    try:
        data.decode()
        place = data.index(0)  # so does UTF-16 look that says nothing about itself
    except UnicodeDecodeError as error:
        place = error.start
    line = data.count(b"\n", 0, place) + 1
    return UserError(f"Line {line:,} of “{name}” is not UTF-8 text.", "Save the file as UTF-8.")


def _no_text(name: str) -> NoText:
    return NoText(f"“{name}” is not a text, whatever its name says.", "Leave it out, or save its text anew as UTF-8.")
