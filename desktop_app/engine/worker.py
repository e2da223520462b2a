"""The engine process: reads commands from stdin, works, writes events to stdout.

A reader thread takes lines as they come, so that `Stop` overtakes, and answers that are asked for while others are
written join them. When stdin ends, the client is gone and the process ends with it, whatever native code is doing.
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, NoReturn

import msgspec

from desktop_app.engine.backend import Backend, IsStopped, Stopped
from desktop_app.engine.messages import (
    AnyCommand,
    Codec,
    Compare,
    Compared,
    Count,
    Counted,
    Encode,
    Event,
    Failed,
    Finished,
    Forget,
    Forgotten,
    Generate,
    Load,
    Loaded,
    Merge,
    Merged,
    Piece,
    Prepare,
    Prepared,
    Progress,
    Quit,
    Record,
    Recorded,
    Score,
    Scored,
    Stop,
    Unload,
    Unloaded,
)
from desktop_app.errors import UserError

PIECE_INTERVAL_S = 0.045  # each piece wakes the window, and what the window does the model cannot do
REST_AFTER_S = 20.0  # by then the person reads, or has left
EXIT_GRACE_S = 1.0  # a native call may be in the middle of a batch when the client disappears ...
SAVE_GRACE_S = 15.0  # ... or something be on its way to the disk

_log = logging.getLogger(__name__)


def run_engine(backend_name: str) -> NoReturn:
    """Serve one client over stdin and stdout until it quits or is gone, and end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the client, which ends this process
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
        self._next: AnyCommand | None = None  # taken from the queue, but its time has not come
        self._pieces = _Pieces()
        self._sending = threading.Lock()
        self._stopped: set[int] = set()
        self._client_gone = False
        self._is_closing = threading.Event()

    def run(self) -> None:
        """Work until `Quit` or the end of stdin."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()
        self._send(self._backend.hello())
        while not isinstance(command := self._take(), Quit):
            if command is not None:
                self._execute(command)
            elif self._backend.busy:
                self._step()
        self._is_closing.set()
        self._backend.close()

    # ------------------------------------------------------------ the streams

    def _read(self) -> None:
        for line in self._commands:
            try:
                command = Codec.command(line)
            except msgspec.MsgspecError:
                _log.exception("a line that is not of the protocol: %.200r", line)
                self._answer_unreadable(line)
                continue
            if isinstance(command, Stop):
                self._stopped.add(command.request)
            else:
                self._queue.put(command)
        self._client_gone = True
        self._queue.put(Quit())
        closing = self._is_closing.wait(EXIT_GRACE_S)
        time.sleep(SAVE_GRACE_S if closing else 0)
        os._exit(0)  # nothing here is worth keeping a model in memory for a window that is gone

    def _answer_unreadable(self, line: bytes) -> None:
        """Whoever waits for an answer to this is not to wait for ever."""
        with suppress(msgspec.MsgspecError):
            request = Codec.request(line)
            self._fail(request, "The engine cannot read what it was asked for.", "Check the values that were given.")

    def _send(self, event: Event) -> None:
        try:
            with self._sending:
                self._events.write(Codec.encode(event))
        except OSError:  # the reader thread sees the end of stdin and ends the process
            self._client_gone = True

    def _is_stopped(self, request: int) -> Callable[[], bool]:
        stopped = self._stopped
        return lambda: request in stopped or self._client_gone

    def _take(self) -> AnyCommand | None:
        """Return the next command, or None if none can begin beside the answers being written."""
        if self._next is None:
            self._next = self._queue_get()
        if self._backend.busy and not isinstance(self._next, Generate | Prepare | Count | Forget):
            self._drop_if_stopped()
            return None
        command, self._next = self._next, None
        return command

    def _drop_if_stopped(self) -> None:
        """Close the command that waits for the answers being written if nobody waits for it any more."""
        waiting = self._next
        if waiting is not None and not isinstance(waiting, Stop | Quit) and waiting.request in self._stopped:
            self._next = None
            self._fail(waiting.request, "Stopped.")

    def _queue_get(self) -> AnyCommand | None:
        if self._backend.busy:
            return None if self._queue.empty() else self._queue.get()
        try:
            return self._queue.get(timeout=REST_AFTER_S)
        except queue.Empty:
            self._backend.rest()
            return self._queue.get()

    # ------------------------------------------------------------ commands

    def _execute(self, command: AnyCommand) -> None:
        assert not isinstance(command, Stop | Quit)
        try:
            if (event := self._result(command)) is not None:
                self._close(event)
        except UserError as error:
            _log.info("request %d refused: %s", command.request, error)
            self._fail(command.request, error.sentence, error.hint)
        except Stopped:
            self._fail(command.request, "Stopped.")
        except Exception as error:
            _log.exception("request %d failed", command.request)
            self._fail(command.request, f"The engine met an unexpected error: {error}.", "The log has details.")

    def _fail(self, request: int, sentence: str, hint: str = "") -> None:
        self._close(Failed(request, sentence, hint, is_empty=not self._backend.is_loaded))

    def _close(self, event: Event) -> None:
        self._send(event)
        self._stopped.discard(event.request)  # type: ignore[attr-defined]  # all closing events have it

    def _result(self, command: AnyCommand) -> Event | None:
        """Work on the command and return its closing event; None for an answer, which is only begun."""
        assert not isinstance(command, Stop | Quit)
        is_stopped = self._is_stopped(command.request)

        def tell(fraction: float) -> None:
            self._send(Progress(command.request, fraction))

        match command:
            case Load(request=request):
                return Loaded(request, self._backend.load(command, tell, is_stopped))
            case Unload(request=request):
                self._backend.unload()
                return Unloaded(request)
            case Prepare(request=request, stack=stack):
                return Prepared(request, self._backend.prepare(stack))
            case Generate():
                self._backend.begin(command, is_stopped)
                return None
            case Count(request=request, messages=messages):
                tokens, limit = self._backend.count(messages)
                return Counted(request, tokens, limit)
            case Forget(request=request, conversation=conversation):
                self._backend.forget(conversation)
                return Forgotten(request)
            case _:
                return self._work(command, tell, is_stopped)

    def _work(
        self, command: Score | Compare | Merge | Encode | Record, tell: Callable[[float], None], is_stopped: IsStopped
    ) -> Event:
        """Do what belongs to no conversation."""
        match command:
            case Score(request=request):
                logprobs = self._backend.score(command, is_stopped)
                return Scored(request, -sum(logprobs) / len(logprobs), tuple(logprobs))
            case Compare(request=request):
                return Compared(request, self._backend.compare(command, is_stopped))
            case Merge(request=request):
                changed, size_bytes = self._backend.merge(command, tell, is_stopped)
                return Merged(request, changed, size_bytes)
            case Encode():
                return self._backend.encode(command, is_stopped)
            case Record(request=request, tokens=tokens):
                self._backend.record(command, is_stopped)
                return Recorded(request, len(tokens))

    def _step(self) -> None:
        for event in self._backend.step():
            if isinstance(event, Piece):
                self._pieces.add(event)
            elif isinstance(event, Finished | Failed):
                for piece in self._pieces.take(event.request):
                    self._send(piece)
                self._close(event)
            else:
                self._send(event)
        for piece in self._pieces.take_due(time.monotonic()):
            self._send(piece)


class _Pieces:
    """Text on its way out, gathered for each answer until it is worth waking the window."""

    def __init__(self) -> None:
        self._held: dict[int, str] = {}
        self._sent_at: dict[int, float] = {}

    def add(self, piece: Piece) -> None:
        self._held[piece.request] = self._held.get(piece.request, "") + piece.text

    def take_due(self, now: float) -> list[Piece]:
        """Return what has waited long enough; the first text of an answer does not wait."""
        due = [
            request for request in self._held if now - self._sent_at.get(request, -PIECE_INTERVAL_S) >= PIECE_INTERVAL_S
        ]
        pieces = [Piece(request, text) for request in due if (text := self._held.pop(request))]
        for piece in pieces:
            self._sent_at[piece.request] = now
        return pieces

    def take(self, request: int) -> list[Piece]:
        """Return the rest of an answer that is over."""
        self._sent_at.pop(request, None)
        text = self._held.pop(request, "")
        return [Piece(request, text)] if text else []
