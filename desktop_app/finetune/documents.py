"""The documents to learn from: which files they are, and what they have.

Text and Markdown files are learned as they are; JSONL files have chat examples (see `chat_rows`).
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.chat_rows import parse_row
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.library.file_errors import shown_name

TEXT_ENDINGS = (".txt", ".md", ".markdown")
CHAT_ENDING = ".jsonl"
MAX_BYTES = 64_000_000  # of all together: half a day for the fastest graphics card

_KINDS = "Text and Markdown files (.txt, .md) and chat examples (.jsonl) are read."
_READABLE = "Check that it is there and may be read."


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

    size_bytes: int = 0
    notes: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    exchanges: set[str] = field(default_factory=set)
    n_same_exchanges: int = 0


def read_documents(paths: Sequence[Path]) -> Documents:
    """Read files and all that lies in folders. What is there twice counts once.

    Raises:
        UserError: If one cannot be read or learned from, or there is nothing to learn from.
    """
    reading = _Reading()
    documents = []
    for path in paths:
        try:
            found = [_read(file, reading) for file in _files(path, reading)]
        except OSError as error:
            raise UserError(f"“{shown_name(path)}” could not be read.", _READABLE) from error
        documents += [document for document in found if document is not None]
    if reading.n_same_exchanges:
        reading.notes.append(f"{_count(reading.n_same_exchanges, 'chat example')} had been there before.")
    if not documents:
        raise UserError("There is nothing to learn in these documents: they are empty.", _KINDS)
    return Documents(tuple(documents), tuple(reading.notes))


def _files(path: Path, reading: _Reading) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found, others = [], 0
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.startswith("."):
                continue
            file = Path(folder, name)
            if file.suffix.lower() in (*TEXT_ENDINGS, CHAT_ENDING) and file.is_file():
                found.append(file)
            else:
                others += 1
    shown = shown_name(path.absolute())
    if not found:
        raise UserError(f"There is no document in the folder “{shown}”.", _KINDS)
    if others:
        reading.notes.append(f"{_count(others, 'file')} of other kinds in the folder “{shown}” were left out.")
    yield from sorted(found)


def _refuse(error: OSError) -> None:
    raise error


def _read(path: Path, reading: _Reading) -> Document | None:
    """Return a document; None if it is empty or was there before."""
    name, ending = shown_name(path), path.suffix.lower()
    data = _bytes(path, name, ending, reading)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in reading.files:
        reading.notes.append(f"“{name}” has the same content as another document and was left out.")
        return None
    reading.files.add(sha256)
    text = _text(data, name)
    if not text.strip():
        reading.notes.append(f"“{name}” is empty and was left out.")
        return None
    if ending != CHAT_ENDING:
        return Document(name, sha256, "text", (Passage(text.strip(), sha256),))
    pieces = tuple(_exchanges(text, name, reading))
    return Document(name, sha256, "chat", pieces) if pieces else None


def _bytes(path: Path, name: str, ending: str, reading: _Reading) -> bytes:
    if not path.exists():
        raise UserError(f"“{name}” is not there.", "Check its name and where it lies.")
    if not path.is_file():  # opening a pipe would wait for its other end
        raise UserError(f"“{name}” is not a file.", _KINDS)
    if ending not in (*TEXT_ENDINGS, CHAT_ENDING):
        raise UserError(f"“{name}” is of a kind that cannot be learned from yet.", _KINDS)
    reading.size_bytes += path.stat().st_size
    if reading.size_bytes > MAX_BYTES:
        raise UserError(
            f"With “{name}” the documents are larger than {MAX_BYTES // 1_000_000} MB, which is more than can be "
            "learned in one run.",
            "Choose fewer documents.",
        )
    return path.read_bytes()


def _text(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(f"Line {line:,} of “{name}” is not UTF-8 text.", "Save the file as UTF-8.") from error
    if "\0" in text:  # so does UTF-16 look that says nothing about itself
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(f"Line {line:,} of “{name}” is not UTF-8 text.", "Save the file as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _exchanges(text: str, name: str, reading: _Reading) -> Iterator[Exchange]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        exchange = parse_row(line, f"Line {number:,} of “{name}”")
        if exchange.id in reading.exchanges:
            reading.n_same_exchanges += 1
            continue
        reading.exchanges.add(exchange.id)
        yield exchange


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
