"""The engine process: reads commands from stdin, works on one at a time, writes events to stdout.

A reader thread takes lines as they come, so that `Stop` overtakes the command being worked on. When stdin ends, the
client is gone and the process ends with it, whatever native code is doing.
"""

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO, NoReturn

import msgspec

from desktop_app.engine.backend import Backend, Stopped
from desktop_app.engine.messages import (
    AnyCommand,
    Codec,
    Count,
    Counted,
    Event,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    LoadProgress,
    Piece,
    Quit,
    Score,
    Scored,
    SetStack,
    StackSet,
    Stop,
    Unload,
    Unloaded,
)
from desktop_app.errors import UserError

PIECE_INTERVAL_S = 0.045  # each piece wakes the window, and what the window does the model cannot do
EXIT_GRACE_S = 1.0  # a native call may be in the middle of a batch when the client disappears

_log = logging.getLogger(__name__)


def run_engine(backend_name: str) -> NoReturn:
    """Serve one client over stdin and stdout until it quits or is gone, and end the process."""
    commands, events = _claim_protocol_streams()
    Worker(_backend(backend_name), commands, events).run()
    # The reader thread still waits for a line, and Python cannot shut down while a thread holds stdin.
    os._exit(0)


def _claim_protocol_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdout for the protocol alone: what native code or Python prints goes to stderr from here on."""
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return sys.stdin.buffer, events


def _backend(name: str) -> Backend:
    if name == "echo":
        from desktop_app.engine.echo import EchoBackend

        return EchoBackend()
    from desktop_app.engine.llama.backend import LlamaBackend

    return LlamaBackend()


class Worker:
    """The loop between the two streams and a backend."""

    def __init__(self, backend: Backend, commands: BinaryIO, events: BinaryIO) -> None:
        self._backend = backend
        self._commands = commands
        self._events = events
        self._queue: queue.Queue[AnyCommand] = queue.Queue()
        self._stopped: set[int] = set()
        self._client_gone = False

    def run(self) -> None:
        """Work until `Quit` or the end of stdin."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()
        self._send(self._backend.hello())
        while not isinstance(command := self._queue.get(), Quit):
            self._execute(command)
        self._backend.unload()

    def _read(self) -> None:
        for line in self._commands:
            try:
                command = Codec.command(line)
            except msgspec.MsgspecError:
                _log.exception("a line that is not of the protocol: %.200r", line)
                continue
            if isinstance(command, Stop):
                self._stopped.add(command.request)
            else:
                self._queue.put(command)
        self._client_gone = True
        self._queue.put(Quit())
        time.sleep(EXIT_GRACE_S)
        os._exit(0)  # nothing here is worth keeping a model in memory for a window that is gone

    def _send(self, event: Event) -> None:
        try:
            self._events.write(Codec.encode(event))
        except OSError:  # the reader thread sees the end of stdin and ends the process
            self._client_gone = True

    def _is_stopped(self, request: int) -> Callable[[], bool]:
        stopped = self._stopped
        return lambda: request in stopped or self._client_gone

    def _execute(self, command: AnyCommand) -> None:
        assert not isinstance(command, Stop | Quit)
        try:
            self._send(self._result(command))
        except UserError as error:
            _log.info("request %d refused: %s", command.request, error)
            self._send(Failed(command.request, error.sentence, error.hint))
        except Stopped:
            self._send(Failed(command.request, "Stopped."))
        except Exception as error:
            _log.exception("request %d failed", command.request)
            self._send(Failed(command.request, f"The engine met an unexpected error: {error}.", "The log has details."))
        finally:
            self._stopped.discard(command.request)

    def _result(self, command: AnyCommand) -> Event:
        """Work on the command and return its closing event."""
        is_stopped = self._is_stopped(command.request) if not isinstance(command, Quit) else bool
        match command:
            case Load(request=request):
                facts = self._backend.load(
                    command, lambda fraction: self._send(LoadProgress(request, fraction)), is_stopped
                )
                return Loaded(request, facts)
            case Unload(request=request):
                self._backend.unload()
                return Unloaded(request)
            case SetStack(request=request, stack=stack):
                return StackSet(request, self._backend.set_stack(stack))
            case Generate():
                return self._generate(command, is_stopped)
            case Score(request=request, text=text):
                logprobs = self._backend.score(text, is_stopped)
                return Scored(request, -sum(logprobs) / len(logprobs), tuple(logprobs))
            case Count(request=request, messages=messages):
                tokens, limit = self._backend.count(messages)
                return Counted(request, tokens, limit)
            case _:
                raise AssertionError(command)

    def _generate(self, command: Generate, is_stopped: Callable[[], bool]) -> Finished:
        pieces = self._backend.generate(command, self._send, is_stopped)
        held, sent_at = "", 0.0
        while True:
            try:
                held += next(pieces)
            except StopIteration as end:
                if held:
                    self._send(Piece(command.request, held))
                return Finished(command.request, end.value)
            now = time.monotonic()
            if held and now - sent_at >= PIECE_INTERVAL_S:
                self._send(Piece(command.request, held))
                held, sent_at = "", now
