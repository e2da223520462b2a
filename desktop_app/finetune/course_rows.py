"""From what was read to the rows of a course: passages and given exchanges, each learned or held out once and for all.

Passages of a document are learned up to where it is settled (`course_holding`), and held out from there. So that a few
documents give an interval, too, what is held out of them is cut into sections, which stand for themselves.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_holding import SEED, Texts
from desktop_app.finetune.course_texts import (
    FEWEST_SECTION_WORDS,
    SECTION_WORDS,
    n_words,
    passages,
    sections,
    text_of,
)
from desktop_app.finetune.goals import GIVEN, GOALS, OWN, PASSAGE
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.finetune.private_data import without_private
from desktop_app.finetune.split import choose, copies_to_leave_out, grouped

UNUSABLE = "This goal learns from"

_SECTIONS_WANTED = LEAST_GROUPS + 4  # some are left out by the person, or have something private
_ID_CHARACTERS = 16
_SHOWN_NAMES = 3

Rows = tuple[CourseExample, ...]


@dataclass(frozen=True)
class Made:
    """Rows that were there and new ones, and sentences about what did not become one."""

    rows: Rows
    notes: tuple[str, ...] = ()


def rows_of(course: Course, texts: Texts, known: Sequence[CourseExample]) -> Made:
    """Return the rows of a course with those that its documents still lack; all that are there stay as they are.

    Args:
        course: Its documents are settled.
        texts: Gives what was read in a document, by its hash.
        known: The rows that are there.
    """
    read = [
        (document, text)
        for document in course.documents
        if document.n_learned >= 0 and (text := texts(document.sha256)) is not None
    ]
    rows: list[CourseExample] = list(known)
    notes: list[str] = []
    if GOALS[course.goal].learns_passages:
        have = {each.document for each in known if each.origin == PASSAGE}
        made = _passages([(document, text) for document, text in read if document.sha256 not in have], course, known)
        rows += made.rows
        notes += made.notes
    made = _given([(document, text) for document, text in read if text.exchanges], rows)
    rows += made.rows
    return Made(tuple(rows), (*notes, *made.notes, *_unusable(course, read)))


def _unusable(course: Course, read: Sequence[tuple[CourseDocument, ReadFile]]) -> Iterator[str]:
    """Yield a sentence about documents that have nothing for the goal."""
    goal = GOALS[course.goal]
    names = [document.name for document, text in read if not text.exchanges and not document.is_left_out]
    if goal.learns_passages or goal.written or not names:
        return
    shown = ", ".join(names[:_SHOWN_NAMES]) + (" and others" if len(names) > _SHOWN_NAMES else "")
    what = f"{names[0]} has none" if len(names) == 1 else f"{len(names):,} documents have none: {shown}"
    yield f"{UNUSABLE} questions with answers, and {what}."


# ------------------------------------------------------------ passages


def _passages(read: Sequence[tuple[CourseDocument, ReadFile]], course: Course, known: Sequence[CourseExample]) -> Made:
    ends = {document.sha256: text_of(text)[document.n_learned :].strip() for document, text in read}
    n_whole = sum(document.is_held_out for document in course.documents)
    words = None
    if n_whole < LEAST_GROUPS:
        total = sum(map(n_words, ends.values()))
        words = min(SECTION_WORDS, max(FEWEST_SECTION_WORDS, total // _SECTIONS_WANTED))
    learned, held_out = [], []
    for document, text in read:
        start, end = text_of(text)[: document.n_learned].strip(), ends[document.sha256]
        parts = passages(start)
        learned += [
            passage_row(document.sha256, part, is_end=not end and number == len(parts), taken=number)
            for number, part in enumerate(parts, 1)
        ]
        held_out += held_out_rows(document.sha256, end, words)
    copies, notes = copies_to_leave_out([each.piece() for each in learned], _held_out_passages([*known, *held_out]))
    kept = (each for place, each in enumerate(learned) if place not in copies)
    return Made((*kept, *held_out), notes)


def passage_row(sha256: str, text: str, is_end: bool, taken: int, group: str = "") -> CourseExample:
    """Return a row with a text to be continued; `taken` tells it from others of the document with the same text."""
    number = hashlib.sha256(f"{sha256} {group} {taken} {text}".encode()).hexdigest()[:_ID_CHARACTERS]
    return CourseExample(number, PASSAGE, sha256, group or sha256, (text,), is_end=is_end, is_held_out=bool(group))


def held_out_rows(sha256: str, text: str, words: int | None) -> list[CourseExample]:
    """Return rows of a text that is held out: sections of some words; or, without that, passages that are one group."""
    parts = passages(text) if words is None else sections(text, words)
    rows = []
    for number, part in enumerate(parts, 1):
        row = passage_row(sha256, part, number == len(parts), number, f"{sha256}#{number}")
        rows.append(row if words is not None else replace(row, group=sha256))
    return rows


def _held_out_passages(rows: Iterable[CourseExample]) -> list[Passage]:
    """Return what is held out of each document as it would be cut if it were learned, to be compared with that."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        if row.is_held_out and row.origin == PASSAGE:
            texts.setdefault(row.document, []).append(row.answers[0])
    return [Passage(part, document) for document, parts in texts.items() for part in passages("\n\n".join(parts))]


