"""A field for a folder of this computer: its name, and buttons to choose another one or none."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton


class FolderField(QWidget):
    """Signals:
    chosen(str): Another folder; empty is none.
    """

    chosen = Signal(str)

    def __init__(self, title: str, folder: str) -> None:
        super().__init__()
        self._title = title
        self.label = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.choose_button = QPushButton("Choose")
        self.choose_button.setAccessibleName(f"{title}: choose")
        self.choose_button.clicked.connect(self._choose)
        self.clear_button = IconButton("x", f"{title}: none")
        self.clear_button.clicked.connect(lambda: self._set(""))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.clear_button)
        layout.addWidget(self.choose_button)
        self.setFocusProxy(self.choose_button)
        self.show_folder(folder)

    def show_folder(self, folder: str) -> None:
        """Show another folder without telling anybody."""
        self._folder = folder
        self.label.setText(folder or "None")
        self.clear_button.setVisible(bool(folder))

    def _choose(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, self._title, self._folder):
            self._set(folder)

    def _set(self, folder: str) -> None:
        self.show_folder(folder)
        self.chosen.emit(folder)
