"""The Models page: what is on this computer, what can be had from the Hub, and what is on its way."""

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.gui.library.download_list import DownloadList
from desktop_app.gui.library.local_page import LocalPage
from desktop_app.gui.library.page_column import COLUMN_WIDTH
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.tabs import Tabs
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_care import ModelCare
from desktop_app.jobs.model_finder import ModelFinder
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.storage.records import Model

if TYPE_CHECKING:
    from desktop_app.gui.library.find_page import FindPage
    from desktop_app.gui.library.model_details import ModelDetails
    from desktop_app.gui.library.repo_page import RepoPage

HERE, FIND = 0, 1


class ModelsPage(QWidget):
    """Title, views and downloads stay; below them one of four pages. Files may be dropped anywhere.

    Signals:
        chat_wanted(Model): Chat with this model.
        watch_wanted(str): Have this folder watched.
        finding(): Models that are not here are being looked at.
    """

    chat_wanted = Signal(Model)
    watch_wanted = Signal(str)
    finding = Signal()

    def __init__(
        self,
        library: ModelLibrary,
        care: ModelCare,
        finder: ModelFinder,
        queue: DownloadQueue,
        browser: HubBrowser,
        connection: HubConnection,
        preferences: Preferences,
        background: Background,
    ) -> None:
        super().__init__()
        self._library = library
        self._care = care
        self._queue = queue
        self._browser = browser
        self._connection = connection
        self.setAcceptDrops(True)
        self.setAccessibleName("Models")
        self._preferences = preferences
        self._run_in_background = background.run
        self.local_page = LocalPage(library, care, finder)
        self.downloads = DownloadList(queue, connection)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.local_page)
        self._lay_out()
        self._connect()
        self.show_view(HERE)

    # The window is at work sooner if these are loaded and made when they are first wanted.

    @cached_property
    def find_page(self) -> "FindPage":
        from desktop_app.gui.library.find_page import FindPage

        page = FindPage(self._browser, self._library, self._queue, self._connection)
        page.repo_wanted.connect(self.open_repo)
        page.online_wanted.connect(lambda: self._connection.set_open(True))
        self.stack.addWidget(page)
        return page

    @cached_property
    def repo_page(self) -> "RepoPage":
        from desktop_app.gui.library.repo_page import RepoPage

        page = RepoPage(self._browser, self._queue, self._library, self._connection, self._run_in_background)
        page.back_wanted.connect(lambda: self.show_view(FIND))
        self.stack.addWidget(page)
        return page

    @cached_property
    def details(self) -> "ModelDetails":
        from desktop_app.gui.library.model_details import ModelDetails

        page = ModelDetails(self._library, self._care, self._connection, self._queue, self._preferences)
        page.chat_wanted.connect(self.chat_wanted)
        page.back_wanted.connect(self._leave_details)
        self.stack.addWidget(page)
        return page

    def set_in_use(self, path: str) -> None:
        """Mark the model that is loaded."""
        self.local_page.set_in_use(path)

    def show_view(self, number: int) -> None:
        """Show what is here, or what can be found."""
        self.tabs.show_chosen(number)
        self.stack.setCurrentWidget(self.find_page if number == FIND else self.local_page)
        if number == FIND:
            self.finding.emit()

    def open_model(self, model: Model) -> None:
        """Show all that is known of a model of the library."""
        self.details.open(model)
        self.stack.setCurrentWidget(self.details)

    def open_repo(self, repo: str) -> None:
        """Show a repository of the Hub."""
        self.repo_page.open(repo)
        self.stack.setCurrentWidget(self.repo_page)

    def choose_file(self) -> None:
        """Ask for a GGUF file and add it where it lies."""
        if path := self._ask_for_file("Add a model"):
            self._library.add(path)

    def choose_copy(self) -> None:
        """Ask for a GGUF file and copy it."""
        if path := self._ask_for_file("Copy a model into the library"):
            self._queue.add_copy(path)

    def choose_folder(self) -> None:
        """Ask for a folder to watch."""
        if name := QFileDialog.getExistingDirectory(self, "Watch a folder"):
            self.watch_wanted.emit(name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            if url.isLocalFile() and path.is_dir():
                self.watch_wanted.emit(str(path))
            elif url.isLocalFile():
                self._library.add(path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        margin = scale.PAGE_MARGIN if self.width() >= scale.NARROW_WIDTH else scale.PAGE_MARGIN_NARROW
        self._head_column.setContentsMargins(margin, scale.PAGE_MARGIN, margin, 0)

    def _leave_details(self) -> None:
        model = self.details.model  # None if it was taken out of the list
        self.show_view(HERE)
        if model is not None:
            self.local_page.return_to(model)

    def _ask_for_file(self, title: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self, title, "", "Models (*.gguf);;All files (*)")
        return Path(name) if name else None

    def _connect(self) -> None:
        self.tabs.chosen.connect(self.show_view)
        here = self.local_page
        here.chat_wanted.connect(self.chat_wanted)
        here.details_wanted.connect(self.open_model)
        here.remove_wanted.connect(self._library.remove)
        here.verify_wanted.connect(self._care.verify)
        here.find_wanted.connect(lambda model: self.details.choose_file(model))
        here.delete_wanted.connect(lambda model: self.details.ask_to_delete(model))
        here.download_wanted.connect(lambda model: self.details.download_again(model))
        here.browse_wanted.connect(lambda: self.show_view(FIND))
        here.file_wanted.connect(self.choose_file)
        self.offline_box.toggled.connect(lambda is_on: self._connection.set_open(not is_on))
        self._connection.switched.connect(lambda is_open: self.offline_box.setChecked(not is_open))

    def _lay_out(self) -> None:
        title = QLabel("Models")
        title.setProperty("role", "title")
        self.offline_box = QCheckBox("Offline")
        self.offline_box.setToolTip("While this is on, no connection of any kind is made.")
        self.offline_box.setChecked(not self._connection.is_open)
        first = QHBoxLayout()
        first.setSpacing(scale.SPACE_12)
        first.addWidget(title, 1)
        first.addWidget(self.offline_box)
        first.addWidget(self._add_menu())
        self.tabs = Tabs(("On this computer", "Find models"), "Views")
        head = QFrame()
        head.setMaximumWidth(COLUMN_WIDTH)
        self._head_column = QVBoxLayout(head)
        self._head_column.setSpacing(scale.SPACE_12)
        self._head_column.addLayout(first)
        self._head_column.addWidget(self.tabs)
        self._head_column.addWidget(self.downloads)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.stack, 1)
        for before, after in pairwise([*self.tabs.buttons, self.offline_box, self.add_button]):
            QWidget.setTabOrder(before, after)  # the page is entered where most want to go

    def _add_menu(self) -> QPushButton:
        self.add_button = QPushButton("Add a model file")
        self.add_button.setIcon(icon("file-plus"))
        self.add_button.setIconSize(QSize(*scale.ICON_WITH_WORDS))
        menu = QMenu(self.add_button)
        menu.addAction("Use it where it is", self.choose_file)
        menu.addAction("Copy it into the library", self.choose_copy)
        menu.addSeparator()
        menu.addAction("Watch a folder", self.choose_folder)
        self.add_button.setMenu(menu)
        return self.add_button
