"""What is said about an answer in small print below it, and in its notes. Sentences only, no widgets."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication, QLocale

from desktop_app.adapters.stack import acting
from desktop_app.engine.messages import AnswerFacts
from desktop_app.storage.records import Message, MessageState, Role, Stack

_SEPARATOR = " · "


class Offer(Enum):
    """What a note offers to do about it."""

    NOTHING = ""
    CONTINUE = "continue"
    TRY_AGAIN = "try again"


@dataclass(frozen=True)
class Note:
    """A sentence with its icon and the token of its color."""

    icon: str
    token: str
    sentence: str
    offer: Offer = Offer.NOTHING


def _tr(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("AnswerFacts", text, "", count)


def summary(message: Message) -> str:
    """Return the line with speed, length, time and model; empty where nothing is known."""
    parts = []
    if (facts := message.facts) is not None:
        locale = QLocale()
        if facts.decode_s > 0 and facts.answer_tokens > 0:
            speed = facts.answer_tokens / facts.decode_s
            digits = 0 if speed >= 10 else 1
            parts.append(_tr("{speed} tokens/s").format(speed=locale.toString(speed, "f", digits)))
        tokens = _tr("1 token") if facts.answer_tokens == 1 else _tr("{count} tokens")
        parts.append(tokens.format(count=locale.toString(facts.answer_tokens)))
        parts.append(_tr("{seconds} s").format(seconds=locale.toString(facts.prefill_s + facts.decode_s, "f", 1)))
    if message.stack:
        parts.append(_tr("stack: {stack}").format(stack=stack_words(message.stack)))
    if message.model_name:
        parts.append(message.model_name)
    return _SEPARATOR.join(parts)


def stack_words(stack: Stack) -> str:
    """Return a stack in words: names with their scales."""
    acts = acting(stack)
    if not acts:
        return _tr("Without adapters")
    locale = QLocale()
    return ", ".join(f"{entry.name} {locale.toString(entry.scale, 'f', 2)}" for entry in acts)


def details(facts: AnswerFacts) -> str:
    """Return what a curious person finds in the tooltip, a line for each number."""
    locale = QLocale()
    lines = (
        _tr("Prompt: {total} tokens, {reused} of them still in memory").format(
            total=locale.toString(facts.prompt_tokens), reused=locale.toString(facts.reused_tokens)
        ),
        _tr("First token after {seconds} s").format(seconds=locale.toString(facts.time_to_first_token_s, "f", 2)),
        _tr("Seed {seed}").format(seed=facts.seed),
    )
    return "\n".join(lines)


def notes(message: Message, is_last: bool) -> list[Note]:
    """Return what a person should know about how an answer came about or ended.

    Args:
        message: The answer.
        is_last: Only the last message of a conversation can be continued.
    """
    if message.role != Role.ASSISTANT or message.state == MessageState.STREAMING:
        return []
    found = []
    facts = message.facts
    if facts is not None and facts.omitted_messages:
        sentence = (
            _tr("1 earlier message was left out because the context is full.")
            if facts.omitted_messages == 1
            else _tr("{count} earlier messages were left out because the context is full.")
        )
        found.append(Note("info", "muted", sentence.format(count=QLocale().toString(facts.omitted_messages))))
    again = Offer.TRY_AGAIN if is_last else Offer.NOTHING
    going_on = Offer.CONTINUE if is_last and message.content else again
    if message.state == MessageState.STOPPED:
        found.append(Note("info", "muted", message.note or _tr("You stopped this answer."), going_on))
    elif message.state == MessageState.INTERRUPTED:
        sentence = message.note or _tr("This answer was interrupted before its end.")
        found.append(Note("triangle-alert", "warn", sentence, going_on))
    elif message.state == MessageState.FAILED:
        sentence = message.note or _tr("The model gave no answer.")
        found.append(Note("circle-alert", "danger", sentence, again))
    elif facts is not None and facts.finish_reason == "length":
        found.append(Note("info", "muted", _tr("The answer reached the length limit of this chat."), going_on))
    elif facts is not None and facts.finish_reason == "context":
        sentence = _tr("The answer ends here because the context is full.")
        found.append(Note("info", "muted", sentence, going_on))
    elif message.note:
        found.append(Note("info", "muted", message.note))
    return found
