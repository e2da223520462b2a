"""One engine process, from its start to its end: protocol lines in and out, its log, and a sentence for its end."""

import logging
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from desktop_app.child_environment import OWN_FILE
from desktop_app.engine.launch import crash_sentence, engine_command, engine_environment
from desktop_app.engine.messages import PROTOCOL_VERSION, Codec, Command, Hello, Quit
from desktop_app.errors import UserError

LINES_A_TURN = 200  # bounds the work of one turn of the event loop
EXIT_PATIENCE_MS = 10_000  # a conversation's state may be on its way to a slow disk
_KILL_PATIENCE_MS = 2_000
_STDERR_TAIL = 4_000

_log = logging.getLogger(__name__)
_native_log = logging.getLogger("engine")


class EngineProcess(QObject):
    """Lives in the GUI thread and, but for `close`, never waits.

    Signals:
        said(AnyEvent): A line of the protocol.
        ended(UserError): The process could not be started, ended by itself, or is of no use; nothing follows.
    """

    said = Signal(object)
    ended = Signal(UserError)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stderr_tail = ""
        self._refusal: UserError | None = None  # why nothing it says is of use
        self._process = process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in engine_environment().items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(Path.home()))
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._drain_stderr)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)

    @property
    def process_id(self) -> int:
        """The process number, 0 before the start."""
        return self._process.processId()

    def start(self, backend: str) -> None:
        program, *arguments = engine_command(backend)
        self._process.start(program, arguments)

    def write(self, command: Command) -> None:
        """Send a command; before the process has started it waits for that."""
        self._process.write(Codec.encode(command))

    def quit(self) -> None:
        """Ask the process to end once it has nothing to do any more; `ended` tells when it is so."""
        self._process.write(Codec.encode(Quit()))
        self._process.closeWriteChannel()

    def kill(self) -> None:
        """End the process at once; `ended` tells when it is so."""
        self._process.kill()

    def close(self) -> None:
        """End the process without a signal, patiently first. Blocks for seconds; for the end of the program."""
        process = self._process
        process.blockSignals(True)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.write(Codec.encode(Quit()))
            process.closeWriteChannel()
            if not process.waitForFinished(EXIT_PATIENCE_MS):
                process.kill()
                process.waitForFinished(_KILL_PATIENCE_MS)

    def _read(self) -> None:
        process = self._process
        for _ in range(LINES_A_TURN):
            if process.signalsBlocked() or self._refusal is not None or not process.canReadLine():
                return
            line = bytes(process.readLine().data())
            try:
                event = Codec.event(line)
            except msgspec.MsgspecError:
                _log.exception("a line that is not of the protocol: %.200r", line)
                continue
            if isinstance(event, Hello) and event.protocol != PROTOCOL_VERSION:
                other = UserError("The engine belongs to another version of Moatless.", "Install Moatless again.")
                self._refusal = OWN_FILE.updated_meanwhile() or other
                process.kill()
                return
            self.said.emit(event)
        QTimer.singleShot(0, self, self._read)

    def _drain_stderr(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._stderr_tail = (self._stderr_tail + text)[-_STDERR_TAIL:]
        for line in text.splitlines():
            _native_log.info("%s", line)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the only one that is not followed by `finished`
            self._end(UserError("The engine program could not be started.", "Install Moatless again."))

    def _on_finished(self, exit_code: int, _status: QProcess.ExitStatus) -> None:
        self._drain_stderr()
        _log.info("the engine ended with %d; its last words: %s", exit_code, self._stderr_tail)
        crash = UserError(crash_sentence(exit_code, self._stderr_tail), "It starts again with your next message.")
        self._end(self._refusal or crash)

    def _end(self, error: UserError) -> None:
        self._process.blockSignals(True)
        self.ended.emit(error)
