"""New versions on the settings page: what is known of them, and the way to have one."""

import time

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.fact_grid import breakable, show_in_folder, shown_path
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.kept_focus import kept_focus
from desktop_app.jobs.updates import Updates
from desktop_app.library.installation import FLATPAK, SOURCE
from desktop_app.library.memory import readable_size
from desktop_app.network.release import Package, Release

CHECKED = (
    "Size and SHA-256 are those of the signed release. Close Moatless before you install it; nothing of yours is lost."
)
_LONGEST_NOTE = 300
_MOST_NOTES = 8
_NO_PACKAGE = {
    SOURCE: "This Moatless runs from its source, so there is nothing to download: get the newest source.",
    FLATPAK: "This Moatless came from your software center, which has the new version too.",
}
_NOT_FOR_THIS = "There is no package of it for this computer."


class UpdateRow(QWidget):
    """One line as long as there is nothing new; then a card below it.

    Attributes:
        card: What is shown of a new version.
    """

    def __init__(self, updates: Updates) -> None:
        super().__init__()
        self._updates = updates
        self._had_trouble = False
        self.words = plain_label(role="small", wraps=True)
        self.ask_button = QPushButton("Check now")
        self.ask_button.setAccessibleDescription("Ask once which version is the newest.")
        self.told = ToldLine()
        self.title = plain_label(role="section")
        self.date = plain_label(role="small")
        self.notes = _Notes()
        self.state = plain_label(role="small", wraps=True)
        self.step = StepRow("Stop the download of the new version")
        self.download_button = QPushButton()
        self.download_button.setProperty("kind", "primary")
        self.folder_button = QPushButton("Show in folder")
        self.page_button = QPushButton("Open its page")
        self._lay_out()
        self.ask_button.clicked.connect(updates.ask)
        self.download_button.clicked.connect(updates.download)
        self.step.stop_wanted.connect(updates.stop)
        self.folder_button.clicked.connect(self._show_in_folder)
        self.page_button.clicked.connect(self._open_page)
        updates.changed.connect(self._show)
        updates.progressed.connect(self.step.show_step)
        self._show()

    def _show(self) -> None:
        updates = self._updates
        can_ask = updates.no_key is None
        self.words.setText(_standing(updates))
        self.ask_button.setVisible(can_ask)
        self.ask_button.setEnabled(not updates.is_asking)
        self._show_trouble()
        release, package = updates.release, updates.package
        self.card.setVisible(release is not None)
        if release is not None:
            self._show_release(release, package)

    def _show_trouble(self) -> None:
        trouble = self._updates.trouble
        self.told.tell(Told("circle-alert", "danger", str(trouble)) if trouble else Told())
        if trouble is not None and not self._had_trouble:
            announce(self, str(trouble))
        self._had_trouble = trouble is not None

    def _show_release(self, release: Release, package: Package | None) -> None:
        updates = self._updates
        is_here, is_on_the_way = updates.file is not None, updates.step is not None
        self.title.setText(f"Moatless {printable(release.version)} is available")
        self.date.setText(f"Published on {printable(release.date)}")
        self.notes.show_notes(release.notes)
        self.state.setText(_state(updates))
        self.state.setVisible(bool(self.state.text()) and not is_on_the_way)
        if package is not None:
            verb = "Resume" if updates.is_begun else "Download"
            self.download_button.setText(f"{verb} ({readable_size(package.size_bytes)})")
        with kept_focus(self, self.step.stop, self.download_button, self.folder_button):
            self.step.setVisible(is_on_the_way)
            self.download_button.setVisible(package is not None and not is_on_the_way and not is_here)
            self.folder_button.setVisible(is_here)
        self.page_button.setToolTip(printable(release.page))

    def _show_in_folder(self) -> None:
        if self._updates.file is not None:
            show_in_folder(self._updates.file)

    def _open_page(self) -> None:
        if self._updates.release is not None:
            QDesktopServices.openUrl(QUrl(self._updates.release.page))

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(scale.SPACE_24)
        line.addWidget(self.words, 1)
        line.addWidget(self.ask_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.card = QFrame()
        self.card.setProperty("panel", "card")
        self.card.setAccessibleName("New version")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        inside.setSpacing(scale.SPACE_8)
        buttons = ButtonRow(self.download_button, self.folder_button, self.page_button)
        for part in (self.title, self.date, self.notes, self.state, self.step, buttons):
            inside.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_4)
        column.setSpacing(scale.SPACE_8)
        column.addLayout(line)
        column.addWidget(self.told)
        column.addWidget(self.card)


class _Notes(QWidget):
    """What is new, a line or more each.

    Attributes:
        texts: As they are shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[str, ...] = ()
        self.texts: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_8)
        self._grid.setVerticalSpacing(scale.SPACE_4)
        self._grid.setColumnStretch(1, 1)

    def show_notes(self, notes: tuple[str, ...]) -> None:
        """Show these in place of others."""
        if notes == self._shown:
            return
        self._shown = notes
        while (item := self._grid.takeAt(0)) is not None:
            if (label := item.widget()) is not None:
                label.deleteLater()
        self.texts = [plain_label(printable(note, _LONGEST_NOTE), wraps=True) for note in notes[:_MOST_NOTES]]
        for row, text in enumerate(self.texts):
            self._grid.addWidget(plain_label("•"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, row, 1)


def _standing(updates: Updates) -> str:
    """Return what is known, in a line."""
    own = f"This is Moatless {updates.version}."
    if updates.no_key is not None:
        return f"{own} {updates.no_key}"
    if updates.is_asking:
        return f"{own} Asking which one is the newest …"
    if not updates.asked_at:
        return f"{own} It has never asked for a newer one."
    newest = " It is the newest version." if updates.is_newest else ""
    return f"{own}{newest} Last asked: {_when(updates.asked_at)}."


def _state(updates: Updates) -> str:
    """Return where the package is, or why there is none."""
    if updates.file is not None:
        return f"It is in {breakable(shown_path(updates.file.parent))} as {breakable(updates.file.name)}. {CHECKED}"
    if updates.package is None:
        return _NO_PACKAGE.get(updates.installation.kind, _NOT_FOR_THIS)
    return ""


def _when(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (OverflowError, ValueError, OSError):  # a clock that was far off
        return "at some time"
