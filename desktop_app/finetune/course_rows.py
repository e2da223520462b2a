"""From what was read to the rows of a course: passages and given exchanges, each learned or held out once and for all.

Passages of a document are learned up to where it is settled (`course_holding`), and held out from there. So that a few
documents give an interval, too, what is held out of them is cut into sections, which stand for themselves. Exchanges
and the person's own examples: see `course_exchanges`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_exchanges import Made, Rows, with_exchanges
from desktop_app.finetune.course_holding import Texts, taught, wanted
from desktop_app.finetune.course_texts import (
    FEWEST_SECTION_WORDS,
    SECTION_WORDS,
    passages,
    sections,
    text_of,
)
from desktop_app.finetune.goals import GIVEN, GOALS, OWN, PASSAGE
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.near_copies import Parts, near_copies
from desktop_app.finetune.pieces import Passage
from desktop_app.finetune.private_data import without_private
from desktop_app.finetune.script import n_words
from desktop_app.finetune.split import without_copies

UNUSABLE = "This goal learns from"

_SECTIONS_WANTED = LEAST_GROUPS + 4  # some are left out by the person, or have something private
_ID_CHARACTERS = 16
_SHOWN_NAMES = 3


def rows_of(course: Course, texts: Texts, known: Sequence[CourseExample], gone: Sequence[CourseExample] = ()) -> Made:
    """Return the rows of a course with those that its documents still lack; all that are settled stay as they are.

    Args:
        course: Its documents are settled.
        texts: Gives what was read in a document, by its hash.
        known: The rows that are there.
        gone: Rows that were there until now: a conversation that goes on stays on its side.
    """
    read = [
        (document, text)
        for document in course.documents
        if document.is_settled and (text := texts(document.sha256)) is not None
    ]
    rows: list[CourseExample] = list(known)
    notes: list[str] = []
    if GOALS[course.goal].learns_passages:
        have = {each.document for each in known if each.origin == PASSAGE}
        made = _passages([(document, text) for document, text in read if document.sha256 not in have], course, known)
        rows += made.rows
        notes += made.notes
    made = with_exchanges(course, [(document, text) for document, text in read if text.exchanges], rows, gone)
    return Made(made.rows, (*notes, *made.notes, *_unusable(course, read)))


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
    documents = [document for document, _ in read]
    texts = [text_of(text) for _, text in read]
    cuts = [(text, document.n_learned) for document, text in zip(documents, texts, strict=True)]
    parts = Parts([text[n_learned:].strip() for text, n_learned in cuts])
    before = [row.piece() for row in taught(known, course) if row.origin == PASSAGE]
    ends = parts.without(near_copies(parts.pieces, before))
    words = None
    if sum(document.is_held_out for document in course.documents) < LEAST_GROUPS:
        total = sum(map(n_words, ends))
        words = min(SECTION_WORDS, max(FEWEST_SECTION_WORDS, total // _SECTIONS_WANTED))
    learned, held_out = [], []
    for document, end in zip(documents, ends, strict=True):
        held_out += held_out_rows(document.sha256, end, words)
    starts = [text[:n_learned].strip() for text, n_learned in cuts]
    starts, notes = without_copies(starts, held_out_texts([*known, *held_out]), before)
    for document, text, start in zip(documents, texts, starts, strict=True):
        found = passages(start)
        learned += [
            passage_row(document.sha256, each, is_end=start == text and number == len(found), taken=number)
            for number, each in enumerate(found, 1)
        ]
    return Made((*learned, *held_out), notes)


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


def held_out_texts(rows: Iterable[CourseExample]) -> list[Passage]:
    """Return all that is held out of each document."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        if row.is_held_out and row.origin == PASSAGE:
            texts.setdefault(row.document, []).append(row.answers[0])
    return [Passage("\n\n".join(parts), document) for document, parts in texts.items()]


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
    fitting = (row for row in wanted(rows, course) if fits_goal(row, course.goal))
    found = (_without(row, course.private_out) for row in fitting) if course.private_out else fitting
    return tuple(row for row in found if all(each.strip() for each in _texts(row)))


def _texts(row: CourseExample) -> tuple[str, ...]:
    return (*row.answers, *(each.content for each in row.prompt))


def _without(row: CourseExample, kinds: Sequence[str]) -> CourseExample:
    return replace(
        row,
        answers=tuple(without_private(each, kinds).strip() for each in row.answers),
        prompt=tuple(ChatMessage(each.role, without_private(each.content, kinds)) for each in row.prompt),
    )
