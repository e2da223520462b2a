"""The conversation that is open: what the person does to it, from sending a message to undoing a deletion.

Answers go on when another conversation is opened; they belong to their message, not to what is on the screen.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.errors import UserError
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.asking import BUSY, Asked, Asking, Wish
from desktop_app.jobs.comparison import Comparison, Comparisons
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.opening import Opened, read, read_version, read_with_model
from desktop_app.jobs.ratings import Ratings
from desktop_app.jobs.store import Repositories, Store
from desktop_app.jobs.titles import TitleWriter
from desktop_app.storage.chats import Chats, DeletedMessages
from desktop_app.storage.records import Conversation, Message, Model, Role, Stack


class Status(Enum):
    """What the composer should say and offer."""

    IDLE = "idle"
    PREPARING = "preparing"  # the model is being loaded or the prompt counted; nothing is stored yet
    ANSWERING = "answering"


class ChatSession(QObject):
    """Lives in the GUI thread; all storage and engine work is asked for and comes back by signal.

    Signals:
        opened(): Another conversation (or a new one), or another version of this one: show `messages` anew.
        added(Message): A message was added at the end.
        changed(Message): A message is different from what was shown.
        answering(Answer): A message of this conversation is being written; after `opened`, once for each of them.
        status_changed(Status).
        accepted(str): This text is stored; a message box that still holds it may be emptied.
        refused(UserError): Nothing was stored; the text is still in the message box.
        deleted(int, Callable): So many messages were deleted; calling brings them back.
        model_changed(): `model` is another one.
        stack_changed(): The open conversation has another stack.
        answered(Message): An answer that nothing else was written beside is over, in whatever conversation.
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
    stack_changed = Signal()
    answered = Signal(Message)

    def __init__(
        self,
        store: Store,
        engine: Engine,
        load_settings: Callable[[Model], LoadSettings],
        new_conversation: Callable[[Model | None], Conversation],
        suggest_titles: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._engine = engine
        self._load_settings = load_settings
        self._new_conversation = new_conversation
        self._answers: dict[int, Answer] = {}  # by message
        self._comparisons = Comparisons()
        self.ratings = Ratings(store, self)
        self._titles = TitleWriter(store, engine, suggest_titles, self)
        self._asking: dict[int, Asking] = {}  # by chat
        self._visit = 0  # counts what the person wanted to see; what comes back for an earlier wish is not shown
        self.conversation = new_conversation(None)
        self.path: tuple[int, ...] = ()
        self.messages: tuple[Message, ...] = ()  # those of the path that were read when it was opened ...
        self.first = 0  # ... from this one on
        self.found: int | None = None  # the message that was searched for
        self.model: Model | None = None
        self.new_draft = ""  # what is typed in a new chat, which another chat must not take with it

    # ------------------------------------------------------------ what is open

    @property
    def is_new(self) -> bool:
        """Whether nothing of this conversation is stored yet."""
        return self.conversation.id == 0

    @property
    def status(self) -> Status:
        if self.answers:
            return Status.ANSWERING
        return Status.PREPARING if self._chat in self._asking else Status.IDLE

    @property
    def _chat(self) -> int:
        """The number of this chat, also as long as it is not stored."""
        return self.conversation.id or -self._visit

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers that are being written in this conversation: one, or several that are compared."""
        return tuple(each for each in self._answers.values() if each.message.conversation_id == self.conversation.id)

    @property
    def comparison(self) -> Comparison | None:
        """What is compared in this conversation, which is to be shown in place of it; None as long as nothing is."""
        return self._comparisons.of(self.conversation.id)

    def start_new(self) -> None:
        """Open an empty conversation; it is stored with its first message."""
        self._visit += 1
        self._show(Opened(self._new(self.model), (), 0, ()))

    def _new(self, model: Model | None) -> Conversation:
        return replace(self._new_conversation(model), draft=self.new_draft)

    def restore(self, conversation_id: int | None, model: Model) -> None:
        """Begin where the person left off, with that chat's model or else this one; before, nothing can be sent."""
        if conversation_id is None:
            self.use_model(model)
            return

        def show(result: tuple[Opened, Model | None]) -> None:
            self._show(result[0])
            self.use_model(result[1] or model)

        self._store.ask(partial(read_with_model, conversation_id), show, lambda _gone: self.use_model(model))

    def open(self, conversation_id: int, message_id: int | None = None) -> None:
        """Open a conversation, in the version that holds `message_id` if one is given."""
        self._visit += 1
        visit = self._visit
        if message_id is not None:
            self._comparisons.forget(conversation_id)  # the message that was searched for would be behind it

        def show(result: tuple[Opened, Model | None]) -> None:
            if visit == self._visit:  # else the person has clicked on another one meanwhile
                self._show(result[0])
                if result[1] is not None:
                    self._set_model(result[1])  # loaded with the next message: looking at a chat should cost nothing

        self._store.ask(partial(read_with_model, conversation_id, found=message_id), show)

    def read_messages(self, first: int, last: int, on_done: Callable[[tuple[Message, ...]], None]) -> None:
        """Read the messages at `path[first:last]`."""
        ids = self.path[first:last]
        self._store.ask(lambda r: r.chats.messages(ids), on_done)

    def reopen(self, conversation_id: int | None = None) -> None:
        """Show the end of the open conversation as it is stored; or of this one, if it is the open one then."""
        self._store.ask(partial(read, conversation_id or self.conversation.id), self._show_same)

    def use_model(self, model: Model) -> None:
        """Chat with this model from now on; it is loaded at once."""
        self._set_model(model)
        if not self.is_new and self.conversation.model_id != model.id:
            self._change(lambda chats, here: chats.set_model(here, model.id), model_id=model.id)
        settings = self._load_settings(model)
        self._engine.with_model(model.path, settings, lambda: None, lambda _error: None, sha256=model.sha256)

    def renew_model(self, models: Sequence[Model]) -> None:
        """Take over what the library has learned about the model since it was chosen."""
        for model in models:
            if self.model is None or model.id != self.model.id:
                continue
            if model.defaults != self.model.defaults:
                self._set_model(model)
            else:  # nothing that is on the screen
                self.model = model

    def _set_model(self, model: Model) -> None:
        if self.model == model:
            return
        if self.is_new and self.conversation == self._new(self.model):
            self.conversation = self._new(model)  # with what this model's chats start with
        self.model = model
        self.model_changed.emit()

    def set_options(self, system_prompt: str, sampler: SamplerSettings) -> None:
        """Set this conversation's system prompt and sampler settings."""
        self._change(
            lambda chats, here: chats.set_options(here, system_prompt, sampler),
            system_prompt=system_prompt,
            sampler=sampler,
        )

    def set_stack(self, stack: Stack) -> None:
        """Set the adapters that act on the next answer."""
        self._change(lambda chats, here: chats.set_stack(here, stack), stack=stack)
        self.stack_changed.emit()

    def set_draft(self, text: str) -> None:
        """Keep text that is typed but not sent."""
        if self.is_new:
            self.new_draft = text
        if text != self.conversation.draft:
            self._change(lambda chats, here: chats.set_draft(here, text), draft=text)

    # ------------------------------------------------------------ asking for answers

    def send(self, text: str, other_stack: Stack | None = None) -> None:
        """Send the person's message and have it answered; also under another stack than the chat's, if one is given."""
        self._ask_for(Wish(self.conversation.head_id, text, other_stack=other_stack))

    def edit(self, message: Message, text: str) -> None:
        """Make another version of a message; a person's is answered anew."""
        if message.role == Role.USER:
            self._ask_for(Wish(message.parent_id, text))
            return

        def write(repositories: Repositories) -> Opened:
            repositories.chats.add_edited(message, text)
            return read(message.conversation_id, repositories)

        self._store.change(write, self._show_same)

    def regenerate(self, message: Message) -> None:
        """Have the person's message before this answer answered once more."""
        self._ask_for(Wish(message.parent_id))

    def compare(self, message: Message, other_stack: Stack | None = None) -> None:
        """Have several more answers written beside this one, or one under another stack, until one of them is kept."""
        self._ask_for(Wish(message.parent_id, beside=message, other_stack=other_stack))

    def resume(self, message: Message) -> None:
        """Write on at the end of an unfinished answer."""
        self._ask_for(Wish(message.id, unfinished=message))

    def stop(self) -> None:
        """End all answers being written here, or the wait for them to begin."""
        for answer in self.answers:
            answer.stop()
        if (asking := self._asking.get(self._chat)) is not None:
            asking.stop()
            if not self._asking:  # else another chat waits for it, too
                self._engine.cancel_load()

    def stop_one(self, message_id: int) -> None:
        """End one answer, if it is still being written."""
        if (answer := self._answers.get(message_id)) is not None:
            answer.stop()

    def _ask_for(self, wish: Wish) -> None:
        if self.model is None:
            return
        if self.status != Status.IDLE:
            self.refused.emit(BUSY)
            return
        conversation = replace(self.conversation, model_id=self.model.id)
        asking = Asking(self._store, self._engine, conversation, self.model, wish, self)
        asking.refused.connect(partial(self._refuse, self._chat))
        asking.stored.connect(partial(self._on_stored, self._chat, conversation))
        self._asking[self._chat] = asking
        self.status_changed.emit(self.status)
        asking.start(self._load_settings(self.model))

    def _on_stored(self, chat: int, before: Conversation, asked: Asked) -> None:
        """The messages are in the database and the answers are on their way."""
        for answer in asked.answers:
            self._answers[answer.message.id] = answer
            answer.ended.connect(self._on_ended)
            answer.saved.connect(self._on_changed)
        self._comparisons.begin(asked.conversation.id, asked.comparison)
        del self._asking[chat]
        if asked.person is not None and self.new_draft.strip() == asked.person.content:
            self.new_draft = ""
        if self._chat in (chat, asked.conversation.id):
            self._present(before, asked)
        else:
            if asked.person is not None and self.is_new:  # begun meanwhile, with this text still in the message box
                self.accepted.emit(asked.person.content)
            self.status_changed.emit(self.status)
        self._store.conversations_changed.emit()

    def _present(self, before: Conversation, asked: Asked) -> None:
        follows = asked.path[: len(self.path)] == self.path
        typed_since = self.new_draft if self.is_new else ""
        now, self.conversation, self.path = self.conversation, asked.conversation, asked.path
        if (now.system_prompt, now.sampler) != (before.system_prompt, before.sampler):  # set since it was asked
            self.set_options(now.system_prompt, now.sampler)
        if now.stack != before.stack:
            self.set_stack(now.stack)
        if typed_since:
            self.new_draft = ""
            self.set_draft(typed_since)
        if asked.person is not None:
            self.accepted.emit(asked.person.content)
        if asked.comparison is not None or not (follows or asked.continued):
            self.reopen()
        else:
            (answer,) = asked.answers
            if asked.continued:
                self.changed.emit(answer.message)
            else:
                for message in (asked.person, answer.message):
                    if message is not None:
                        self.added.emit(message)
            self.answering.emit(answer)
        self.status_changed.emit(self.status)

    def _on_ended(self, message: Message) -> None:
        del self._answers[message.id]
        self._on_changed(message)
        if message.conversation_id == self.conversation.id:
            self.status_changed.emit(self.status)
        if self._comparisons.of(message.conversation_id) is None:
            self._titles.consider(message)
            self.answered.emit(message)

    def _on_changed(self, message: Message) -> None:
        self._comparisons.take(message)
        if message.conversation_id == self.conversation.id:
            self.changed.emit(message)

    def _refuse(self, chat: int, error: UserError) -> None:
        del self._asking[chat]
        self.status_changed.emit(self.status)
        self.refused.emit(error)

    def close(self) -> None:
        """Save what is being written, marked as interrupted; for the end of the program."""
        for answer in list(self._answers.values()):
            answer.fail(UserError("Moatless was closed while this answer was being written."))

    # ------------------------------------------------------------ versions and deletion

    def step_version(self, message: Message, step: int) -> None:
        """Show the version before (-1) or after (+1) this one of a message."""

        def write(repositories: Repositories) -> Opened:
            beside = repositories.chats.version_beside(message.id, step)
            return read_version(message.conversation_id, beside, repositories)

        self._store.ask(write, self._show_same)

    def keep(self, message: Message) -> None:
        """End the comparison; the conversation goes on from this one of its answers."""
        if self.comparison is not None:
            self.ratings.prefer(message, self.comparison)
        if self.comparison is None or message.id == self.comparison.answers[0].id:
            self.end_comparison()
        else:
            self._forget_comparison(spared=message.id)
            self._store.ask(partial(read_version, message.conversation_id, message.id), self._show_same)

    def end_comparison(self) -> None:
        """Show the conversation again as it was before; the other answers stay as versions."""
        self._forget_comparison()
        self.reopen()

    def _forget_comparison(self, spared: int | None = None) -> None:
        """Nothing is compared here any more, and what nobody wants to see stops being written."""
        comparison = self._comparisons.forget(self.conversation.id)
        for message in comparison.answers if comparison else ():
            if message.id != spared:
                self.stop_one(message.id)

    def delete(self, message: Message) -> None:
        """Delete a message and what follows it; `deleted` offers the way back."""

        def undo(deleted: DeletedMessages) -> None:
            self._store.change(lambda r: r.chats.undelete(deleted), lambda _none: self.reopen(deleted.conversation_id))

        def done(deleted: DeletedMessages) -> None:
            self.reopen(deleted.conversation_id)
            self.deleted.emit(len(deleted.message_ids), lambda: undo(deleted))

        if self.status != Status.IDLE:
            self.refused.emit(BUSY)
        else:
            self._store.change(lambda r: r.chats.delete_message(message.id), done)

    def _show_same(self, opened: Opened) -> None:
        if opened.conversation.id == self.conversation.id:
            self._show(opened)

    def _show(self, opened: Opened) -> None:
        self.conversation, self.path = opened.conversation, opened.path
        self.first, self.messages, self.found = opened.first, opened.messages, opened.found
        self.opened.emit()
        for answer in self.answers:
            self.answering.emit(answer)
        self.status_changed.emit(self.status)

    def _change(self, write: Callable[[Chats, int], None], **changes: object) -> None:
        """Change the open conversation, here and, if it is stored already, there."""
        self.conversation = replace(self.conversation, **changes)
        if here := self.conversation.id:
            self._store.ask(lambda r: write(r.chats, here))
