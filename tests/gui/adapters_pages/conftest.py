"""The Adapters page with the real jobs behind it, on a Hub and in a data folder of the test's own."""

from functools import partial

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit

from desktop_app.adapters.catalog import SOURCE_CONVERTED, enter, inspect_adapter
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import Effect
from desktop_app.errors import UserError
from desktop_app.gui.adapters.adapters_page import AdaptersPage
from desktop_app.gui.adapters.card_lines import CardLines
from desktop_app.gui.theme import theme
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.adapter_proofs import AdapterProofs
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.catalog import SOURCE_FILE, SOURCE_HUB, add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.records import Conversation, RemoteFile, StackEntry
from tests.support.gguf_files import Shape, llama_model, lora_adapter

EFFECT = Effect(tokens=746, mean_nll=2.5, other_nll=2.25, nll_error=0.01, kl=0.2, agreement=0.75)
NO_EFFECT = Effect(tokens=746, mean_nll=2.5, other_nll=2.501, nll_error=0.01, kl=0.001, agreement=1.0)
SMALL = Shape()
WIDE = Shape(n_embd=64, n_ff=64)
REPO = "who/Tiny-Instruct"


class Desk:
    """Everything that the page binds to, wired as in the window; the model in use is called Tiny."""

    def __init__(self, qtbot, store, background, engine, folder):
        self.qtbot, self.store, self.background, self.engine, self.folder = qtbot, store, background, engine, folder
        self.connection = HubConnection(folder, Preferences(folder, background), background)
        self.models = ModelLibrary(store, background)
        self.library = AdapterLibrary(store, background, folder.adapters)
        self.proofs = AdapterProofs(store, background, engine, lambda _model: LoadSettings())
        self.queue = DownloadQueue(store, background, self.connection, folder)
        self.browser = AdapterBrowser(self.connection, background)
        new = Conversation(id=0, title="New chat", created_at=0, updated_at=0)
        self.session = ChatSession(store, engine, lambda _model: LoadSettings(), lambda _model: new, lambda: False)
        self.session.model_changed.connect(lambda: self.library.look(self.session.model))
        self.queue.adapter_finished.connect(self.library.refresh)
        self.measured = []
        self.effect = EFFECT
        engine.compare = self._compare  # the echo engine has no model that could judge a text

    def close(self):
        for job in (self.session, self.queue, self.browser, self.models, self.connection):
            job.close()

    def ask(self, work):
        """Ask the storage thread and wait for the answer."""
        got = []
        self.store.ask(work, got.append, got.append)
        self.qtbot.waitUntil(lambda: bool(got))
        return got[0]

    def refresh(self):
        with self.qtbot.waitSignals([self.library.changed, self.library.looked]):
            self.library.refresh()

    def add_model(self, path, shape=SMALL, name="Tiny Instruct"):
        """Write a model, take it into the library and return it."""
        file = llama_model(shape).with_metadata(general__organization="who", general__name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.write(path)
        model = self.ask(lambda r: add_model(r.models, path, SOURCE_FILE, file_sha256(path)))
        with self.qtbot.waitSignal(self.models.changed):
            self.models.refresh()
        return model

    def use(self, model):
        """Make this the model in use."""
        with self.qtbot.waitSignal(self.library.looked):
            self.session._set_model(model)

    def add(self, name="Pirate", seed=1, shape=SMALL, source=SOURCE_FILE, base="", **where):
        """Write an adapter, take it into the library and return it."""
        says = {"general__base_model__0__name": base} if base else {}
        path = (self.folder.root / "own" if source == SOURCE_FILE else self.folder.adapters) / f"{name}.gguf"
        path.parent.mkdir(exist_ok=True)
        lora_adapter(shape, seed=seed).with_metadata(general__name=name, **says).write(path)
        adapter = self.ask(lambda r: enter(r.adapters, inspect_adapter(path), source, name, **where))
        self.refresh()
        return adapter

    def add_from_hub(self, name="Haiku", seed=2, source=SOURCE_HUB):
        """Put an adapter where a download puts it, and return it."""
        files = (RemoteFile(f"{name}.gguf", 1),)
        where = {"license": "mit", "repo": "a/haiku", "revision": "c0ffee", "files": files}
        return self.add(name, seed, source=source, **where)

    def add_converted(self, name="Haiku", seed=2):
        return self.add(name, seed, source=SOURCE_CONVERTED)

    def stack(self, *adapters):
        """Give the open conversation this stack."""
        self.session.set_stack(tuple(StackEntry(each.sha256, each.name) for each in adapters))

    def chat_with(self, adapter, n_chats):
        """Store conversations that have an adapter in their stack."""
        stack = (StackEntry(adapter.sha256, adapter.name),)
        self.ask(lambda r: [r.chats.create(stack=stack) for _ in range(n_chats)])
        self.refresh()

    def now(self, adapter):
        """Return the adapter as the library has it now."""
        return self.library.find(adapter.sha256)

    def _compare(self, text, stack, other_stack, on_done, on_error):
        self.measured.append(on_done)
        if isinstance(self.effect, UserError):
            on_error(self.effect)
        elif self.effect is not None:
            on_done(self.effect)
        return 7


@pytest.fixture
def desk(qtbot, store, background, engine, data_folder, hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    theme().apply(QApplication.instance(), "light")
    desk = Desk(qtbot, store, background, engine, data_folder)
    desk.use(desk.add_model(tmp_path / "models" / "Tiny.gguf"))
    yield desk
    desk.close()


@pytest.fixture
def page(qtbot, desk):
    """The page on the screen, as wide as in a small window, with the list of what is here."""
    page = AdaptersPage(
        desk.library,
        desk.proofs,
        desk.models,
        desk.session,
        desk.queue,
        desk.browser,
        desk.connection,
        desk.background,
    )
    qtbot.addWidget(page)
    page.resize(700, 600)
    with qtbot.waitSignals([desk.library.changed, desk.library.looked]):
        page.show()
    return page


@pytest.fixture
def here(qtbot, page):
    """The list; `wait` is called when cards have to be there."""
    page.local_page.wait = partial(all_shown, qtbot, page.local_page)
    return page.local_page


def all_shown(qtbot, here):
    """Wait until all cards are there and up to date, and return them."""
    qtbot.waitUntil(lambda: not here._to_show and len(here.cards) == len(here._library.adapters))
    return here.cards


def said(card):
    """Return what is written on a card, but for its name."""
    return [plain(words) for words in card.findChild(CardLines).words.said]


def action(card, text):
    """Return what a card's menu offers under these words."""
    return next(action for action in card.menu().actions() if action.text() == text)


def plain(text):
    return text.replace("\u00a0", " ").replace("  ", " ").replace("\u200b", "")


def nameless(page):
    """Return what can be used on a page and has no name for a screen reader."""
    kinds = (QAbstractButton, QComboBox, QLineEdit)
    used = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]
    assert len(used) > 2
    return [widget for widget in used if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)]
