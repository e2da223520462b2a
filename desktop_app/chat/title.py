"""A conversation's title: from the person's first words at once, and later perhaps a better one from the model."""

# ruff: noqa: RUF001  # people's quotation marks and full stops are meant to be the characters they are

import re
import unicodedata
from urllib.parse import urlsplit

from desktop_app.chat.reasoning import without_reasoning

MAX_TITLE = 48
NO_TITLE = "New chat"

# As much of a line is looked at: the marks of a whole program in one line would take minutes.
_MAX_LINE = 500

# A small model asked for a title often starts to answer instead; what is this long is no title.
_MAX_SUGGESTION = 2 * MAX_TITLE

_FENCE = re.compile(r"^\s*(```|~~~)")
_BLOCK_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)]\s+)+")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_URL = re.compile(r"https?://\S+")
_LABEL = re.compile(r"^(?:chat |conversation )?title\s*[:\-–—]\s*", re.IGNORECASE)
# Unicode categories: control and format characters, halves of characters.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
_QUOTES = "\"'“”„‟‘’‚«»‹›「」『』`"
_CLOSING = " .,:;·…-–—。、，：；"


def title_from(text: str) -> str:
    """Return a title for a conversation that begins with this message: one line of at most `MAX_TITLE` characters."""
    for line in text.splitlines():
        if _FENCE.match(line):
            continue
        title = _plain(line)
        if any(character.isalnum() for character in title):
            return _cut(title)
    return NO_TITLE


def clean_title(suggestion: str) -> str | None:
    """Return the title in what a model wrote when asked for one, or None if there is none."""
    lines = [line for line in without_reasoning(suggestion).splitlines() if line.strip() and not _FENCE.match(line)]
    if not lines:
        return None
    line = _plain(lines[0])
    if line.rstrip(_QUOTES).endswith((":", "：")) and len(lines) > 1:
        line = _plain(lines[1])  # "Here is a title:", and the title below
    title = _LABEL.sub("", line.strip(_QUOTES)).strip(_QUOTES + " ").rstrip(_CLOSING)
    title = title.strip(_QUOTES + " ")
    if len(title) > _MAX_SUGGESTION or not any(character.isalpha() for character in title):
        return None
    return _cut(title)


def _plain(line: str) -> str:
    """Return a line without Markdown's marks, invisible characters and the tails of addresses."""
    line = _BLOCK_MARK.sub("", line[:_MAX_LINE])
    line = _IMAGE_OR_LINK.sub(r"\1", line)
    line = _EMPHASIS.sub(r"\2", line)
    line = _EMPHASIS.sub(r"\2", line)  # bold within italics
    line = _URL.sub(_short_address, line)
    visible = "".join(" " if character.isspace() else character for character in line if _is_visible(character))
    return " ".join(visible.split())


def _is_visible(character: str) -> bool:
    # Joiners (Cf) build emoji and are needed in some scripts; other formatting could turn the list's text around.
    return character.isspace() or character in "\u200c\u200d" or unicodedata.category(character) not in _INVISIBLE


def _short_address(match: re.Match[str]) -> str:
    try:
        parts = urlsplit(match[0])
    except ValueError:  # such as an unfinished [::1 address
        return match[0]
    return parts.netloc.removeprefix("www.") + parts.path.rstrip("/")


def _cut(title: str) -> str:
    """Return the title, cut at a word if it is too long; in the middle of one where there are no words to cut at."""
    if len(title) <= MAX_TITLE:
        return title
    head = title[: MAX_TITLE - 1]
    if not title[MAX_TITLE - 1].isspace():
        words, _, _ = head.rpartition(" ")
        if len(words) >= MAX_TITLE // 2:
            head = words
    while head and (head[-1] == "\u200d" or _belongs_to_previous(title[len(head)])):
        head = head[:-1]
    return head.rstrip(_CLOSING) + "…"


def _belongs_to_previous(character: str) -> bool:
    """Tell whether the character is drawn as one with the one before it (an accent, an emoji's colour)."""
    return (
        character in "\u200d\ufe0f" or unicodedata.combining(character) > 0 or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
