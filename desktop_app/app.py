"""Puts the window process together, in this order:

1. the Qt application and the look (settings are read for it)
2. one window a data folder: a second start brings the first window to the front and ends here
3. jobs: background threads, store, engine, library, session; none of them waits
4. the window, shown before anything is read from the disk
5. the database on its thread; then the list of models, the last conversation, the model into the engine

and takes it apart in the opposite order: the engine stops, what streams is saved, the database is closed.
"""

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app import __version__
from desktop_app.errors import UserError, unexpected_error
from desktop_app.gui.chat.chat_page import ChatPage
from desktop_app.gui.library.models_page import ModelsPage
from desktop_app.gui.main_window import CHAT, MODELS, SETTINGS, MainWindow
from desktop_app.gui.settings.settings_page import SettingsPage
from desktop_app.gui.theme import theme
from desktop_app.gui.trouble_page import TroublePage
from desktop_app.gui.widgets.toast import Toast
from desktop_app.jobs.background import Background
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.single_instance import SingleInstance
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.catalog import add_starter
from desktop_app.log import start_logging
from desktop_app.paths import APPLICATION_NAME, DataFolder, bundled
from desktop_app.settings import options
from desktop_app.settings.window_state import WindowState, load_window_state, save_window_state
from desktop_app.storage.records import Conversation, Model

_log = logging.getLogger(__name__)


def run_window(folder: DataFolder) -> int:
    """Run the window until it is closed and return the exit status."""
    qt = make_qt_application()
    instance = SingleInstance(folder.lock) if folder.root.is_dir() or _try_create(folder) else None
    if instance is not None and not instance.claim():
        return 0 if instance.raise_other() else _say_busy(folder)
    start_logging(folder.logs, "window")
    with App(folder) as app:
        if instance is not None:
            instance.raise_requested.connect(app.window.raise_to_front)
        app.start()
        status = qt.exec()
    if instance is not None:
        instance.close()
    return status


