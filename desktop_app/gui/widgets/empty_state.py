"""What a page shows while there is nothing on it: what it is for, and the next step."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.scale import SPACE_8, SPACE_16, SPACE_24

_ICON_SIZE = 32
_WIDEST = 480


class EmptyState(QWidget):
    """An icon, a sentence and buttons, in the middle of the page."""

    def __init__(self, icon_name: str, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setPixmap(icon(icon_name, "faint").pixmap(_ICON_SIZE, _ICON_SIZE))
        self.sentence = QLabel(sentence, self)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setMinimumWidth(_WIDEST // 2)
        self.sentence.setMaximumWidth(_WIDEST)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE_8)
        self._buttons.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_24, SPACE_24, SPACE_24, SPACE_24)
        column.setSpacing(SPACE_16)
        column.addStretch(1)
        column.addWidget(self._picture)
        column.addWidget(self.sentence, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(self._buttons)
        column.addStretch(1)

    def add_action(self, words: str, do: Callable[[], object], primary: bool = False) -> QPushButton:
        """Add a button for a next step."""
        button = QPushButton(words, self)
        button.setProperty("kind", "primary" if primary else "")
        button.clicked.connect(lambda: do())
        self._buttons.addWidget(button)
        return button
