"""What the pages about models and about adapters have in common: a head that stays, and one of several views below."""

from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.gui.library.download_list import DownloadList
from desktop_app.gui.library.page_column import COLUMN_WIDTH
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.tabs import Tabs
from desktop_app.jobs.connection import HubConnection

HERE, FIND = 0, 1


class LibraryPage(QWidget):
    """Title, tabs and downloads stay; below them one of the views. Files may be dropped anywhere.

    Args:
        title: Of the page.
        tabs: What the two lists are called: what is here, and what can be found.
        add_words: On the button that adds something; its menu is the subclass's.
        downloads: What is on its way.

    Attributes:
        stack: The views.

    Signals:
        finding(): What is not here is being looked at.
    """

    finding = Signal()

    def __init__(
        self, title: str, tabs: tuple[str, str], add_words: str, downloads: DownloadList, connection: HubConnection
    ) -> None:
        super().__init__()
        self._connection = connection
        self.setAcceptDrops(True)
        self.setAccessibleName(title)
        self.downloads = downloads
        self.stack = QStackedWidget()
        self.tabs = Tabs(tabs, "Views")
        self.tabs.chosen.connect(self.show_view)
        self.offline_box = QCheckBox("Offline")
        self.offline_box.setToolTip("While this is on, no connection of any kind is made.")
        self.offline_box.setChecked(not connection.is_open)
        self.offline_box.toggled.connect(lambda is_on: connection.set_open(not is_on))
        connection.switched.connect(lambda is_open: self.offline_box.setChecked(not is_open))
        self.add_button = QPushButton(add_words)
        self.add_button.setIcon(icon("file-plus"))
        self.add_button.setIconSize(QSize(*scale.ICON_WITH_WORDS))
        self._lay_out_head(title)

    # ------------------------------------------------------------ what subclasses say

    def _view(self, number: int) -> QWidget:
        """Return what is here, or what can be found."""
        raise NotImplementedError

    def _take(self, path: Path) -> None:
        """Take a file or a folder that was dropped."""
        raise NotImplementedError

    # ------------------------------------------------------------ what is shown

    def show_view(self, number: int) -> None:
        """Show what is here, or what can be found."""
        self.tabs.show_chosen(number)
        self.stack.setCurrentWidget(self._view(number))
        if number == FIND:
            self.finding.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self._take(Path(url.toLocalFile()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margin = scale.PAGE_MARGIN if self.width() >= scale.NARROW_WIDTH else scale.PAGE_MARGIN_NARROW
        self._head_column.setContentsMargins(margin, scale.PAGE_MARGIN, margin, 0)

    def _lay_out_head(self, title: str) -> None:
        words = QLabel(title)
        words.setProperty("role", "title")
        head = QFrame()
        head.setMaximumWidth(COLUMN_WIDTH)
        self._head_column = QVBoxLayout(head)
        self._head_column.setSpacing(scale.SPACE_12)
        self._head_column.addWidget(self.tabs)  # before what is above it: the page is entered where most want to go
        self._head_column.addWidget(self.downloads)
        first = QHBoxLayout()
        first.setSpacing(scale.SPACE_12)
        self._head_column.insertLayout(0, first)
        first.addWidget(words, 1)
        first.addWidget(self.offline_box)
        first.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.stack, 1)
