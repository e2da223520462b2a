"""The tree of a conversation's messages: the way from the root to a message, what lies below one, its versions."""

import json
import sqlite3
from collections.abc import Sequence

from desktop_app.storage.database import Database

# Each step looks up one row by its id. CROSS JOIN keeps SQLite from turning the loops round, and without an ORDER BY
# nothing is sorted: the queue never holds more than one row, so the rows come from the message to the root.
# A parent is always older than its child; asking for it keeps a damaged file from sending us round in circles.
_PATH = """
WITH RECURSIVE path (id, parent_id) AS (
    SELECT id, parent_id FROM messages WHERE id = ?
    UNION ALL
    SELECT messages.id, messages.parent_id FROM path CROSS JOIN messages ON messages.id = path.parent_id
    WHERE messages.id < path.id
)
SELECT id FROM path
"""

_BELOW = """
WITH RECURSIVE below (id, conversation_id) AS (
    SELECT id, conversation_id FROM messages WHERE id = ?
    UNION ALL
    SELECT messages.id, messages.conversation_id FROM below CROSS JOIN messages
    ON messages.conversation_id = below.conversation_id AND messages.parent_id = below.id
        AND messages.deleted_at IS NULL
    WHERE messages.id > below.id
)
SELECT id FROM below
"""

# Siblings are the messages with the same parent, or the first messages of the same conversation.
_MESSAGES = """
SELECT message.*,
    (SELECT count(*) FROM messages AS sibling
     WHERE sibling.conversation_id = message.conversation_id AND sibling.parent_id IS message.parent_id
        AND sibling.deleted_at IS NULL AND sibling.id <= message.id) AS version,
    (SELECT count(*) FROM messages AS sibling
     WHERE sibling.conversation_id = message.conversation_id AND sibling.parent_id IS message.parent_id
        AND sibling.deleted_at IS NULL) AS versions
FROM json_each(?) AS wanted CROSS JOIN messages AS message ON message.id = wanted.value
"""


def path_to(database: Database, message_id: int) -> tuple[int, ...]:
    """Return the ids from the first message of the conversation to this one."""
    return tuple(row["id"] for row in reversed(database.all(_PATH, (message_id,))))


def below(database: Database, message_id: int) -> list[int]:
    """Return the ids of a message and of every living message that follows it, in all versions."""
    return [row["id"] for row in database.all(_BELOW, (message_id,))]


def newest_leaf(database: Database, message_id: int) -> int:
    """Return the end of the version a person worked on last below this message; itself if nothing follows."""
    return max(below(database, message_id))  # nothing can follow the newest of them, or that would be newer


def siblings(database: Database, conversation_id: int, parent_id: int | None) -> list[int]:
    """Return the ids of the living messages with this parent, the oldest version first."""
    rows = database.all(
        "SELECT id FROM messages WHERE conversation_id = ? AND parent_id IS ? AND deleted_at IS NULL ORDER BY id",
        (conversation_id, parent_id),
    )
    return [row["id"] for row in rows]


def after_deleting(database: Database, conversation_id: int, parent_id: int | None, message_id: int) -> int | None:
    """Return the head once a message is gone: the version next to it, as far as it goes, or else its parent."""
    left = siblings(database, conversation_id, parent_id)
    older = [sibling for sibling in left if sibling < message_id]
    if not left:
        return parent_id
    return newest_leaf(database, older[-1] if older else left[0])


def select_messages(database: Database, ids: Sequence[int]) -> dict[int, sqlite3.Row]:
    """Return the rows of these messages by id, each with its `version` and `versions`."""
    return {row["id"]: row for row in database.all(_MESSAGES, (json.dumps(ids),))}
