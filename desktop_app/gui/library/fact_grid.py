"""What is known of one thing on this computer, as a list of names and values, and the words that such values have."""

import datetime
import re
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QHideEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton

COPIED_MS = 2_000
LATELY_DAYS = 30

ORIGIN, FILE, HASH = "Where from", "File", "SHA-256"


class FactGrid(QWidget):
    """Two columns; what is unknown or does not apply is left out. Subclasses say which rows there are.

    Attributes:
        values: By their names.

    Signals:
        repo_wanted(): Show the repository it is from.
    """

    repo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._path = Path()
        self._sha256 = ""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_24)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self._rows: dict[str, tuple[QWidget, QWidget]] = {}
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(self._say_copy)

    def set_value(self, name: str, value: str) -> None:
        """Say what is known; a row without a value is hidden."""
        self.values[name].setText(value)
        for part in self._rows[name]:
            part.setVisible(bool(value))

    def show_origin(self, repo: str, otherwise: str) -> None:
        """Say which repository it is from, or how it came else."""
        self.set_value(ORIGIN, repo or otherwise)
        self.repo_button.setVisible(bool(repo))

    def show_file(self, path: Path) -> None:
        """Say where it lies."""
        self._path = path
        self.set_value(FILE, shown_path(path))

    def show_hash(self, sha256: str) -> None:
        """Say what identifies it."""
        self._sha256 = sha256
        self.set_value(HASH, sha256 or "Not computed yet")
        self.copy_button.setVisible(bool(sha256))

    # ------------------------------------------------------------ for subclasses

    def _add_row(self, name: str, value: QLabel | None = None, button: IconButton | None = None) -> None:
        """Add a row at the end; its value can be selected, or is a label of the caller's, with a button after it."""
        value = value or _selectable()
        label = QLabel(name)
        label.setProperty("role", "muted")
        label.setMinimumHeight(scale.TOUCH_HEIGHT)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        layout.addWidget(value, int(value.wordWrap()))
        if button is not None:
            layout.addWidget(button)
        if not value.wordWrap():
            layout.addStretch(1)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(line, row, 1)
        self.values[name], self._rows[name] = value, (label, line)

    def _add_wide(self, widget: QWidget) -> None:
        """Add something at the end that is as wide as both columns."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)

    def _add_origin(self) -> None:
        self.repo_button = IconButton("external-link", "Open the repository in the browser")
        self.repo_button.clicked.connect(self.repo_wanted)
        self._add_row(ORIGIN, _in_the_middle(), self.repo_button)

    def _add_file(self) -> None:
        self.folder_button = IconButton("folder-open", "Show in folder")
        self.folder_button.clicked.connect(lambda: show_in_folder(self._path))
        self._add_row(FILE, _in_the_middle(), self.folder_button)

    def _add_hash(self) -> None:
        self.copy_button = IconButton("copy", "Copy the SHA-256")
        self.copy_button.clicked.connect(self._copy_hash)
        self._add_row(HASH, _in_the_middle(), self.copy_button)
        theme().changed.connect(self._set_code_font)
        self._set_code_font()

    # ------------------------------------------------------------ the hash

    def _copy_hash(self) -> None:
        QGuiApplication.clipboard().setText(self._sha256)
        self.copy_button.set_icon("check", "Copied")
        self._copied.start()

    def _say_copy(self) -> None:
        self.copy_button.set_icon("copy", "Copy the SHA-256")

    def _set_code_font(self) -> None:
        code = theme().code_font()
        code.setPointSizeF(theme().type_scale.small)
        self.values[HASH].setFont(code)

    def hideEvent(self, event: QHideEvent) -> None:
        self._copied.stop()
        self._say_copy()


def readable_day(time_s: float | None, today: datetime.date) -> str:
    """Return when something was last done; None is never."""
    if time_s is None:
        return "Not yet"
    day = datetime.date.fromtimestamp(time_s)
    age = (today - day).days
    if age <= 0:
        return "Today"
    if age == 1:
        return "Yesterday"
    return f"{age} days ago" if age < LATELY_DAYS else f"{day.day} {day:%B %Y}"


def shown_path(path: Path) -> str:
    """Return a path as text that can be shown; what is no text or does not print becomes question marks."""
    text = str(path).encode("utf-8", errors="replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)


def breakable(path: str) -> str:
    """Return a path that can be broken into lines between its parts."""
    return re.sub(r"([/\\_.-])", "\\1\u200b", path)


def show_in_folder(path: Path) -> None:
    """Open the folder of a file in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _in_the_middle() -> ElidedLabel:
    """Return a label that leaves out the middle of what is too long, for both ends tell more."""
    return ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)


def _selectable() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)  # it comes from files and the Hub
    label.setWordWrap(True)
    label.setMinimumWidth(1)  # or a long word would make the window wider
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
