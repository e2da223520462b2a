"""Between the stack of the open conversation and what shows it, the bar and the panel: what one says, all hear."""

from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.adapters.stack import acting
from desktop_app.adapters.verdict import Level
from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_panel import MixPanel
from desktop_app.gui.adapters.stack_bar import Shelf, StackBar
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.chat_session import ChatSession, Status
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.presets import PresetList
from desktop_app.storage.records import Adapter

SETTLED_MS = 250  # after which a slider that was moved is thought to stay


class Mixer(QObject):
    """Lives in the GUI thread.

    Signals:
        refused(UserError): The stack cannot act on the model that is loaded.
        accepted(): It can.
    """

    refused = Signal(UserError)
    accepted = Signal()

    def __init__(
        self,
        bar: StackBar,
        panel: MixPanel,
        session: ChatSession,
        engine: Engine,
        library: AdapterLibrary,
        presets: PresetList,
    ) -> None:
        super().__init__(bar)
        self._bar = bar
        self._panel = panel
        self._session = session
        self._engine = engine
        self._library = library
        self._presets = presets
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._store_and_prepare)
        bar.changed.connect(lambda _stack: self._settled.start())
        session.opened.connect(self._show_stack)
        session.stack_changed.connect(self._show_stack)
        session.model_changed.connect(self._on_model)
        panel.stack_wanted.connect(session.set_stack)
        library.changed.connect(self._show_shelf)
        library.looked.connect(self._show_shelf)
        presets.changed.connect(self._show_shelf)
        self._show_stack()
        self._show_shelf()

    def settle(self) -> None:
        """Take over at once what the person has set, because a message is being sent."""
        if self._settled.isActive():
            self._settled.stop()
            self._store_and_prepare()

    def trouble(self, adapter: Adapter) -> str:
        """Return why an adapter cannot act on the model in use, or an empty text."""
        if adapter.id in self._library.missing:
            return f"The file of {adapter.name} is not there any more."
        verdict = self._library.verdict(adapter)
        return verdict.sentence if verdict is not None and verdict.level is Level.BLOCKED else ""

    def _show_stack(self) -> None:
        self._settled.stop()
        self._bar.show_stack(self._session.conversation.stack)
        self._panel.show_stack(self._session.conversation.stack, self._session.model)

    def _on_model(self) -> None:
        self.settle()
        self._library.look(self._session.model)
        self._show_stack()

    def _show_shelf(self) -> None:
        adapters = self._library.adapters
        troubles = {adapter.sha256: trouble for adapter in adapters if (trouble := self.trouble(adapter))}
        self._bar.show_shelf(Shelf(adapters, troubles, self._presets.presets))

    def _store_and_prepare(self) -> None:
        self._session.set_stack(self._bar.stack)
        # While an answer is being written the engine would have to wait for its end.
        if self._engine.state is EngineState.READY and self._session.status is Status.IDLE:
            with suppress(UserError):  # one is missing, which its chip says already
                wanted = self._library.for_engine(acting(self._bar.stack))
                self._engine.prepare(wanted, self.accepted.emit, self.refused.emit)
