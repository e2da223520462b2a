"""What is said of the documents of a course: each, and all of them together."""

from collections import Counter
from collections.abc import Mapping, Sequence

from desktop_app.finetune.course import CourseDocument, Skipped
from desktop_app.finetune.private_data import KINDS
from desktop_app.finetune.words import count
from desktop_app.gui.library.labels import counted, listed, printable
from desktop_app.library.memory import readable_size

WORDS_A_PAGE = 300
FOR_MEASURING = "for measuring"
WHY_HELD_OUT = (
    "Nothing of it is learned. It is kept back, to measure how much better the model has become at texts that it has "
    "not seen."
)
_LONGEST_SHOWN = 160
_SAID_DIGITS = 2


def is_used(document: CourseDocument) -> bool:
    """Return whether anything comes of a document."""
    return not (document.is_left_out or document.trouble)


def is_trouble(document: CourseDocument) -> bool:
    """Return whether the person should know that it could not be read; one that is left out is settled."""
    return bool(document.trouble) and not document.is_left_out


def facts_line(document: CourseDocument) -> str:
    """Return what it was read as, and how much it is on the disk."""
    return listed((document.kind, readable_size(document.size_bytes) if document.size_bytes else ""))


def skipped_words(skipped: Sequence[Skipped]) -> str:
    """Return what was not taken from it: 12 page numbers, 1 near-empty page."""
    return ", ".join(f"{each.n:,} {each.why}" for each in skipped)


def skipped_line(skipped: Skipped) -> str:
    """Return one kind of what was not taken, with an instance of it."""
    shown = printable(skipped.shown.strip(), _LONGEST_SHOWN)
    return f"{skipped.n:,} {skipped.why}" + (f", such as “{shown}”" if shown else "")


def private_words(private: Mapping[str, int]) -> str:
    """Return how many of each kind of private data: 3 phone numbers, 1 card number."""
    return ", ".join(count(n, KINDS[kind]) for kind, n in private.items() if n and kind in KINDS)


def words_of(document: CourseDocument) -> str:
    """Return what is written at the end of its line."""
    if document.is_left_out:
        return "left out"
    return counted(document.n_words, "word") or "no words"


def second_line(document: CourseDocument) -> str:
    """Return what is written below its name."""
    if is_trouble(document):
        return document.trouble
    skipped = skipped_words(document.skipped)
    return listed((document.kind,)) + (f"  ·  without {skipped}" if skipped else "")


def spoken(document: CourseDocument) -> str:
    """Return all of a line, for a screen reader."""
    held_out = FOR_MEASURING if document.is_held_out and is_used(document) else ""
    parts = (words_of(document), held_out, second_line(document), private_words(document.private))
    return f"{document.name}: {', '.join(filter(None, parts))}"


def totals(documents: Sequence[CourseDocument]) -> str:
    """Return how much there is of all that are used."""
    used = [document for document in documents if is_used(document)]
    n_words = sum(document.n_words for document in used)
    if not used:
        return "No document is used" if documents else "No documents yet"
    parts = (counted(len(used), "document"), counted(n_words, "word"), about(n_words / WORDS_A_PAGE, "page"))
    return ", ".join(filter(None, parts))


def about(number: float, thing: str) -> str:
    """Return a number that is not known exactly, as one says it: about 36,000 tokens; nothing for less than 1."""
    whole = round(number)
    rounded = round(whole, min(0, _SAID_DIGITS - len(str(whole))))
    return f"about {counted(rounded, thing)}" if whole > 0 else ""


def all_private(documents: Sequence[CourseDocument]) -> dict[str, int]:
    """Return how many of each kind of private data there are in all that are used, in the order of the kinds."""
    found: Counter[str] = Counter()
    for document in documents:
        if is_used(document):
            found.update(document.private)
    return {kind: found[kind] for kind in KINDS if found[kind]}
