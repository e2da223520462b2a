"""What examples were made from, as a person reads it: `examples/texts.jsonl` in the run folder.

The trainer needs tokens alone. The report asks questions that were held out, and looks for what is repeated word for
word of what was learned.
"""

from collections.abc import Iterable
from pathlib import Path

from desktop_app.engine.messages import ChatMessage, Struct
from desktop_app.finetune.pieces import Passage, Piece
from desktop_app.finetune.whole_files import as_lines, read_lines
from desktop_app.trainer.contract import TEXT, TEXTS


class SourceText(Struct, frozen=True):
    """A text that was learned or held out.

    Attributes:
        group: Of its examples.
        text: A passage, or an answer: of a pair, the better one.
        prompt: What it answers; empty for a passage.
        kind: Of its examples.
        is_held_out: Nothing of it was learned.
    """

    group: str
    text: str
    prompt: tuple[ChatMessage, ...] = ()
    kind: str = TEXT
    is_held_out: bool = False


def write_source_texts(folder: Path, learned: Iterable[Piece], held_out: Iterable[Piece]) -> None:
    """Write what the examples of a run are made from."""
    texts = [*(_text(each, False) for each in learned), *(_text(each, True) for each in held_out)]
    (folder / TEXTS).write_bytes(as_lines(texts))


def read_source_texts(folder: Path) -> tuple[SourceText, ...]:
    """Return what the examples of a run were made from; nothing where that is not told, as in older runs."""
    try:
        return read_lines((folder / TEXTS).read_bytes(), SourceText)
    except (OSError, ValueError):
        return ()


def _text(piece: Piece, is_held_out: bool) -> SourceText:
    if isinstance(piece, Passage):
        return SourceText(piece.group, piece.text, is_held_out=is_held_out)
    return SourceText(piece.group, piece.answers[0], piece.prompt, piece.kind, is_held_out)
