"""What is learned and what is held out, to see afterwards whether the run has taught anything.

Nothing may be on both sides: the rest of a document or of a conversation gives away what is held out. So documents
and conversations are held out whole, and of documents that are too large for that their end. All is settled before
anything is generated, and follows from the contents and a seed alone.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.near_copies import near_copies
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.finetune.words import count

SHARE = 0.1
LARGEST_SHARE = 0.2
LONG_DOCUMENT = 2_000  # characters; the tenth of a shorter one is a sentence or two

_MOST_FOR_MEASURING = 0.3  # where there are not enough others, or all are large
_MOST_LEFT_OUT = 0.5
_BORDERS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s+"))

Parts = tuple[list[Piece], list[Piece]]


@dataclass(frozen=True)
class Split:
    """What is learned, what is held out, and sentences about it."""

    learned: tuple[Piece, ...]
    held_out: tuple[Piece, ...]
    notes: tuple[str, ...] = ()


def split(passages: Sequence[Passage], exchanges: Sequence[Exchange], seed: int) -> Split:
    """Hold out about a tenth of the passages, of the answers to be imitated and of the preferences, each by itself."""
    imitated = grouped([each for each in exchanges if not each.is_preference])
    preferred = grouped([each for each in exchanges if each.is_preference])
    chosen = choose(imitated, seed) | choose(preferred, seed)
    parts = (split_passages(passages, seed), _parted([*imitated, *preferred], chosen))
    learned, held_out = ([*first, *other] for first, other in zip(*parts, strict=True))
    if not held_out or not learned:
        note = "There is too little to hold anything out, so it cannot be measured what was learned."
        return Split((*passages, *imitated, *preferred), (), (note,))
    copies, notes = copies_to_leave_out(learned, held_out)
    kept = tuple(piece for place, piece in enumerate(learned) if place not in copies)
    return Split(kept, tuple(held_out), notes)


def copies_to_leave_out(learned: Sequence[Piece], held_out: Sequence[Piece]) -> tuple[set[int], tuple[str, ...]]:
    """Return the places of what must not be learned, because it gives away what is held out, and sentences about it."""
    copies = near_copies(learned, held_out)
    if len(copies) > _MOST_LEFT_OUT * len(learned):
        note = "Most examples are near copies of each other, so what is held out says little about anything else."
        return set(), (note,)
    notes = (f"Near copies of what is held out were left out: {count(len(copies), 'example')}.",) if copies else ()
    return copies, notes


def grouped(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Keep together what begins alike, unless all of it does: then each exchange stands for itself."""
    all_alike = len({each.beginning for each in exchanges}) < 2
    return [replace(each, group=each.id if all_alike else each.beginning) for each in exchanges]


def split_passages(passages: Sequence[Passage], seed: int, share: float = SHARE) -> Parts:
    """Return documents that are learned and held out whole; or, if none has the size for that, the end of each.

    Args:
        passages: A document each.
        seed: Chooses the documents.
        share: Of all that is to be learned.
    """
    sizes, chosen = _sizes(passages), choose(passages, seed, share)
    held, total = sum(sizes[group] for group in chosen), sum(sizes.values())
    if not share / 2 * total <= held <= max(2 * share, _MOST_FOR_MEASURING) * total:
        halves = [_cut(passage, share) for passage in passages]
        ends: list[Piece] = [end for _, end in halves if end is not None]
        if ends:
            return [start for start, _ in halves], ends
    return _parted(passages, chosen)


def choose(pieces: Sequence[Passage] | Sequence[Exchange], seed: int, share: float = SHARE) -> set[str]:
    """Return the groups to hold out, in an order by chance, and at least one if there are two.

    They are this share of what is to be learned; or as many as a measurement needs, where a fifth of all are enough.
    """
    sizes = _sizes(pieces)
    if len(sizes) < 2:
        return set()
    needed = LEAST_GROUPS if LARGEST_SHARE * len(sizes) >= LEAST_GROUPS else 1
    order = sorted(sizes, key=lambda group: hashlib.sha256(f"{seed} {group}".encode()).digest())
    total, held = sum(sizes.values()), 0
    chosen: set[str] = set()
    for group in order:
        if (2 * held + sizes[group]) / 2 <= share * total:  # it is nearer to the share with it
            chosen.add(group)
            held += sizes[group]
    for group in order:
        if group not in chosen and len(chosen) < needed and held + sizes[group] <= _MOST_FOR_MEASURING * total:
            chosen.add(group)
            held += sizes[group]
    return chosen or {min(sizes, key=lambda group: (sizes[group], group))}


def _sizes(pieces: Sequence[Passage] | Sequence[Exchange]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for piece in pieces:
        sizes[piece.group] += piece.size
    return sizes


def _parted(pieces: Sequence[Piece], chosen: set[str]) -> Parts:
    return [each for each in pieces if each.group not in chosen], [each for each in pieces if each.group in chosen]


def _cut(passage: Passage, share: float) -> tuple[Passage, Passage | None]:
    """Return a document without its end, and that; None if it is too short or has no border there.

    The two are cut where a paragraph ends, or else a line or a sentence.
    """
    text = passage.text
    if len(text) < LONG_DOCUMENT:
        return passage, None
    earliest, latest = round((1 - 2 * share) * len(text)), round((1 - share / 2) * len(text))
    wanted = (1 - share) * len(text)
    for border in _BORDERS:
        found = list(border.finditer(text, earliest, latest))
        if found:
            best = min(found, key=lambda match: abs(match.start() - wanted))
            group = hashlib.sha256(f"{passage.group} end".encode()).hexdigest()
            start = replace(passage, text=text[: best.start()].rstrip(), is_end=False)
            return start, Passage(text[best.end() :], group)
    return passage, None
