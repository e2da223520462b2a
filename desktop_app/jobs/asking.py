"""The way of a message from the message box to the engine: nothing is stored before it is sure that it fits.

Load the model, read what comes before, count the prompt's tokens, store, generate; each step when the last is done.
"""

from dataclasses import dataclass

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from desktop_app.chat.context import PromptTooLong
from desktop_app.chat.title import title_from
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.records import Conversation, Message, MessageState, Model, Role

# A prompt is built from no more text than could fit: few tokens are longer than this, and the engine counts exactly.
CHARACTERS_A_TOKEN = 16


@dataclass(frozen=True)
class Asked:
    """What is stored once a message is on its way.

    Attributes:
        conversation: As it is now.
        path: The messages being shown from now on.
        person: The person's new message, None when one that was there is answered.
        answer: The one being written.
        continued: The answer was there and is being continued.
    """

    conversation: Conversation
    path: tuple[int, ...]
    person: Message | None
    answer: Answer
    continued: bool


@dataclass(frozen=True)
class _History:
    """The messages before the new one that are worth showing to the engine, and how many there are before those."""

    messages: tuple[Message, ...]
    unread: int


class Asking(QObject):
    """One message on its way; see the module. Emits exactly one of its signals.

    Args:
        conversation: With id 0 if it is not stored yet.
        parent_id: What the new message follows; without `text`, the person's message to be answered.
        text: The person's new message, or None.
        unfinished: An answer to be continued, or None.

    Signals:
        stored(Asked): Both messages are stored and the engine is at work.
        refused(UserError): Nothing was stored.
    """

    stored = Signal(Asked)
    refused = Signal(UserError)

    def __init__(
        self,
        store: Store,
        engine: Engine,
        conversation: Conversation,
        model: Model,
        parent_id: int | None,
        text: str | None,
        unfinished: Message | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._engine = engine
        self._conversation = conversation
        self._model = model
        self._parent_id = parent_id
        self._text = text
        self._unfinished = unfinished
        self._history = _History((), 0)

    def start(self, settings: LoadSettings) -> None:
        self._engine.with_model(self._model.path, settings, self._read_history, self._refuse)

    def _read_history(self) -> None:
        assert self._engine.model is not None
        max_chars = self._engine.model.n_ctx * CHARACTERS_A_TOKEN
        parent_id = self._parent_id

        def read(repositories: Repositories) -> _History:
            if parent_id is None:
                return _History((), 0)
            ids = repositories.chats.path_to(parent_id)
            messages = repositories.chats.last_messages(ids, max_chars)
            return _History(messages, len(ids) - len(messages))

        self._store.ask(read, self._count, self._refuse)

    def _count(self, history: _History) -> None:
        """Refuse a message that does not fit by itself; the engine leaves out older ones by its own count."""
        self._history = history
        if self._text is None:
            self._write()
            return
        alone = (*self._system(), ChatMessage(Role.USER, self._text))
        self._engine.count(alone, self._check, self._refuse)

    def _check(self, tokens: int, limit: int) -> None:
        if tokens > limit:
            self._refuse(PromptTooLong(tokens, limit))
        else:
            self._write()

    def _write(self) -> None:
        conversation, model, text, unfinished = self._conversation, self._model, self._text, self._unfinished
        parent_id = self._parent_id

        def write(repositories: Repositories) -> tuple[Conversation, tuple[int, ...], Message | None, Message]:
            chats = repositories.chats
            with repositories.database.transaction():
                stored = conversation if conversation.id else _create(repositories, conversation, text or "")
                repositories.models.touch_used(model.id)
                person = chats.add_message(stored.id, parent_id, Role.USER, text) if text is not None else None
                if stored.draft.strip() == text:
                    chats.set_draft(stored.id, "")
                if unfinished is not None:
                    chats.write_answer(unfinished.id, unfinished.content, MessageState.STREAMING)
                    answer = replace(unfinished, state=MessageState.STREAMING, note="", facts=None)
                else:
                    answer = chats.add_message(
                        stored.id,
                        person.id if person else parent_id,
                        Role.ASSISTANT,
                        "",
                        MessageState.STREAMING,
                        model_name=model.name,
                        model_sha256=model.sha256,
                        sampler=stored.sampler,
                    )
                return chats.get(stored.id), chats.path(stored.id), person, answer

        self._store.ask(write, self._generate, self._refuse)

    def _generate(self, written: tuple[Conversation, tuple[int, ...], Message | None, Message]) -> None:
        conversation, path, person, message = written
        history = self._history.messages
        answer = Answer(self._store, message, self.parent())
        answer.leave_out(self._history.unread)
        turns = [ChatMessage(each.role, each.content) for each in history if each.content]
        if person is not None:
            turns.append(ChatMessage(Role.USER, person.content))
        omitted = next((each.facts.omitted_messages for each in reversed(history) if each.facts), 0)
        request = self._engine.generate(
            (*self._system(), *turns),
            conversation.sampler,
            answer.take,
            continue_last=self._unfinished is not None,
            omit_at_least=max(0, omitted - self._history.unread),
        )
        answer.stop_requested.connect(lambda: self._engine.stop(request))
        self.stored.emit(Asked(conversation, path, person, answer, self._unfinished is not None))

    def _system(self) -> tuple[ChatMessage, ...]:
        text = self._conversation.system_prompt.strip()
        return (ChatMessage("system", text),) if text else ()

    def _refuse(self, error: UserError) -> None:
        self.refused.emit(error)
        self.deleteLater()


def _create(repositories: Repositories, conversation: Conversation, first_words: str) -> Conversation:
    chats = repositories.chats
    stored = chats.create(conversation.model_id, conversation.system_prompt, conversation.sampler)
    chats.rename(stored.id, title_from(first_words), titled=False)
    return stored