# ------------------------------------------------------------ given exchanges


def _given(read: Sequence[tuple[CourseDocument, ReadFile]], known: Sequence[CourseExample]) -> Made:
    have, held = {each.id for each in known}, {each.group: each.is_held_out for each in known if each.origin == GIVEN}
    new: dict[str, tuple[str, Exchange]] = {}
    for document, text in read:
        for exchange in _exchanges(document, text):
            if exchange_id(exchange) not in have:
                new.setdefault(exchange_id(exchange), (document.sha256, exchange))
    exchanges = [exchange for _, exchange in new.values()]
    beginning = {each.id: each.group for each in grouped([each for each in exchanges if not each.group])}
    exchanges = [each if each.group else _with_group(each, beginning[each.id]) for each in exchanges]
    if len({*held, *(each.group for each in exchanges)}) == 1:  # nothing could be held out of a single conversation
        exchanges = [_with_group(each, each.id) for each in exchanges]
    settled = [each for each in exchanges if each.group not in held]
    chosen = {group for group, is_held_out in held.items() if is_held_out} | _chosen(settled)
    rows = [
        CourseExample(
            number, GIVEN, document, each.group, each.answers, each.prompt, each.kind, is_held_out=each.group in chosen
        )
        for (number, (document, _)), each in zip(new.items(), exchanges, strict=True)
    ]
    learned = [each for each in rows if not each.is_held_out]
    all_held_out = [each.piece() for each in (*known, *rows) if each.is_held_out and each.origin == GIVEN]
    copies, notes = copies_to_leave_out([each.piece() for each in learned], all_held_out)
    dropped = {learned[place].id for place in copies}
    return Made(tuple(each for each in rows if each.id not in dropped), notes)


def _exchanges(document: CourseDocument, text: ReadFile) -> Iterator[Exchange]:
    for each in text.exchanges:
        group = f"{document.name}/{each.conversation}" if each.conversation else ""
        group = hashlib.sha256(group.encode()).hexdigest() if group else ""
        yield Exchange(each.kind, each.prompt, each.answers, group)


def exchange_id(exchange: Exchange) -> str:
    return exchange.id[:_ID_CHARACTERS]


def _with_group(exchange: Exchange, group: str) -> Exchange:
    return Exchange(exchange.kind, exchange.prompt, exchange.answers, group)


def _chosen(exchanges: Sequence[Exchange]) -> set[str]:
    """Return the groups to hold out: of answers to be imitated, and of preferences."""
    imitated = [each for each in exchanges if not each.is_preference]
    preferred = [each for each in exchanges if each.is_preference]
    return choose(imitated, SEED) | choose(preferred, SEED)


# ------------------------------------------------------------ as they are learned


def fits_goal(row: CourseExample, goal: str) -> bool:
    """Return whether a row is learned, or measured by, for a goal; after another one was chosen, some are not."""
    known = GOALS[goal]
    return row.origin in (GIVEN, OWN, *known.written) or (row.origin == PASSAGE and known.learns_passages)


def effective(rows: Iterable[CourseExample], course: Course) -> Rows:
    """Return the rows as they are learned and measured by.

    Those that were left out are not among them, nor those of documents that were left out or taken away, and what is
    private is left out of their texts.
    """
    documents = {"", *(each.sha256 for each in course.documents if not each.is_left_out)}
    wanted = (row for row in rows if not row.is_left_out and row.document in documents and fits_goal(row, course.goal))
    found = (_without(row, course.private_out) for row in wanted) if course.private_out else wanted
    return tuple(row for row in found if all(each.strip() for each in _texts(row)))


def _texts(row: CourseExample) -> tuple[str, ...]:
    return (*row.answers, *(each.content for each in row.prompt))


def _without(row: CourseExample, kinds: Sequence[str]) -> CourseExample:
    return replace(
        row,
        answers=tuple(without_private(each, kinds).strip() for each in row.answers),
        prompt=tuple(ChatMessage(each.role, without_private(each.content, kinds)) for each in row.prompt),
    )
