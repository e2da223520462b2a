"""The work of writing examples: a few sources at a time, each on the disk before the next, so that a kill loses little.

The rows of a source are saved before it is noted as done, and whatever has rows is done: nothing is written twice.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.answering import Asked, Prompt
from desktop_app.finetune.answering import write as have_written
from desktop_app.finetune.course import CourseExample, Written
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.encoder import Conversation, Encoder, Engine
from desktop_app.finetune.goals import PASSAGE, QUESTION, REWRITE, SUMMARY, TASK, WRITTEN
from desktop_app.finetune.near_copies import Copies
from desktop_app.finetune.pieces import USER
from desktop_app.finetune.words import count
from desktop_app.finetune.writing.drafts import ALIKE, Draft
from desktop_app.finetune.writing.sources import KINDS, Job, Source, jobs

_OF_WRITTEN = "Of what the model wrote"
_MEASURED_CHARACTERS = 40_000
_FEWEST_CHARACTERS = 200  # of fewer, the tokens say nothing about others
_DOING = {
    QUESTION: "Writing questions with answers",
    REWRITE: "Saying your texts in plain words",
    SUMMARY: "Writing summaries",
    TASK: "Writing tasks for your documents",
}

# Is told what is being done, the fraction of all, and the seconds left or None; may end the work by raising something.
Tell = Callable[[str, float, float | None], None]


@dataclass(frozen=True)
class Outcome:
    """What came of it: how many rows, and how many drafts were dropped, by why."""

    kept: int
    dropped: dict[str, int]


def write_examples(
    folder: CourseFolder,
    engine: Engine,
    tell: Tell = lambda _words, _fraction, _left: None,
    saved: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Have the model write the examples that a course still lacks.

    Args:
        folder: Of the course, whose rows are up to date; it is held.
        engine: Has the course's model loaded.
        tell: Is told how far it is.
        saved: Is called when more rows are there.
        clock: Gives seconds that only ever grow.

    Raises:
        UserError: If the engine fails or nothing can be saved. All that was saved before is there.
    """
    work = list(_jobs(folder))
    pace = _Pace(work, tell, clock)
    known = _known(folder.examples())
    for job in work:
        pace.begin(job)
        drafts = KINDS[job.origin].write([each.text for each in job.sources], _asking(engine, pace))
        made = [_kept(job, source, each, known) for source, each in zip(job.sources, drafts, strict=True)]
        folder.add_examples([row for each, _ in made for row in each])
        folder.add_written([each for _, each in made])
        pace.end()
        saved()
    return _outcome(folder.written())


def is_work_left(folder: CourseFolder) -> bool:
    """Return whether there is something that examples would be written from."""
    return next(_jobs(folder), None) is not None


def _jobs(folder: CourseFolder) -> Iterator[Job]:
    rows = folder.examples()
    done = {(each.source, each.origin) for each in folder.written()}
    done |= {(row.id.partition(".")[0], row.origin) for row in rows if row.origin in WRITTEN}
    return jobs(folder.load(), rows, done, folder.text)


def _asking(engine: Engine, pace: "_Pace") -> Callable[[Sequence[Conversation], int], list[str]]:
    def ask(conversations: Sequence[Conversation], max_tokens: int) -> list[str]:
        if not conversations:
            return []
        asked = [Asked(Prompt(each), ()) for each in conversations]
        return [each.text for each in have_written(engine, asked, max_tokens, pace.tell)]

    return ask


def _known(rows: Iterable[CourseExample]) -> dict[str, Copies]:
    """Return what was asked already, for each kind.

    What was learned and does not count any more may be asked again, of what a document says now.
    """
    known = {origin: Copies() for origin in WRITTEN}
    for row in rows:
        if row.origin in WRITTEN and not (row.run and row.is_left_out):
            known[row.origin].add(row.prompt[-1].content)
    return known


def _kept(
    job: Job, source: Source, drafts: Sequence[Draft], known: dict[str, Copies]
) -> tuple[list[CourseExample], Written]:
    rows: list[CourseExample] = []
    dropped: Counter[str] = Counter()
    for draft in drafts:
        why = draft.dropped or (ALIKE if known[job.origin].find(draft.prompt) is not None else "")
        if why:
            dropped[why] += 1
            continue
        known[job.origin].add(draft.prompt)
        rows.append(
            CourseExample(
                id=f"{source.id}.{job.origin}{len(rows) + 1}",
                origin=job.origin,
                document=source.document,
                group=source.group,
                answers=(draft.answer,),
                prompt=(ChatMessage(USER, draft.prompt),),
                is_held_out=source.is_held_out,
            )
        )
    return rows, Written(source.id, job.origin, len(rows), dict(dropped))


class _Pace:
    """How far the work is. Time is shared out by what is written, and what is left follows from all that was done."""

    def __init__(self, work: Sequence[Job], tell: Tell, clock: Callable[[], float]) -> None:
        self._total = sum(map(_size, work))
        self._done = self._size = 0
        self._tell, self._clock = tell, clock
        self._began = clock()
        self._words = ""

    def begin(self, job: Job) -> None:
        self._words, self._size = _DOING[job.origin], _size(job)
        self.tell(0.0)

    def end(self) -> None:
        self._done += self._size
        self._size = 0
        self.tell(0.0)

    def tell(self, fraction: float) -> None:
        """Tell how far it is, with this fraction of what was begun."""
        done = (self._done + fraction * self._size) / self._total
        left = (self._clock() - self._began) * (1 - done) / done if self._done else None
        self._tell(self._words, done, left)


def _size(job: Job) -> int:
    return len(job.sources) * KINDS[job.origin].cost


# ------------------------------------------------------------ what is told


def _outcome(written: Iterable[Written]) -> Outcome:
    kept, dropped = 0, Counter[str]()
    for each in written:
        kept += each.kept
        dropped.update(each.dropped)
    return Outcome(kept, dict(dropped.most_common()))


def with_note(notes: Sequence[str], outcome: Outcome) -> tuple[str, ...]:
    """Return the notes of a course with one about what was dropped, in place of the one before."""
    others = tuple(each for each in notes if not each.startswith(_OF_WRITTEN))
    n_dropped = sum(outcome.dropped.values())
    if not n_dropped:
        return others
    reasons = ", ".join(f"{number:,} {why}" for why, number in outcome.dropped.items())
    total = count(outcome.kept + n_dropped, "example")
    return (*others, f"{_OF_WRITTEN}, {n_dropped:,} of {total} were dropped: {reasons}.")


def is_of_written(note: str) -> bool:
    return note.startswith(_OF_WRITTEN)


def characters_per_token(encoder: Encoder, rows: Iterable[CourseExample]) -> float | None:
    """Return how many characters a token of the model has in these rows; None if there are too few to tell."""
    texts: list[str] = []
    for row in sorted(rows, key=lambda row: row.origin != PASSAGE):
        texts += row.answers
        if sum(map(len, texts)) > _MEASURED_CHARACTERS:
            break
    characters = sum(map(len, texts))
    if characters < _FEWEST_CHARACTERS:
        return None
    return characters / max(1, sum(map(len, encoder.texts(texts))))
