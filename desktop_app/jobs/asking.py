"""The way of a message from the message box to the engine: nothing is stored before it is sure that it fits.

Load the model, read what comes before, get the adapters ready, count the prompt's tokens, store, generate; each step
when the last is done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.stack import acting
from desktop_app.chat.context import PromptTooLong
from desktop_app.chat.title import title_from
from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import AdapterScale, ChatMessage
from desktop_app.engine.messages import Stack as EngineStack
from desktop_app.errors import UserError
from desktop_app.jobs.answer import Answer
from desktop_app.jobs.comparison import OTHERS, Comparison, sampler_for
from desktop_app.jobs.engine import ANOTHER_MODEL, Engine
from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.chats import Chats
from desktop_app.storage.records import Adapter, Conversation, Message, MessageState, Model, Role, Stack

# A prompt is built from no more text than could fit: few tokens are longer than this, and the engine counts exactly.
CHARACTERS_A_TOKEN = 16

BUSY = UserError("An answer is being written in this chat.", "Stop it or wait for its end.")

_Adapters = dict[str, Adapter]  # by the hash of the file


@dataclass(frozen=True)
class Wish:
    """What is to be answered.

    Attributes:
        parent_id: What the new message follows; without `text`, the person's message to be answered.
        text: The person's new message, or None.
        unfinished: An answer to be continued, or None.
        beside: An answer that is to be compared with others; it stays the one that is shown. Or None.
        other_stack: What to compare the chat's stack with: `beside` with one answer under it, or two new ones. Or None.
    """

    parent_id: int | None
    text: str | None = None
    unfinished: Message | None = None
    beside: Message | None = None
    other_stack: Stack | None = None


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
    """What the database knows before the engine begins.

    Attributes:
        messages: Those before the new one that are worth showing to the engine.
        unread: How many there are before those.
        adapters: Those that will act.
    """

    messages: tuple[Message, ...] = ()
    unread: int = 0
    adapters: _Adapters = field(default_factory=dict)


@dataclass(frozen=True)
class _Written:
    """What is in the database before the engine begins. `beside` is the wish's, as it is now."""

    conversation: Conversation
    path: tuple[int, ...]
    person: Message | None
    answers: tuple[Message, ...]
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
        self._history = _History()
        self._is_being_stored = self._is_over = False

    def start(self, settings: LoadSettings) -> None:
        model = self._model
        self._engine.with_model(
            model.path, settings, self._unless_over(self._read_history), self._refuse, sha256=model.sha256
        )

    def stop(self) -> None:
        """Refuse the message because the person has had enough of waiting; what is being stored already is answered."""
        if not self._is_being_stored:
            self._refuse(UserError("Stopped."))

    def _unless_over(self, step: Callable[..., None]) -> Callable[..., None]:
        return lambda *found: None if self._is_over else step(*found)

    def _read_history(self) -> None:
        assert self._engine.model is not None
        max_chars = self._engine.model.n_ctx * CHARACTERS_A_TOKEN
        parent_id = self._wish.parent_id

        def read(repositories: Repositories) -> _History:
            adapters = _find_adapters(repositories, self._stacks())
            if parent_id is None:
                return _History(adapters=adapters)
            ids = repositories.chats.path_to(parent_id)
            messages = repositories.chats.last_messages(ids, max_chars)
            return _History(messages, len(ids) - len(messages), adapters)

        self._store.ask(read, self._unless_over(self._prepare), self._refuse)

    def _stacks(self) -> list[Stack]:
        """Return the stacks that answers will be written under. An unfinished one goes on under its own."""
        wish = self._wish
        if wish.unfinished is not None:
            return [wish.unfinished.stack]
        own = [] if wish.beside is not None and wish.other_stack is not None else [self._conversation.stack]
        return own if wish.other_stack is None else [*own, wish.other_stack]

    def _prepare(self, history: _History) -> None:
        """Refuse adapters that cannot act on this model before anything is stored."""
        self._history = history
        self._prepare_next([stack for stack in self._stacks() if self._for_engine(stack)])

    def _prepare_next(self, stacks: list[Stack]) -> None:
        if not stacks:
            self._count()
            return
        prepare_rest = self._unless_over(lambda: self._prepare_next(stacks[1:]))
        self._engine.prepare(self._for_engine(stacks[0]), prepare_rest, self._refuse)

    def _for_engine(self, stack: Stack) -> EngineStack:
        return tuple(AdapterScale(self._history.adapters[each.sha256].path, each.scale) for each in acting(stack))

    def _count(self) -> None:
        """Refuse a message that does not fit by itself; the engine leaves out older ones by its own count."""
        if self._wish.text is None:
            self._write()
            return
        alone = (*self._system(), ChatMessage(Role.USER, self._wish.text))
        self._engine.count(alone, self._unless_over(self._check), self._refuse)

    def _check(self, tokens: int, limit: int) -> None:
        if tokens > limit:
            self._refuse(PromptTooLong(tokens, limit))
        else:
            self._write()

    def _write(self) -> None:
        conversation, model, wish = self._conversation, self._model, self._wish
        if not self._engine.answers_with(model.path):
            self._refuse(ANOTHER_MODEL)
            return
        adapters = self._history.adapters.values()
        self._is_being_stored = True

        def write(repositories: Repositories) -> _Written:
            chats = repositories.chats
            with repositories.database.transaction():
                stored = conversation if conversation.id else _create(repositories, conversation, wish.text or "")
                repositories.models.touch_used(model.id)
                for adapter in adapters:
                    repositories.adapters.touch_used(adapter.id)
                person, beside = None, None
                if wish.text is not None:
                    person = chats.add_message(stored.id, wish.parent_id, Role.USER, wish.text)
                if stored.draft.strip() == wish.text:
                    chats.set_draft(stored.id, "")
                if wish.unfinished is not None:
                    answers = _begin_again(chats, wish.unfinished, stored.sampler)
                elif wish.beside is not None:
                    answers, beside = _add_beside(chats, wish, stored, model)
                else:
                    parent_id = person.id if person else wish.parent_id
                    answers = _add_answers(chats, parent_id, self._stacks(), stored, model)
                return _Written(chats.get(stored.id), chats.path(stored.id), person, answers, beside)

        self._store.ask(write, self._generate, self._refuse)

    def _generate(self, written: _Written) -> None:
        history, person = self._history.messages, written.person
        turns = [ChatMessage(each.role, each.content) for each in history if each.content]
        if person is not None:
            turns.append(ChatMessage(Role.USER, person.content))
        omitted = next((each.facts.omitted_messages for each in reversed(history) if each.facts), 0)
        unfinished = self._wish.unfinished
        is_begun = unfinished is not None and unfinished.content != ""  # else the last turn is the person's
        answers = []
        for message in written.answers:
            assert message.sampler is not None
            answer = Answer(self._store, message, self.parent())
            answer.leave_out(self._history.unread)
            answers.append(answer)
            if not self._engine.answers_with(self._model.path):
                answer.fail(ANOTHER_MODEL)
                continue
            request = self._engine.generate(
                (*self._system(), *turns),
                message.sampler,
                answer.take,
                continue_last=is_begun,
                omit_at_least=max(0, omitted - self._history.unread),
                conversation=written.conversation.id,
                stack=self._for_engine(message.stack),
            )
            answer.stop_requested.connect(partial(self._engine.stop, request))
        comparison = None
        if self._wish.beside is not None or self._wish.other_stack is not None:
            compared = (*([written.beside] if written.beside else []), *(answer.message for answer in answers))
            comparison = Comparison(person or history[-1], compared)
        self.stored.emit(
            Asked(written.conversation, written.path, person, tuple(answers), unfinished is not None, comparison)
        )
        self.deleteLater()

    def _system(self) -> tuple[ChatMessage, ...]:
        text = self._conversation.system_prompt.strip()
        return (ChatMessage("system", text),) if text else ()

    def _refuse(self, error: UserError) -> None:
        if self._is_over:
            return
        self._is_over = True
        self.refused.emit(error)
        self.deleteLater()


