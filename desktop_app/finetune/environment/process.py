"""A foreign program at work for the environment: its words go to the log, and it can be ended at any moment."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from desktop_app.child_environment import program_folder, start_foreign
from desktop_app.finetune.environment.troubles import not_started, not_writable
from desktop_app.library.transfer import Stopped
from desktop_app.network.door import Door, Line, Offline, Stop, purpose

_LOOK_EVERY_S = 0.2


class Workshop:
    """Starts programs one after the other.

    Args:
        log: Gets all they say.
        stop: Ends the one that is at work.
        door: Asked before a program connects to somebody.
    """

    def __init__(self, log: Path, stop: Stop, door: Door) -> None:
        self._log = log
        self._stop = stop
        self._door = door

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        connects: Sequence[str] = (),
        why: str = "",
        look: Callable[[str], int] | None = None,
    ) -> tuple[int, str]:
        """Run a program to its end; return its exit status and what it said.

        Args:
            command: Program and arguments.
            environment: Of the program.
            connects: Hosts that it connects to; nothing is asked of the door without any.
            why: What for, in the list of connections.
            look: Called now and then with what it has said; returns how many bytes have come through the network.

        Raises:
            Stopped: If the person has stopped it.
            Offline: If it may not connect, or not any longer.
            UserError: If it cannot be started.
        """
        start = self._log.stat().st_size if self._log.exists() else 0
        with ExitStack() as stack:
            stack.enter_context(purpose(why, self._stop))
            line = self._door.begin(", ".join(connects)) if connects else None
            outcome = "cut off"
            try:
                status = self._watched(command, environment, line, lambda: self._said(start), look)
                outcome = "" if status == 0 else "failed"
            finally:
                if line is not None:
                    line.end(outcome)
        return status, self._said(start)

    def _watched(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        line: Line | None,
        said: Callable[[], str],
        look: Callable[[str], int] | None,
    ) -> int:
        with self._start(command, environment) as process:
            if line is not None:
                line.attach_program(process.kill)
            next_look = time.monotonic()
            try:
                while not _has_ended(process):
                    self._check(line)
                    if look is not None and time.monotonic() >= next_look:
                        began = time.monotonic()
                        _count(line, look(said()))
                        # Looking goes through some ten thousand files.
                        next_look = time.monotonic() + max(1.0, 10 * (time.monotonic() - began))
                self._check(line)
            finally:
                process.kill()
        if look is not None:
            _count(line, look(said()))
        return process.returncode

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        try:
            log = self._log.open("ab")
        except OSError as error:
            raise not_writable(self._log.parent) from error
        with log:
            try:
                return start_foreign(command, environment, program_folder(), stdout=log, stderr=log)
            except OSError as error:
                raise not_started() from error

    def _check(self, line: Line | None) -> None:
        if self._stop.is_set:
            raise Stopped
        if line is not None and not self._door.is_open:
            raise Offline

    def _said(self, start: int) -> str:
        with self._log.open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")


def _count(line: Line | None, received: int) -> None:
    if line is not None:
        line.received_bytes = received


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return False
    return True
