"""Parts of courses for tests: what was read, documents of it, and the folder of a course that has them."""

import hashlib
import itertools

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseDocument, GivenExchange, ReadFile, Section
from desktop_app.finetune.course_folder import create_course
from desktop_app.trainer.contract import TEXT

_VERBS = ("carried", "painted", "counted", "lifted", "mended", "buried", "weighed", "sold", "drew", "washed", "lost")
_THINGS = ("lamps", "ropes", "stones", "baskets", "ledgers", "oars", "kettles", "barrels", "letters", "nets")
_PLACES = ("quay", "shed", "tower", "meadow", "harbour", "cellar", "bridge", "garden", "market", "chapel", "mill")


def prose(seed: str, paragraphs: int = 10) -> str:
    """Return paragraphs of some forty words each, none of which is in the prose of another seed."""
    return "\n\n".join(_paragraph(f"{seed}{number}") for number in range(paragraphs))


def _paragraph(seed: str) -> str:
    digits = itertools.cycle(hashlib.sha256(seed.encode()).digest())
    pick = lambda words: words[next(digits) % len(words)]  # noqa: E731
    return " ".join(
        f"{seed.capitalize()} {pick(_VERBS)} {next(digits)} {pick(_THINGS)} from the {pick(_PLACES)} to the "
        f"{pick(_PLACES)} before {pick(_THINGS)} were {pick(_VERBS)}."
        for _ in range(3)
    )


def read(name: str, *texts: str, exchanges=()) -> ReadFile:
    """Return what was read in a file that has these sections."""
    sha256 = hashlib.sha256(repr((name, texts, exchanges)).encode()).hexdigest()
    sections = tuple(Section(f"Page {number}", text) for number, text in enumerate(texts, 1))
    return ReadFile(name, "Text", sha256, sum(map(len, texts)), sections, tuple(exchanges))


def given(number, kind=TEXT, conversation="", prompt=None) -> GivenExchange:
    answers = tuple(f"Answer {number}{letter} is this." for letter in ("ab" if kind == "pair" else "a"))
    return GivenExchange(kind, (ChatMessage("user", prompt or f"Question {number}?"),), answers, conversation)


def document(found: ReadFile, **changes) -> CourseDocument:
    return CourseDocument(
        **{
            "path": f"/{found.name}",
            "name": found.name,
            "sha256": found.sha256,
            "kind": found.kind,
            "n_words": found.n_words,
            **changes,
        }
    )


def texts(files):
    """Return a function that gives what was read, by its hash."""
    return {each.sha256: each for each in files}.get


def course_folder(place, files, **changes):
    """Make a course whose documents were read just now."""
    documents = tuple(map(document, files))
    folder = create_course(place / "courses", Course(**{"name": "Tea", "documents": documents, **changes}))
    for each in files:
        folder.save_text(each)
    return folder
