"""A command of ours as a process of its own: as a child of the window, or let go of to outlive it.

A child says what it does in lines of JSON, as it does to every script. The window's end is its end too: it is told
so, and a child of a window that was killed ends when it next wants to say something, which nobody hears.
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from desktop_app.child_environment import OWN_FILE, own_program
from desktop_app.engine.launch import detached_environment, detached_program, engine_environment
from desktop_app.errors import UserError, unexpected_error

LINES_A_TURN = 200  # bounds the work of one turn of the event loop
STOP_PATIENCE_MS = 5_000  # it has an engine to end, and perhaps a trainer
_CLOSE_PATIENCE_MS = 1_500
_KILL_PATIENCE_MS = 2_000
_STDERR_TAIL = 4_000
_REFUSED = 1  # the exit status of a command that says why in a sentence

_log = logging.getLogger(__name__)


def start_detached(root: Path, arguments: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a command that goes on when the window is closed; what it says is added to the log.

    Whoever starts it should ask now and then whether it has ended (`poll`), as nobody else does while the window lives.

    Raises:
        UserError: If it cannot be started, or would be one of another version.
    """
    if updated := OWN_FILE.updated_meanwhile():
        raise updated
    flags = ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")  # Windows'
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                [*detached_program(own_program()), "--data-dir", str(root), *arguments],
                env=detached_environment(),
                cwd=Path.home(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                creationflags=sum(getattr(subprocess, flag, 0) for flag in flags),
            )
    except OSError as error:
        raise UserError(
            "The training could not be started.", "Check that the run folder may be written to and that memory is free."
        ) from error


class ChildCommand(QObject):
    """Lives in the GUI thread and, but for `close`, never waits.

    Signals:
        said(dict): A line of what the command prints.
        ended(object): It is over. None if all went well, or else the `UserError` to tell; of one that was stopped
            either may come.
    """

    said = Signal(dict)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stderr_tail = ""
        self._process = process = QProcess(self)
        process.setWorkingDirectory(str(Path.home()))
        process.setStandardInputFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._drain_stderr)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._deaf = QTimer(self, singleShot=True, interval=STOP_PATIENCE_MS)
        self._deaf.timeout.connect(process.kill)

    def start(self, root: Path, arguments: Sequence[str]) -> None:
        """Start `moatless` with these arguments, `--json` among them, in the data folder of this root.

        One of another version could leave the database as this window's version does not know it, and is not started.
        """
        if updated := OWN_FILE.updated_meanwhile():
            QTimer.singleShot(0, self, lambda: self._end(updated))
            return
        environment = QProcessEnvironment()
        for name, value in engine_environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        program, *rest = own_program()
        self._process.start(program, [*rest, "--data-dir", str(root), *arguments])

    def stop(self) -> None:
        """Have it end as by Ctrl+C; one that does not listen is killed after a while."""
        self._interrupt()
        self._deaf.start()

    def close(self) -> None:
        """End it without a signal, patiently first. Blocks for a moment; for the end of the program."""
        process = self._process
        self._deaf.stop()
        process.blockSignals(True)
        if process.state() != QProcess.ProcessState.NotRunning:
            self._interrupt()
            if not process.waitForFinished(_CLOSE_PATIENCE_MS):
                process.kill()
                process.waitForFinished(_KILL_PATIENCE_MS)

    def _interrupt(self) -> None:
        process_id = self._process.processId()
        if sys.platform == "win32" or not process_id:  # programs without a window cannot be asked there
            self._process.kill()
        else:
            os.kill(process_id, signal.SIGINT)

    def _read(self) -> None:
        for _ in range(LINES_A_TURN):
            if self._process.signalsBlocked() or not self._process.canReadLine():
                return
            self._take(bytes(self._process.readLine().data()))
        QTimer.singleShot(0, self, self._read)

    def _take(self, line: bytes) -> None:
        try:
            told = msgspec.json.decode(line, type=dict)
        except msgspec.MsgspecError:
            _log.warning("a line of a command that is no object: %.200r", line)
            return
        self.said.emit(told)

    def _drain_stderr(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._stderr_tail = (self._stderr_tail + text)[-_STDERR_TAIL:]

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the only one that is not followed by `finished`
            self._end(UserError("Moatless could not start itself for this.", "Install Moatless again."))

    def _on_finished(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        self._drain_stderr()
        while self._process.canReadLine():
            self._take(bytes(self._process.readLine().data()))
        if status == QProcess.ExitStatus.NormalExit and exit_code == 0:
            self._end(None)
            return
        _log.info("a command ended with %d; its last words: %s", exit_code, self._stderr_tail)
        self._end(error_of(exit_code, self._stderr_tail, is_crash=status == QProcess.ExitStatus.CrashExit))

    def _end(self, error: UserError | None) -> None:
        self._deaf.stop()
        self._process.blockSignals(True)
        self.ended.emit(error)


def error_of(exit_code: int, stderr: str, is_crash: bool = False) -> UserError:
    """Return what to tell of a command that has ended badly.

    Args:
        exit_code: Its exit status.
        stderr: The end of what it wrote there.
        is_crash: A signal has ended it.
    """
    if is_crash:
        return UserError(
            "The system ended the work, most likely because memory ran out. What was done is kept.",
            "Close other programs, then go on.",
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if exit_code == _REFUSED and lines and not any(line.startswith("Traceback ") for line in lines):
        return UserError(lines[-1])
    return unexpected_error()
