"""A page of one column that scrolls: a title, and below it whatever the page is about."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.theme import scale


class ColumnPage(QScrollArea):
    """Gives a page its margins and its width.

    Attributes:
        column: Where the page puts its parts.
        head: The line with the title, for a button at its end.
    """

    def __init__(self, title: str, widest: int) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(title)
        content = QWidget()
        content.setMaximumWidth(widest)
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(scale.PAGE_MARGIN, scale.PAGE_MARGIN, scale.PAGE_MARGIN, scale.PAGE_MARGIN)
        self.column.setSpacing(scale.SPACE_8)
        words = QLabel(title)
        words.setProperty("role", "title")
        self.head = QHBoxLayout()
        self.head.addWidget(words, 1)
        self.column.addLayout(self.head)
        page = QWidget()
        around = QHBoxLayout(page)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(content, 1)
        around.addStretch(0)
        self.setWidget(page)
