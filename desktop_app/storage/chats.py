"""Conversations and their messages: everything the chat page keeps.

Nothing a person wrote is destroyed but by `delete_forever` and by emptying the trash: edits and new answers are
siblings in the tree, deleted messages are hidden, deleted conversations wait in the trash.
"""

import json
import math
import time
from collections.abc import Callable, Sequence

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts, Struct
from desktop_app.errors import UserError
from desktop_app.storage import clearing, rows, search, tree
from desktop_app.storage.database import Database, Values
from desktop_app.storage.records import Conversation, Message, MessageState, Rating, Role, SearchHit, Stack

TRASH_DAYS = 30
_DAY_S = 86_400

_EMPTY_NOTE = "Moatless was closed before the answer began."
_INTERRUPTED_NOTE = "Moatless was closed while this answer was being written."

# A prompt is collected from its end in pieces of this many messages, until it is long enough.
_PIECE = 64


class DeletedMessages(Struct, frozen=True):
    """What `delete_message` hid, for `undelete`."""

    conversation_id: int
    head_id: int | None
    message_ids: tuple[int, ...]


class Chats:
    """Conversations and messages in the database. `clock` gives Unix time in seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------ conversations

    def list_conversations(self) -> tuple[Conversation, ...]:
        """Return the conversations outside the trash: the pinned ones first, then the latest."""
        return self._conversations("WHERE deleted_at IS NULL ORDER BY pinned DESC, updated_at DESC, id DESC")

    def trashed(self) -> tuple[Conversation, ...]:
        """Return the conversations in the trash, the last deleted first."""
        return self._conversations("WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC, id DESC")

    def get(self, conversation_id: int) -> Conversation:
        """Return one conversation, also from the trash.

        Raises:
            UserError: If it has been deleted for good.
        """
        found = self._conversations("WHERE id = ?", (conversation_id,))
        if not found:
            raise UserError("This conversation no longer exists.")
        return found[0]

    def create(
        self,
        model_id: int | None = None,
        system_prompt: str = "",
        sampler: SamplerSettings | None = None,
        stack: Stack = (),
    ) -> Conversation:
        """Make an empty conversation. Its title is empty until it is renamed."""
        now = self._clock()
        conversation_id = self._database.insert(
            "INSERT INTO conversations (created_at, updated_at, model_id, system_prompt, sampler, stack) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (now, now, model_id, system_prompt, rows.to_json(sampler or SamplerSettings()), rows.to_json(stack)),
        )
        return self.get(conversation_id)

    def rename(self, conversation_id: int, title: str, titled: bool = True) -> None:
        """Set the title. `titled` is False while it is no more than the first words."""
        self._set(conversation_id, "title = ?, titled = ?", title, titled)

    def suggest_title(self, conversation_id: int, title: str) -> bool:
        """Set the title if it is no more than the first words; return whether it was."""
        changed = self._database.change(
            "UPDATE conversations SET title = ?, titled = 1 WHERE id = ? AND NOT titled", (title, conversation_id)
        )
        return changed > 0

    def set_pinned(self, conversation_id: int, pinned: bool) -> None:
        self._set(conversation_id, "pinned = ?", pinned)

    def set_draft(self, conversation_id: int, draft: str) -> None:
        self._set(conversation_id, "draft = ?", draft)

    def set_options(self, conversation_id: int, system_prompt: str, sampler: SamplerSettings) -> None:
        self._set(conversation_id, "system_prompt = ?, sampler = ?", system_prompt, rows.to_json(sampler))

    def set_stack(self, conversation_id: int, stack: Stack) -> None:
        """Set the adapters that act on the next answer."""
        self._set(conversation_id, "stack = ?", rows.to_json(stack))

    def set_model(self, conversation_id: int, model_id: int | None) -> None:
        self._set(conversation_id, "model_id = ?", model_id)

    def move_to_trash(self, conversation_id: int) -> None:
        self._set(conversation_id, "deleted_at = ?", self._clock())

    def restore(self, conversation_id: int) -> None:
        self._set(conversation_id, "deleted_at = ?", None)

    def delete_forever(self, conversation_id: int) -> None:
        """Delete the conversation and all its messages, without undo. Copies from before updates go with it."""
        if self._destroy("id = ?", conversation_id):
            self._database.forget_past(copied_before=math.inf)

    def empty_old_trash(self) -> int:
        """Delete for good what has been in the trash for `TRASH_DAYS`; return how many conversations that were.

        Copies from before updates go once they are as old. A younger one may still be what somebody goes back to.
        """
        long_ago = self._clock() - TRASH_DAYS * _DAY_S
        n_conversations = self._destroy("deleted_at < ?", long_ago)
        self._database.forget_past(copied_before=long_ago)
        return n_conversations

    # ------------------------------------------------------------ messages

    def add_message(
        self,
        conversation_id: int,
        parent_id: int | None,
        role: Role,
        content: str,
        state: MessageState = MessageState.DONE,
        *,
        model_name: str = "",
        model_sha256: str = "",
        sampler: SamplerSettings | None = None,
        stack: Stack = (),
        chosen_over: tuple[int, ...] = (),
    ) -> Message:
        """Add a message after `parent_id` (None: as a first one) and make it the head.

        An edited message or another answer is added with the same parent as the one it stands beside.
        """
        now = self._clock()
        with self._database.transaction():
            message = {
                "conversation_id": conversation_id,
                "parent_id": parent_id,
                "role": role,
                "content": content,
                "state": state,
                "created_at": now,
                "model_name": model_name,
                "model_sha256": model_sha256,
                "sampler": rows.to_json(sampler),
                "stack": rows.to_json(stack),
                "chosen_over": rows.to_json(chosen_over),
            }
            message_id = self._database.insert_row("messages", message)
            self._set(conversation_id, "head_id = ?, updated_at = ?", message_id, now)
            return self.messages((message_id,))[0]

    def add_edited(self, message: Message, text: str) -> Message:
        """Add another version of an answer, as the person wants it to be, and make it the head."""
        return self.add_message(
            message.conversation_id,
            message.parent_id,
            message.role,
            text,
            model_name=message.model_name,
            chosen_over=(message.id,),
        )

    def write_answer(
        self,
        message_id: int,
        content: str,
        state: MessageState,
        note: str = "",
        facts: AnswerFacts | None = None,
    ) -> None:
        """Write the whole text of an answer so far (the journal, while `STREAMING`) or its end.

        A message that was deleted for good meanwhile is no error.
        """
        self._database.change(
            "UPDATE messages SET content = ?, state = ?, note = ?, facts = ? WHERE id = ?",
            (content, state, note, rows.to_json(facts), message_id),
        )

    def set_rating(self, message_id: int, rating: Rating) -> None:
        """Mark an answer as good or bad, or take its mark away. One that was deleted for good is no error."""
        self._database.change("UPDATE messages SET rating = ? WHERE id = ?", (rating, message_id))

    def choose(self, message_id: int, others: Sequence[int]) -> None:
        """Note that the person prefers an answer to others to the same message, whatever was preferred before."""
        with self._database.transaction():
            for message in self.messages((message_id, *others)):
                chosen_over = {*message.chosen_over, *others} if message.id == message_id else {*message.chosen_over}
                self._database.change(
                    "UPDATE messages SET chosen_over = ? WHERE id = ?",
                    (rows.to_json(tuple(sorted(chosen_over - {message_id}))), message.id),
                )

    def mark_interrupted(self) -> int:
        """Settle the answers that were streaming when the program ended last; return how many there were."""
        return self._database.change(
            "UPDATE messages SET state = CASE content WHEN '' THEN ? ELSE ? END, "
            "note = CASE content WHEN '' THEN ? ELSE ? END WHERE state = 'streaming'",
            (MessageState.FAILED, MessageState.INTERRUPTED, _EMPTY_NOTE, _INTERRUPTED_NOTE),
        )

    def path(self, conversation_id: int) -> tuple[int, ...]:
        """Return the ids of the messages being shown, from the first to the head."""
        row = self._database.one("SELECT head_id FROM conversations WHERE id = ?", (conversation_id,))
        return () if row is None or row["head_id"] is None else self.path_to(row["head_id"])

    def path_to(self, message_id: int) -> tuple[int, ...]:
        """Return the ids of the messages from the first to this one, whether they are being shown or not."""
        return tree.path_to(self._database, message_id)

    def messages(self, ids: Sequence[int]) -> tuple[Message, ...]:
        """Return these messages in this order, without those that do not exist any more."""
        found = tree.select_messages(self._database, ids)
        return tuple(rows.message(found[message_id]) for message_id in ids if message_id in found)

    def all_messages(self, conversation_id: int) -> tuple[Message, ...]:
        """Return the messages of all versions of a conversation but the deleted ones, parents before children."""
        found = self._database.all(
            "SELECT id FROM messages WHERE conversation_id = ? AND deleted_at IS NULL ORDER BY id", (conversation_id,)
        )
        return self.messages([row["id"] for row in found])

    def last_messages(self, ids: Sequence[int], max_chars: int) -> tuple[Message, ...]:
        """Return as many of the last of these messages as have `max_chars` characters together, at least one."""
        chosen: list[Message] = []
        chars = 0
        for end in range(len(ids), 0, -_PIECE):
            for message in reversed(self.messages(ids[max(0, end - _PIECE) : end])):
                chars += len(message.content)
                if chosen and chars > max_chars:
                    return tuple(reversed(chosen))
                chosen.append(message)
        return tuple(reversed(chosen))

    def show_version(self, conversation_id: int, message_id: int) -> tuple[int, ...]:
        """Show the version with this message, as far as it was last continued; return the new path.

        Raises:
            UserError: If the message is deleted.
        """
        with self._database.transaction():
            self._living(message_id)
            self._set(conversation_id, "head_id = ?", tree.newest_leaf(self._database, message_id))
            return self.path(conversation_id)

    def version_beside(self, message_id: int, step: int) -> int:
        """Return the version so many steps after (or before) this one of a message; at the end, the last there is."""
        siblings = tree.siblings(self._database, *self._living(message_id))
        place = siblings.index(message_id) + step
        return siblings[min(max(place, 0), len(siblings) - 1)]

    def delete_message(self, message_id: int) -> DeletedMessages:
        """Hide a message and all that follows it, in every version. A neighboring version is shown instead.

        Raises:
            UserError: If the message is deleted already.
        """
        with self._database.transaction():
            conversation_id, parent_id = self._living(message_id)
            head_id = self.get(conversation_id).head_id
            hidden = tree.below(self._database, message_id)
            self._database.change(
                "UPDATE messages SET deleted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
                (self._clock(), json.dumps(hidden)),
            )
            if head_id in hidden:
                head = tree.after_deleting(self._database, conversation_id, parent_id, message_id)
                self._set(conversation_id, "head_id = ?", head)
        return DeletedMessages(conversation_id, head_id, tuple(hidden))

    def undelete(self, deleted: DeletedMessages) -> None:
        """Bring back what `delete_message` hid, and show what was shown then."""
        with self._database.transaction():
            self._database.change(
                "UPDATE messages SET deleted_at = NULL WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(deleted.message_ids),),
            )
            self._set(deleted.conversation_id, "head_id = ?", deleted.head_id)

    # ------------------------------------------------------------ search

    def search(self, text: str, limit: int = 50) -> tuple[SearchHit, ...]:
        """Return titles and messages with all these words (the last may be incomplete), the newest first."""
        return search.search(self._database, text, limit)

    def _conversations(self, condition: str, values: Values = ()) -> tuple[Conversation, ...]:
        found = self._database.all(f"SELECT * FROM conversations {condition}", values)
        return tuple(rows.conversation(row) for row in found)

    def _destroy(self, condition: str, value: float) -> int:
        """Delete conversations so that none of their words is left in the file; return how many there were."""
        with self._database.transaction():
            n_conversations = self._database.change(f"DELETE FROM conversations WHERE {condition}", (value,))
            if n_conversations:
                clearing.drop_words(self._database)
        return n_conversations

    def _set(self, conversation_id: int, assignments: str, *values: str | float | None) -> None:
        self._database.change(f"UPDATE conversations SET {assignments} WHERE id = ?", (*values, conversation_id))

    def _living(self, message_id: int) -> tuple[int, int | None]:
        """Return the conversation and the parent of a message that is not deleted."""
        row = self._database.one(
            "SELECT conversation_id, parent_id FROM messages WHERE id = ? AND deleted_at IS NULL", (message_id,)
        )
        if row is None:
            raise UserError("This message no longer exists.")
        return row["conversation_id"], row["parent_id"]
