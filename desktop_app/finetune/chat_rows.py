"""Lines of chat examples (JSONL), in the shapes that data sets for TRL have: answers to imitate, pairs, and thumbs.

    {"messages": [{"role": ..., "content": ...}, ...]}          all answers of the assistant are imitated
    {"prompt": ..., "completion": ...}                          the same, for one answer
    {"prompt" or "messages": ..., "chosen": ..., "rejected": ...}
    {"prompt": ..., "completion": ..., "label": true}           or {"messages": ..., "label": true}: its last answer

A prompt is a text or a list of messages; an answer is a text, a message, or messages that may begin with the prompt.
What else a line has is passed over.
"""

import json
from typing import Any

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER, Exchange
from desktop_app.library.file_errors import shown_text
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP

_KEYS = ("messages", "prompt", "completion", "chosen", "rejected", "label")
_ROLES = (SYSTEM, USER, ASSISTANT)
_SHAPES = (
    "A line has “messages”; or “prompt” and “completion”; or “prompt”, “chosen” and “rejected”; a “label” may tell "
    "whether an answer is a good one."
)
_FIX = "Correct the line, or leave it out."

Messages = tuple[ChatMessage, ...]


def parse_row(line: str, place: str) -> Exchange:
    """Return what a line has.

    Args:
        line: JSON.
        place: What the line is called in a sentence, which begins with it.

    Raises:
        UserError: If it is nothing that can be learned from.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{place} is not JSON.", "Each line of such a file has to be one JSON object.") from error
    if not isinstance(row, dict):
        raise UserError(f"{place} is not a JSON object.", _SHAPES)
    exchange = _Row({key: row[key] for key in _KEYS if row.get(key) is not None}, place).exchange()
    _check_prompt(exchange.prompt, place)
    written = [*(each.content for each in exchange.prompt if each.role == ASSISTANT), *exchange.answers]
    if not all(without_reasoning(answer).strip() for answer in written):
        raise UserError(f"{place} has an answer that is nothing but reasoning.", _FIX)
    return exchange


class _Row:
    """What is known of a line, by its keys."""

    def __init__(self, values: dict[str, Any], place: str) -> None:
        self._values = values
        self._place = place

    def exchange(self) -> Exchange:
        keys = set(self._values)
        if keys & {"chosen", "rejected"}:
            return self._pair(keys)
        kind = TEXT
        if "label" in keys:
            if not isinstance(self._values["label"], bool):
                raise UserError(f"The “label” of {_inside(self._place)} is neither true nor false.", _FIX)
            kind = UP if self._values["label"] else DOWN
        keys.discard("label")
        if keys == {"messages"}:
            *prompt, last = self._messages("messages")
            if last.role != ASSISTANT:
                raise UserError(f"{self._place} has no answer to its last message.", "Add one, or leave the line out.")
            return Exchange(kind, tuple(prompt), (last.content,))
        if keys == {"prompt", "completion"}:
            prompt = list(self._messages("prompt"))
            return Exchange(kind, tuple(prompt), (self._answer("completion", tuple(prompt)),))
        if keys == {"prompt"}:
            raise UserError(f"{self._place} has no answer.", "Add one, or leave the line out.")
        raise UserError(f"{self._place} is not a chat example.", _SHAPES)

    def _pair(self, keys: set[str]) -> Exchange:
        if not {"chosen", "rejected"} <= keys:
            raise UserError(f"{self._place} has only one of “chosen” and “rejected”.", _FIX)
        sources = keys - {"chosen", "rejected"}
        if sources and sources not in ({"prompt"}, {"messages"}):
            raise UserError(f"{self._place} mixes several kinds of examples.", _SHAPES)
        prompt = self._messages(sources.pop()) if sources else self._common_beginning()
        chosen, rejected = self._answer("chosen", prompt), self._answer("rejected", prompt)
        if chosen == rejected:
            raise UserError(f"{self._place} has the same answer as “chosen” and as “rejected”.", _FIX)
        return Exchange(PAIR, prompt, (chosen, rejected))

    def _common_beginning(self) -> Messages:
        """Return the messages that both answers of a pair without a prompt begin with."""
        if not (isinstance(self._values["chosen"], list) and isinstance(self._values["rejected"], list)):
            raise UserError(f"{self._place} has two answers and does not say to what.", "Add a “prompt”.")
        common = []
        for mine, other in zip(self._messages("chosen"), self._messages("rejected"), strict=False):
            if mine != other:
                break
            common.append(mine)
        return tuple(common)

    def _answer(self, key: str, prompt: Messages) -> str:
        value = self._values[key]
        if isinstance(value, str):
            return self._text(value, key)
        messages = self._messages(key)
        if messages[: len(prompt)] == prompt:
            messages = messages[len(prompt) :]
        if len(messages) != 1 or messages[0].role != ASSISTANT:
            raise UserError(f"“{key}” of {_inside(self._place)} is not one answer of the assistant.", _FIX)
        return messages[0].content

    def _messages(self, key: str) -> Messages:
        value = self._values[key]
        if isinstance(value, str):
            return (ChatMessage(USER, self._text(value, key)),)
        values = [value] if isinstance(value, dict) else value
        if not isinstance(values, list) or not values:
            raise UserError(f"“{key}” of {_inside(self._place)} is neither a text nor a list of messages.", _SHAPES)
        found = [self._message(each, key) for each in values]
        messages = tuple(each for each in found if each is not None)
        if not messages:
            raise UserError(f"“{key}” of {_inside(self._place)} has no message.", _FIX)
        return messages

    def _message(self, value: Any, key: str) -> ChatMessage | None:
        """Return a message; None for a system message without a text, which many data sets have."""
        role, content = (value.get("role"), value.get("content")) if isinstance(value, dict) else (None, None)
        if not isinstance(role, str) or not isinstance(content, str):
            raise UserError(
                f"“{key}” of {_inside(self._place)} has a message without the texts “role” and “content”.", _FIX
            )
        if role not in _ROLES:
            raise UserError(
                f"{self._place} has a message by “{shown_text(role)}”.", "It may be by system, user or assistant."
            )
        if role == SYSTEM and not content.strip():
            return None
        return ChatMessage(role, self._text(content, key))

    def _text(self, text: str, key: str) -> str:
        if not text.strip():
            raise UserError(f"“{key}” of {_inside(self._place)} has an empty text.", _FIX)
        try:
            text.encode()
        except UnicodeEncodeError as error:  # JSON can name half of a character that is written as two
            raise UserError(f"“{key}” of {_inside(self._place)} has half a character.", _FIX) from error
        return text


def _check_prompt(prompt: Messages, place: str) -> None:
    roles = [each.role for each in prompt]
    said = roles[1:] if roles[:1] == [SYSTEM] else roles
    if SYSTEM in said:
        raise UserError(f"{place} has a system message that is not its first message.", _FIX)
    if not said or said[0] == ASSISTANT:
        raise UserError(f"{place} has an answer before anything was asked.", _FIX)
    if said[-1] == ASSISTANT:
        raise UserError(f"{place} has two answers in a row.", "Put them into one message.")


def _inside(place: str) -> str:
    """Return a place as it stands inside a sentence."""
    return place[0].lower() + place[1:]
