"""A line to search with: looking glass, words on what is searched, and a button to clear it."""

from PySide6.QtWidgets import QLineEdit, QToolButton

from desktop_app.gui.theme import icon


class SearchField(QLineEdit):
    """A line edit whose every part has a name."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setPlaceholderText(words)
        self.setAccessibleName(words)
        self.setClearButtonEnabled(True)
        clear, *_ = self.findChildren(QToolButton)
        clear.setAccessibleName("Clear")
        clear.setToolTip("Clear")
        self.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition).setText(words)
