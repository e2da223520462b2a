"""What of the documents of a course is held out, settled as soon as they were read and before anything is generated.

It is settled once for each: what was held out before stays so (see `course_changes` for documents that have changed).
Documents that are too short to teach anything, or nearly the same as another one, are told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from desktop_app.finetune.course import Course, CourseDocument, CourseExample, ReadFile
from desktop_app.finetune.course_texts import FEWEST_SECTION_WORDS, text_of
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.near_copies import Copies
from desktop_app.finetune.pieces import Passage
from desktop_app.finetune.script import n_words
from desktop_app.finetune.split import LARGEST_SHARE, SHARE, split_passages

FEWEST_WORDS = 20
SEED = 1  # nobody chooses it, so that nothing that was held out is ever learned

_WORDS_TO_MEASURE = 1.5 * LEAST_GROUPS * FEWEST_SECTION_WORDS
_MANY_WORDS = 500_000  # more than so many are compared by a part of them
_PART = 16

Texts = Callable[[str], ReadFile | None]


def settle(documents: Sequence[CourseDocument], texts: Texts) -> tuple[CourseDocument, ...]:
    """Return the documents, what is held out of each settled.

    Args:
        documents: Of a course, in order.
        texts: Gives what was read in a document, by its hash.
    """
    read = {each.sha256: text for each in documents if each.sha256 and (text := texts(each.sha256)) is not None}
    found = _without_copies(documents, read)
    learned = _choose([each for each in found if not each.is_settled and each.sha256 in read], read)
    return tuple(_settled(each, learned[each.sha256], read) if each.sha256 in learned else each for each in found)


def _settled(document: CourseDocument, n_learned: int, read: Mapping[str, ReadFile]) -> CourseDocument:
    has_text = bool(text_of(read[document.sha256]))
    return replace(document, n_learned=n_learned, is_held_out=has_text and n_learned == 0)


# ------------------------------------------------------------ what is not learned from


def _without_copies(documents: Sequence[CourseDocument], read: Mapping[str, ReadFile]) -> list[CourseDocument]:
    """Return the documents, with the trouble of new ones that are nothing new."""
    total = sum(each.n_words for each in documents)
    known = Copies(_PART if total > _MANY_WORDS else 1)
    names: list[CourseDocument] = []

    def know(document: CourseDocument) -> None:
        if not document.is_left_out:
            known.add(text_of(read[document.sha256]))
            names.append(document)

    for document in documents:
        if document.is_settled and document.sha256 in read and text_of(read[document.sha256]):
            know(document)
    found = []
    for document in documents:
        if document.is_settled or document.sha256 not in read:
            found.append(document)
            continue
        text = text_of(read[document.sha256])
        if not text and read[document.sha256].exchanges:
            found.append(document)
        elif document.n_words < FEWEST_WORDS:
            found.append(_troubled(document, f"It has too little to learn from: fewer than {FEWEST_WORDS} words."))
        elif text and (place := known.find(text)) is not None:
            found.append(_troubled(document, f"It is nearly the same as “{names[place].name}”, and was left out."))
        else:
            found.append(document)
            know(document)
    return found


def _troubled(document: CourseDocument, sentence: str) -> CourseDocument:
    return CourseDocument(document.path, document.name, kind=document.kind, trouble=sentence)


def wanted(rows: Iterable[CourseExample], course: Course) -> Iterator[CourseExample]:
    """Yield the rows that were not left out, nor their documents left out or taken away."""
    documents = {"", *(each.sha256 for each in course.documents if not each.is_left_out)}
    return (row for row in rows if not row.is_left_out and row.document in documents)


# ------------------------------------------------------------ what is held out


def taught(rows: Sequence[CourseExample], course: Course) -> list[CourseExample]:
    """Return the rows that a run has learned, or that the next one will: nothing is measured by what is like them."""
    ids = {row.id for row in wanted(rows, course)}
    return [row for row in rows if not row.is_held_out and (row.run or row.id in ids)]


def _choose(documents: Iterable[CourseDocument], read: Mapping[str, ReadFile]) -> dict[str, int]:
    """Return how many characters of each are learned."""
    texts = {each.sha256: text_of(read[each.sha256]) for each in documents}
    learned = {sha256: len(text) for sha256, text in texts.items()}
    passages = [Passage(text, sha256) for sha256, text in texts.items() if text]
    words = sum(n_words(each.text) for each in passages)
    share = SHARE if SHARE * words >= _WORDS_TO_MEASURE else LARGEST_SHARE
    starts, held_out = split_passages(passages, SEED, share)
    learned |= {piece.group: 0 for piece in held_out if piece.group in learned}  # the end of one has another group
    return learned | {piece.group: len(piece.text) for piece in starts}
