"""The engine as the window sees it: a child process that is started when needed and may die at any time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import (
    AnyEvent,
    ChatMessage,
    Command,
    Compare,
    Compared,
    Count,
    Counted,
    Device,
    Effect,
    Event,
    Failed,
    Forget,
    Generate,
    Hello,
    Load,
    Loaded,
    Merge,
    Merged,
    ModelFacts,
    Piece,
    Prefill,
    Prepare,
    Prepared,
    Progress,
    Score,
    Scored,
    Stack,
    StateFolder,
    Stop,
    Unload,
)
from desktop_app.errors import UserError
from desktop_app.jobs.engine_process import EngineProcess

ANOTHER_MODEL = UserError("Another model was chosen meanwhile.", "Send the message again.")
STOP_PATIENCE_MS = 3_000

_log = logging.getLogger(__name__)

Handler = Callable[[AnyEvent], None]
_Question = Count | Prepare | Score | Compare | Merge
_Closing = TypeVar("_Closing", bound=Event)


@dataclass(frozen=True)
class _Loading:
    request: int
    path: str
    settings: LoadSettings
    sha256: str

    def gives(self, path: str, settings: LoadSettings, sha256: str) -> bool:
        """Return whether it is this model, loaded this way; by its hash, if that is known, as files are replaced."""
        is_same = path == self.path and ("" in (sha256, self.sha256) or sha256 == self.sha256)
        return is_same and settings == self.settings


class EngineState(Enum):
    """What the engine is doing about a model."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"


