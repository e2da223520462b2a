"""A conversation as a Markdown file, for people and other programs to read."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from desktop_app.chat.reasoning import split
from desktop_app.chat.title import NO_TITLE
from desktop_app.errors import UserError
from desktop_app.storage.chats import Chats
from desktop_app.storage.records import Conversation, Message, MessageState, Rating, Role

_STATE_NOTES = {
    MessageState.STOPPED: "Stopped.",
    MessageState.INTERRUPTED: "Interrupted.",
    MessageState.STREAMING: "Still being written.",
}
_MARKS = {Rating.GOOD: "Marked as good.", Rating.BAD: "Marked as bad."}


def save_markdown(chats: Chats, conversation_id: int, path: Path) -> None:
    """Write the version being shown of a conversation to a file.

    Raises:
        UserError: If the file cannot be written.
    """
    text = to_markdown(chats.get(conversation_id), chats.messages(chats.path(conversation_id)))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"The chat could not be saved as {path.name}.", "Choose another folder, or make room on the disk."
        ) from error


def to_markdown(conversation: Conversation, messages: Sequence[Message]) -> str:
    """Return the conversation with these messages, the version being shown, oldest first."""
    blocks = [f"# {conversation.title or NO_TITLE}", f"*{_date(conversation.created_at)}*"]
    if conversation.system_prompt:
        blocks += ["## System prompt", conversation.system_prompt.strip()]
    for message in messages:
        blocks += _message_blocks(message)
    return "\n\n".join(blocks) + "\n"


def _message_blocks(message: Message) -> list[str]:
    name = "You" if message.role is Role.USER else message.model_name or "Assistant"
    stack = ", ".join(f"{entry.name} {entry.scale:g}" for entry in message.stack)
    heading = f"## {name}{f' with {stack}' if stack else ''}, {_date(message.created_at)}"
    if message.role is Role.USER:
        return [heading, message.content.strip()]
    parts = split(message.content)
    reasoning = "\n".join(f"> {line}".rstrip() for line in parts.reasoning.splitlines())
    notes = [message.note or _STATE_NOTES.get(message.state, ""), _MARKS.get(message.rating, "")]
    small_print = [f"*{note}*" for note in notes if note]
    return [heading, *(block for block in (reasoning, parts.answer.strip(), *small_print) if block)]


def _date(unix_time: float) -> str:
    return datetime.fromtimestamp(unix_time).astimezone().strftime("%Y-%m-%d %H:%M")
