"""What the window shows when the data folder or the database cannot be used: the sentence, and where the folder is."""

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.errors import UserError
from desktop_app.gui.theme import scale

_WIDTH = 520


class TroublePage(QWidget):
    """Nothing was changed or lost; the person can look at the folder or close the window."""

    def __init__(self, error: UserError, folder: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setSpacing(scale.SPACE_12)
        layout.addStretch(2)
        title = QLabel("Moatless cannot open your chats")
        title.setProperty("role", "title")
        what = QLabel(error.sentence)
        hint = QLabel(error.hint)
        hint.setProperty("role", "muted")
        for label in (title, what, hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        open_folder = QPushButton("Show the folder")
        open_folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
        close = QPushButton("Close")
        close.clicked.connect(QApplication.quit)
        row = QWidget()
        row.setFixedWidth(_WIDTH)
        buttons = QHBoxLayout(row)
        buttons.setContentsMargins(0, scale.SPACE_12, 0, 0)
        buttons.addWidget(open_folder)
        buttons.addWidget(close)
        buttons.addStretch(1)
        layout.addWidget(row, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
