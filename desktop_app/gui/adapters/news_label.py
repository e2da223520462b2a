"""A sentence on what came of something; hidden as long as there is none."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from desktop_app.gui.library.labels import announce, set_role

_LONGEST_WORD = 24  # characters that fit a line for sure


class NewsLabel(QLabel):
    """One line or several, read out when it is new."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setMinimumWidth(1)
        self.hide()

    def say(self, sentence: str, role: str = "") -> None:
        """Show a sentence in place of the one before; an empty one shows none."""
        self.setText(breakable(sentence))
        set_role(self, role)
        self.setVisible(bool(sentence))
        if sentence and self.isVisible():
            announce(self, sentence)


def breakable(sentence: str) -> str:
    """Return a sentence whose longest words can be broken into lines: names come from files."""
    return re.sub(rf"(\S{{{_LONGEST_WORD}}})(?=\S)", "\\1\u200b", sentence)
