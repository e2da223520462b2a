"""The conversation that is open: what the person does to it, from sending a message to undoing a deletion.

Answers go on when another conversation is opened; they belong to their message, not to what is on the screen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.errors import UserError
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.asking import Asked, Asking
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Repositories, Store
from desktop_app.jobs.titles import TitleWriter
from desktop_app.storage.chats import DeletedMessages
from desktop_app.storage.records import Conversation, Message, Model, Role

WINDOW = 60  # messages that are read when a conversation is opened


class Status(Enum):
    """What the composer should say and offer."""

    IDLE = "idle"
    PREPARING = "preparing"  # the model is being loaded or the prompt counted; nothing is stored yet
    ANSWERING = "answering"


@dataclass(frozen=True)
class _Opened:
    conversation: Conversation
    path: tuple[int, ...]
    first: int
    messages: tuple[Message, ...]
    found: int | None = None


class ChatSession(QObject):
    """Lives in the GUI thread; all storage and engine work is asked for and comes back by signal.

    Signals:
        opened(): Another conversation (or a new one), or another version of this one: show `messages` anew.
        added(Message): A message was added at the end.
        changed(Message): A message is different from what was shown.
        answering(Answer): The last added or changed message is being written.
        status_changed(Status).
        accepted(str): This text is stored; a message box that still holds it may be emptied.
        refused(UserError): Nothing was stored; the text is still in the message box.
        deleted(int, Callable): So many messages were deleted; calling brings them back.
        model_changed(): `model` is another one.
    """

    opened = Signal()
    added = Signal(Message)
    changed = Signal(Message)
    answering = Signal(Answer)
    status_changed = Signal(Status)
    accepted = Signal(str)
    refused = Signal(UserError)
    deleted = Signal(int, object)
    model_changed = Signal()

    def __init__(
        self,
        store: Store,
        engine: Engine,
        load_settings: Callable[[], LoadSettings],
        new_conversation: Callable[[], Conversation],
        suggest_titles: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._engine = engine
        self._load_settings = load_settings
        self._new_conversation = new_conversation
        self._answers: dict[int, Answer] = {}  # by conversation
        self._titles = TitleWriter(store, engine, suggest_titles, self)
        self._preparing = False
        self._visit = 0  # counts what the person wanted to see; what comes back for an earlier wish is not shown
        self.conversation = new_conversation()
        self.path: tuple[int, ...] = ()
        self.messages: tuple[Message, ...] = ()  # those of the path that were read when it was opened ...
        self.first = 0  # ... from this one on
        self.found: int | None = None  # the message that was searched for
        self.model: Model | None = None

    # ------------------------------------------------------------ what is open

    @property
    def is_new(self) -> bool:
        """Whether nothing of this conversation is stored yet."""
        return self.conversation.id == 0

    @property
    def status(self) -> Status:
        if self.answer is not None:
            return Status.ANSWERING
        return Status.PREPARING if self._preparing else Status.IDLE

    @property
    def answer(self) -> Answer | None:
        """The answer that is being written in this conversation, if any."""
        return self._answers.get(self.conversation.id)

    def start_new(self) -> None:
        """Open an empty conversation; it is stored with its first message."""
        self._visit += 1
        self._show(_Opened(self._new_conversation(), (), 0, ()))

    def restore(self, conversation_id: int | None, model: Model) -> None:
        """Begin where the person left off; only then there is a model, and messages can be sent.

        Args:
            conversation_id: The conversation that was open, or None.
            model: To be used unless that conversation has another.
        """
        if conversation_id is None:
            self.use_model(model)
            return

        def show(result: tuple[_Opened, Model | None]) -> None:
            self._show(result[0])
            self.use_model(result[1] or model)

        self._store.ask(partial(_read_with_model, conversation_id), show, lambda _gone: self.use_model(model))

    def open(self, conversation_id: int, message_id: int | None = None) -> None:
        """Open a conversation, in the version that holds `message_id` if one is given."""
        self._visit += 1
        visit = self._visit

        def show(result: tuple[_Opened, Model | None]) -> None:
            if visit == self._visit:  # else the person has clicked on another one meanwhile
                self._show(result[0])
                if result[1] is not None:
                    self._set_model(result[1])  # loaded with the next message: looking at a chat should cost nothing

        self._store.ask(partial(_read_with_model, conversation_id, found=message_id), show)

    def read_messages(self, first: int, last: int, on_done: Callable[[tuple[Message, ...]], None]) -> None:
        """Read the messages at `path[first:last]`."""
        ids = self.path[first:last]
        self._store.ask(lambda r: r.chats.messages(ids), on_done)

    def show_latest(self) -> None:
        """Show the end of the conversation, which the person has scrolled far away from."""
        self._reopen()

    def use_model(self, model: Model) -> None:
        """Chat with this model from now on; it is loaded at once."""
        self._set_model(model)
        if not self.is_new and self.conversation.model_id != model.id:
            self._change_conversation(model_id=model.id)
            conversation_id = self.conversation.id
            self._store.ask(lambda r: r.chats.set_model(conversation_id, model.id))
        self._engine.with_model(model.path, self._load_settings(), lambda: None, lambda _error: None)

    def _set_model(self, model: Model) -> None:
        if self.model != model:
            self.model = model
            self.model_changed.emit()

    def set_options(self, system_prompt: str, sampler: SamplerSettings) -> None:
        """Set this conversation's system prompt and sampler settings."""
        self._change_conversation(system_prompt=system_prompt, sampler=sampler)
        conversation_id = self.conversation.id
        if not self.is_new:
            self._store.ask(lambda r: r.chats.set_options(conversation_id, system_prompt, sampler))

    def set_draft(self, text: str) -> None:
        """Keep text that is typed but not sent."""
        conversation_id = self.conversation.id
        if not self.is_new and text != self.conversation.draft:
            self._change_conversation(draft=text)
            self._store.ask(lambda r: r.chats.set_draft(conversation_id, text))

    # ------------------------------------------------------------ asking for answers

    def send(self, text: str) -> None:
        """Send the person's message and have it answered."""
        self._ask_for_answer(self.conversation.head_id, text)

    def edit(self, message: Message, text: str) -> None:
        """Make another version of a message; a person's is answered anew."""
        if message.role == Role.USER:
            self._ask_for_answer(message.parent_id, text)
            return

        def write(repositories: Repositories) -> _Opened:
            repositories.chats.add_message(
                message.conversation_id, message.parent_id, message.role, text, model_name=message.model_name
            )
            return _read(repositories, message.conversation_id)

        self._store.change(write, self._show_same)

    def regenerate(self, message: Message) -> None:
        """Have the person's message before this answer answered once more."""
        self._ask_for_answer(message.parent_id, None)

    def resume(self, message: Message) -> None:
        """Write on at the end of an unfinished answer."""
        self._ask_for_answer(message.id, None, unfinished=message)

    def stop(self) -> None:
        """End the answer being written here, or the wait for the model."""
        if self.answer is not None:
            self.answer.stop()
        elif self._preparing:
            self._engine.cancel_load()

    def _ask_for_answer(self, parent_id: int | None, text: str | None, unfinished: Message | None = None) -> None:
        """Have `text` answered as what follows `parent_id`; without a text, `parent_id` itself or `unfinished`."""
        if self.status != Status.IDLE or self.model is None:
            return
        self._set_preparing(True)
        conversation = replace(self.conversation, model_id=self.model.id)
        asking = Asking(self._store, self._engine, conversation, self.model, parent_id, text, unfinished, self)
        asking.refused.connect(self._refuse)
        asking.stored.connect(partial(self._on_stored, self._visit))
        asking.start(self._load_settings())

    def _on_stored(self, visit: int, asked: Asked) -> None:
        """The messages are in the database and the answer is on its way."""
        answer = asked.answer
        self._answers[asked.conversation.id] = answer
        answer.ended.connect(self._on_ended)
        answer.saved.connect(self._on_saved)
        self._preparing = False
        # A new conversation has had no number; it is on the screen if nothing else was opened since.
        if visit == self._visit or self.conversation.id == asked.conversation.id:
            self._present(asked)
        else:
            self.status_changed.emit(self.status)
        self._store.conversations_changed.emit()

    def _present(self, asked: Asked) -> None:
        follows = asked.path[: len(self.path)] == self.path
        self.conversation, self.path = asked.conversation, asked.path
        if asked.person is not None:
            self.accepted.emit(asked.person.content)
        if follows and not asked.continued:
            for message in (asked.person, asked.answer.message):
                if message is not None:
                    self.added.emit(message)
            self.answering.emit(asked.answer)
        elif asked.continued:
            self.changed.emit(asked.answer.message)
            self.answering.emit(asked.answer)
        else:
            self._reopen()
        self.status_changed.emit(self.status)

    def _on_ended(self, message: Message) -> None:
        answer = self._answers.pop(message.conversation_id)
        if message.conversation_id == self.conversation.id:
            self.changed.emit(message)
            self.status_changed.emit(self.status)
        self._titles.consider(message)
        if answer.message.note == "":
            answer.deleteLater()

    def _on_saved(self, message: Message) -> None:
        if message.conversation_id == self.conversation.id:
            self.changed.emit(message)

    def _refuse(self, error: UserError) -> None:
        self._set_preparing(False)
        self.refused.emit(error)

    def _set_preparing(self, preparing: bool) -> None:
        self._preparing = preparing
        self.status_changed.emit(self.status)

    def close(self) -> None:
        """Save what is being written, marked as interrupted; for the end of the program."""
        for answer in list(self._answers.values()):
            answer.fail(UserError("Moatless was closed while this answer was being written."))

    # ------------------------------------------------------------ versions and deletion

    def step_version(self, message: Message, step: int) -> None:
        """Show the version before (-1) or after (+1) this one of a message."""
        conversation_id = message.conversation_id

        def write(repositories: Repositories) -> _Opened:
            chats = repositories.chats
            chats.show_version(conversation_id, chats.version_beside(message.id, step))
            return _read(repositories, conversation_id)

        self._store.ask(write, self._show_same)

    def delete(self, message: Message) -> None:
        """Delete a message and what follows it; `deleted` offers the way back."""

        def undo(deleted: DeletedMessages) -> None:
            self._store.change(
                lambda r: r.chats.undelete(deleted), lambda _none: self._reopen_if(deleted.conversation_id)
            )

        def done(deleted: DeletedMessages) -> None:
            self._reopen_if(deleted.conversation_id)
            self.deleted.emit(len(deleted.message_ids), lambda: undo(deleted))

        if self.answer is None:
            self._store.change(lambda r: r.chats.delete_message(message.id), done)

    def _reopen_if(self, conversation_id: int) -> None:
        if conversation_id == self.conversation.id:
            self._reopen()

    def _reopen(self) -> None:
        """Show the open conversation anew, as it is stored."""
        conversation_id = self.conversation.id
        self._store.ask(lambda r: _read(r, conversation_id), self._show_same)

    def _show_same(self, opened: _Opened) -> None:
        if opened.conversation.id == self.conversation.id:
            self._show(opened)

    def _show(self, opened: _Opened) -> None:
        self.conversation, self.path = opened.conversation, opened.path
        self.first, self.messages, self.found = opened.first, opened.messages, opened.found
        self.opened.emit()
        if self.answer is not None:
            self.answering.emit(self.answer)
        self.status_changed.emit(self.status)

    def _change_conversation(self, **changes: object) -> None:
        self.conversation = replace(self.conversation, **changes)


def _read_with_model(
    conversation_id: int, repositories: Repositories, found: int | None = None
) -> tuple[_Opened, Model | None]:
    """Read a conversation, in the version that holds `found`, and the model it is held with."""
    if found is not None:
        repositories.chats.show_version(conversation_id, found)
    opened = _read(repositories, conversation_id, found)
    model_id = opened.conversation.model_id
    return opened, repositories.models.get(model_id) if model_id else None


def _read(repositories: Repositories, conversation_id: int, found: int | None = None) -> _Opened:
    """Read a conversation and the end of it, or the part around the message that was searched for."""
    chats = repositories.chats
    path = chats.path(conversation_id)
    first = max(0, len(path) - WINDOW)
    if found is not None and found in path:
        first = min(first, max(0, path.index(found) - WINDOW // 2))
    return _Opened(chats.get(conversation_id), path, first, chats.messages(path[first : first + WINDOW]), found)
