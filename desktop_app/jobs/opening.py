"""What is read when a conversation is opened: who it is, which messages are shown, and the last of them."""

from dataclasses import dataclass

from desktop_app.jobs.store import Repositories
from desktop_app.storage.records import Conversation, Message, Model

WINDOW = 60  # messages that are read at once


@dataclass(frozen=True)
class Opened:
    """A conversation as it is stored.

    Attributes:
        path: The messages being shown, from the first to the newest.
        first: How many of them come before `messages`.
        found: The message that was searched for, or None.
    """

    conversation: Conversation
    path: tuple[int, ...]
    first: int
    messages: tuple[Message, ...]
    found: int | None = None


def read(conversation_id: int, repositories: Repositories, found: int | None = None) -> Opened:
    """Read a conversation and the end of it, or the part around the message that was searched for."""
    chats = repositories.chats
    path = chats.path(conversation_id)
    first = max(0, len(path) - WINDOW)
    if found is not None and found in path:
        first = min(first, max(0, path.index(found) - WINDOW // 2))
    return Opened(chats.get(conversation_id), path, first, chats.messages(path[first : first + WINDOW]), found)


def read_with_model(
    conversation_id: int, repositories: Repositories, found: int | None = None
) -> tuple[Opened, Model | None]:
    """Read a conversation, in the version that holds `found`, and the model it is held with."""
    if found is not None:
        repositories.chats.show_version(conversation_id, found)
    opened = read(conversation_id, repositories, found)
    model_id = opened.conversation.model_id
    return opened, repositories.models.get(model_id) if model_id else None


def read_version(conversation_id: int, message_id: int, repositories: Repositories) -> Opened:
    """Read a conversation in the version that holds a message, as far as that was last continued."""
    repositories.chats.show_version(conversation_id, message_id)
    return read(conversation_id, repositories)
