"""Reading the sources of a course: what is new or has changed, one document after the other, each saved as it comes.

A document that cannot be read is told with its trouble, and the others are read all the same. What was read once is
kept: a file that is gone, or cannot be read any more, is still learned from.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Course, CourseDocument, ReadFile
from desktop_app.finetune.course_changes import take_over
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.course_holding import settle
from desktop_app.finetune.course_rows import UNUSABLE, rows_of
from desktop_app.finetune.private_data import count_private
from desktop_app.finetune.reading.reader import list_files
from desktop_app.finetune.writing.work import is_of_written
from desktop_app.library.file_errors import shown_name

# Is told what is being done, and the fraction of all.
Tell = Callable[[str, float], None]


@dataclass(frozen=True)
class Readers:
    """What reads a file, and the chats of this program."""

    file: Callable[[Path], ReadFile]
    chats: Callable[[], ReadFile]


def read_course(
    folder: CourseFolder,
    readers: Readers,
    tell: Tell = lambda _words, _fraction: None,
    saved: Callable[[], None] = lambda: None,
) -> None:
    """Read what is new or has changed in the sources of a course, and bring its rows up to date.

    Args:
        folder: Of the course; it is held.
        readers: Read.
        tell: Is told how far it is.
        saved: Is called when the course has changed.

    Raises:
        UserError: If something cannot be saved. What was saved before is there.
    """
    reading = _Reading(folder, readers)
    for name, fraction in reading.read_all():
        if name:
            tell(f"Reading {name}", fraction)
        if reading.save():
            saved()
    bring_up_to_date(folder, reading.notes)
    saved()


def bring_up_to_date(folder: CourseFolder, notes: Sequence[str] | None = None) -> None:
    """Settle what is held out of new documents, and give a course the rows that it lacks.

    Args:
        folder: Of the course; it is held.
        notes: In the place of those that it had; None keeps these.

    Raises:
        UserError: If it cannot be saved.
    """
    course, known = folder.load(), folder.examples()
    settled = replace(course, documents=settle(course.documents, folder.text))
    if settled != course:  # before there are rows, which have to be the same after a kill
        folder.save(settled)
    rows, documents = known, []
    for document in settled.documents:
        read = folder.text(document.sha256) if document.before else None
        if read is not None:
            taken = take_over(document, read, folder.text(document.before), rows)
            document, rows = taken.document, taken.rows
        documents.append(document)
    kept_ids = {row.id for row in rows}
    gone = [row for row in known if row.id not in kept_ids]
    made = rows_of(replace(settled, documents=tuple(documents)), folder.text, rows, gone)
    if made.rows != known:
        folder.save_examples(made.rows)
    kept: Iterable[str] = course.notes if notes is None else (*notes, *filter(is_of_written, course.notes))
    kept = (each for each in kept if not each.startswith(UNUSABLE))
    done = replace(settled, documents=tuple(documents), notes=tuple(dict.fromkeys((*kept, *made.notes))))
    if done != settled:
        folder.save(done)
    folder.forget_texts()


class _Reading:
    """The documents of a course while they are being read."""

    def __init__(self, folder: CourseFolder, readers: Readers) -> None:
        self._folder, self._readers = folder, readers
        self._course: Course = folder.load()
        self._documents = {each.path: each for each in self._course.documents}
        self.notes: list[str] = []

    def save(self) -> bool:
        """Save what has changed, and return whether that was anything."""
        documents = tuple(self._documents.values())
        if documents == self._course.documents:
            return False
        self._course = replace(self._course, documents=documents)
        self._folder.save(self._course)
        return True

    def read_all(self) -> Iterator[tuple[str, float]]:
        """Read one document after the other; yield the name of each before that, and how much is done; at last none."""
        sources = self._course.sources
        files, skipped = list_files([Path(each) for each in sources if each != CHATS_SOURCE])
        paths = {str(each.absolute()): each for each in files}
        self.notes += [f"Left out: {each.n:,} {each.why}." for each in skipped]
        self._tell_gone(set(paths))
        total = len(paths) + (CHATS_SOURCE in sources)
        for number, (key, path) in enumerate(paths.items()):
            yield shown_name(path), number / total
            if not self._is_unchanged(key, path):
                self._read(key, path)
        if CHATS_SOURCE in sources:
            yield "your chats", len(paths) / total
            self._take(CHATS_SOURCE, self._readers.chats(), 0.0)
        yield "", 1.0

    def _tell_gone(self, there: set[str]) -> None:
        for key, document in list(self._documents.items()):
            if key in there or key == CHATS_SOURCE or Path(key).exists():
                continue
            if document.trouble:
                del self._documents[key]
            else:
                self.notes.append(f"“{document.name}” is not where it was; what was read of it then is kept.")

    def _is_unchanged(self, key: str, path: Path) -> bool:
        known = self._documents.get(key)
        if known is None or known.trouble:
            return False
        try:
            found = path.stat()
        except OSError:
            return False
        is_same = (found.st_size, found.st_mtime) == (known.size_bytes, known.modified_at)
        return is_same and self._folder.text(known.sha256) is not None

    def _read(self, key: str, path: Path) -> None:
        known = self._documents.get(key)
        try:
            modified_at = path.stat().st_mtime if path.exists() else 0.0  # before it is read: it may change meanwhile
            read = self._readers.file(path)
        except (OSError, UserError) as error:
            said = str(error) if isinstance(error, UserError) else f"“{shown_name(path)}” could not be read."
            if known is None or known.trouble:
                self._documents[key] = CourseDocument(key, shown_name(path), trouble=said)
            elif path.exists():
                self.notes.append(f"{said} What was read of it before is kept.")
            return
        self._take(key, read, modified_at)

    def _take(self, key: str, read: ReadFile, modified_at: float) -> None:
        known = self._documents.get(key)
        same = [each for each in self._documents.values() if each.sha256 == read.sha256 and each.path != key]
        there = [each for each in same if Path(each.path).exists()]
        wanted = next((each for each in there if not each.is_left_out), None)
        if wanted is not None:
            self._documents[key] = CourseDocument(
                key, read.name, kind=read.kind, trouble=f"It has the same content as “{wanted.name}”, and was left out."
            )
            return
        self._folder.save_text(read)
        if same and not there:  # it was moved
            known = self._documents.pop(same[0].path)
        elif same and (known is None or known.trouble):  # it was left out there; what is held out of it is settled
            known = replace(there[0], is_left_out=False)
        self._documents[key] = _document(key, read, modified_at, known)


def _document(key: str, read: ReadFile, modified_at: float, known: CourseDocument | None) -> CourseDocument:
    texts = [each.text for each in read.sections]
    texts += [text for each in read.exchanges for text in (*(said.content for said in each.prompt), *each.answers)]
    found = CourseDocument(
        key,
        read.name,
        read.sha256,
        read.kind,
        read.size_bytes,
        modified_at,
        read.n_words,
        read.skipped,
        count_private(texts),
    )
    if known is None or known.trouble:
        return found
    found = replace(found, is_left_out=known.is_left_out)
    if not known.is_settled:
        return found
    before = known.before if known.sha256 == read.sha256 else known.before or known.sha256
    before = "" if before == read.sha256 else before  # it was changed back
    return replace(found, is_held_out=known.is_held_out, n_learned=known.n_learned, before=before)
