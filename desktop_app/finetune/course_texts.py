"""Cutting what was read in a document: into passages to learn, sections to measure by, and answers in a format.

All cuts are where a paragraph ends, or else a line or a sentence, so that a part can be read by itself.
"""

from collections.abc import Callable

from desktop_app.finetune.course import ReadFile
from desktop_app.finetune.cutting import BORDERS, PARAGRAPH, SPACE, joined, units
from desktop_app.finetune.script import n_words

PASSAGE_CHARACTERS = 1_500  # some 375 tokens, which the shortest length of a preset has room for
SECTION_WORDS = 150
FEWEST_SECTION_WORDS = 50  # whoever reads less of a text can hardly tell whose it is


def text_of(read: ReadFile) -> str:
    """Return the text of a document as one; paragraphs are parted by an empty line."""
    return "\n\n".join(text for each in read.sections if (text := each.text.strip()))


def paragraphs(text: str) -> list[str]:
    return [each.strip() for each in PARAGRAPH.split(text) if each.strip()]


def passages(text: str, characters: int = PASSAGE_CHARACTERS) -> list[str]:
    """Return a text in parts of about as many characters at most, each of as many whole paragraphs as fit."""
    parts = (
        unit[start : start + characters]
        for unit in units(text, len, characters)
        for start in range(0, len(unit), characters)
    )
    return _without_rest(joined(((part, len(part)) for part in parts), characters), text, len, characters / 5)


def sections(text: str, words: int) -> list[str]:
    """Return a text in parts of about as many words, cut where sentences end; none of them is much shorter."""
    sentences = units(text, n_words, words // 4, BORDERS[:-1])
    parts = ((unit, n_words(unit)) for each in sentences for unit in units(each, n_words, words, (SPACE,)))
    return _without_rest(joined(parts, words), text, n_words, words / 2)


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


def _without_rest(parts: list[str], text: str, size: Callable[[str], int], least: float) -> list[str]:
    """Return the parts as they are read; a last one that is too short is given to the one before it."""
    found = [part for each in parts if (part := each.strip())]
    if len(found) < 2 or size(found[-1]) >= least:
        return found
    *others, before, last = found
    return [*others, text[text.rindex(before) : text.rindex(last) + len(last)]]
