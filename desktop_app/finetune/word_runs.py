"""Runs of words that two texts have in common, word for word.

Upper and lower case are the same, and what stands between words does not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from desktop_app.finetune.script import WORD

LEAST = 5  # words; shorter runs are in every text

Run = tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """The words of a text from `start` up to `end` are also in another one, `source`."""

    start: int
    end: int
    source: int


@dataclass(frozen=True)
class Repeated:
    """A part of a text of so many words, which is also in another one, `source`."""

    text: str
    words: int
    source: int


def words_of(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def runs(words: Sequence[str], length: int = LEAST) -> Iterator[Run]:
    """Yield all runs of so many words."""
    return (tuple(words[place : place + length]) for place in range(len(words) - length + 1))


def find_matches(texts: Sequence[str], others: Iterable[str]) -> list[list[Match]]:
    """Return for each text which of its runs of at least `LEAST` words the others have, too.

    Args:
        texts: Short ones.
        others: Of any length; they are gone through once.
    """
    words = [words_of(text) for text in texts]
    places: dict[Run, list[tuple[int, int]]] = {}
    for number, mine in enumerate(words):
        for place, run in enumerate(runs(mine)):
            places.setdefault(run, []).append((number, place))
    longest: dict[tuple[int, int], Match] = {}
    for source, other in enumerate(others):
        theirs = words_of(other)
        for at, run in enumerate(runs(theirs)):
            for number, place in places.get(run, ()):
                end = place + _common(words[number], place, theirs, at)
                if (number, place) not in longest or end > longest[number, place].end:
                    longest[number, place] = Match(place, end, source)
    found: list[list[Match]] = [[] for _ in texts]
    for (number, _), match in longest.items():
        found[number].append(match)
    return found


def longest_run(text: str, matches: Sequence[Match], known: Iterable[str]) -> Repeated | None:
    """Return the longest run of what has matched, without the words of it that are in known texts as well.

    Args:
        text: The one that was looked through.
        matches: What was found in it.
        known: Texts whose runs of at least `LEAST` words are nothing new.
    """
    spans, new = list(WORD.finditer(text)), _new(words_of(text), known)
    best: Repeated | None = None
    for match in matches:
        for start, end in _stretches(new, match):
            if end - start >= max(LEAST, best.words + 1 if best else 0):
                best = Repeated(text[spans[start].start() : spans[end - 1].end()], end - start, match.source)
    return best


def _common(mine: Sequence[str], place: int, theirs: Sequence[str], at: int) -> int:
    """Return how many words are the same from two places on."""
    most = min(len(mine) - place, len(theirs) - at)
    return next((n for n in range(LEAST, most) if mine[place + n] != theirs[at + n]), most)


def _new(words: Sequence[str], known: Iterable[str]) -> list[bool]:
    """Return for each word whether it is in no run that a known text has."""
    others = {run for text in known for run in runs(words_of(text))}
    new = [True] * len(words)
    for place, run in enumerate(runs(words)):
        if run in others:
            new[place : place + LEAST] = [False] * LEAST
    return new


def _stretches(new: Sequence[bool], match: Match) -> Iterator[tuple[int, int]]:
    for is_new, places in groupby(range(match.start, match.end), key=lambda place: new[place]):
        stretch = list(places)
        if is_new:
            yield stretch[0], stretch[-1] + 1
