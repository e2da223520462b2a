"""The way of a message from the message box to the engine: nothing is stored before it is sure that it fits.

Load the model, read what comes before, count the prompt's tokens, store, generate; each step when the last is done.
"""

from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from desktop_app.chat.context import PromptTooLong
from desktop_app.chat.title import title_from
from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.comparison import OTHERS, Comparison, sampler_for
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.chats import Chats
from desktop_app.storage.records import Conversation, Message, MessageState, Model, Role

# A prompt is built from no more text than could fit: few tokens are longer than this, and the engine counts exactly.
CHARACTERS_A_TOKEN = 16

_Begun = tuple[Message, SamplerSettings]  # an answer that is to be written, and what with


@dataclass(frozen=True)
class Wish:
    """What is to be answered.

    Attributes:
        parent_id: What the new message follows; without `text`, the person's message to be answered.
        text: The person's new message, or None.
        unfinished: An answer to be continued, or None.
        beside: An answer that is to be compared with others; it stays the one that is shown. Or None.
    """

    parent_id: int | None
    text: str | None = None
    unfinished: Message | None = None
    beside: Message | None = None


@dataclass(frozen=True)
class Asked:
    """What is stored once a message is on its way.

    Attributes:
        conversation: As it is now.
        path: The messages being shown from now on.
        person: The person's new message, None when one that was there is answered.
        answers: Those being written: one, or several that are compared.
        continued: The answer was there and is being continued.
        comparison: What is compared, or None.
    """

    conversation: Conversation
    path: tuple[int, ...]
    person: Message | None
    answers: tuple[Answer, ...]
    continued: bool
    comparison: Comparison | None


@dataclass(frozen=True)
class _History:
    """The messages before the new one that are worth showing to the engine, and how many there are before those."""

    messages: tuple[Message, ...]
    unread: int


@dataclass(frozen=True)
class _Written:
    """What is in the database before the engine begins. `beside` is the wish's, as it is now."""

    conversation: Conversation
    path: tuple[int, ...]
    person: Message | None
    answers: tuple[_Begun, ...]
    beside: Message | None


class Asking(QObject):
    """One message on its way; see the module. Emits exactly one of its signals, and is then gone.

    Args:
        conversation: With id 0 if it is not stored yet.

    Signals:
        stored(Asked): All messages are stored and the engine is at work.
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
        wish: Wish,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._engine = engine
        self._conversation = conversation
        self._model = model
        self._wish = wish
        self._history = _History((), 0)

    def start(self, settings: LoadSettings) -> None:
        model = self._model
        self._engine.with_model(model.path, settings, self._read_history, self._refuse, sha256=model.sha256)

    def _read_history(self) -> None:
        assert self._engine.model is not None
        max_chars = self._engine.model.n_ctx * CHARACTERS_A_TOKEN
        parent_id = self._wish.parent_id

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
        if self._wish.text is None:
            self._write()
            return
        alone = (*self._system(), ChatMessage(Role.USER, self._wish.text))
        self._engine.count(alone, self._check, self._refuse)

    def _check(self, tokens: int, limit: int) -> None:
        if tokens > limit:
            self._refuse(PromptTooLong(tokens, limit))
        else:
            self._write()

    def _write(self) -> None:
        conversation, model, wish = self._conversation, self._model, self._wish

        def write(repositories: Repositories) -> _Written:
            chats = repositories.chats
            with repositories.database.transaction():
                stored = conversation if conversation.id else _create(repositories, conversation, wish.text or "")
                repositories.models.touch_used(model.id)
                person, beside = None, None
                if wish.text is not None:
                    person = chats.add_message(stored.id, wish.parent_id, Role.USER, wish.text)
                if stored.draft.strip() == wish.text:
                    chats.set_draft(stored.id, "")
                if wish.unfinished is not None:
                    answers = _begin_again(chats, wish.unfinished, stored.sampler)
                elif wish.beside is not None:
                    answers, beside = _add_beside(chats, wish.beside.id, stored.sampler, model)
                else:
                    parent_id = person.id if person else wish.parent_id
                    answers = (_add_answer(chats, stored.id, parent_id, stored.sampler, model),)
                return _Written(chats.get(stored.id), chats.path(stored.id), person, answers, beside)

        self._store.ask(write, self._generate, self._refuse)

    def _generate(self, written: _Written) -> None:
        history, person = self._history.messages, written.person
        turns = [ChatMessage(each.role, each.content) for each in history if each.content]
        if person is not None:
            turns.append(ChatMessage(Role.USER, person.content))
        omitted = next((each.facts.omitted_messages for each in reversed(history) if each.facts), 0)
        continued = self._wish.unfinished is not None
        answers = []
        for message, sampler in written.answers:
            answer = Answer(self._store, message, self.parent())
            answer.leave_out(self._history.unread)
            request = self._engine.generate(
                (*self._system(), *turns),
                sampler,
                answer.take,
                continue_last=continued,
                omit_at_least=max(0, omitted - self._history.unread),
                conversation=written.conversation.id,
            )
            answer.stop_requested.connect(partial(self._engine.stop, request))
            answers.append(answer)
        comparison = None
        if written.beside is not None:
            comparison = Comparison(history[-1], (written.beside, *(answer.message for answer in answers)))
        self.stored.emit(Asked(written.conversation, written.path, person, tuple(answers), continued, comparison))
        self.deleteLater()

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


def _begin_again(chats: Chats, unfinished: Message, sampler: SamplerSettings) -> tuple[_Begun, ...]:
    chats.write_answer(unfinished.id, unfinished.content, MessageState.STREAMING)
    return ((replace(unfinished, state=MessageState.STREAMING, note="", facts=None), sampler),)


def _add_answer(
    chats: Chats, conversation_id: int, parent_id: int | None, sampler: SamplerSettings, model: Model
) -> _Begun:
    message = chats.add_message(
        conversation_id,
        parent_id,
        Role.ASSISTANT,
        "",
        MessageState.STREAMING,
        model_name=model.name,
        model_sha256=model.sha256,
        sampler=sampler,
    )
    return message, sampler


def _add_beside(
    chats: Chats, message_id: int, sampler: SamplerSettings, model: Model
) -> tuple[tuple[_Begun, ...], Message]:
    """Add answers to compare one with, which stays the version that is shown; return them, and that one."""
    (beside,) = chats.messages((message_id,))
    head_id = chats.get(beside.conversation_id).head_id
    samplers = [sampler_for(sampler, beside.versions + number) for number in range(1, OTHERS + 1)]
    added = [_add_answer(chats, beside.conversation_id, beside.parent_id, each, model)[0] for each in samplers]
    if head_id is not None:
        chats.show_version(beside.conversation_id, head_id)
    beside, *others = chats.messages((message_id, *(message.id for message in added)))  # now with their numbers
    return tuple(zip(others, samplers, strict=True)), beside
