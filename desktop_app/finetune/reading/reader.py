"""Reading one file, whatever its format is, and finding the files that can be read.

It happens in a child process (`process`), because documents are written by strangers.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.course import ReadFile, Skipped
from desktop_app.finetune.reading.book import read_epub
from desktop_app.finetune.reading.chat_export import is_chats, read_json
from desktop_app.finetune.reading.found import PACKED_BYTES, TEXT_BYTES, Found, Source, Words, damaged
from desktop_app.finetune.reading.mail import read_mail, read_mailbox
from desktop_app.finetune.reading.open_document import read_odt
from desktop_app.finetune.reading.pdf import read_pdf
from desktop_app.finetune.reading.plain import read_markdown, read_text
from desktop_app.finetune.reading.snapshot import not_there, take
from desktop_app.finetune.reading.source_code import read_source_code
from desktop_app.finetune.reading.table import read_jsonl, read_table
from desktop_app.finetune.reading.web_page import read_html
from desktop_app.finetune.reading.word import read_docx
from desktop_app.library.file_errors import shown_name

_CODE = (
    ".py .pyi .js .mjs .cjs .jsx .ts .tsx .java .kt .kts .scala .groovy .c .h .cc .cpp .cxx .hpp .hh .cs .go .rs "
    ".rb .php .swift .m .mm .r .jl .lua .pl .pm .sh .bash .zsh .fish .ps1 .sql .hs .ml .mli .fs .ex .exs .erl "
    ".clj .cljs .lisp .el .dart .zig .nim .vb .pas .f90 .f95 .asm .vue .svelte .css .scss .less"
)


@dataclass(frozen=True)
class _Format:
    """Attributes: words for the screen, how its files end, what reads them, and how large one may be."""

    kind: str
    endings: str
    read: Callable[[Source, Found], None]
    limit_bytes: int = TEXT_BYTES


_FORMATS = (
    _Format("PDF", ".pdf", read_pdf, PACKED_BYTES),
    _Format("Word document", ".docx", read_docx, PACKED_BYTES),
    _Format("OpenDocument text", ".odt", read_odt, PACKED_BYTES),
    _Format("E-book", ".epub", read_epub, PACKED_BYTES),
    _Format("Web page", ".html .htm .xhtml", read_html),
    _Format("Markdown", ".md .markdown", read_markdown),
    _Format("Text", ".txt .text .rst .adoc .org .tex", read_text),
    _Format("E-mail", ".eml", read_mail, PACKED_BYTES),
    _Format("Mailbox", ".mbox", read_mailbox, PACKED_BYTES),
    _Format("Table", ".csv .tsv", read_table),
    _Format("Examples", ".jsonl .ndjson", read_jsonl),
    _Format("Chats", ".json", read_json, PACKED_BYTES),
    _Format("Source code", _CODE, read_source_code),
)
_BY_ENDING: Mapping[str, _Format] = {ending: each for each in _FORMATS for ending in each.endings.split()}
ENDINGS: Mapping[str, str] = {ending: each.kind for ending, each in _BY_ENDING.items()}

# What programs put beside the work of people: copies of what others wrote, thousands of files of it.
_FOREIGN_FOLDERS = frozenset(("node_modules", "bower_components", "site-packages", "__pycache__", "__MACOSX"))
_OTHER_KINDS: Words = ("file of another kind", "files of other kinds")
_CLOSED: Words = ("folder that could not be opened", "folders that could not be opened")

KINDS_READ = (
    "What is read: PDF, Word (.docx), OpenDocument (.odt), EPUB, HTML, Markdown and text, e-mail (.eml, .mbox), source "
    "code, examples (.csv, .jsonl) and exported chats."
)

_log = logging.getLogger(__name__)


def read_file(path: Path, is_strict: bool = False) -> ReadFile:
    """Return all that can be learned from in a file, and what of it was left out.

    Args:
        path: Of the file.
        is_strict: Refuse text whose encoding would have to be guessed, and lines that are no examples.

    Raises:
        UserError: If it cannot be read.
    """
    name = shown_name(path)
    form = _BY_ENDING.get(path.suffix.lower())
    if form is None:
        if not os.path.lexists(path):
            raise not_there(name)
        raise UserError(f"“{name}” is of a kind that cannot be learned from.", KINDS_READ)
    try:
        return _read(form, take(path, form.limit_bytes, is_strict))
    except MemoryError as error:
        raise UserError(
            f"“{name}” takes more memory to read than a document should.", "Divide it, or leave it out."
        ) from error


def _read(form: _Format, source: Source) -> ReadFile:
    found = Found(source)
    try:
        if source.data.strip():
            form.read(source, found)
    except (UserError, MemoryError):
        raise
    except Exception as error:  # whatever a library makes of a stranger's file
        _log.info("%s could not be read", source.name, exc_info=True)
        raise damaged(source.name) from error
    return ReadFile(
        name=source.name,
        kind=form.kind,
        sha256=source.sha256,
        size_bytes=len(source.data),
        sections=tuple(found.sections),
        exchanges=tuple(found.exchanges),
        skipped=found.skipped(),
    )


def list_files(sources: Sequence[Path]) -> tuple[list[Path], list[Skipped]]:
    """Return the files to read in some files and folders, each once, and what was passed over in the folders.

    A file that is named is among them whatever it is: reading it tells what is wrong with it.
    """
    files: dict[str, Path] = {}
    left: Counter[Words] = Counter()
    for source in sources:
        for file in sorted(_walk(source, left)) if _is_folder(source) else [source]:
            files.setdefault(os.path.realpath(file), file)
    return list(files.values()), [Skipped(words[n > 1], n) for words, n in left.most_common()]


def _walk(top: Path, left: Counter[Words]) -> Iterator[Path]:
    """Yield what can be read in a folder; links to other folders are not followed: they may lead round in a circle."""

    def closed(_error: OSError) -> None:
        left[_CLOSED] += 1

    for folder, folders, names in os.walk(top, onerror=closed):
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_foreign(Path(folder, name))]
        for name in names:
            if name.startswith("."):
                continue
            file = Path(folder, name)
            if _is_wanted(file):
                yield file
            else:
                left[_OTHER_KINDS] += 1


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  where nothing may be looked at, `Path` raises an error


def _is_foreign(folder: Path) -> bool:
    return folder.name in _FOREIGN_FOLDERS or os.path.lexists(folder / "pyvenv.cfg")


def _is_wanted(file: Path) -> bool:
    form = _BY_ENDING.get(file.suffix.lower())
    if form is None or not os.path.isfile(file):  # noqa: PTH113  as above
        return False
    return form.read is not read_json or is_chats(file)
