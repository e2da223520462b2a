"""What is said of the examples of a course: where each is from, what it asks and says, and what all of them come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.finetune.course import Course, CourseExample
from desktop_app.finetune.goals import GIVEN, OWN, PASSAGE, QUESTION, REWRITE, SUMMARY, TASK, WRITTEN
from desktop_app.finetune.writing.rewrite import PROMPT as REWRITE_PROMPT
from desktop_app.gui.finetune.document_words import about
from desktop_app.gui.library.labels import counted
from desktop_app.trainer.contract import DOWN, PAIR, UP

ORIGINS = {
    PASSAGE: "Passage",
    GIVEN: "Given",
    OWN: "My own",
    QUESTION: "Q & A",
    REWRITE: "Rewrite",
    SUMMARY: "Summary",
    TASK: "Task",
}
_ASKED_OF_REWRITES = REWRITE_PROMPT.partition("{")[0]
_MARKS = {UP: "marked good", DOWN: "marked bad", PAIR: "a better and a worse answer"}


@dataclass(frozen=True)
class Filter:
    """Which rows are shown: of these origins, or what is held out of any."""

    words: str
    origins: tuple[str, ...] = ()
    is_held_out: bool = False

    def takes(self, row: CourseExample) -> bool:
        """Return whether a row is to be shown."""
        if self.is_held_out:
            return row.is_held_out
        return not self.origins or row.origin in self.origins


FILTERS = (
    Filter("All examples"),
    Filter("Passages", (PASSAGE,)),
    Filter("Given in documents", (GIVEN,)),
    Filter("Written by the model", WRITTEN),
    Filter("My own", (OWN,)),
    Filter("For measuring", is_held_out=True),
)


def question(row: CourseExample) -> str:
    """Return what is asked last; nothing for a passage."""
    return row.prompt[-1].content if row.prompt else ""


def question_shown(row: CourseExample) -> str:
    """Return what is asked last as a list shows it: all rewrites are asked for in the same words, which say nothing."""
    return question(row).removeprefix(_ASKED_OF_REWRITES) if row.origin == REWRITE else question(row)


def before(row: CourseExample) -> str:
    """Return what is said before that, or is a rule for the answer."""
    return "\n".join(f"{message.role.capitalize()}: {message.content}" for message in row.prompt[:-1])


def mark(row: CourseExample) -> str:
    """Return what an answer is an instance of, where it is not simply one to be learned."""
    return _MARKS.get(row.kind, "")


def n_tokens(row: CourseExample, course: Course) -> int:
    """Return about how many tokens the model reads in a row."""
    return max(1, round(row.characters / course.characters_per_token))


def is_learned(row: CourseExample) -> bool:
    """Return whether a row is there to be learned."""
    return not (row.is_left_out or row.is_held_out)


def totals(rows: Sequence[CourseExample], course: Course) -> str:
    """Return what is learned and what is kept back, in a line."""
    learned = [row for row in rows if is_learned(row)]
    n_held_out = sum(row.is_held_out and not row.is_left_out for row in rows)
    if not learned:
        return "No examples yet"
    tokens = about(sum(row.characters for row in learned) / course.characters_per_token, "token")
    held_out = f"{n_held_out:,} held out for measuring" if n_held_out else ""
    return ", ".join(filter(None, (f"{counted(len(learned), 'example')}", tokens, held_out)))
