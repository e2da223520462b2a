"""Whether the person waits for an answer, in whatever conversation: work that nobody waits for gives way then."""

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs.answer import Answer
from desktop_app.jobs.chat_session import ChatSession, Status
from desktop_app.storage.records import Message


class ChatWatch(QObject):
    """Lives in the GUI thread.

    Signals:
        changed(): `is_busy` may be different.
    """

    changed = Signal()

    def __init__(self, session: ChatSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._answers: set[int] = set()  # being written, in whatever conversation; the numbers of their messages
        session.answering.connect(self._on_answering)
        session.status_changed.connect(lambda _status: self.changed.emit())

    @property
    def is_busy(self) -> bool:
        """Whether an answer is being written, or what comes before it is done."""
        return bool(self._answers) or self._session.status != Status.IDLE

    def _on_answering(self, answer: Answer) -> None:
        if answer.message.id not in self._answers:  # it is told again whenever its conversation is opened
            self._answers.add(answer.message.id)
            answer.ended.connect(self._on_ended)
            self.changed.emit()

    def _on_ended(self, message: Message) -> None:
        self._answers.discard(message.id)
        self.changed.emit()
