"""A title for a new chat: its first words at once, and after the first answer a better one from the model itself."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from desktop_app.chat.title import clean_title
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnyEvent, ChatMessage, Finished, Piece
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.records import Message, MessageState

# Below this size a model's titles are worse than the person's own first words.
MIN_PARAMETERS = 1_000_000_000
_QUESTION = "Give this conversation a title of two to six words. Reply with the title alone."
_SAMPLER = SamplerSettings(temperature=0, max_tokens=24)


@dataclass(frozen=True)
class _Conversation:
    """As the engine has seen it; without a prompt if it needs no title."""

    id: int
    prompt: tuple[ChatMessage, ...]


class TitleWriter(QObject):
    """Asks the engine for titles.

    The question comes after the whole conversation, so that the engine has read nearly all of it, but is not part of
    it: it belongs to no conversation and leaves the conversation's KV state as it is.
    """

    def __init__(
        self, store: Store, engine: Engine, is_wanted: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._engine = engine
        self._is_wanted = is_wanted

    def consider(self, answer: Message) -> None:
        """Ask for a title if this is the first answer of a conversation that has only its first words as a title."""
        model = self._engine.model
        if not self._is_wanted() or model is None or model.n_params < MIN_PARAMETERS:
            return
        if answer.state != MessageState.DONE:
            return

        def read(repositories: Repositories) -> _Conversation:
            conversation = repositories.chats.get(answer.conversation_id)
            path = repositories.chats.path(conversation.id)
            if conversation.titled or len(path) != 2:
                return _Conversation(conversation.id, ())
            messages = repositories.chats.messages(path)
            turns = tuple(ChatMessage(message.role, message.content) for message in messages)
            system = conversation.system_prompt.strip()
            return _Conversation(conversation.id, (ChatMessage("system", system), *turns) if system else turns)

        self._store.ask(read, self._ask)

    def _ask(self, conversation: _Conversation) -> None:
        if not conversation.prompt or self._engine.model is None:
            return
        pieces: list[str] = []

        def handle(event: AnyEvent) -> None:
            if isinstance(event, Piece):
                pieces.append(event.text)
            elif isinstance(event, Finished) and (title := clean_title("".join(pieces))):
                self._store.suggest_title(conversation.id, title)

        self._engine.generate((*conversation.prompt, ChatMessage("user", _QUESTION)), _SAMPLER, handle)
