"""The Adapters page: what is on this computer, what can be had from the Hub, and what is on its way."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop_app.adapters.catalog import is_peft
from desktop_app.adapters.offers import AdapterOffer
from desktop_app.gui.adapters.adapter_list import AdapterList
from desktop_app.gui.adapters.standings import Standings
from desktop_app.gui.library.download_list import DownloadList
from desktop_app.gui.library.library_page import FIND, HERE, LibraryPage
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.adapter_proofs import AdapterProofs
from desktop_app.jobs.arrivals import ADAPTER
from desktop_app.jobs.background import Background
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.network.records import HubRepo
from desktop_app.storage.records import Adapter, Model

if TYPE_CHECKING:
    from desktop_app.gui.adapters.adapter_details import AdapterDetails
    from desktop_app.gui.adapters.find_adapters import FindAdapters
    from desktop_app.gui.library.repo_page import RepoPage


class AdaptersPage(LibraryPage):
    """Shows one of four views: the list, one adapter, what can be found, and one repository.

    Signals:
        chat_wanted(Adapter): Add this one to the open chat, and go there.
    """

    chat_wanted = Signal(Adapter)

    def __init__(
        self,
        library: AdapterLibrary,
        proofs: AdapterProofs,
        models: ModelLibrary,
        session: ChatSession,
        queue: DownloadQueue,
        browser: AdapterBrowser,
        connection: HubConnection,
        background: Background,
    ) -> None:
        tabs = ("On this computer", "Find adapters")
        super().__init__("Adapters", tabs, "Add an adapter", DownloadList(queue, connection, ADAPTER), connection)
        self._library = library
        self._models = models
        self._session = session
        self._queue = queue
        self._browser = browser
        self._background = background
        self.standings = Standings(library, proofs, session)
        self.add_menu = self._make_menu()
        self.add_button.setMenu(self.add_menu)
        self.local_page = AdapterList(library, models, self.standings, self.add_menu, background.run)
        self.stack.addWidget(self.local_page)
        self._connect()
        self.show_view(HERE)

    # The window is at work sooner if these are loaded and made when they are first wanted.

    @cached_property
    def find_page(self) -> "FindAdapters":
        from desktop_app.gui.adapters.find_adapters import FindAdapters

        page = FindAdapters(self._browser, self._library, self._models, self._session, self._queue, self._connection)
        page.repo_wanted.connect(self.open_repo)
        page.online_wanted.connect(lambda: self._connection.set_open(True))
        self.stack.addWidget(page)
        return page

    @cached_property
    def repo_page(self) -> "RepoPage":
        from desktop_app.gui.adapters.adapter_offers import words_of_adapters
        from desktop_app.gui.library.offer_list import OfferList
        from desktop_app.gui.library.repo_page import RepoPage

        offers = OfferList(self._library, self._queue, self._connection, words_of_adapters, self._download)
        page = RepoPage("Adapter on the Hub", self._browser, self._look, offers, self._connection, self._background.run)
        page.back_wanted.connect(lambda: self.show_view(FIND))
        self.stack.addWidget(page)
        return page

    @cached_property
    def details(self) -> "AdapterDetails":
        from desktop_app.gui.adapters.adapter_details import AdapterDetails

        page = AdapterDetails(self._library, self.standings, self._connection, self._queue)
        page.chat_wanted.connect(self.chat_wanted)
        page.back_wanted.connect(self._leave_details)
        self.stack.addWidget(page)
        return page

    def open_adapter(self, adapter: Adapter) -> None:
        """Show all that is known of an adapter of the library."""
        self.details.open(adapter)
        self.stack.setCurrentWidget(self.details)

    def open_repo(self, repo: str) -> None:
        """Show a repository of the Hub."""
        self.repo_page.open(repo)
        self.stack.setCurrentWidget(self.repo_page)

    def choose_file(self) -> None:
        """Ask for a GGUF file and add it where it lies."""
        name, _ = QFileDialog.getOpenFileName(self, "Add an adapter", "", "Adapters (*.gguf);;All files (*)")
        if name:
            self._take(Path(name))

    def choose_folder(self) -> None:
        """Ask for a folder as PEFT saves it, and convert it."""
        if name := QFileDialog.getExistingDirectory(self, "Convert a PEFT folder"):
            self._take(Path(name))

    def _take(self, path: Path) -> None:
        self.show_view(HERE)
        if is_peft(path):
            self.local_page.conversion.take(path, self._session.model)
        else:
            self._library.add(path)

    def _view(self, number: int) -> QWidget:
        return self.find_page if number == FIND else self.local_page

    def _look(self, repo: str) -> None:
        if (model := self._wanted_for()) is not None:
            self._browser.look(repo, model)

    def _download(self, repo: HubRepo, offer: AdapterOffer) -> None:
        if (model := self._wanted_for()) is not None:
            self._queue.add_adapter(repo, offer, model)

    def _wanted_for(self) -> Model | None:
        """Return the model that was last searched for, which the results that are shown are about."""
        return self._browser.model or self._session.model

    def _leave_details(self) -> None:
        adapter = self.details.adapter  # None if it was taken out of the library
        self.show_view(HERE)
        if adapter is not None:
            self.local_page.return_to(adapter)

    def _connect(self) -> None:
        here = self.local_page
        here.chat_wanted.connect(self.chat_wanted)
        here.details_wanted.connect(self.open_adapter)
        here.find_wanted.connect(lambda adapter: self.details.choose_file(adapter))
        here.download_wanted.connect(lambda adapter: self.details.download_again(adapter))
        here.remove_wanted.connect(lambda adapter: self.details.ask_to_remove(adapter))
        here.browse_wanted.connect(lambda: self.show_view(FIND))
        here.conversion.decided.connect(self._library.add)
        here.conversion.refused.connect(self._library.refused)

    def _make_menu(self) -> QMenu:
        menu = QMenu(self.add_button)
        menu.addAction("A GGUF file", self.choose_file)
        menu.addAction("A PEFT folder, to be converted", self.choose_folder)
        return menu
