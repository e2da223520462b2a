"""Cutting what was read in a document: into passages to learn, sections to measure by, and answers in a format.

All cuts are where a paragraph ends, or else a line or a sentence, so that a part can be read by itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from desktop_app.finetune.course import ReadFile

PASSAGE_CHARACTERS = 1_500  # some 375 tokens, which the shortest length of a preset has room for
SECTION_WORDS = 150
FEWEST_SECTION_WORDS = 50  # whoever reads less of a text can hardly tell whose it is

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_BORDERS = (_PARAGRAPH_END, re.compile(r"\n"), re.compile(r"(?<=[.!?…。])\s+"), re.compile(r"\s+"))

Size = Callable[[str], int]


def text_of(read: ReadFile) -> str:
    """Return the text of a document as one; paragraphs are parted by an empty line."""
    return "\n\n".join(text for each in read.sections if (text := each.text.strip()))


def paragraphs(text: str) -> list[str]:
    return [each.strip() for each in _PARAGRAPH_END.split(text) if each.strip()]


def passages(text: str, characters: int = PASSAGE_CHARACTERS) -> list[str]:
    """Return a text in parts of about as many characters at most, each of as many whole paragraphs as fit."""
    units = (
        unit[start : start + characters]
        for unit in _units(text, len, characters, _BORDERS)
        for start in range(0, len(unit), characters)
    )
    return _without_rest(_joined(units, len, characters), text, len, characters / 5)


def sections(text: str, words: int) -> list[str]:
    """Return a text in parts of about as many words, cut where sentences end; none of them is much shorter."""
    sentences = _units(text, n_words, words // 4, _BORDERS[:-1])
    units = (unit for each in sentences for unit in _units(each, n_words, words, _BORDERS[-1:]))
    return _without_rest(_joined(units, n_words, words), text, n_words, words / 2)


def answers(read: ReadFile, is_held_out: bool, n_learned: int, characters: int = PASSAGE_CHARACTERS) -> list[str]:
    """Return what of a document can be an answer in its format: all of it, or its sections where it is long.

    Args:
        read: The document.
        is_held_out: Take what is held out, and not what is learned.
        n_learned: Characters of its text that are learned.
        characters: About how long an answer may be.
    """
    text = text_of(read)
    wanted = text[n_learned:].strip() if is_held_out else text[:n_learned].strip()
    if len(text) <= characters:
        return [wanted] if wanted else []
    whole = [each.text.strip() for each in read.sections]
    parts = [part for part in whole if part and part in wanted]
    if len(parts) < 2:
        return passages(wanted, characters)
    return [found for part in parts for found in passages(part, characters)]


def n_words(text: str) -> int:
    return len(text.split())


def _joined(units: Iterable[str], size: Size, most: int) -> list[str]:
    """Put units together as long as they fit."""
    found = [""]
    for unit in units:
        if size((found[-1] + unit).strip()) <= most:
            found[-1] += unit
        else:
            found.append(unit)
    return [part for each in found if (part := each.strip())]


def _without_rest(found: list[str], text: str, size: Size, least: float) -> list[str]:
    """Give a last part that is too short to the one before it."""
    if len(found) < 2 or size(found[-1]) >= least:
        return found
    *others, before, last = found
    return [*others, text[text.rindex(before) : text.rindex(last) + len(last)]]


def _units(text: str, size: Size, most: int, borders: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """Yield a text in parts, each with the border behind it: short enough, if there are borders enough."""
    if size(text.strip()) <= most or not borders:
        yield text
        return
    at = 0
    for end in (*(match.end() for match in borders[0].finditer(text)), len(text)):
        yield from _units(text[at:end], size, most, borders[1:])
        at = end
