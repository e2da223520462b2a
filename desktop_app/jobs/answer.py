"""One answer being written: engine events come in; the journal and whoever looks at it are kept up to date."""

import logging

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.engine.messages import AnswerFacts, AnyEvent, Failed, Finished, Piece, Prefill
from desktop_app.errors import UserError
from desktop_app.jobs.store import Repositories, Store
from desktop_app.storage.records import Message, MessageState

JOURNAL_INTERVAL_MS = 500  # at most a second may be missing after a power cut; half of it leaves time to write
RETRY_INTERVAL_MS = 5_000  # a person who is told that the disk is full needs some time to make room

_log = logging.getLogger(__name__)


class Answer(QObject):
    """Belongs to one message, whatever conversation is on the screen. Lives in the GUI thread until it is saved.

    Signals:
        progressed(Prefill): How far the prompt has been read.
        grew(str): More text.
        ended(Message): The answer is over; the message as it is stored, or would be if the disk were not full.
        stop_requested(): For who runs the request.
        saved(Message): Only after a disk that was full: the answer is stored after all.
    """

    progressed = Signal(Prefill)
    grew = Signal(str)
    ended = Signal(Message)
    stop_requested = Signal()
    saved = Signal(Message)

    def __init__(self, store: Store, message: Message, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.message = message
        self.text = self._journaled = message.content
        self.is_over = False
        self._omitted_unread = 0
        self._timer = QTimer(self)
        self._timer.setInterval(JOURNAL_INTERVAL_MS)
        self._timer.timeout.connect(self._journal)
        self._timer.start()

    def leave_out(self, messages: int) -> None:
        """Say that so many messages were not even shown to the engine, to be counted with those it leaves out."""
        self._omitted_unread = messages

    def stop(self) -> None:
        """End it soon; what is there stays."""
        self.stop_requested.emit()

    def take(self, event: AnyEvent) -> None:
        """Take an event of the request that writes this answer."""
        if isinstance(event, Piece):
            self.text += event.text
            self.grew.emit(event.text)
        elif isinstance(event, Prefill):
            self.progressed.emit(event)
        elif isinstance(event, Finished):
            state = MessageState.STOPPED if event.facts.finish_reason == "stopped" else MessageState.DONE
            omitted = event.facts.omitted_messages + self._omitted_unread
            self._finish(state, "", replace(event.facts, omitted_messages=omitted))
        elif isinstance(event, Failed):
            self.fail(UserError(event.sentence, event.hint))

    def fail(self, error: UserError) -> None:
        """End it because of trouble: what is there is kept and marked."""
        self._finish(MessageState.INTERRUPTED if self.text else MessageState.FAILED, str(error), None)

    def _journal(self) -> None:
        if self.text != self._journaled:
            text = self._journaled = self.text
            self._store.ask(
                lambda r: r.chats.write_answer(self.message.id, text, MessageState.STREAMING),
                on_error=self._not_journaled,
            )

    def _not_journaled(self, error: UserError) -> None:
        _log.warning("the journal of answer %d could not be written: %s", self.message.id, error)

    def _finish(self, state: MessageState, note: str, facts: AnswerFacts | None) -> None:
        if not self._timer.isActive():
            return  # the end it has had already is being stored
        self._timer.stop()
        self.message = replace(self.message, content=self.text, state=state, note=note, facts=facts)
        self._save()

    def _save(self) -> None:
        message = self.message

        def write(repositories: Repositories) -> Message:
            chats = repositories.chats
            chats.write_answer(message.id, message.content, message.state, message.note, message.facts)
            return next(iter(chats.messages((message.id,))), message)  # its chat may have been deleted for good

        self._store.change(write, self._on_saved, self._on_not_saved)

    def _on_saved(self, message: Message) -> None:
        if self.is_over:
            self.saved.emit(message)
        else:
            self._end(message)
        self.deleteLater()

    def _end(self, message: Message) -> None:
        self.message = message
        self.is_over = True
        self.ended.emit(message)

    def _on_not_saved(self, error: UserError) -> None:
        if not self.is_over:
            unsaved = self.message
            self._end(replace(unsaved, note=f"{error} The answer is kept here and saved as soon as that is possible."))
            self.message = unsaved  # what is saved then has nothing of this in it
        QTimer.singleShot(RETRY_INTERVAL_MS, self, self._save)
