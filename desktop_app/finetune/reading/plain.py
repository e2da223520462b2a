"""Text and Markdown. Some of it is chats: those of WhatsApp are text, those saved by this program are Markdown."""

import re
from collections.abc import Iterator

from desktop_app.finetune.reading.decoding import decode
from desktop_app.finetune.reading.found import Found, Source
from desktop_app.finetune.reading.own_export import is_own_chat, read_own_chat
from desktop_app.finetune.reading.whatsapp import is_whatsapp, read_whatsapp

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?P<title>.*)")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


def read_text(source: Source, found: Found) -> None:
    """Read a text file."""
    text = decode(found)
    if is_whatsapp(text):
        read_whatsapp(text, found)
    else:
        found.add("", text)


def read_markdown(source: Source, found: Found) -> None:
    """Read a Markdown file: a section a heading, as it is written."""
    text = decode(found)
    if is_own_chat(text):
        read_own_chat(text, found)
        return
    for title, lines in _sections(text):
        found.add(title, "\n".join(lines).strip("\n"))


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    title, lines, fence = "", list[str](), ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif line.strip() == mark[1] and mark[1].startswith(fence):
                fence = ""
        elif not fence and (heading := _HEADING.match(line)):
            yield title, lines
            title, lines = heading["title"].rstrip(" \t#"), []
        lines.append(line)
    yield title, lines
