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


def near_copies(pieces: Sequence[Piece], held_out: Sequence[Piece]) -> set[int]:
    """Return the places of the pieces that have a near copy among those held out."""
    known = [_texts(piece) for piece in held_out]
    asked, answered = [_runs(before) for before, _ in known], [_runs(learned) for _, learned in known]
    places: dict[int, list[int]] = {}
    for number, runs in enumerate(answered):
        for run in runs:
            places.setdefault(run, []).append(number)
    longest = max(map(len, answered), default=0)
    found = set()
    for place, piece in enumerate(pieces):
        before, learned = _texts(piece)
        if LEAST_ALIKE * (len(learned) - RUN) > longest:
            continue  # none of them is long enough, and the runs of a book fill the memory
        mine, asked_here = _runs(learned), _runs(before)
        shared = Counter(number for run in mine for number in places.get(run, ()))
        if any(_are_alike(mine, answered[number]) and _are_alike(asked_here, asked[number]) for number in shared):
            found.add(place)
    return found


def _texts(piece: Piece) -> tuple[list[str], list[str]]:
    """Return the words that are there before, and those that are learned."""
    if isinstance(piece, Passage):
        return [], _words(piece.text)
    return _words("\n".join(each.content for each in piece.prompt)), _words("\n".join(piece.answers))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold()) or [text]  # there are answers without a letter


def _runs(words: Sequence[str]) -> _Runs:
    return frozenset(hash(tuple(words[start : start + RUN])) for start in range(max(1, len(words) - RUN + 1)))


def _are_alike(first: _Runs, other: _Runs) -> bool:
    shared = len(first & other)
    return shared >= LEAST_ALIKE * (len(first) + len(other) - shared)
