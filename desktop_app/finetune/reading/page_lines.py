"""Pages, line by line: headers, footers and page numbers go, and paragraphs are put together again."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop_app.finetune.reading.found import Found, Words
from desktop_app.finetune.script import n_words

_EDGE = 3  # so many lines at the top and at the bottom may be on every page
_FEWEST_PAGES = 3  # with less nothing can be said to repeat; page numbers are seen from two on
_FEWEST_WORDS = 4  # of a line that can be known again: some programs print one at the end of a page and on the next
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|s\.|página|pagina|strona|sida|side)\s*)?(?:\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|de|di|van|z|av|\|)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_END_NUMBER = re.compile(r"^(\d{1,4})(?:\s|$)|(?:^|\s)(\d{1,4})$")
_BULLET = re.compile(r"(?:[-*\u2013\u2014\u2022\u25aa\u25e6\u2023\u00b7]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
_ENDS = (".", "!", "?", ":", ";", "…", "”", '"', "»", ")", "。")
_SHORT = 0.75  # of the width of the page: a line that ends before that ends its paragraph, if it can

_NUMBER = "#"

_NUMBERS: Words = ("page number", "page numbers")
_TWICE: Words = ("line that is on two pages", "lines that are on two pages")
_RUNNING: Words = ("header or footer", "headers and footers")


@dataclass(frozen=True)
class Page:
    """A page and its lines, empty ones among them."""

    number: int
    lines: list[str]


_Key = tuple[int, str]  # which line from the top, or (negative) from the bottom; and what it is without digits


def without_running_lines(pages: Sequence[Page], found: Found) -> Iterator[Page]:
    """Yield the pages without the lines that most of them have at the same place, digits aside, and none twice."""
    running, offset, last = _running(pages), _offset(pages), ""
    for page in pages:
        dropped = {place for place, keys in _edges(page).items() if not running.isdisjoint(keys)}
        if offset is not None:
            dropped |= {place for place, number in _numbered(page).items() if number - page.number == offset}
        for place in dropped:
            found.leave(_NUMBERS if _PAGE_NUMBER.fullmatch(page.lines[place]) else _RUNNING, page.lines[place])
        lines = [line for place, line in enumerate(page.lines) if place not in dropped]
        written = [line for line in lines if line]
        if len(written) > 1 and written[0] == last and n_words(last) >= _FEWEST_WORDS:
            found.leave(_TWICE, last)
            lines.remove(last)
        last = written[-1] if written else ""
        yield Page(page.number, lines)


def _offset(pages: Sequence[Page]) -> int | None:
    """Return how far the printed numbers of pages are ahead of ours, if most pages have one.

    They tell headers that change with the chapter from text.
    """
    counts = Counter(offset for page in pages for offset in {n - page.number for n in _numbered(page).values()})
    offset, n = max(counts.items(), key=lambda each: each[1], default=(0, 0))
    return offset if n >= _FEWEST_PAGES and 2 * n >= len(pages) else None


def _numbered(page: Page) -> dict[int, int]:
    """Return the numbers at the end of the first and the last line, by their place."""
    places = [place for place, line in enumerate(page.lines) if line]
    found = {place: _END_NUMBER.search(page.lines[place]) for place in places[:1] + places[-1:]}
    return {place: int(match[1] or match[2]) for place, match in found.items() if match}


def _running(pages: Sequence[Page]) -> set[_Key]:
    """Return what repeats: on most pages, or on most of the left or right ones."""
    running: set[_Key] = set()
    for some in (pages, [each for each in pages if each.number % 2], [each for each in pages if not each.number % 2]):
        counts = Counter(key for page in some for key in set().union(*_edges(page).values()))
        for key, n in counts.items():
            fewest = 2 if key[1] == _NUMBER and some is pages else _FEWEST_PAGES
            if n >= fewest and 2 * n >= len(some):
                running.add(key)
    return running


def _edges(page: Page) -> dict[int, set[_Key]]:
    """Return what the lines near the top and the bottom are, by their place."""
    places = [place for place, line in enumerate(page.lines) if line]
    edges: dict[int, set[_Key]] = {}
    for step, some in ((1, places[:_EDGE]), (-1, places[: -_EDGE - 1 : -1])):
        for number, place in enumerate(some, 1):
            edges.setdefault(place, set()).add((step * number, _without_digits(page.lines[place])))
    return edges


def _without_digits(line: str) -> str:
    return _NUMBER if _PAGE_NUMBER.fullmatch(line) else _DIGITS.sub("#", line).casefold()


def join_lines(lines: Sequence[str]) -> list[str]:
    """Return the paragraphs of a page: lines joined as the eye joins them, and words that were divided between two."""
    widths = sorted(len(line) for line in lines if line)
    width = widths[int(0.9 * len(widths))] if widths else 0
    paragraphs: list[list[str]] = []  # put together at the end: a page may be one paragraph of a million lines
    before = ""
    for line in lines:
        if not line:
            before = ""
        elif not before or _BULLET.match(line) or _ends_paragraph(before, line, width):
            paragraphs.append([line])
            before = line
        else:
            _join(paragraphs[-1], line)
            before = line
    return ["".join(parts) for parts in paragraphs]


def _ends_paragraph(line: str, following: str, width: int) -> bool:
    if len(line) >= _SHORT * width or _HYPHEN.search(line):
        return False
    return line.endswith(_ENDS) or not following[0].islower()


def _join(parts: list[str], line: str) -> None:
    if _HYPHEN.search(parts[-1]) and line[0].islower():
        parts[-1] = parts[-1][:-1]
        parts.append(line)
    else:
        parts.append(f" {line}")
