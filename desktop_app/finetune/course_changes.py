"""A document that was changed since it was read: its rows go over to what it says now.

A row whose text is still there stays what it is, wherever they have moved to. What is new becomes new rows:
held out if the document is, and learned otherwise, as long as it is nothing that is held out. A row whose text is
gone stays only as long as it is needed: to measure what was learned, or to know that it was learned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from desktop_app.finetune.course import CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_rows import exchange_id, held_out_rows, passage_row
from desktop_app.finetune.course_texts import SECTION_WORDS, paragraphs, passages, text_of
from desktop_app.finetune.goals import GIVEN, PASSAGE
from desktop_app.finetune.near_copies import near_copies
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
        before: What had been read.
        rows: Of the course.
    """
    text = text_of(read)
    end = text_of(before)[document.n_learned :] if before is not None else ""
    settled = replace(document, n_learned=_n_learned(document, end, text), before="")
    if not any(each.document == document.before for each in rows):  # or it was done already, and not noted
        return TakenOver(settled, tuple(rows))
    exchanges = {exchange_id(Exchange(each.kind, each.prompt, each.answers)) for each in read.exchanges}
    kept = _kept(document, rows, text, exchanges)
    if any(each.origin == PASSAGE for each in rows if each.document == document.before):
        kept += _new_rows(settled, text, kept)
    return TakenOver(settled, tuple(kept))


def _n_learned(document: CourseDocument, end: str, text: str) -> int:
    """Return how many characters are learned: up to the first paragraph that was held out, if that is still there."""
    if document.is_held_out:
        return 0
    starts = [place for each in paragraphs(end) if (place := text.find(each)) > 0]
    return min(starts, default=len(text))


def _kept(
    document: CourseDocument, rows: Iterable[CourseExample], text: str, exchanges: set[str]
) -> list[CourseExample]:
    kept: list[CourseExample] = []
    gone: set[str] = set()
    for row in rows:
        if row.document != document.before:
            kept.append(row)
            continue
        moved = replace(row, document=document.sha256)
        if row.origin == PASSAGE:
            is_there = row.is_edited or all(part in text for part in paragraphs(row.answers[0]))
        elif row.origin == GIVEN:
            is_there = row.is_edited or row.id in exchanges
        else:
            is_there = source_of(row.id) not in gone
        if is_there or row.is_held_out:
            kept.append(moved)
            continue
        gone.add(row.id)
        if row.run:
            kept.append(replace(moved, is_left_out=True))
    return kept


def source_of(written: str) -> str:
    """Return what an example was written from, by its id; see `writing`."""
    return written.partition(".")[0]


def _new_rows(document: CourseDocument, text: str, kept: Sequence[CourseExample]) -> list[CourseExample]:
    """Return rows of the paragraphs that no row has yet."""
    mine = [each for each in kept if each.document == document.sha256 and each.origin == PASSAGE]
    left = text
    for row in mine:
        for part in () if row.is_left_out else paragraphs(row.answers[0]):
            left = left.replace(part, "", 1)
    new = paragraphs(left)
    if document.is_held_out:
        parts = {each.group for each in mine}
        words = None if parts == {document.before} else SECTION_WORDS
        found = held_out_rows(document.sha256, "\n\n".join(new), words)
        return [replace(each, group=document.before) for each in found] if words is None else found
    known = [
        Passage(part, "") for each in mine if each.is_held_out or each.is_edited for part in paragraphs(each.answers[0])
    ]
    copies = near_copies([Passage(each, "") for each in new], known)
    texts = passages("\n\n".join(each for place, each in enumerate(new) if place not in copies))
    return [passage_row(document.sha256, each, is_end=False, taken=number) for number, each in enumerate(texts, 1)]
