"""What the person thinks of answers: marks, and which answer they prefer to others. Teach can learn from both."""

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.comparison import Comparison
from desktop_app.jobs.store import Store
from desktop_app.storage.records import Message, MessageState, Rating


class Ratings(QObject):
    """Lives in the GUI thread.

    Signals:
        rated(int, Rating): The answer with this id is marked like that now.
        refused(UserError): A mark could not be stored; `rated` tells what is.
    """

    rated = Signal(int, Rating)
    refused = Signal(UserError)

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store

    def rate(self, message: Message, rating: Rating) -> None:
        """Mark an answer, or take its mark away."""

        def tell_stored(stored: tuple[Message, ...]) -> None:
            for each in stored:
                self.rated.emit(each.id, each.rating)

        def refuse(error: UserError) -> None:
            self.refused.emit(error)
            self._store.ask(lambda r: r.chats.messages((message.id,)), tell_stored)

        self.rated.emit(message.id, rating)
        self._store.ask(lambda r: r.chats.set_rating(message.id, rating), None, refuse)

    def prefer(self, message: Message, comparison: Comparison) -> None:
        """Note that an answer was kept of several, which says nothing about those that are not complete."""
        others = [each.id for each in comparison.answers if each.id != message.id and each.state == MessageState.DONE]
        if others:
            self._store.ask(lambda r: r.chats.choose(message.id, others))
