"""The Models page: what is on this computer, what can be had from the Hub, and what is on its way."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop_app.gui.library.download_list import DownloadList
from desktop_app.gui.library.library_page import FIND, HERE, LibraryPage
from desktop_app.gui.library.local_page import LocalPage
from desktop_app.jobs.arrivals import MODEL
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


class ModelsPage(LibraryPage):
    """Shows one of four views: the list, one model, what can be found, and one repository.

    Signals:
        chat_wanted(Model): Chat with this model.
        watch_wanted(str): Have this folder watched.
    """

    chat_wanted = Signal(Model)
    watch_wanted = Signal(str)

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
        tabs = ("On this computer", "Find models")
        super().__init__("Models", tabs, "Add a model file", DownloadList(queue, connection, MODEL), connection)
        self._library = library
        self._care = care
        self._queue = queue
        self._browser = browser
        self._preferences = preferences
        self._run_in_background = background.run
        self.add_button.setMenu(self._add_menu())
        self.local_page = LocalPage(library, care, finder)
        self.stack.addWidget(self.local_page)
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
        from desktop_app.gui.library.model_offers import words_of_models
        from desktop_app.gui.library.offer_list import OfferList
        from desktop_app.gui.library.repo_page import RepoPage

        queue, browser = self._queue, self._browser
        offers = OfferList(self._library, queue, self._connection, words_of_models, queue.add_offer)
        page = RepoPage("Model on the Hub", browser, browser.look, offers, self._connection, self._run_in_background)
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

    def _view(self, number: int) -> QWidget:
        return self.find_page if number == FIND else self.local_page

    def _take(self, path: Path) -> None:
        if path.is_dir():
            self.watch_wanted.emit(str(path))
        else:
            self._library.add(path)

    def _leave_details(self) -> None:
        model = self.details.model  # None if it was taken out of the list
        self.show_view(HERE)
        if model is not None:
            self.local_page.return_to(model)

    def _ask_for_file(self, title: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self, title, "", "Models (*.gguf);;All files (*)")
        return Path(name) if name else None

    def _connect(self) -> None:
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

    def _add_menu(self) -> QMenu:
        menu = QMenu(self.add_button)
        menu.addAction("Use it where it is", self.choose_file)
        menu.addAction("Copy it into the library", self.choose_copy)
        menu.addSeparator()
        menu.addAction("Watch a folder", self.choose_folder)
        return menu
