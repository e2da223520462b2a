"""Texts that are nearly the same: what is held out must not be given away by what is learned.

Texts are compared by their runs of five words. Two are near copies if seven tenths of the runs that either has are in
both (their Jaccard index), as when one of some thirty words is another. For exchanges this must hold of what was asked
and of what was answered, because many questions with the same answer are a way to teach it. Of passages one may be a
part of the other: seven tenths of the runs of the smaller one are enough.

Runs that many have tell nothing, such as those of an instruction before each question or of a notice below each mail.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from desktop_app.finetune.cutting import units
from desktop_app.finetune.pieces import SYSTEM, Exchange, Passage, Piece
from desktop_app.finetune.script import n_words
from desktop_app.finetune.word_runs import LEAST, runs, words_of

LEAST_ALIKE = 0.7

_MANY = 10  # have a run that tells nothing
_FEWEST_PART_WORDS, _MOST_PART_WORDS = 20, 50  # a phrase for every occasion is shorter; more may be half a copy

_Runs = frozenset[int]


class Copies:
    """Texts that are known, and whether another one is nearly the same as one of them.

    Args:
        every: Compare only one run of so many, chosen by what it says: whole libraries would fill the memory.
    """

    def __init__(self, every: int = 1) -> None:
        self._every = every
        self._known: list[_Runs] = []
        self._places: dict[int, list[int]] = {}
        self._longest = 0

    def add(self, text: str) -> None:
        """Know a text; its place is how many were known before."""
        found = _runs(_words(text), self._every)
        for run in found:
            self._places.setdefault(run, []).append(len(self._known))
        self._known.append(found)
        self._longest = max(self._longest, len(found))

    def find(self, text: str) -> int | None:
        """Return the place of a text that this one is a near copy of, or None."""
        words = _words(text)
        if LEAST_ALIKE * (len(words) - LEAST) > self._longest * self._every:
            return None  # none of them is long enough, and the runs of a book fill the memory
        mine = _runs(words, self._every)
        found = (self._places.get(run, ()) for run in mine)
        places = sorted({place for some in found if len(some) <= _MANY for place in some})
        return next((place for place in places if _are_alike(mine, self._known[place])), None)


def near_copies(pieces: Sequence[Piece], held_out: Sequence[Piece]) -> set[int]:
    """Return the places of the pieces that are near copies of one that is held out.

    Passages and exchanges are never copies of each other.
    """
    if not pieces or not held_out:
        return set()
    if len(pieces) > len(held_out):
        known = _Known(held_out, pieces)
        return {place for place, piece in enumerate(pieces) if next(known.alike(piece), None) is not None}
    known = _Known(pieces, held_out)
    found: set[int] = set()
    for each in held_out:
        found.update(known.alike(each, found))
    return found


class _Known:
    """Some pieces, the fewer ones, to find those that others are near copies of.

    Args:
        known: Are compared.
        others: Will be, too; they count for what many have.
    """

    def __init__(self, known: Sequence[Piece], others: Sequence[Piece]) -> None:
        counts = Counter(run for each in known for half in _halves(each) for run in half)
        for each in others:  # one after the other: all runs of a library fill the memory
            counts.update(run for half in _halves(each) for run in half if run in counts)
        self._common = {run for run, number in counts.items() if number > _MANY}
        self._known = [self._telling(each) for each in known]
        self._places: dict[int, list[int]] = {}
        for place, halves in enumerate(self._known):
            for run in self._half_to_find(halves):
                self._places.setdefault(run, []).append(place)

    def alike(self, piece: Piece, but: Collection[int] = ()) -> Iterator[int]:
        """Yield the places of those that a piece is a near copy of, without some."""
        halves = self._telling(piece)
        are_alike = _are_alike if isinstance(piece, Exchange) else _is_part
        seen: set[int] = set()
        for run in self._half_to_find(halves):
            for place in self._places.get(run, ()):
                if place in seen or place in but:
                    continue
                seen.add(place)
                known = self._known[place]
                if len(known) == len(halves) and all(map(are_alike, halves, known)):
                    yield place

    def _telling(self, piece: Piece) -> tuple[_Runs, ...]:
        """Return the runs of each half that tell something; where none of an exchange's does, they are all there is."""
        is_exchange = isinstance(piece, Exchange)
        return tuple(half - self._common or (half if is_exchange else _Runs()) for half in _halves(piece))

    def _half_to_find(self, halves: tuple[_Runs, ...]) -> _Runs:
        """Return the half by which a piece is found, the first that not many have."""
        return next((half for half in halves if not half <= self._common), halves[0])


class Parts:
    """Texts in parts of a few sentences, so that nothing but what is copied has to be left out of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [_parts(text) for text in texts]

    @property
    def pieces(self) -> list[Piece]:
        return [Passage(part, "") for parts in self._texts for part in parts]

    def without(self, places: Collection[int]) -> list[str]:
        """Return the texts without some of the parts."""
        texts, at = [], 0
        for parts in self._texts:
            texts.append("".join(part for place, part in enumerate(parts, at) if place not in places))
            at += len(parts)
        return texts


def _parts(text: str) -> list[str]:
    parts, size = [""], 0
    for unit in units(text, n_words, _MOST_PART_WORDS):
        more = n_words(unit)
        if size >= _FEWEST_PART_WORDS and size + more > _MOST_PART_WORDS:
            parts.append("")
            size = 0
        parts[-1] += unit
        size += more
    if len(parts) > 1 and size < _FEWEST_PART_WORDS:
        parts[-2:] = ["".join(parts[-2:])]
    return parts


def _halves(piece: Piece) -> tuple[_Runs, ...]:
    """Return the runs of a passage; or of what was asked, and of what was answered."""
    if isinstance(piece, Passage):
        return (_runs(_words(piece.text)),)
    asked = "\n".join(each.content for each in piece.prompt if each.role != SYSTEM)
    return _runs(_words(asked)), _runs(_words("\n".join(piece.answers)))


def _words(text: str) -> list[str]:
    return words_of(text) or [text]  # there are answers without a letter


def _runs(words: Sequence[str], every: int = 1) -> _Runs:
    found = runs(words) if len(words) > LEAST else (tuple(words),)
    return _Runs(number for run in found if (number := hash(run)) % every == 0)


def _are_alike(first: _Runs, other: _Runs) -> bool:
    shared = len(first & other)
    return 0 < shared >= LEAST_ALIKE * (len(first) + len(other) - shared)


def _is_part(first: _Runs, other: _Runs) -> bool:
    return 0 < len(first & other) >= LEAST_ALIKE * min(len(first), len(other))
