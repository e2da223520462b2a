"""Says that a file of the library is gone, and offers what brings it back or lets it go."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.fact_grid import breakable, shown_path
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale

DOWNLOAD_AGAIN, BEING_DOWNLOADED = "Download again", "Being downloaded"


class MissingPanel(QFrame):
    """Signals:
    find_wanted(): Say where the file is now.
    download_wanted(): Get it again.
    forget_wanted(): Take it out of the list.
    """

    find_wanted = Signal()
    download_wanted = Signal()
    forget_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self.words = plain_label(wraps=True)
        self.find_button = QPushButton("Find it")
        self.find_button.setProperty("kind", "primary")
        self.find_button.clicked.connect(self.find_wanted)
        self.again_button = QPushButton(DOWNLOAD_AGAIN)
        self.again_button.clicked.connect(self.download_wanted)
        self.forget_button = QPushButton("Remove from the list")
        self.forget_button.clicked.connect(self.forget_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(plain_label("The file is missing", "danger"))
        column.addWidget(self.words)
        column.addWidget(ButtonRow(self.find_button, self.again_button, self.forget_button))

    def show_loss(self, path: Path, can_download: bool) -> None:
        """Say where it was."""
        self.words.setText(
            f"The file is no longer at {breakable(shown_path(path))}. It was moved, renamed or deleted, or its drive "
            "is not connected."
        )
        self.again_button.setVisible(can_download)

    def show_download(self, is_queued: bool) -> None:
        """Say whether it is on its way already."""
        self.again_button.setEnabled(not is_queued)
        self.again_button.setText(BEING_DOWNLOADED if is_queued else DOWNLOAD_AGAIN)
