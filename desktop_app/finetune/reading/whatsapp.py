"""Chats that WhatsApp exports: a text file with a line a message, whose dates are written as the phone writes them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.pieces import ASSISTANT, USER
from desktop_app.finetune.reading.found import Found, Words
from desktop_app.finetune.reading.turns import exchange_of

_MARKS = "[\u200e\u200f\u202a-\u202e]*"
_START = re.compile(
    rf"{_MARKS}\[?(?P<day>\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}})(?:,| à| um| at)?[ \u202f]"
    r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u202f\u00a0]?[AaPp]\.?[ \u00a0]?[Mm]\.?)?(?:\]| -|:) (?P<rest>.*)"
)
_MESSAGE = re.compile(rf"{_MARKS}(?P<author>[^:\n]{{1,60}}): ?(?P<text>.*)", re.DOTALL)
_SEEN = 40  # lines, in which a chat shows that it is one
# Of what is no text only a note is exported, in the language of the phone: in angle brackets, or after a mark.
_NOTE = re.compile(r"\u200e.*|<[^<>\n]{3,80}>|.{1,80}\((?:file attached|Datei angehängt|fichier joint)\).*", re.DOTALL)
_DELETED = re.compile(
    r"(?:This message was deleted|You deleted this message|null|Diese Nachricht wurde gelöscht|Du hast diese Nachricht "
    r"gelöscht|Ce message a été supprimé|Se eliminó este mensaje|(?:image|video|audio|sticker|GIF|document) omitted)\.?"
)
_EDITED = re.compile(r"\u200e?<(?:This message was edited|Diese Nachricht wurde bearbeitet)>\s*$")

_SYSTEM: Words = ("line of WhatsApp itself", "lines of WhatsApp itself")
_MEDIA: Words = ("message without text, such as a picture", "messages without text, such as pictures")
_OTHERS: Words = (
    "message of others than the two who wrote the most",
    "messages of others than the two who wrote the most",
)
_ALONE: Words = ("day without an answer", "days without an answer")


@dataclass(frozen=True)
class _Message:
    day: str
    author: str
    text: str


def is_whatsapp(text: str) -> bool:
    """Return whether a text is such a chat."""
    lines = [line for line in text.lstrip().split("\n", _SEEN)[:_SEEN] if line.strip()]
    return len(lines) > 1 and bool(_START.match(lines[0])) and sum(bool(_START.match(line)) for line in lines) > 1


def read_whatsapp(text: str, found: Found) -> None:
    """Read such a chat: a conversation a day, with the answers of one of the two who wrote the most."""
    messages = list(_messages(text, found))
    authors = [author for author, _ in Counter(each.author for each in messages).most_common()]
    if len(authors) < 2:
        return
    own = _own_side(authors[:2], messages, found)
    found.tell("person whose messages count as the answers", own)
    between = [each for each in messages if each.author in authors[:2]]
    found.leave(_OTHERS, n=len(messages) - len(between))
    for day, said in groupby(between, lambda each: each.day):
        turns = [ChatMessage(ASSISTANT if each.author == own else USER, each.text) for each in said]
        exchange = exchange_of(turns, day, "\n")
        if exchange is None:
            found.leave(_ALONE, day)
        else:
            found.add_exchange(exchange)


def _own_side(authors: list[str], messages: list[_Message], found: Found) -> str:
    """Return who answers: a chat is called after the other one; else the one who wrote more."""
    title = f"{found.source.folder}\n{found.source.name.rpartition('.')[0]}"
    named = [author for author in authors if re.search(rf"\b{re.escape(author)}\s*(?:$|\n|\(\d+\)$)", title)]
    if len(named) == 1:
        return next(author for author in authors if author != named[0])
    lengths = Counter[str]()
    for each in messages:
        lengths[each.author] += len(each.text)
    return max(authors, key=lengths.__getitem__)


def _messages(text: str, found: Found) -> Iterator[_Message]:
    for day, written in _parts(text):
        match = _MESSAGE.fullmatch(written)
        if match is None:
            found.leave(_SYSTEM, written)
            continue
        said = _EDITED.sub("", match["text"]).strip()
        if not said or _NOTE.fullmatch(said) or _DELETED.fullmatch(said):
            found.leave(_MEDIA, said)
        else:
            yield _Message(day, match["author"].strip(), said)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the day of each message and all that is written after its time, which may go on for several lines."""
    day, lines = "", list[str]()
    for line in text.split("\n"):
        if start := _START.match(line):
            if day:
                yield day, "\n".join(lines)
            day, lines = start["day"], [start["rest"]]
        else:
            lines.append(line)
    if day:
        yield day, "\n".join(lines)
