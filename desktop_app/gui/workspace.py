"""The pages of the window and the jobs behind them, put together.

Importing this module imports nearly all of Qt's widgets and takes longer than everything before it: the window is
already on the screen by then.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from desktop_app.child_environment import OWN_FILE
from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.gui.adapters.adapters_page import AdaptersPage
from desktop_app.gui.adapters.mix_panel import MixPanel
from desktop_app.gui.chat.chat_page import ChatPage
from desktop_app.gui.library.library_page import FIND
from desktop_app.gui.library.models_page import ModelsPage
from desktop_app.gui.main_window import ADAPTERS, CHAT, MODELS, SETTINGS, TEACH, MainWindow
from desktop_app.gui.settings.update_notice import UpdateNotice
from desktop_app.gui.teaching import Teaching
from desktop_app.gui.trouble_page import TroublePage
from desktop_app.gui.widgets.lazy_page import LazyPage
from desktop_app.gui.widgets.toast import Toast
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.adapter_proofs import AdapterProofs
from desktop_app.jobs.arrivals import ADAPTER, MODEL
from desktop_app.jobs.background import Background
from desktop_app.jobs.calibration import Calibration
from desktop_app.jobs.chat_session import ChatSession
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.kept_states import KeptStates
from desktop_app.jobs.merging import Merging
from desktop_app.jobs.mixing import Mixing
from desktop_app.jobs.model_care import ModelCare
from desktop_app.jobs.model_finder import ModelFinder
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.presets import PresetList
from desktop_app.jobs.replacement import Replacement
from desktop_app.jobs.store import Repositories, Store
from desktop_app.jobs.updates import Updates, this_program
from desktop_app.library.catalog import add_starter
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.settings.option import Option
from desktop_app.settings.window_state import WindowState, save_window_state
from desktop_app.storage.records import Adapter, Conversation, Message, Model, ModelDefaults, StackEntry

if TYPE_CHECKING:
    from desktop_app.gui.settings.settings_view import SettingsView

_log = logging.getLogger(__name__)


class Workspace(QObject):
    """Everything of one window but the window. Lives in the GUI thread.

    Args:
        state: How the window was left the last time.
        backend: The engine's: llama, or echo where no model is needed.
    """

    def __init__(
        self,
        window: MainWindow,
        folder: DataFolder,
        background: Background,
        preferences: Preferences,
        state: WindowState,
        backend: str,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.background = background
        self.preferences = preferences
        self._folder = folder
        self._state = state
        self.store = Store(background)
        self.engine = Engine(backend)
        self.states = KeptStates(folder.kv, self.store, self.engine, background, preferences)
        self.library = ModelLibrary(self.store, background, preferences.load_settings)
        self.connection = HubConnection(folder, preferences, background)
        self.queue = DownloadQueue(self.store, background, self.connection, folder)
        self.browser = HubBrowser(self.connection, background, lambda: self.library.machine)
        self.care = ModelCare(self.store, background, self.connection, folder.models, self._release)
        self.calibration = Calibration(self.engine, self.library)
        self.finder = ModelFinder(self.store, background, preferences)
        self.session = ChatSession(
            self.store,
            self.engine,
            self._load_settings,
            self._new_conversation,
            lambda: preferences[options.SUGGEST_TITLES],
        )
        self.session.set_draft(state.draft)
        self.adapter_library = AdapterLibrary(self.store, background, folder.adapters)
        self.presets = PresetList(self.store)
        self.mixing = Mixing(
            self.store, background, self.engine, self.adapter_library, self._load_settings, folder.adapters
        )
        self.merging = Merging(
            self.store,
            background,
            lambda: Engine(backend),
            self.adapter_library,
            self.library,
            self._load_settings,
            folder.models,
        )
        self.chat = ChatPage(
            self.session,
            self.store,
            self.engine,
            self.library,
            self.adapter_library,
            self.presets,
            MixPanel(self.mixing, self.merging, self.presets, self.adapter_library),
            background,
            window.stack,
        )
        self.models = ModelsPage(
            self.library, self.care, self.finder, self.queue, self.browser, self.connection, preferences, background
        )
        self.adapter_browser = AdapterBrowser(self.connection, background)
        self.adapters = AdaptersPage(
            self.adapter_library,
            AdapterProofs(self.store, background, self.engine, self._load_settings),
            self.library,
            self.session,
            self.queue,
            self.adapter_browser,
            self.connection,
            background,
        )
        self.teaching = Teaching(
            window,
            folder,
            background,
            preferences,
            self.engine,
            self.session,
            self.library,
            self.adapter_library,
            self.connection,
        )
        self.updates = Updates(background, self.connection.door, preferences, folder.updates, this_program())
        self._settings_place = LazyPage(lambda: self.settings_view)
        pages: dict[str, QWidget] = {
            CHAT: self.chat,
            MODELS: self.models,
            ADAPTERS: self.adapters,
            TEACH: self.teaching.place,
            SETTINGS: self._settings_place,
        }
        window.set_pages(pages)
        self.replacement = Replacement(background, OWN_FILE, self)
        self.notice = UpdateNotice(self.updates, self.replacement)
        window.set_notice(self.notice)
        self.toast = Toast(window, usable=self.chat.composer)
        self._connect()
        self._add_keys()
        self.chat.composer.edit.setFocus()

    def open(self) -> None:
        """Open what is stored: the list of conversations, the last one of them, and the model."""
        self.store.open(self._folder, self._on_store_open, self._on_store_trouble)

    def close(self) -> None:
        """Save what is being written, end the engine, close the database; the background still has to be closed."""
        self.session.close()
        self.teaching.close()
        for hub_job in (self.queue, self.browser, self.adapter_browser, self.updates, self.connection):
            hub_job.close()
        for job in (self.library, self.care, self.finder, self.mixing, self.merging):
            job.close()
        state = WindowState(
            geometry=self.window.geometry_text(),
            page=self.window.page,
            conversation_id=self.session.conversation.id or None,
            draft=self.session.new_draft,
        )
        self.background.run_in_order(lambda: save_window_state(self._folder.window_state, state))
        self.engine.close()
        self.store.close()

    # ------------------------------------------------------------ opening

    def _on_store_open(self) -> None:
        def settle(repositories: Repositories) -> tuple[Model, ...]:
            interrupted = repositories.chats.mark_interrupted()
            _log.info("%d answers were interrupted the last time", interrupted)
            repositories.chats.empty_old_trash()
            add_starter(repositories.models)
            return repositories.models.list_models()

        self.store.ask(settle, self._on_settled)
        self.states.tidy()
        if self.preferences.note:
            self.toast.tell(self.preferences.note)

    def _on_settled(self, models: tuple[Model, ...]) -> None:
        def begin() -> None:
            self.session.restore(self._state.conversation_id, models[0])

        if models:
            # How a model is loaded depends on which others are there.
            self.library.looked.connect(begin, Qt.ConnectionType.SingleShotConnection)
        self.library.refresh()
        self.adapter_library.refresh()
        self.presets.refresh()
        self.queue.open()
        self.teaching.open()
        self.finder.scan()
        self.updates.open()
        self.chat.list.refresh()
        self.window.show_page(self._state.page or CHAT)

    def _on_store_trouble(self, error: UserError) -> None:
        """Without its database the program can do nothing; the window says why and what to do."""
        self.window.show_trouble(TroublePage(error, str(self._folder.root)))

    # ------------------------------------------------------------ wiring

    def _connect(self) -> None:
        window = self.window
        self.background.trouble.connect(self._tell)
        self.engine.crashed.connect(self._tell)
        self.engine.state_changed.connect(self._on_engine_state)
        self.library.refused.connect(self._tell)
        self.library.added.connect(lambda model: self.toast.tell(f"{model.name} was added."))
        self.models.chat_wanted.connect(self._chat_with)
        self.models.watch_wanted.connect(lambda name: self.preferences.set(options.WATCHED_FOLDER, name))
        self.session.answered.connect(self._note_speed)
        self.models.finding.connect(self.calibration.measure)
        self.library.changed.connect(lambda: self.session.renew_model(self.library.models))
        self.queue.changed.connect(self._show_downloads)
        self.queue.progressed.connect(self._show_downloads)
        self.queue.finished.connect(self._on_downloaded)
        self.queue.adapter_finished.connect(self._on_adapter_downloaded)
        self.queue.failed.connect(lambda download, error: self.toast.tell(f"{download.name}: {error}"))
        self.finder.added.connect(self.library.refresh)
        self.care.changed.connect(self.library.refresh)
        self.care.told.connect(self.toast.tell)
        self.care.refused.connect(self._tell)
        self.adapter_library.added.connect(lambda adapter: self.toast.tell(f"{adapter.name} was added."))
        self.adapter_library.told.connect(self.toast.tell)
        self.adapter_library.refused.connect(self._tell)
        self.adapters.chat_wanted.connect(self._add_to_chat)
        self.teaching.chat_wanted.connect(self._chat_with_adapter)
        self.teaching.adapter_wanted.connect(self._show_adapter)
        self.teaching.told.connect(self.toast.tell)
        self.teaching.undo_offered.connect(self.toast.tell)
        self.teaching.refused.connect(self._tell)
        self.teaching.progressed.connect(lambda done: window.rail.show_progress(TEACH, done, "learned"))
        self.teaching.front_wanted.connect(window.raise_to_front)
        self.chat.models_wanted.connect(lambda: window.show_page(MODELS))
        self.chat.better_model_wanted.connect(self._find_models)
        self.chat.mix.told.connect(self.toast.tell)
        self.chat.mix.undo_offered.connect(self.toast.tell)
        self.chat.adapters_wanted.connect(lambda: window.show_page(ADAPTERS))
        self.chat.undo_offered.connect(self.toast.tell)
        self.notice.more_wanted.connect(self._show_updates)
        self.preferences.changed.connect(self._on_preference)
        for option in (options.SEND_KEY, options.IDLE_MINUTES):
            self._on_preference(option)

    def _add_keys(self) -> None:
        """Let the keys of the chat lead there from every page."""
        chat = self.chat
        for keys, do in (
            (QKeySequence(QKeySequence.StandardKey.New), chat.start_new),
            (QKeySequence(QKeySequence.StandardKey.Find), chat.search),
            (QKeySequence("Ctrl+L"), chat.composer.edit.setFocus),
        ):
            QShortcut(keys, self.window, partial(self._in_chat, do))

    def _in_chat(self, do: Callable[[], None]) -> None:
        if self.window.page:  # else there is trouble, and no way to any page
            self.window.show_page(CHAT)
            do()

    def _tell(self, error: UserError) -> None:
        self.toast.tell(str(error))

    def _on_engine_state(self, state: EngineState) -> None:
        self.replacement.look()  # before a message needs an engine that would be of another version
        self.library.set_engine(self.engine.process_id, self.engine.devices)
        self.models.set_in_use(self.engine.model.path if state == EngineState.READY and self.engine.model else "")

    def _show_downloads(self) -> None:
        for page, kind in ((MODELS, MODEL), (ADAPTERS, ADAPTER)):
            self.window.rail.show_progress(page, self.queue.overall(kind))

    def _on_downloaded(self, model: Model) -> None:
        self.library.refresh()
        self.toast.tell(f"{model.name} is here and was checked. It is ready to chat with.")

    def _on_adapter_downloaded(self, adapter: Adapter) -> None:
        self.adapter_library.refresh()
        self.toast.tell(f"{adapter.name} is here and was checked. It can be added to a chat.")

    def _release(self, model: Model, then: Callable[[], None]) -> None:
        """Have the engine let go of a model whose file is to be deleted."""
        if self.engine.model is not None and self.engine.model.path == model.path:
            self.engine.let_go(then)
        else:
            then()

    @cached_property
    def settings_view(self) -> "SettingsView":
        """Made when it is first wanted: with all its fields it takes as long as the other pages together."""
        from desktop_app.gui.settings.settings_view import SettingsView

        folder = str(self._folder.root)
        view = SettingsView(
            self.preferences, self.connection, self.updates, self.background, folder, self._settings_place
        )
        view.settings.set_devices(self.engine.devices)
        self.engine.state_changed.connect(lambda _state: view.settings.set_devices(self.engine.devices))
        return view

    def _show_updates(self) -> None:
        self.window.show_page(SETTINGS)
        self.settings_view.show_updates()

    def _find_models(self) -> None:
        self.window.show_page(MODELS)
        self.models.show_view(FIND)

    def _note_speed(self, answer: Message) -> None:
        if not answer.stack:  # adapters take time of their own
            self.library.note_speed(answer.model_sha256, answer.facts)

    def _chat_with(self, model: Model) -> None:
        self.window.show_page(CHAT)
        self.chat.use_model(model)

    def _add_to_chat(self, adapter: Adapter) -> None:
        self.chat.mixer.settle()
        entry = StackEntry(adapter.sha256, adapter.name, adapter.default_scale)
        self.session.set_stack((*self.session.conversation.stack, entry))
        self.window.show_page(CHAT)
        self.chat.composer.edit.setFocus()

    def _show_adapter(self, adapter: Adapter) -> None:
        self.window.show_page(ADAPTERS)
        self.adapters.open_adapter(adapter)

    def _chat_with_adapter(self, adapter: Adapter, model: Model | None) -> None:
        """Open a new conversation with an adapter, and with the model that it was made for."""
        self.chat.mixer.settle()
        self.chat.start_new()
        if model is not None:
            self.session.use_model(model)
        self._add_to_chat(adapter)

    def _on_preference(self, option: Option[Any]) -> None:
        if option is options.SEND_KEY:
            self.chat.composer.set_send_key(self.preferences[options.SEND_KEY])
        elif option is options.IDLE_MINUTES:
            self.engine.let_go_after(self.preferences[options.IDLE_MINUTES] * 60_000)
        elif option.section == options.MODEL:
            self.library.look()

    def _load_settings(self, model: Model) -> LoadSettings:
        settings = replace(self.preferences.load_settings(), draft_path=self.library.draft_for(model))
        return replace(settings, n_ctx=model.defaults.n_ctx or settings.n_ctx)

    def _new_conversation(self, model: Model | None) -> Conversation:
        settings = self.preferences.settings
        defaults = model.defaults if model else ModelDefaults()
        system_prompt = defaults.system_prompt
        return Conversation(
            id=0,
            title="New chat",
            created_at=0,
            updated_at=0,
            system_prompt=settings[options.SYSTEM_PROMPT] if system_prompt is None else system_prompt,
            sampler=defaults.sampler or settings.sampler(),
        )
