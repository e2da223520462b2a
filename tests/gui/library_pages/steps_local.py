"""The jobs behind the pages about models that are here, on a data folder of the test's own, and models to show."""

from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit

from desktop_app.gui.library.model_details import ModelDetails
from desktop_app.gui.theme import theme
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_care import ModelCare
from desktop_app.jobs.model_finder import ModelFinder
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.catalog import add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.records import RemoteFile
from tests.support.gguf_files import llama_model

TEMPLATE = "{%- for message in messages %}\n{{ message.content }}\n{%- endfor %}"
INTERACTIVE = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)


class Desk:
    """Everything that the pages bind to, wired as in the window."""

    def __init__(self, qtbot, store, background, folder):
        self.qtbot, self.store, self.folder = qtbot, store, folder
        self.preferences = Preferences(folder, background)
        self.connection = HubConnection(folder, self.preferences, background)
        self.library = ModelLibrary(store, background)
        self.care = ModelCare(store, background, self.connection, folder.models)
        self.finder = ModelFinder(store, background, self.preferences)
        self.queue = DownloadQueue(store, background, self.connection, folder)
        self.care.changed.connect(self.library.refresh)

    def ask(self, work):
        """Ask the storage thread and wait for the answer."""
        got = []
        self.store.ask(work, got.append, got.append)
        self.qtbot.waitUntil(lambda: bool(got))
        return got[0]

    def refresh(self):
        with self.qtbot.waitSignals([self.library.changed, self.library.looked]):
            self.library.refresh()

    def add(self, path, source="file", **metadata):
        """Write a model, take it into the library and return it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        llama_model().with_metadata(tokenizer__chat_template=TEMPLATE, **metadata).write(path)
        model = self.ask(lambda r: add_model(r.models, path, source, file_sha256(path)))
        self.refresh()
        return model

    def add_from_hub(self, repo="owner/Tiny-GGUF", file="Tiny-Q8_0.gguf", content=None):
        """Put a model where a download puts it, and return it."""
        path = self.folder.models / repo / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or llama_model().to_bytes())
        sha256 = file_sha256(path)

        def write(repositories):
            found = add_model(repositories.models, path)
            return repositories.models.add(
                name=found.name,
                path=found.path,
                size_bytes=found.size_bytes,
                architecture=found.architecture,
                quant_type=found.quant_type,
                n_params=found.n_params,
                n_ctx_train=found.n_ctx_train,
                source="hub",
                sha256=sha256,
                license="apache-2.0",
                repo=repo,
                revision="c0ffee",
                files=(RemoteFile(file, found.size_bytes, sha256),),
                is_verified=True,
            )

        model = self.ask(write)
        self.refresh()
        return model

    def now(self, model):
        """Return the model as the library has it now."""
        return next(each for each in self.library.models if each.id == model.id)


@contextmanager
def open_desk(qtbot, store, background, folder):
    theme().apply(QApplication.instance(), "light")
    desk = Desk(qtbot, store, background, folder)
    yield desk
    for job in (desk.queue, desk.care, desk.finder, desk.connection):
        job.close()


def open_details(qtbot, desk):
    """Return a page about one model that is on the screen, but about none yet."""
    page = ModelDetails(desk.library, desk.care, desk.connection, desk.queue, desk.preferences)
    qtbot.addWidget(page)
    page.resize(700, 600)
    page.show()
    return page


def show_model(qtbot, page, model):
    """Open a model and wait until its files were looked at."""
    page.open(model)
    qtbot.waitUntil(lambda: page.facts.values["Chat template"].text() != "Being read")
    return page


def said(page):
    """Return the names and values that are seen."""
    return {name: value.text() for name, value in page.facts.values.items() if value.isVisible()}


def damage(model):
    """Change one byte of a model's weights."""
    path = Path(model.path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def nameless(page):
    """Return what can be used on a page and has no name for a screen reader."""
    used = [widget for kind in INTERACTIVE for widget in page.findChildren(kind) if widget.isVisible()]
    inner = [widget for widget in used if isinstance(widget.parent(), QAbstractSpinBox)]
    return [
        widget
        for widget in used
        if widget not in inner and not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
    ]
