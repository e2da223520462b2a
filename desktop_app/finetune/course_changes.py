"""A document that was changed since it was read: its rows go over to what it says now.

A row whose text is still there stays what it is, wherever its paragraphs have moved to. What is new becomes new rows:
held out if the document is, and learned otherwise, as long as it is nothing that is held out. A row whose text is
gone stays only as long as it is needed: to measure what was learned, or to know that it was learned.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from desktop_app.finetune.course import CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_exchanges import exchange_id
from desktop_app.finetune.course_rows import held_out_rows, held_out_texts, passage_row
from desktop_app.finetune.course_texts import PASSAGE_CHARACTERS, SECTION_WORDS, passages, text_of
from desktop_app.finetune.cutting import PARAGRAPH, cut, sentences
from desktop_app.finetune.goals import GIVEN, PASSAGE, TASK
from desktop_app.finetune.near_copies import Parts, near_copies
from desktop_app.finetune.pieces import Exchange, Passage


@dataclass(frozen=True)
class TakenOver:
    """A document that is settled, and all rows of its course."""

    document: CourseDocument
    rows: tuple[CourseExample, ...]


def take_over(
    document: CourseDocument, read: ReadFile, before: ReadFile | None, rows: Sequence[CourseExample]
) -> TakenOver:
    """Have a changed document take over the rows of what was there before.

    Args:
        document: Its `before` is the hash of that; what is held out of it is still as it was of that.
        read: What was read in it now.
        before: What had been read, or None if that is lost.
        rows: Of the course.
    """
    mine = [row for row in rows if row.document == document.before]
    passages_before = [row.answers[0] for row in mine if row.origin == PASSAGE]
    was = text_of(before) if before is not None else "\n\n".join(passages_before)
    text = text_of(read)
    settled = replace(document, n_learned=_n_learned(document, was, text), before="")
    if not mine:  # or it was done already, and not noted
        return TakenOver(settled, tuple(rows))
    now = _Said(text)
    gone = _gone(mine, now, {exchange_id(Exchange(each.kind, each.prompt, each.answers)) for each in read.exchanges})
    kept = [
        _moved(row, document.sha256, row.id in gone) if row.document == document.before else row
        for row in rows
        if row.id not in gone or row.run
    ]
    if passages_before:
        kept += _new_rows(settled, _new_text(now, was, [row for row in mine if row.id in gone]), document.before, kept)
    return TakenOver(settled, tuple(kept))


def source_of(written: str) -> str:
    """Return what an example was written from, by its id; see `writing`."""
    return written.partition(".")[0]


def _moved(row: CourseExample, sha256: str, is_gone: bool) -> CourseExample:
    return replace(row, document=sha256, is_left_out=row.is_left_out or is_gone)


def _n_learned(document: CourseDocument, was: str, text: str) -> int:
    """Return how many characters of a text are learned, so that as little as can be changes sides."""
    if document.is_held_out:
        return 0
    sides = was[: document.n_learned], was[document.n_learned :]
    learned, held_out = ({part.strip() for part in sentences(side)} for side in sides)
    at, n_wrong = len(text), 0  # of characters, beside those that would be if all of it were learned
    best = (n_wrong, -at)
    for part in reversed(sentences(text)):
        at -= len(part)
        n_wrong += len(part) * ((part.strip() in learned) - (part.strip() in held_out))
        best = min(best, (n_wrong, -at))
    return -best[1]


class _Said:
    """What a text says, in parts: its paragraphs, and the sentences of one that is longer than a passage."""

    def __init__(self, text: str) -> None:
        self.parts = _parts(text)
        self._known = {part.strip() for part in self.parts}
        self._long = [part for part in self.parts if len(part) > PASSAGE_CHARACTERS]

    def parts_of(self, passage: str) -> list[str]:
        """Return the parts of a passage, which may be sentences of a paragraph alone."""
        found = (part.strip() for part in cut(passage, PARAGRAPH))
        return [part for each in found for part in ([each] if each in self._known else map(str.strip, sentences(each)))]

    def has(self, passage: str) -> bool:
        parts = self.parts_of(passage)
        return all(part in self._known or any(part in each for each in self._long) for part in parts)


def _parts(text: str) -> list[str]:
    paragraphs = cut(text, PARAGRAPH)
    return [
        part for each in paragraphs for part in ([each] if len(each.strip()) <= PASSAGE_CHARACTERS else sentences(each))
    ]


def _gone(mine: Iterable[CourseExample], now: _Said, exchanges: set[str]) -> set[str]:
    """Return the ids of the rows whose text is not there any more, and of what was written from them."""

    def is_there(row: CourseExample) -> bool:
        if row.is_held_out or row.is_edited:
            return True
        if row.origin == GIVEN:
            return row.id in exchanges
        return row.origin not in (PASSAGE, TASK) or now.has(row.answers[0])

    gone = {row.id for row in mine if not is_there(row)}
    return gone | {row.id for row in mine if source_of(row.id) in gone and not row.is_held_out}


def _new_text(now: _Said, was: str, gone: Iterable[CourseExample]) -> str:
    """Return what a text says that no row has: what is new in it, and what is left of rows that are gone."""
    wanted = Counter(map(str.strip, now.parts)) - Counter(map(str.strip, _parts(was)))
    for row in gone:
        if row.origin == PASSAGE and not row.is_left_out:
            wanted.update(now.parts_of(row.answers[0]))
    found = []
    for part in now.parts:
        if wanted[part.strip()] > 0:
            wanted[part.strip()] -= 1
            found.append(part)
    return "".join(found)


def _new_rows(document: CourseDocument, text: str, before: str, kept: Sequence[CourseExample]) -> list[CourseExample]:
    """Return rows of a new text, without what is on the other side already."""
    mine = [row for row in kept if row.document == document.sha256 and row.origin == PASSAGE]
    if document.is_held_out:
        others = [Passage(row.answers[0], "") for row in kept if row.origin == PASSAGE and not row.is_held_out]
    else:
        others = [*held_out_texts(kept), *(Passage(row.answers[0], "") for row in mine if row.is_edited)]
    parts = Parts([text])
    [new] = parts.without(near_copies(parts.pieces, others))
    if document.is_held_out:
        words = None if {row.group for row in mine} == {before} else SECTION_WORDS
        found = held_out_rows(document.sha256, new, words)
        return [replace(each, group=before) for each in found] if words is None else found
    return [
        passage_row(document.sha256, each, is_end=False, taken=number) for number, each in enumerate(passages(new), 1)
    ]
