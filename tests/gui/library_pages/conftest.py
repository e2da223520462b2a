"""The pages about the Hub with the real jobs behind them, on a Hub of the test's own."""

from functools import partial

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit

from desktop_app.engine.choices import LoadSettings
from desktop_app.gui.library.find_page import FindPage
from desktop_app.gui.library.model_offers import words_of_models
from desktop_app.gui.library.offer_list import OfferList
from desktop_app.gui.library.repo_page import RepoPage
from desktop_app.gui.theme import theme
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.prospects import Machine
from desktop_app.library.speed import Measured
from tests.gui.library_pages.steps_local import open_desk, open_details, show_model
from tests.support.gguf_files import llama_model

MACHINE = Machine(LoadSettings(), FreeMemory(12_000_000_000), (Measured(4_900_000_000, 9.0),))


@pytest.fixture
def look(qapp):
    theme().apply(qapp, "light")
    yield
    theme().apply(qapp, "light")


@pytest.fixture
def connection(hub, background, data_folder, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    connection = HubConnection(data_folder, Preferences(data_folder, background), background)
    yield connection
    connection.close()


@pytest.fixture
def library(store, background, monkeypatch):
    """An empty library on a computer with 12 GB of free memory."""
    monkeypatch.setattr(ModelLibrary, "machine", MACHINE)
    return ModelLibrary(store, background)


@pytest.fixture
def queue(store, background, connection, library, data_folder):
    queue = DownloadQueue(store, background, connection, data_folder)
    queue.finished.connect(library.refresh)
    yield queue
    queue.close()


@pytest.fixture
def browser(connection, background):
    return HubBrowser(connection, background, lambda: MACHINE)


@pytest.fixture
def find_page(qtbot, look, browser, library, queue, connection):
    """The page to find models on, as wide as in a small window."""
    return shown(qtbot, FindPage(browser, library, queue, connection))


@pytest.fixture
def repo_page(qtbot, look, browser, library, queue, connection):
    """The page about a repository, as wide as in a small window."""
    offers = OfferList(library, queue, connection, words_of_models, queue.add_offer)
    return shown(qtbot, RepoPage("Model on the Hub", browser, browser.look, offers, connection))


@pytest.fixture
def add_repo(hub):
    """Put a repository with a small model into the Hub: `add_repo("owner/name", "Q4_K_M", likes=5)`."""

    def add(repo, *quants, **about):
        name = repo.rpartition("/")[2].removesuffix("-GGUF")
        files = {f"{name}-{quant}.gguf": tiny(quant) for quant in quants or ("Q4_K_M",)}
        about.setdefault("gguf", {"total": 8_030_000_000, "architecture": "llama", "context_length": 131_072})
        return hub.add_repo(repo, files, **about)

    return add


@pytest.fixture
def desk(qtbot, store, background, data_folder):
    """A library to work with."""
    with open_desk(qtbot, store, background, data_folder) as desk:
        yield desk


@pytest.fixture
def page(qtbot, desk):
    """The page about one model."""
    return open_details(qtbot, desk)


@pytest.fixture
def show(qtbot, page):
    """Show a model on that page, and wait until it is all there."""
    return partial(show_model, qtbot, page)


def tiny(name):
    """Return a model unlike those of other names."""
    return llama_model().with_metadata(general__name=name).to_bytes()


def shown(qtbot, page):
    qtbot.addWidget(page)
    page.resize(564, 480)
    page.show()
    qtbot.waitExposed(page)
    return page


def words(widget):
    """Return what is written on a widget and can be seen."""
    return [plain(label.text()) for label in widget.findChildren(QLabel) if label.isVisible()]


def plain(text):
    return text.replace("\u00a0", " ").replace("  ", " ")


def nameless(page):
    """Return what can be used on a page and has no name for a screen reader."""
    kinds = (QAbstractButton, QComboBox, QLineEdit)
    used = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]
    assert len(used) > 2
    return [widget for widget in used if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)]
