"""Paragraphs, headings, items and rows, as documents of most formats are made of, put together into sections."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop_app.finetune.reading.cleaning import one_line, without_gaps
from desktop_app.finetune.reading.found import Found


@dataclass(frozen=True)
class Block:
    """A piece of text that stands by itself.

    Attributes:
        level: Of a heading, from 1; 0 for what is none.
        is_item: It belongs on the next line after the one before, as list items and rows of tables do.
    """

    text: str
    level: int = 0
    is_item: bool = False


def row_of(cells: Sequence[str]) -> Block:
    """Return a row of a table."""
    return Block(" | ".join(cells) if any(map(str.strip, cells)) else "", is_item=True)


def add_blocks(found: Found, blocks: Iterable[Block], title: str = "") -> None:
    """Keep blocks as sections, each of which begins with a heading.

    Args:
        found: Where to keep them.
        blocks: In their order.
        title: Of what comes before the first heading.
    """
    section: list[Block] = []
    for block in blocks:
        if block.level and block.text.strip():
            if any(not each.level for each in section):
                found.add(title, joined(section))
                section = []
            if not section:  # a heading right below another one leaves the title to that
                title = one_line(block.text)
        section.append(block)
    found.add(title, joined(section))


def joined(blocks: Iterable[Block]) -> str:
    """Return blocks as one text."""
    text, was_item = "", False
    for block in blocks:
        written = block.text.strip()
        if written:
            text += ("\n" if was_item and block.is_item else "\n\n") + written
            was_item = block.is_item
    return without_gaps(text)