class Engine(QObject):
    """Owns the engine process. Lives in the GUI thread and never waits.

    Commands may be given at any time: without a process one is started first. If it ends by itself, everything that
    waits for it gets a `Failed` with a sentence, and the next command starts a new one.

    Attributes:
        states: Where models that are loaded from now on keep KV states on disk; None is nowhere.
        devices: What the process can compute on, once it has said so.
        model: The one that is loaded, or None.

    Signals:
        state_changed(EngineState): A model is being loaded, ready, or there is none.
        load_progressed(float): From 0 to 1.
        load_failed(UserError): The model that was asked for could not be loaded.
        crashed(UserError): The process ended by itself.
    """

    state_changed = Signal(EngineState)
    load_progressed = Signal(float)
    load_failed = Signal(UserError)
    crashed = Signal(UserError)

    def __init__(self, backend: str = "llama", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._process: EngineProcess | None = None
        self._handlers: dict[int, Handler] = {}
        self._last_request = 0
        self._loading: _Loading | None = None
        self._loaded_as: _Loading | None = None
        self._waiting: list[tuple[Callable[[], None], Callable[[UserError], None]]] = []
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(lambda: self.let_go())
        self.states: StateFolder | None = None
        self.devices: tuple[Device, ...] = ()
        self.model: ModelFacts | None = None

    # ------------------------------------------------------------ commands

    @property
    def state(self) -> EngineState:
        if self._loading:
            return EngineState.LOADING
        return EngineState.READY if self.model else EngineState.EMPTY

    @property
    def process_id(self) -> int:
        """The process number, 0 without a process."""
        return self._process.process_id if self._process else 0

    def with_model(
        self,
        path: str,
        settings: LoadSettings,
        on_ready: Callable[[], None],
        on_error: Callable[[UserError], None],
        sha256: str = "",
    ) -> None:
        """Call `on_ready` once this model is loaded this way (perhaps at once), or `on_error` if it cannot be.

        Args:
            sha256: Of the model's file if it is known; only then KV states are kept on disk, and a newer version of
                the file is loaded anew.
        """
        wanted = (path, settings, sha256)
        if self._loading is not None and self._loading.gives(*wanted):
            self._waiting.append((on_ready, on_error))
        elif self._loading is None and self._loaded_as is not None and self._loaded_as.gives(*wanted):
            self._watch_idleness()
            on_ready()
        else:
            self._fail_waiting(ANOTHER_MODEL)
            self.cancel_load()
            self._waiting.append((on_ready, on_error))
            request = self._next_request()
            self._loading = _Loading(request, *wanted)
            load = Load(request, path, settings, sha256, self.states)
            self._send(load, partial(self._on_load_event, self._loading))
            self.state_changed.emit(self.state)

    def answers_with(self, path: str) -> bool:
        """Return whether the model in this file answers what is asked now, if any does."""
        current = self._loading or self._loaded_as
        return current is None or current.path == path

    def cancel_load(self) -> None:
        """Stop loading; the model before it stays."""
        if self._loading is not None:
            self._write(Stop(self._loading.request))

    def let_go_after(self, idle_ms: int) -> None:
        """Let go of a model that nothing was asked of for this long; 0 is never."""
        self._idle.setInterval(idle_ms)
        self._watch_idleness()

    def let_go(self, on_done: Callable[[], None] = lambda: None) -> None:
        """Give the model's memory back, unless something is asked of it; `with_model` loads it again."""
        if self.model is None or self._handlers:
            on_done()
            return
        self.model = self._loaded_as = None
        self._send(Unload(self._next_request()), lambda _event: on_done())
        self.state_changed.emit(self.state)

    def count(
        self,
        messages: tuple[ChatMessage, ...],
        on_done: Callable[[int, int], None],
        on_error: Callable[[UserError], None],
    ) -> None:
        """Count the prompt's tokens: `on_done(tokens, longest prompt that leaves room for an answer)`."""

        command = Count(self._next_request(), messages)
        self._ask(command, Counted, lambda event: on_done(event.tokens, event.limit), on_error)

    def generate(
        self,
        messages: tuple[ChatMessage, ...],
        sampler: SamplerSettings,
        handler: Handler,
        continue_last: bool = False,
        omit_at_least: int = 0,
        conversation: int = 0,
        stack: Stack = (),
    ) -> int:
        """Ask for an answer and return the request's number. Events go to `handler`, the last is Finished or Failed."""
        request = self._next_request()
        self._send(Generate(request, messages, sampler, continue_last, omit_at_least, conversation, stack), handler)
        return request

    def prepare(self, stack: Stack, on_done: Callable[[], None], on_error: Callable[[UserError], None]) -> None:
        """Have the loaded model check these adapters and get them ready, so that the next answer begins at once."""
        self._ask(Prepare(self._next_request(), stack), Prepared, lambda _event: on_done(), on_error)

    def score(
        self, text: str, stack: Stack, on_done: Callable[[Scored], None], on_error: Callable[[UserError], None]
    ) -> int:
        """Measure how likely the loaded model, under a stack, finds a text; return the request's number."""
        return self._ask(Score(self._next_request(), text, stack), Scored, on_done, on_error)

    def compare(
        self,
        text: str,
        stack: Stack,
        other_stack: Stack,
        on_done: Callable[[Effect], None],
        on_error: Callable[[UserError], None],
        other_model: str = "",
    ) -> int:
        """Measure how two ways of reading a text differ (see `Compare`); return the request's number."""
        command = Compare(self._next_request(), text, stack, other_stack, other_model)
        return self._ask(command, Compared, lambda event: on_done(event.effect), on_error)

    def merge(
        self,
        model: str,
        stack: Stack,
        out: str,
        on_done: Callable[[Merged], None],
        on_error: Callable[[UserError], None],
        on_progress: Callable[[float], None],
    ) -> int:
        """Write a merged model, whatever model is loaded; return the request's number."""
        return self._ask(Merge(self._next_request(), model, stack, out), Merged, on_done, on_error, on_progress)

    def forget(self, conversation: int) -> None:
        """Destroy what the process knows of a conversation; what is on disk while there is none stays."""
        if self._process is not None:
            self._send(Forget(self._next_request(), conversation), lambda _event: None)

    def stop(self, request: int) -> None:
        """End a request soon; its closing event still comes. An engine that does not listen is killed."""
        self._write(Stop(request))
        self._watch_stop(request)

    def _watch_stop(self, request: int) -> None:
        is_next = min(self._handlers, default=request) == request
        QTimer.singleShot(STOP_PATIENCE_MS, self, lambda: self._kill_if_deaf(request, is_next))

    def quit(self) -> None:
        """Have the process end, without waiting for that; nothing is asked of it. The next command starts another."""
        process, self._process = self._process, None
        self.model = self._loaded_as = None
        if process is not None:
            process.ended.disconnect(self._on_ended)
            process.ended.connect(process.deleteLater)
            process.quit()

    def close(self) -> None:
        """End the process, patiently first. Blocks for seconds; for the end of the program."""
        self._idle.stop()
        self._process = None
        for process in self.findChildren(EngineProcess):  # one may be at its end already
            process.close()

    def _ask(
        self,
        command: _Question,
        answer: type[_Closing],
        on_done: Callable[[_Closing], None],
        on_error: Callable[[UserError], None],
        on_progress: Callable[[float], None] = lambda _fraction: None,
    ) -> int:
        """Send a command that is answered by one event of this type; return its number."""

        def handle(event: AnyEvent) -> None:
            if isinstance(event, Failed):
                on_error(UserError(event.sentence, event.hint))
            elif isinstance(event, Progress):
                on_progress(event.fraction)
            elif isinstance(event, answer):
                on_done(event)

        self._send(command, handle)
        return command.request

    # ------------------------------------------------------------ the process

    def _next_request(self) -> int:
        self._last_request += 1
        return self._last_request

    def _send(self, command: Load | Unload | Generate | Forget | _Question, handler: Handler) -> None:
        self._handlers[command.request] = handler
        if self._process is None:
            self._process = process = EngineProcess(self)
            process.said.connect(self._on_said)
            process.ended.connect(self._on_ended)
            process.start(self._backend)
        self._write(command)
        self._watch_idleness()

    def _write(self, command: Command) -> None:
        if self._process is not None:
            self._process.write(command)

    def _on_said(self, event: AnyEvent) -> None:
        if isinstance(event, Hello):
            _log.info("engine: %s", event)
            self.devices = event.devices
            return
        handler = self._handlers.get(event.request)
        if handler is None:
            return
        if not isinstance(event, Progress | Prefill | Piece):
            del self._handlers[event.request]
        handler(event)
        self._watch_idleness()

    def _watch_idleness(self) -> None:
        """Begin to wait anew for the model to have been idle long enough."""
        self._idle.stop()
        if self._idle.interval():
            self._idle.start()

    def _kill_if_deaf(self, request: int, was_next: bool) -> None:
        """End an engine that has nothing else to do first; what it is busy with otherwise is not to be lost."""
        if request not in self._handlers or self._process is None:
            return
        if was_next:
            _log.info("the engine does not react to stop and is killed")
            self._process.kill()
        else:
            self._watch_stop(request)

    def _on_ended(self, error: UserError) -> None:
        """Forget the process and tell everyone who waits."""
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        handlers, self._handlers = self._handlers, {}
        had_model, self.model, self._loaded_as = self.model is not None, None, None
        for request, handler in handlers.items():
            handler(Failed(request, error.sentence, error.hint))
        if had_model or handlers:
            self.crashed.emit(error)
        self.state_changed.emit(self.state)

    # ------------------------------------------------------------ loading

    def _on_load_event(self, loading: _Loading, event: AnyEvent) -> None:
        is_current = loading == self._loading
        if isinstance(event, Progress) and is_current:
            self.load_progressed.emit(event.fraction)
        elif isinstance(event, Loaded):
            self.model, self._loaded_as = event.model, loading
            if is_current:
                self._loading = None
                waiting, self._waiting = self._waiting, []
                self.state_changed.emit(self.state)
                for on_ready, _ in waiting:
                    on_ready()
        elif isinstance(event, Failed):
            if event.is_empty:  # the model before could not be loaded again
                self.model = self._loaded_as = None
            if not is_current:
                return
            error = UserError(event.sentence, event.hint)
            self._loading = None
            self._fail_waiting(error)
            self.load_failed.emit(error)
            self.state_changed.emit(self.state)

    def _fail_waiting(self, error: UserError) -> None:
        waiting, self._waiting = self._waiting, []
        for _, on_error in waiting:
            on_error(error)
