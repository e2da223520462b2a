"""Training waits while an answer is written, if the person has chosen so: answers are as fast as without it then."""

from PySide6.QtCore import QObject

from desktop_app.jobs.chat_watch import ChatWatch
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.training import Training
from desktop_app.settings import options


class TrainingHold(QObject):
    """Watches the chat. Lives in the GUI thread."""

    def __init__(
        self, training: Training, chat: ChatWatch, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training = training
        self._chat = chat
        self._preferences = preferences
        chat.changed.connect(self._follow)
        preferences.changed.connect(lambda _option: self._follow())

    def _follow(self) -> None:
        is_wanted = self._preferences[options.TRAIN_WHILE_CHATTING] == options.WAIT
        self._training.hold(is_wanted and self._chat.is_busy)
