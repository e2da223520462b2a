"""The one line by which the window tells of another version, that there is one or that it was installed already.

It is above the pages, until it is put away.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from desktop_app.errors import UserError
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.gui.widgets.mark import Mark
from desktop_app.jobs.replacement import Replacement
from desktop_app.jobs.updates import Updates


class UpdateNotice(QFrame):
    """Takes no room where there is nothing to say. What was put away does not come again; a still newer version does.

    Signals:
        more_wanted(): The settings say more.
    """

    more_wanted = Signal()

    def __init__(self, updates: Updates, replacement: Replacement) -> None:
        super().__init__()
        self._updates = updates
        self._is_replaced = False
        self.setProperty("panel", "sunken")
        self.setAccessibleName("New version")
        self.words = plain_label()
        self.more_button = QPushButton("See what is new")
        self.more_button.setProperty("kind", "quiet")
        self.more_button.clicked.connect(self._show_more)
        self.close_button = IconButton("x", "Put away until there is another version", size=scale.ICON_SIZE_SMALL)
        self.close_button.clicked.connect(self._put_away)
        row = QHBoxLayout(self)
        row.setContentsMargins(scale.SPACE_16, scale.SPACE_4, scale.SPACE_16, scale.SPACE_4)
        row.setSpacing(scale.SPACE_8)
        row.addWidget(Mark("info", "accent"), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.words)
        row.addWidget(self.more_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        self.hide()
        updates.changed.connect(self._show)
        replacement.noticed.connect(self._show_replaced)

    def _show(self) -> None:
        release = self._updates.release
        if self._is_replaced:
            return
        if release is None or not self._updates.is_told:
            self.hide()
        elif self.isHidden():
            self._tell(f"Moatless {printable(release.version)} is available.")

    def _show_replaced(self, told: UserError) -> None:
        self._is_replaced = True
        self.more_button.hide()
        self.close_button.set_icon("x", "Put away until Moatless is restarted")
        self._tell(str(told))

    def _tell(self, words: str) -> None:
        self.words.setText(words)
        self.show()
        announce(self, words)

    def _put_away(self) -> None:
        if self._is_replaced:
            self.hide()
        else:
            self._updates.put_away()

    def _show_more(self) -> None:
        self._updates.put_away()
        self.more_wanted.emit()
