"""The engine as the window sees it: a child process that is started when needed and may die at any time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.launch import crash_sentence, engine_command, engine_environment
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AnyEvent,
    ChatMessage,
    Codec,
    Command,
    Count,
    Counted,
    Failed,
    Generate,
    Hello,
    Load,
    Loaded,
    LoadProgress,
    ModelFacts,
    Piece,
    Prefill,
    Quit,
    Stop,
)
from desktop_app.errors import UserError

LINES_A_TURN = 200  # bounds the work of one turn of the event loop
STOP_PATIENCE_MS = 3_000
EXIT_PATIENCE_MS = 2_000
_STDERR_TAIL = 4_000

_log = logging.getLogger(__name__)
_native_log = logging.getLogger("engine")

Handler = Callable[[AnyEvent], None]


@dataclass(frozen=True)
class _Loading:
    request: int
    path: str
    settings: LoadSettings


class EngineState(Enum):
    """What the engine is doing about a model."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"


class Engine(QObject):
    """Owns the engine process. Lives in the GUI thread and never waits.

    Commands may be given at any time: without a process one is started first. If it ends by itself, everything that
    waits for it gets a `Failed` with a sentence, and the next command starts a new one.

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
        self._process: QProcess | None = None
        self._handlers: dict[int, Handler] = {}
        self._last_request = 0
        self._loading: _Loading | None = None
        self._loaded_as: tuple[str, LoadSettings] | None = None
        self._waiting: list[tuple[Callable[[], None], Callable[[UserError], None]]] = []
        self._stderr_tail = ""
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
        return self._process.processId() if self._process else 0

    def with_model(
        self, path: str, settings: LoadSettings, on_ready: Callable[[], None], on_error: Callable[[UserError], None]
    ) -> None:
        """Call `on_ready` once this model is loaded this way (perhaps at once), or `on_error` if it cannot be."""
        wanted = (path, settings)
        if self._loading is not None and (self._loading.path, self._loading.settings) == wanted:
            self._waiting.append((on_ready, on_error))
        elif self._loading is None and self._loaded_as == wanted:
            on_ready()
        else:
            self._fail_waiting(UserError("Another model was chosen meanwhile.", "Send the message again."))
            self.cancel_load()
            self._waiting.append((on_ready, on_error))
            request = self._next_request()
            self._loading = _Loading(request, path, settings)
            self._send(Load(request, path, settings), partial(self._on_load_event, self._loading))
            self.state_changed.emit(self.state)

    def cancel_load(self) -> None:
        """Stop loading; the model before it stays."""
        if self._loading is not None:
            self._write(Stop(self._loading.request))

    def count(
        self,
        messages: tuple[ChatMessage, ...],
        on_done: Callable[[int, int], None],
        on_error: Callable[[UserError], None],
    ) -> None:
        """Count the prompt's tokens: `on_done(tokens, longest prompt that leaves room for an answer)`."""

        def handle(event: AnyEvent) -> None:
            if isinstance(event, Failed):
                on_error(UserError(event.sentence, event.hint))
            elif isinstance(event, Counted):
                on_done(event.tokens, event.limit)

        self._send(Count(self._next_request(), messages), handle)

    def generate(
        self,
        messages: tuple[ChatMessage, ...],
        sampler: SamplerSettings,
        handler: Handler,
        continue_last: bool = False,
        omit_at_least: int = 0,
    ) -> int:
        """Ask for an answer and return the request's number. Events go to `handler`, the last is Finished or Failed."""
        request = self._next_request()
        self._send(Generate(request, messages, sampler, continue_last, omit_at_least), handler)
        return request

    def stop(self, request: int) -> None:
        """End a request soon; its closing event still comes. An engine that does not listen is killed."""
        self._write(Stop(request))
        QTimer.singleShot(STOP_PATIENCE_MS, self, lambda: self._kill_if_deaf(request))

    def close(self) -> None:
        """End the process, patiently first. Blocks up to two seconds; for the end of the program."""
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.write(Codec.encode(Quit()))
            process.closeWriteChannel()
            if not process.waitForFinished(EXIT_PATIENCE_MS):
                process.kill()
                process.waitForFinished(EXIT_PATIENCE_MS)

    # ------------------------------------------------------------ the process

    def _next_request(self) -> int:
        self._last_request += 1
        return self._last_request

    def _send(self, command: Load | Count | Generate, handler: Handler) -> None:
        self._handlers[command.request] = handler
        if self._process is None:
            self._start()
        self._write(command)

    def _write(self, command: Command) -> None:
        if self._process is not None:
            self._process.write(Codec.encode(command))

    def _start(self) -> None:
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in engine_environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(Path.home()))
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._drain_stderr)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_process_error)
        program, *arguments = engine_command(self._backend)
        self._process = process
        self._stderr_tail = ""
        process.start(program, arguments)

    def _read(self) -> None:
        process = self._process
        for _ in range(LINES_A_TURN):
            if process is None or process is not self._process or not process.canReadLine():
                return
            line = bytes(process.readLine().data())
            try:
                self._dispatch(Codec.event(line))
            except msgspec.MsgspecError:
                _log.exception("a line that is not of the protocol: %.200r", line)
        QTimer.singleShot(0, self, self._read)

    def _dispatch(self, event: AnyEvent) -> None:
        if isinstance(event, Hello):
            _log.info("engine: %s", event)
            if event.protocol != PROTOCOL_VERSION:
                self._end_with(
                    UserError("The engine belongs to another version of Moatless.", "Install Moatless again.")
                )
            return
        handler = self._handlers.get(event.request)
        if handler is None:
            return
        if not isinstance(event, LoadProgress | Prefill | Piece):
            del self._handlers[event.request]
        handler(event)

    def _drain_stderr(self) -> None:
        if self._process is None:
            return
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._stderr_tail = (self._stderr_tail + text)[-_STDERR_TAIL:]
        for line in text.splitlines():
            _native_log.info("%s", line)

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the only one that is not followed by `finished`
            self._end_with(UserError("The engine program could not be started.", "Install Moatless again."))

    def _on_finished(self, exit_code: int, _status: QProcess.ExitStatus) -> None:
        self._drain_stderr()
        _log.info("the engine ended with %d; its last words: %s", exit_code, self._stderr_tail)
        self._end_with(
            UserError(crash_sentence(exit_code, self._stderr_tail), "It starts again with your next message.")
        )

    def _kill_if_deaf(self, request: int) -> None:
        if request in self._handlers and self._process is not None:
            _log.info("the engine does not react to stop and is killed")
            self._process.kill()

    def _end_with(self, error: UserError) -> None:
        """Forget the process and tell everyone who waits."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
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
        if isinstance(event, LoadProgress) and is_current:
            self.load_progressed.emit(event.fraction)
        elif isinstance(event, Loaded):
            self.model, self._loaded_as = event.model, (loading.path, loading.settings)
            if is_current:
                self._loading = None
                waiting, self._waiting = self._waiting, []
                self.state_changed.emit(self.state)
                for on_ready, _ in waiting:
                    on_ready()
        elif isinstance(event, Failed) and is_current:
            error = UserError(event.sentence, event.hint)
            self._loading = None
            self._fail_waiting(error)
            self.load_failed.emit(error)
            self.state_changed.emit(self.state)

    def _fail_waiting(self, error: UserError) -> None:
        waiting, self._waiting = self._waiting, []
        for _, on_error in waiting:
            on_error(error)
