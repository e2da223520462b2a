"""The documents to learn from, for the command line: each is read whole or refused, whatever its format is.

Text is learned as it is; what has questions and answers gives exchanges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.course import ReadFile
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.finetune.reading.process import Reader
from desktop_app.finetune.reading.reader import KINDS_READ, list_files
from desktop_app.finetune.words import count
from desktop_app.library.file_errors import shown_name

MAX_BYTES = 64_000_000  # of all together: half a day for the fastest graphics card


@dataclass(frozen=True)
class Document:
    """A file that was read. `name` is that of the file alone; `kind` is text or chat."""

    name: str
    sha256: str
    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Documents:
    """All that there is to learn from. `notes` are sentences about what was left out."""

    documents: tuple[Document, ...]
    notes: tuple[str, ...]

    @property
    def passages(self) -> list[Passage]:
        return [piece for each in self.documents for piece in each.pieces if isinstance(piece, Passage)]

    @property
    def exchanges(self) -> list[Exchange]:
        return [piece for each in self.documents for piece in each.pieces if isinstance(piece, Exchange)]


@dataclass
class _Reading:
    """What reading has come across so far."""

    n_characters: int = 0
    notes: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    exchanges: set[str] = field(default_factory=set)
    n_same_exchanges: int = 0

    def add(self, read: ReadFile) -> Document | None:
        """Return what there is to learn in a file; None if that is nothing, or was there before."""
        if read.sha256 in self.files:
            self.notes.append(f"“{read.name}” has the same content as another document and was left out.")
            return None
        self.files.add(read.sha256)
        text = "\n\n".join(each.text for each in read.sections)
        exchanges = [Exchange(each.kind, each.prompt, each.answers, each.conversation) for each in read.exchanges]
        self._check_size(read.name, len(text) + sum(each.size for each in exchanges))
        skipped = ", ".join(f"{each.n:,} {each.why}" for each in read.skipped)
        if not text and not exchanges:
            what = f"has nothing to learn but {skipped}," if skipped else "is empty"
            self.notes.append(f"“{read.name}” {what} and was left out.")
            return None
        if skipped:
            self.notes.append(f"Left out or decided in “{read.name}”: {skipped}.")
        passages = [Passage(text, read.sha256)] if text else []
        pieces: tuple[Piece, ...] = (*passages, *self._new(exchanges))
        return Document(read.name, read.sha256, "chat" if exchanges else "text", pieces) if pieces else None

    def _new(self, exchanges: Sequence[Exchange]) -> list[Exchange]:
        """Return those that were not there before."""
        new = [each for each in {each.id: each for each in exchanges}.values() if each.id not in self.exchanges]
        self.n_same_exchanges += len(exchanges) - len(new)
        self.exchanges.update(each.id for each in new)
        return new

    def _check_size(self, name: str, n_characters: int) -> None:
        self.n_characters += n_characters
        if self.n_characters > MAX_BYTES:
            raise UserError(
                f"With “{name}” the documents are larger than {MAX_BYTES // 1_000_000} MB, which is more than can be "
                "learned in one run.",
                "Choose fewer documents.",
            )


def read_documents(paths: Sequence[Path]) -> Documents:
    """Read files and all that lies in folders. What is there twice counts once.

    Raises:
        UserError: If one cannot be read or learned from, or there is nothing to learn from.
    """
    reading = _Reading()
    documents = []
    with Reader() as reader:
        for file in _files(paths, reading):
            document = reading.add(reader.read(file, is_strict=True))
            if document is not None:
                documents.append(document)
    if reading.n_same_exchanges:
        reading.notes.append(f"{count(reading.n_same_exchanges, 'chat example')} had been there before.")
    if not documents:
        raise UserError("There is nothing to learn in these documents: they are empty.", KINDS_READ)
    return Documents(tuple(documents), tuple(reading.notes))


def _files(paths: Sequence[Path], reading: _Reading) -> list[Path]:
    for path in paths:
        found, skipped = list_files([path])
        shown = shown_name(path.absolute())
        if not found:
            raise UserError(f"There is no document in the folder “{shown}”.", KINDS_READ)
        for each in skipped:
            reading.notes.append(
                f"{each.n:,} {each.why} in the folder “{shown}” {'were' if each.n > 1 else 'was'} left out."
            )
    return list_files(paths)[0]
