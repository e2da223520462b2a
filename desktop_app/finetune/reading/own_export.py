"""Chats that were saved by this program (see `chat.export`), read back as what was said and answered.

Where the person marked answers, those are learned, each by its mark; else all of the chat is.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER
from desktop_app.finetune.reading.found import Found, Words
from desktop_app.finetune.reading.turns import exchange_of
from desktop_app.trainer.contract import DOWN, UP

_DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d"
_BEGINNING = re.compile(rf"# .*\n\n\*{_DATE}\*\n\n## ")
_MESSAGE = re.compile(rf"^## (?:System prompt|(?P<name>.+), {_DATE})$\n?", re.MULTILINE)
_REASONING = re.compile(r"\A(?:>.*(?:\n|\Z))+")
_MARKS = {"*Marked as good.*": UP, "*Marked as bad.*": DOWN}
_UNFINISHED = ("*Stopped.*", "*Interrupted.*", "*Still being written.*")
_CHAT = "chat"  # there is one in a file, whatever is said in it later
_NOTE_ALONE = re.compile(r"\*[^*\n]+\*")  # why there is no answer

_CUT: Words = ("answer that was never finished", "answers that were never finished")
_THOUGHTS: Words = ("piece of reasoning", "pieces of reasoning")
_UNMARKED: Words = ("answer without a mark", "answers without a mark")
_NO_ANSWER: Words = ("chat without an answer", "chats without an answer")


def is_own_chat(text: str) -> bool:
    """Return whether a Markdown file is such a chat."""
    return _BEGINNING.match(text) is not None


def read_own_chat(text: str, found: Found) -> None:
    """Read such a chat."""
    messages: list[ChatMessage] = []
    marked: list[tuple[str, int]] = []  # the mark, and how many messages there are up to the answer that has it
    for role, written in _written(text):
        if role != ASSISTANT:
            messages.append(ChatMessage(role, written))
            continue
        said, mark = _without_mark(written)
        answer = _REASONING.sub("", said).strip()
        if answer.endswith(_UNFINISHED) or _NOTE_ALONE.fullmatch(answer) or not answer:
            found.leave(_CUT, answer)
            if messages and messages[-1].role == USER:  # it waits for an answer that there is not
                messages.pop()
            continue
        found.leave(_THOUGHTS, said, n=answer != said)
        messages.append(ChatMessage(ASSISTANT, answer))
        if mark:
            marked.append((mark, len(messages)))
    _add(messages, marked, found)


def _add(messages: Sequence[ChatMessage], marked: Sequence[tuple[str, int]], found: Found) -> None:
    whole = exchange_of(messages, _CHAT)
    if whole is None:
        found.leave(_NO_ANSWER, messages[0].content if messages else "")
    elif not marked:
        found.add_exchange(whole)
    else:
        n_answers = sum(each.role == ASSISTANT for each in messages)
        found.leave(_UNMARKED, n=n_answers - len(marked))
        for mark, n in marked:
            exchange = exchange_of(messages[:n], _CHAT)
            if exchange is not None:
                found.add_exchange(msgspec.structs.replace(exchange, kind=mark))


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Yield who wrote each message, and what."""
    matches = list(_MESSAGE.finditer(text))
    for place, match in enumerate(matches):
        end = matches[place + 1].start() if place + 1 < len(matches) else len(text)
        role = SYSTEM if match["name"] is None else USER if match["name"] == "You" else ASSISTANT
        yield role, text[match.end() : end].strip()


def _without_mark(written: str) -> tuple[str, str]:
    for line, mark in _MARKS.items():
        if written.endswith(line):
            return written.removesuffix(line).strip(), mark
    return written, ""
