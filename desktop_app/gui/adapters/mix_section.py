"""What the sections of the panel with a mix have in common: a heading, half a sentence on what it is for, a column."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale


class MixSection(QWidget):
    """Attributes:
    column: Where the section puts its parts.
    help: What it is for.
    """

    def __init__(self, title: str, help_text: str = "") -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.help = plain_label(help_text, "small", wraps=True)
        head = QVBoxLayout()
        head.setSpacing(scale.SPACE_4)
        head.addWidget(plain_label(title, "heading", wraps=True))
        head.addWidget(self.help)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(scale.SPACE_8)
        self.column.addLayout(head)

    def add_button(self, words: str) -> QPushButton:
        """Put a button of its own width below what is there."""
        button = QPushButton(words)
        self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return button
