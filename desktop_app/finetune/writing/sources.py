"""What examples are written from, and in which order: what is held out first, and then evenly over all documents."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from desktop_app.finetune.course import Course, CourseExample, ReadFile
from desktop_app.finetune.course_rows import effective
from desktop_app.finetune.course_texts import answers
from desktop_app.finetune.goals import GOALS, PASSAGE, QUESTION, REWRITE, SUMMARY, TASK
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.writing import question, rewrite, summary, task
from desktop_app.finetune.writing.drafts import Writer

MOST = 300  # examples of one kind that are written before the next run
MOST_HELD_OUT = 12

_MOST_SUMMARIES = 24  # they take five times as long as a question

_ID_CHARACTERS = 16


@dataclass(frozen=True)
class Kind:
    """How one kind of examples is written.

    Attributes:
        write: Does it.
        cost: How long a source takes, in the time that a question takes.
        at_once: How many sources are asked about at a time: what a kill can lose.
        most: Sources that are learned from.
        most_held_out: Sources that are held out.
    """

    write: Writer
    cost: int
    at_once: int
    most: int
    most_held_out: int


KINDS = {
    QUESTION: Kind(question.write, question.EACH, 4, MOST // question.EACH, MOST_HELD_OUT // question.EACH),
    REWRITE: Kind(rewrite.write, 3 * rewrite.EACH, 4, MOST // 2 // rewrite.EACH, MOST_HELD_OUT // rewrite.EACH),
    SUMMARY: Kind(summary.write, 5, 8, _MOST_SUMMARIES, 0),
    TASK: Kind(task.write, 2, 8, MOST, MOST),  # nothing else of these documents is learned, or measured by
}


@dataclass(frozen=True)
class Source:
    """A text that examples are written from. `id` begins the ids of the rows that come of it."""

    id: str
    document: str
    group: str
    text: str
    is_held_out: bool


@dataclass(frozen=True)
class Job:
    """Some sources, and what is to be written from them."""

    origin: str
    sources: tuple[Source, ...]


def jobs(
    course: Course,
    rows: Sequence[CourseExample],
    done: Collection[tuple[str, str]],
    texts: Callable[[str], ReadFile | None],
) -> Iterator[Job]:
    """Yield what is still to be done.

    Args:
        course: Its documents are settled.
        rows: Its examples.
        done: Ids of sources with the kinds that were written from them.
        texts: Gives what was read in a document, by its hash.
    """
    passages = list(_passages(course, rows))
    answered = {row.answers[0] for row in rows if row.origin == TASK}  # of a document that has changed, some stay
    fresh = {row.id.partition(".")[0] for row in rows if not row.run}  # of runs before, nothing counts any more
    for origin in GOALS[course.goal].written:
        kind = KINDS[origin]
        sources = list(_answers(course, texts)) if origin == TASK else passages
        for is_held_out, most in ((True, kind.most_held_out), (False, kind.most)):
            part = [each for each in sources if each.is_held_out == is_held_out]
            before = sum((each.id, origin) in done and (is_held_out or each.id in fresh) for each in part)
            waiting = [each for each in part if (each.id, origin) not in done]
            if origin == TASK:
                waiting = [each for each in waiting if each.text not in answered]
            chosen = _evenly(waiting, most - before)
            for start in range(0, len(chosen), kind.at_once):
                yield Job(origin, tuple(chosen[start : start + kind.at_once]))


def _passages(course: Course, rows: Iterable[CourseExample]) -> Iterator[Source]:
    for row in effective(rows, course):
        if row.origin == PASSAGE:
            yield Source(row.id, row.document, row.group, row.answers[0], row.is_held_out)


def _answers(course: Course, texts: Callable[[str], ReadFile | None]) -> Iterator[Source]:
    n_held_out = sum(each.is_held_out for each in course.documents)
    for document in course.documents:
        read = texts(document.sha256) if document.is_settled and not document.is_left_out else None
        if read is None:
            continue
        for is_held_out in (False, True):
            found = answers(read, is_held_out, document.n_learned)
            for number, text in enumerate(found, 1):
                key = hashlib.sha256(f"{document.sha256} {is_held_out} {number}".encode()).hexdigest()
                is_alone = is_held_out and n_held_out < LEAST_GROUPS and len(found) > 1
                group = f"{document.sha256}#{number}" if is_alone else document.sha256
                yield Source(key[:_ID_CHARACTERS], document.sha256, group, text, is_held_out)


def _evenly(sources: Sequence[Source], most: int) -> list[Source]:
    """Return so many of the sources, from all over them."""
    if len(sources) <= most:
        return list(sources)
    return [sources[place * len(sources) // most] for place in range(max(0, most))]
