"""What no text is learned with: ends of lines of other systems, control characters, and half characters.

The person's characters stay as they are: nothing is composed, folded or turned round.
"""

import re

_LINE_ENDS = re.compile(r"\r\n?|[\v\f]")
_SOFT_HYPHEN = re.compile("\u00ad[ \t]*\n[ \t]*")
_UNWANTED = dict.fromkeys((*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0)))
_HALVES = re.compile("[\ud800-\udfff]")  # JSON and mails can have them, and no file can be written with them
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return a text with ends of lines of its own, and without what nobody typed."""
    text = _LINE_ENDS.sub("\n", text.removeprefix("\ufeff"))
    text = _SOFT_HYPHEN.sub("", text).translate(_UNWANTED)
    return _HALVES.sub("\ufffd", text)


def without_gaps(text: str) -> str:
    """Return a text that was put together here with at most one empty line in a row."""
    return _BLANK_LINES.sub("\n\n", text).strip()


def one_line(text: str) -> str:
    """Return a text with single spaces for everything between words."""
    return _SPACES.sub(" ", text).strip()