def _create(repositories: Repositories, conversation: Conversation, first_words: str) -> Conversation:
    chats = repositories.chats
    stored = chats.create(
        conversation.model_id, conversation.system_prompt, conversation.sampler, stack=conversation.stack
    )
    chats.rename(stored.id, title_from(first_words), titled=False)
    return stored


def _begin_again(chats: Chats, unfinished: Message, sampler: SamplerSettings) -> tuple[Message, ...]:
    chats.write_answer(unfinished.id, unfinished.content, MessageState.STREAMING)
    return (replace(unfinished, state=MessageState.STREAMING, note="", facts=None, sampler=sampler),)


def _find_adapters(repositories: Repositories, stacks: Sequence[Stack]) -> _Adapters:
    """Return the adapters that act in these stacks.

    Raises:
        UserError: If the library does not have one of them any more.
    """
    adapters = {}
    for entry in (entry for stack in stacks for entry in acting(stack)):
        adapter = repositories.adapters.by_sha256(entry.sha256)
        if adapter is None:
            raise UserError(
                f"The adapter “{entry.name}” is not in the library any more.",
                "Take it out of the stack, or add its file again.",
            )
        adapters[entry.sha256] = adapter
    return adapters


def _add_answers(
    chats: Chats, parent_id: int | None, stacks: Sequence[Stack], stored: Conversation, model: Model
) -> tuple[Message, ...]:
    """Add an answer under each stack; the first one is the version that is shown."""
    added = [_add_answer(chats, parent_id, stored.sampler, stack, stored, model).id for stack in stacks]
    chats.show_version(stored.id, added[0])
    return chats.messages(added)  # now with their numbers


def _add_answer(
    chats: Chats, parent_id: int | None, sampler: SamplerSettings, stack: Stack, stored: Conversation, model: Model
) -> Message:
    return chats.add_message(
        stored.id,
        parent_id,
        Role.ASSISTANT,
        "",
        MessageState.STREAMING,
        model_name=model.name,
        model_sha256=model.sha256,
        sampler=sampler,
        stack=acting(stack),
    )


def _add_beside(chats: Chats, wish: Wish, stored: Conversation, model: Model) -> tuple[tuple[Message, ...], Message]:
    """Add answers to compare one with, which stays the version that is shown; return them, and that one."""
    assert wish.beside is not None
    (beside,) = chats.messages((wish.beside.id,))
    if wish.other_stack is None:
        versions = range(beside.versions + 1, beside.versions + 1 + OTHERS)
        ways = [(sampler_for(stored.sampler, version), stored.stack) for version in versions]
    else:
        ways = [(beside.sampler or stored.sampler, wish.other_stack)]
    added = [_add_answer(chats, beside.parent_id, *way, stored, model).id for way in ways]
    if stored.head_id is not None:
        chats.show_version(stored.id, stored.head_id)
    beside, *others = chats.messages((beside.id, *added))  # now with their numbers
    return tuple(others), beside
