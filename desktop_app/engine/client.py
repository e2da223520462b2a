"""A blocking client of the engine, for the command line: send a command, read events until it is answered."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

import msgspec
import psutil

from desktop_app.child_environment import OWN_FILE
from desktop_app.engine.launch import crash_sentence, engine_command, engine_environment
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AnyCommand,
    AnyEvent,
    Codec,
    Command,
    Event,
    Failed,
    Hello,
    Piece,
    Prefill,
    Progress,
    Quit,
    Stop,
)
from desktop_app.errors import UserError

_STOP_SECONDS = 20  # it may have a state to save
_LAST = getattr(psutil, "IDLE_PRIORITY_CLASS", 19)  # Windows' and POSIX's lowest priority
_Closing = TypeVar("_Closing", bound=Event)


class EngineClient:
    """One engine process; use it in a `with` statement. `hello` is its first event.

    Args:
        backend: See `engine.worker`.
        is_behind: Everything else on the computer comes first, and Ctrl+C is not for it.
    """

    def __init__(self, backend: str = "llama", is_behind: bool = False) -> None:
        self._process = subprocess.Popen(
            engine_command(backend),
            env=engine_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=is_behind,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if is_behind else 0,  # Windows'
        )
        if is_behind:
            with suppress(psutil.Error):  # it is quick then, or has ended, which is seen below
                psutil.Process(self._process.pid).nice(_LAST)
        self._last_request = 0
        hello = self._read()
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL_VERSION:
            self.close()
            other = UserError("The engine belongs to another version of Moatless.", "Install Moatless again.")
            raise OWN_FILE.updated_meanwhile() or other
        self.hello = hello

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def next_request(self) -> int:
        """Return a number for a command that was not used before."""
        self._last_request += 1
        return self._last_request

    def send(self, command: Command) -> None:
        """Send a command.

        Raises:
            UserError: If the engine has ended.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(Codec.encode(command))
            self._process.stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def events(self, *commands: AnyCommand) -> Iterator[AnyEvent]:
        """Send commands and yield their events as they come, the last closing one last.

        Raises:
            UserError: If the engine refuses one of them or ends.
        """
        for command in commands:
            self.send(command)
        unanswered = {command.request for command in commands if not isinstance(command, Quit)}
        while unanswered:
            event = self._read()
            if isinstance(event, Hello) or event.request not in unanswered:
                continue
            if isinstance(event, Failed):
                raise UserError(event.sentence, event.hint)
            if not isinstance(event, Progress | Prefill | Piece):
                unanswered.remove(event.request)
            yield event

    def ask(self, command: AnyCommand, answer: type[_Closing]) -> _Closing:
        """Send a command and return its closing event, which is of type `answer`."""
        *_, closing = self.events(command)
        assert isinstance(closing, answer)
        return closing

    def stop(self, request: int) -> None:
        """Ask to end a command; its closing event still comes."""
        self.send(Stop(request))

    def _read(self) -> AnyEvent:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        try:
            return Codec.event(line)
        except msgspec.MsgspecError as error:
            raise UserError("The engine sent something unreadable.", "Install Moatless again.") from error

    def _ended(self) -> UserError:
        return UserError(crash_sentence(self._process.wait()), "Try again, or choose a smaller model.")

    def close(self) -> None:
        """End the process: closing its stdin is enough, unless something hangs."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(OSError):  # it was dead already, with something unsent
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
