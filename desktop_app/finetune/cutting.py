"""Cutting a text where something ends: a paragraph, or else a line, a sentence or a word.

Each part keeps the border behind it, so that the parts together are the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

Border = re.Pattern[str]
Size = Callable[[str], int]

PARAGRAPH, LINE, SENTENCE, SPACE = BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])\s+|(?<=[\u3002\uff01\uff1f])\s*"),
    re.compile(r"\s+"),
)
_LINES = re.compile(r"\n\s*")


def cut(text: str, border: Border) -> Iterator[str]:
    """Yield all parts that a text has."""
    at = 0
    for match in border.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    if at < len(text):
        yield text[at:]


def units(text: str, size: Size, most: int, borders: Sequence[Border] = BORDERS) -> Iterator[str]:
    """Yield a text in parts that are small enough, if there are borders enough; none is smaller than it has to be."""
    if size(text.strip()) <= most or not borders:
        yield text
        return
    for part in cut(text, borders[0]):
        yield from units(part, size, most, borders[1:])


def sentences(text: str) -> list[str]:
    """Return a text in sentences, which end with their line if not before."""
    return [each for line in cut(text, _LINES) for each in cut(line, SENTENCE)]


def joined(sized: Iterable[tuple[str, int]], most: int) -> list[str]:
    """Put parts together as long as they fit, each of which comes with its size."""
    found: list[str] = []
    free = 0
    for part, size in sized:
        if not found or size > free:
            found.append("")
            free = most
        found[-1] += part
        free -= size
    return found
