"""Chats that ChatGPT exports (conversations.json), and lists of examples as JSON."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER
from desktop_app.finetune.reading.cleaning import clean
from desktop_app.finetune.reading.decoding import decode
from desktop_app.finetune.reading.found import Found, Source, Words, damaged
from desktop_app.finetune.reading.table import add_object
from desktop_app.finetune.reading.turns import exchange_of

_SEEN_BYTES = 8192  # in which a file of chats or examples shows that it is one
_KEYS = re.compile(rb'"(?:mapping|messages|conversations|prompt|instruction|question)"\s*:')
_CITATION = re.compile("\ue200[^\ue200\ue201]*\ue201|[\ue200-\ue2ff]")  # how ChatGPT refers to what it found
_SPOKEN = {"text", "multimodal_text"}

_TOOLS: Words = ("message to or from a tool", "messages to or from tools")
_THOUGHTS: Words = ("piece of reasoning", "pieces of reasoning")
_MEDIA: Words = ("picture or file", "pictures and files")
_NO_ANSWER: Words = ("chat without an answer", "chats without an answer")
_FOREIGN: Words = ("entry that is neither a chat nor an example", "entries that are neither chats nor examples")


def is_chats(path: Path) -> bool:
    """Return whether a JSON file in a folder looks like chats or examples; most are something else."""
    try:
        with path.open("rb") as file:
            return _KEYS.search(file.read(_SEEN_BYTES)) is not None
    except OSError:  # reading it will tell why
        return True


def read_json(source: Source, found: Found) -> None:
    """Read a JSON file."""
    try:
        value = json.loads(decode(found))
    except ValueError as error:
        raise damaged(source.name) from error
    has_any = False
    for number, each in enumerate(value if isinstance(value, list) else [value], 1):
        if isinstance(each, dict) and isinstance(each.get("mapping"), dict):
            _add_chat(each, found)
            has_any = True
        elif isinstance(each, dict) and _KEYS.search(json.dumps(dict.fromkeys(each)).encode()):
            add_object(number, each, found)
            has_any = True
        else:
            found.leave(_FOREIGN, json.dumps(each)[:200])
    if not has_any:
        raise UserError(
            f"“{source.name}” has neither chats nor examples.",
            "Chats as ChatGPT exports them (conversations.json) and lists of examples are read.",
        )


def _add_chat(chat: dict[str, Any], found: Found) -> None:
    messages = [each for node in _shown(chat) if (each := _message(node, found))]
    exchange = exchange_of(messages, str(chat.get("conversation_id") or chat.get("id") or ""))
    if exchange is None:
        found.leave(_NO_ANSWER, str(chat.get("title") or ""))
    else:
        found.add_exchange(exchange)


def _shown(chat: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the messages of the version that was shown last, oldest first."""
    mapping: dict[str, Any] = chat["mapping"]
    path: dict[str, dict[str, Any]] = {}
    key = chat.get("current_node")
    while isinstance(key, str) and key not in path and isinstance(node := mapping.get(key), dict):
        path[key] = node
        key = node.get("parent")
    for node in reversed(path.values()):
        if isinstance(node.get("message"), dict):
            yield node["message"]


def _message(message: dict[str, Any], found: Found) -> ChatMessage | None:
    """Return what a person or the model said, or None if a message is nothing of that."""
    author, content, about = (
        value if isinstance(value := message.get(key), dict) else {} for key in ("author", "content", "metadata")
    )
    role, kind = author.get("role"), content.get("content_type")
    parts = given if isinstance(given := content.get("parts"), list) else []
    text = _CITATION.sub("", clean("\n\n".join(part for part in parts if isinstance(part, str)))).strip()
    if about.get("is_visually_hidden_from_conversation") or (role == SYSTEM and not text):
        return None
    if kind in ("thoughts", "reasoning_recap"):
        found.leave(_THOUGHTS)
        return None
    if role not in (SYSTEM, USER, ASSISTANT) or message.get("recipient", "all") != "all" or kind not in _SPOKEN:
        found.leave(_TOOLS, text)
        return None
    found.leave(_MEDIA, n=sum(isinstance(part, dict) for part in parts))
    return ChatMessage(role, text) if text else None
