"""Texts that are nearly the same: what is held out must not have a near copy among what is learned.

Two texts are compared by their runs of five words. They are near copies if seven tenths of the runs that either has
are in both (their Jaccard index), as when one of some thirty words is another. For exchanges this must hold of what
was asked and of what was answered, because many questions with the same answer are a way to teach it.
"""

import re
from collections import Counter
from collections.abc import Sequence

from desktop_app.finetune.pieces import Passage, Piece

RUN = 5  # words
LEAST_ALIKE = 0.7

_WORD = re.compile(r"\w+")
_Runs = frozenset[int]


class Copies:
    """Texts that are known, and whether another one is nearly the same as one of them.

    Args:
        every: Compare only one run of so many, chosen by what it says: whole libraries would fill the memory.
    """

    def __init__(self, every: int = 1) -> None:
        self._every = every
        self._asked: list[_Runs] = []
        self._answered: list[_Runs] = []
        self._places: dict[int, list[int]] = {}
        self._longest = 0

    def add(self, piece: Piece) -> None:
        """Know a text; its place is how many were known before."""
        before, learned = _texts(piece)
        runs = _runs(learned, self._every)
        for run in runs:
            self._places.setdefault(run, []).append(len(self._answered))
        self._asked.append(_runs(before))
        self._answered.append(runs)
        self._longest = max(self._longest, len(runs))

    def find(self, piece: Piece) -> int | None:
        """Return the place of a text that this one is a near copy of, or None."""
        before, learned = _texts(piece)
        if LEAST_ALIKE * (len(learned) - RUN) > self._longest * self._every:
            return None  # none of them is long enough, and the runs of a book fill the memory
        mine, asked = _runs(learned, self._every), _runs(before)
        shared = Counter(place for run in mine for place in self._places.get(run, ()))
        return next(
            (
                place
                for place in sorted(shared)
                if _are_alike(mine, self._answered[place]) and _are_alike(asked, self._asked[place])
            ),
            None,
        )


def near_copies(pieces: Sequence[Piece], held_out: Sequence[Piece]) -> set[int]:
    """Return the places of the pieces that have a near copy among those held out."""
    known = Copies()
    for piece in held_out:
        known.add(piece)
    return {place for place, piece in enumerate(pieces) if known.find(piece) is not None}


def _texts(piece: Piece) -> tuple[list[str], list[str]]:
    """Return the words that are there before, and those that are learned."""
    if isinstance(piece, Passage):
        return [], _words(piece.text)
    return _words("\n".join(each.content for each in piece.prompt)), _words("\n".join(piece.answers))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold()) or [text]  # there are answers without a letter


def _runs(words: Sequence[str], every: int = 1) -> _Runs:
    runs = (hash(tuple(words[start : start + RUN])) for start in range(max(1, len(words) - RUN + 1)))
    return frozenset(run for run in runs if run % every == 0)


def _are_alike(first: _Runs, other: _Runs) -> bool:
    shared = len(first & other)
    return 0 < shared >= LEAST_ALIKE * (len(first) + len(other) - shared)
