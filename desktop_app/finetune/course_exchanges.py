"""Rows of a course that ask and answer: found in its documents, or the person's own.

They are learned or held out in groups: what is of one conversation stays together, and so does what begins alike, for
it would give away the rest. Once it is settled, a group stays on its side, whatever comes to it later.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_holding import SEED, taught
from desktop_app.finetune.goals import GIVEN, OWN
from desktop_app.finetune.near_copies import near_copies
from desktop_app.finetune.pieces import Exchange
from desktop_app.finetune.split import choose, copies_to_leave_out

_ID_CHARACTERS = 16

Rows = tuple[CourseExample, ...]


@dataclass(frozen=True)
class Made:
    """Rows that were there and new ones, and sentences about what did not become one."""

    rows: Rows
    notes: tuple[str, ...] = ()


def with_exchanges(
    course: Course,
    read: Sequence[tuple[CourseDocument, ReadFile]],
    known: Sequence[CourseExample],
    gone: Sequence[CourseExample],
) -> Made:
    """Return the rows that are there, the person's own settled, and those of new exchanges.

    Args:
        course: Whose rows they are.
        read: Documents with exchanges.
        known: The rows that are there.
        gone: Rows that were there until now.
    """
    new = {row.id: replace(row, group="") for row in known if _is_waiting(row, course)}
    settled = [row for row in (*known, *gone) if row.origin in (GIVEN, OWN) and row.prompt and row.id not in new]
    have = {row.id for row in known}
    for row in _found(read):
        if row.id not in have:
            new.setdefault(row.id, row)
    before = _exchanges(taught(settled, course))
    rows = _with_sides(_with_groups(list(new.values()), settled), settled, before)
    learned = [row for row in rows if not row.is_held_out]
    held_out = [row for row in (*settled, *rows) if row.is_held_out]
    copies, notes = copies_to_leave_out(_exchanges(learned), _exchanges(held_out), before)
    copied = {learned[place].id for place in copies}
    own = {row.id: replace(row, is_held_out=row.is_held_out or row.id in copied) for row in rows if row.origin == OWN}
    given = (row for row in rows if row.origin == GIVEN and row.id not in copied)
    return Made((*(own.get(row.id, row) for row in known), *given), notes)


def _is_waiting(row: CourseExample, course: Course) -> bool:
    """Return whether a row is the person's own, and neither held out nor learned yet.

    One that was edited may have been learned as it was before.
    """
    is_new = row.origin == OWN and row.group == row.id and bool(row.prompt)
    return is_new and not row.run and not row.is_left_out and not (row.is_edited and course.runs)


def _found(read: Sequence[tuple[CourseDocument, ReadFile]]) -> Iterator[CourseExample]:
    """Yield the exchanges of documents as rows; their groups are their conversations, or empty."""
    for document, text in read:
        for each in text.exchanges:
            group = f"{document.name}/{each.conversation}" if each.conversation else ""
            group = hashlib.sha256(group.encode()).hexdigest() if group else ""
            number = exchange_id(Exchange(each.kind, each.prompt, each.answers))
            yield CourseExample(number, GIVEN, document.sha256, group, each.answers, each.prompt, each.kind)


def exchange_id(exchange: Exchange) -> str:
    return exchange.id[:_ID_CHARACTERS]


def _exchanges(rows: Iterable[CourseExample]) -> list[Exchange]:
    return [Exchange(row.kind, row.prompt, row.answers, row.group) for row in rows]


def _with_groups(new: Sequence[CourseExample], settled: Sequence[CourseExample]) -> list[CourseExample]:
    """Return new rows with their groups; where there would be a single one, each row stands for itself."""
    groups = {row.group for row in settled}
    beginnings: dict[str, set[str]] = {}
    for each in _exchanges(settled):
        beginnings.setdefault(each.beginning, set()).add(each.group)

    def group_of(exchange: Exchange) -> str:
        alike = beginnings.get(exchange.beginning, set())
        if len(alike) == 1 and exchange.group not in groups:
            return next(iter(alike))
        return exchange.group or (exchange.id if alike else exchange.beginning)

    exchanges = _exchanges(new)
    found = [group_of(each) for each in exchanges]
    if len(groups.union(found)) == 1:
        found = [each.id for each in exchanges]
    return [replace(row, group=group) for row, group in zip(new, found, strict=True)]


def _with_sides(
    rows: Sequence[CourseExample], settled: Sequence[CourseExample], learned: Sequence[Exchange]
) -> list[CourseExample]:
    """Return new rows, held out or not: where their group is already, or else by chance.

    Args:
        rows: The new ones, with their groups.
        settled: The others.
        learned: What was or will be learned of them: nothing that is nearly the same is held out.
    """
    groups = {row.group for row in settled}
    fresh = [each for each in _exchanges(rows) if each.group not in groups]
    copied = {fresh[place].group for place in near_copies(fresh, learned)}
    earlier = _exchanges(row for row in settled if row.is_held_out)
    held_out = {each.group for each in earlier}
    for is_preference in (False, True):
        free = [each for each in fresh if each.group not in copied and each.is_preference == is_preference]
        n_held_out = len({each.group for each in earlier if each.is_preference == is_preference})
        held_out |= choose(free, SEED, n_held_out=n_held_out)
    return [replace(row, is_held_out=row.group in held_out) for row in rows]
