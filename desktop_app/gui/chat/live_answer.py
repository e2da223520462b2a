"""Text of an answer on its way to the screen, kept whole even while its message is scrolled out of the window."""

from collections.abc import Callable

from PySide6.QtCore import QObject


class LiveAnswer(QObject):
    """What an answer's new text is given to. It ends with the conversation's being shown."""

    def __init__(self, message_id: int, text: str, show: Callable[[int, str], None], parent: QObject) -> None:
        super().__init__(parent)
        self.message_id = message_id
        self.text = text
        self._show = show

    def append(self, text: str) -> None:
        """Add text at the end."""
        self.text += text
        self._show(self.message_id, text)