def make_qt_application() -> QApplication:
    """Return the process's Qt application, made on the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName(APPLICATION_NAME)
    qt.setApplicationVersion(__version__)
    qt.setDesktopFileName("moatless")
    qt.setWindowIcon(QIcon(str(bundled("moatless.svg"))))
    return qt


class App:
    """Everything of one window; a context manager, so that it is always taken apart."""

    def __init__(self, folder: DataFolder, backend: str = "llama") -> None:
        self.qt = make_qt_application()
        self._folder = folder
        self.background = Background()
        self.preferences = Preferences(folder, self.background)
        self._apply_theme()
        self.store = Store(self.background)
        self.engine = Engine(backend)
        self.library = ModelLibrary(self.store, self.background)
        self.session = ChatSession(
            self.store,
            self.engine,
            lambda: self.preferences.settings.load_settings(),
            self._new_conversation,
            lambda: self.preferences[options.SUGGEST_TITLES],
        )
        self.chat = ChatPage(self.session, self.store, self.engine, self.library, self.background)
        self.models = ModelsPage(self.library)
        self.settings = SettingsPage(self.preferences, str(folder.root))
        pages: dict[str, QWidget] = {CHAT: self.chat, MODELS: self.models, SETTINGS: self.settings}
        self.window = MainWindow(pages)
        self.toast = Toast(self.window)
        self._state = load_window_state(folder.window_state)
        self.window.restore(self._state.geometry)
        self._connect()

    def __enter__(self) -> "App":
        sys.excepthook = self._on_exception
        threading.excepthook = lambda raised: self._on_exception(
            raised.exc_type, raised.exc_value, raised.exc_traceback
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        self.close()

    def start(self) -> None:
        """Show the window, then open what is stored."""
        self.window.show()
        self.chat.composer.edit.setFocus()
        # The first picture comes before the disk: opening the database may wait for a slow drive or a migration.
        QTimer.singleShot(0, self.window, self._open_store)

    def close(self) -> None:
        """Take everything apart; what is being written is saved."""
        self.session.close()
        self._save_window_state()
        self.engine.close()
        self.store.close()
        self.background.close()
        self.window.close()
        self.window.deleteLater()

    # ------------------------------------------------------------ start

    def _open_store(self) -> None:
        self.store.open(self._folder, self._on_store_open, self._on_store_trouble)

    def _on_store_open(self) -> None:
        def settle(repositories: Repositories) -> tuple[Model, ...]:
            repositories.chats.mark_interrupted()
            repositories.chats.empty_old_trash()
            add_starter(repositories.models)
            return repositories.models.list_models()

        self.store.ask(settle, self._on_settled)
        if self.preferences.note:
            self.toast.tell(self.preferences.note)

    def _on_settled(self, models: tuple[Model, ...]) -> None:
        self.library.refresh()
        self.chat.list.refresh()
        if models:
            self.session.use_model(models[0])
        if self._state.conversation_id is not None:
            self.session.open(self._state.conversation_id)
        self.window.show_page(self._state.page or CHAT)

    def _on_store_trouble(self, error: UserError) -> None:
        """Without its database the program can do nothing; the window says why and what to do."""
        self.window.show_trouble(TroublePage(error, str(self._folder.root)))

    # ------------------------------------------------------------ wiring

    def _connect(self) -> None:
        self.background.trouble.connect(self._show_trouble)
        self.engine.state_changed.connect(self._on_engine_state)
        self.engine.crashed.connect(self._show_trouble)
        self.library.refused.connect(self._show_trouble)
        self.library.added.connect(lambda model: self.toast.tell(f"{model.name} was added."))
        self.models.chat_wanted.connect(self._chat_with)
        self.chat.models_wanted.connect(lambda: self.window.show_page(MODELS))
        self.chat.undo_offered.connect(self.toast.tell)
        self.preferences.changed.connect(self._on_preference)
        self.chat.composer.set_send_key(self.preferences[options.SEND_KEY])

    def _on_engine_state(self, state: EngineState) -> None:
        self.models.set_in_use(self.engine.model.path if state == EngineState.READY and self.engine.model else "")

    def _chat_with(self, model: Model) -> None:
        self.window.show_page(CHAT)
        self.chat.use_model(model)

    def _on_preference(self, option: options.Option[object]) -> None:
        if option in (options.THEME, options.TEXT_SIZE):
            self._apply_theme()
        elif option is options.SEND_KEY:
            self.chat.composer.set_send_key(self.preferences[options.SEND_KEY])

    def _apply_theme(self) -> None:
        scheme = self.preferences[options.THEME]
        theme().apply(self.qt, scheme, self.preferences[options.TEXT_SIZE])  # type: ignore[arg-type]

    def _new_conversation(self) -> Conversation:
        settings = self.preferences.settings
        return Conversation(
            id=0,
            title="New chat",
            created_at=0,
            updated_at=0,
            system_prompt=settings[options.SYSTEM_PROMPT],
            sampler=settings.sampler(),
        )

    # ------------------------------------------------------------ end and trouble

    def _save_window_state(self) -> None:
        conversation = self.session.conversation
        state = WindowState(
            geometry=self.window.geometry_text(),
            list_width=self.chat.list.width(),
            page=self.window.page,
            conversation_id=conversation.id or None,
        )
        self.background.run_in_order(lambda: save_window_state(self._folder.window_state, state))

    def _show_trouble(self, error: UserError) -> None:
        self.toast.tell(str(error))

    def _on_exception(
        self, kind: type[BaseException], value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _log.critical("unexpected error", exc_info=(kind, value or kind(), traceback))
        self.background.trouble.emit(unexpected_error())


def _try_create(folder: DataFolder) -> bool:
    try:
        folder.create()
    except UserError:
        return False  # the window opens all the same and says it
    return True


def _say_busy(folder: DataFolder) -> int:
    print(f"Another Moatless works on {folder.root} and does not answer. Close it and try again.", file=sys.stderr)
    return 1
