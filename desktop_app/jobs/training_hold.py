"""Training waits while an answer is written, if the person has chosen so: answers are as fast as without it then."""

from PySide6.QtCore import QObject

from desktop_app.jobs.answer import Answer
from desktop_app.jobs.chat_session import ChatSession, Status
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.settings import options
from desktop_app.storage.records import Message


class TrainingHold(QObject):
    """Watches the chat. Lives in the GUI thread."""

    def __init__(
        self, training: Training, session: ChatSession, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training = training
        self._session = session
        self._preferences = preferences
        self._answers: set[int] = set()  # being written, in whatever conversation; the numbers of their messages
        session.answering.connect(self._on_answering)
        session.status_changed.connect(lambda _status: self._follow())
        preferences.changed.connect(lambda _option: self._follow())

    def _on_answering(self, answer: Answer) -> None:
        if answer.message.id not in self._answers:  # it is told again whenever its conversation is opened
            self._answers.add(answer.message.id)
            answer.ended.connect(self._on_ended)
            self._follow()

    def _on_ended(self, message: Message) -> None:
        self._answers.discard(message.id)
        self._follow()

    def _follow(self) -> None:
        is_wanted = self._preferences[options.TRAIN_WHILE_CHATTING] == options.WAIT
        is_chatting = bool(self._answers) or self._session.status != Status.IDLE
        self._training.hold(is_wanted and is_chatting)
