"""A line for the name of what is being made, with a name in it that will do."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit

MAX_CHARACTERS = 60
_NEVER = str.maketrans(dict.fromkeys('/\\:*?"<>|', "-"))  # in the name of a file


class NameField(QLineEdit):
    """Signals:
    edited(): The name is another.
    entered(): The person has pressed Enter.
    """

    edited = Signal()
    entered = Signal()

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setAccessibleName(words)
        self.setPlaceholderText(words)
        self.setMaxLength(MAX_CHARACTERS)
        self._is_own = False
        self.textEdited.connect(self._on_edited)
        self.textChanged.connect(lambda _text: self.edited.emit())
        self.returnPressed.connect(self.entered)

    def text(self) -> str:
        return super().text().strip()

    def suggest(self, name: str) -> None:
        """Fill it in, unless the person has written another name."""
        if not self._is_own:
            self.setText(name.translate(_NEVER)[:MAX_CHARACTERS].strip())
            self.setCursorPosition(0)

    def _on_edited(self, text: str) -> None:
        self._is_own = bool(text.strip())
