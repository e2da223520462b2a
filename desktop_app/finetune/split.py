"""What is learned and what is held out, to see afterwards whether the run has taught anything.

Nothing may be on both sides: the rest of a document or of a conversation gives away what is held out. So documents
and conversations are held out whole, and of documents that are too large for that their end. All is settled before
anything is generated, and follows from the contents and a seed alone.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from desktop_app.finetune.cutting import LINE, PARAGRAPH, SENTENCE
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.near_copies import Parts, near_copies
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.finetune.words import count

SHARE = 0.1
LARGEST_SHARE = 0.2
LONG_DOCUMENT = 2_000  # characters; the tenth of a shorter one is a sentence or two

_MOST_FOR_MEASURING = 0.3  # where there are not enough others, or all are large
_MOST_LEFT_OUT = 0.5

_Piece = TypeVar("_Piece", Passage, Exchange)


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
    said, said_held_out = _parted([*imitated, *preferred], chosen)
    texts, texts_held_out = split_passages(passages, seed)
    if not (said_held_out or texts_held_out) or not (said or texts):
        note = "There is too little to hold anything out, so it cannot be measured what was learned."
        return Split((*passages, *imitated, *preferred), (), (note,))
    copies, notes = copies_to_leave_out(said, said_held_out)
    kept = (piece for place, piece in enumerate(said) if place not in copies)
    found, more_notes = without_copies([each.text for each in texts], texts_held_out)
    whole = (
        replace(each, text=text, is_end=each.is_end and text == each.text)
        for each, text in zip(texts, found, strict=True)
        if text.strip()
    )
    return Split((*whole, *kept), (*texts_held_out, *said_held_out), tuple(dict.fromkeys((*more_notes, *notes))))


def without_copies(
    texts: Sequence[str], held_out: Sequence[Passage], besides: Sequence[Piece] = ()
) -> tuple[list[str], tuple[str, ...]]:
    """Return texts without the parts that are held out elsewhere, and sentences about it.

    Args:
        texts: Are to be learned.
        held_out: All that is held out of a document together, for each.
        besides: What is learned as well, and was looked through before.
    """
    parts = Parts(texts)
    copies, notes = copies_to_leave_out(parts.pieces, held_out, besides, "passage")
    return parts.without(copies), notes


def copies_to_leave_out(
    learned: Sequence[Piece], held_out: Sequence[Piece], besides: Sequence[Piece] = (), noun: str = "example"
) -> tuple[set[int], tuple[str, ...]]:
    """Return the places of what must not be learned, because it gives away what is held out, and sentences about it.

    Args:
        learned: Is to be learned.
        held_out: Is not.
        besides: What is learned as well, and was looked through before.
        noun: For one of them.
    """
    copies = near_copies(learned, held_out)
    size = sum(piece.size for piece in (*learned, *besides))
    if sum(learned[place].size for place in copies) > _MOST_LEFT_OUT * size:
        note = f"Most {noun}s are near copies of each other, so what is held out says little about anything else."
        return set(), (note,)
    notes = (f"Near copies of what is held out were left out: {count(len(copies), noun)}.",) if copies else ()
    return copies, notes


def grouped(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Keep together what begins alike, unless all of it does: then each exchange stands for itself."""
    all_alike = len({each.beginning for each in exchanges}) < 2
    return [replace(each, group=each.id if all_alike else each.beginning) for each in exchanges]


def split_passages(passages: Sequence[Passage], seed: int, share: float = SHARE) -> tuple[list[Passage], list[Passage]]:
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
        ends = [end for _, end in halves if end is not None]
        if ends:
            return [start for start, _ in halves], ends
    return _parted(passages, chosen)


def choose(
    pieces: Sequence[Passage] | Sequence[Exchange], seed: int, share: float = SHARE, n_held_out: int = 0
) -> set[str]:
    """Return the groups to hold out, in an order by chance, and at least one if there are two.

    They are this share of what is to be learned; or as many as a measurement needs, where a fifth of all are enough.

    Args:
        pieces: Among which it is chosen.
        seed: Makes the order.
        share: Of all that is to be learned.
        n_held_out: Groups that are held out besides.
    """
    sizes = _sizes(pieces)
    if len(sizes) < 2:
        return set()
    needed = (LEAST_GROUPS if LARGEST_SHARE * len(sizes) >= LEAST_GROUPS else 1) - n_held_out
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
    if not chosen and needed > 0:
        chosen.add(min(sizes, key=lambda group: (sizes[group], group)))
    return chosen


def _sizes(pieces: Sequence[Passage] | Sequence[Exchange]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for piece in pieces:
        sizes[piece.group] += piece.size
    return sizes


def _parted(pieces: Sequence[_Piece], chosen: set[str]) -> tuple[list[_Piece], list[_Piece]]:
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
    for border in (PARAGRAPH, LINE, SENTENCE):
        found = list(border.finditer(text, earliest, latest))
        if found:
            best = min(found, key=lambda match: abs(match.start() - wanted))
            group = hashlib.sha256(f"{passage.group} end".encode()).hexdigest()
            start = replace(passage, text=text[: best.start()].rstrip(), is_end=False)
            return start, Passage(text[best.end() :], group)
    return passage, None
