"""Where private data was found: the line of each place, shortened around it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from desktop_app.finetune.course import CourseDocument, ReadFile
from desktop_app.gui.finetune.document_words import is_used

if TYPE_CHECKING:
    from desktop_app.finetune.course_folder import CourseFolder

MOST_PLACES = 200  # nobody reads more
_AROUND = 32  # characters before and after


@dataclass(frozen=True)
class Place:
    """A place in a document; `line` is what stands around it."""

    kind: str
    document: str
    line: str


def find_places(
    folder: "CourseFolder", documents: Sequence[CourseDocument], kinds: Collection[str]
) -> tuple[Place, ...]:
    """Return the first places where there is private data of these kinds; it takes reading what the documents say."""
    found = (
        place
        for document in documents
        if is_used(document) and any(document.private.get(kind) for kind in kinds)
        for place in _in_document(folder, document, kinds)
    )
    return tuple(islice(found, MOST_PLACES))


def _in_document(folder: "CourseFolder", document: CourseDocument, kinds: Collection[str]) -> Iterator[Place]:
    from desktop_app.finetune.private_data import find_private  # knows all countries' phone numbers, which takes time

    read = folder.text(document.sha256)
    for text in _texts(read) if read else ():
        for each in find_private(text):
            if each.kind in kinds:
                yield Place(each.kind, document.name, _around(text, each.start, each.end))


def _texts(read: ReadFile) -> Iterator[str]:
    for section in read.sections:
        yield section.text
    for exchange in read.exchanges:
        yield from (message.content for message in exchange.prompt)
        yield from exchange.answers


def _around(text: str, start: int, end: int) -> str:
    first = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    last = min((text.find("\n", end) + 1 or len(text) + 1) - 1, end + _AROUND)
    before, after = text[first:start], text[end:last]
    if first > 0 and text[first - 1] != "\n":
        before = "…" + before.partition(" ")[2]  # a word that was cut in two tells nothing
    if last < len(text) and text[last] != "\n":
        after = after.rpartition(" ")[0] + " …"
    return " ".join(f"{before}{text[start:end]}{after}".split())
