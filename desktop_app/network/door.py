"""The one door to the network: the offline switch, who is connected right now, and how such a connection is cut.

Imports no HTTP library, so that the window can hold a door before it needs one.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from desktop_app.errors import UserError
from desktop_app.network.journal import Journal

HUB = "https://huggingface.co"


class Offline(UserError):
    """The offline switch is on."""

    def __init__(self) -> None:
        super().__init__(
            "Moatless is set to stay offline, so it makes no connection.", "Switch offline mode off first."
        )


class Gated(UserError):
    """The repository's owner lets in only people who have accepted something. `page` is where that is done."""

    def __init__(self, sentence: str, hint: str, page: str) -> None:
        super().__init__(sentence, hint)
        self.page = page


class TokenRefused(UserError):
    """The Hub does not accept the person's token."""

    def __init__(self) -> None:
        super().__init__(
            "The Hub does not accept your token.", "It may have been revoked; make a new one and save it here."
        )


class Stop:
    """Ends work with the network from another thread: asked between pieces, and it cuts what is being waited for."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lines: set[Line] = set()
        self._lock = threading.Lock()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.cut()

    def wait(self, seconds: float) -> bool:
        """Return whether it was set within this time."""
        return self._event.wait(seconds)

    def watch(self, line: "Line") -> None:
        with self._lock:
            self._lines.add(line)
        if self.is_set:
            line.cut()

    def forget(self, line: "Line") -> None:
        with self._lock:
            self._lines.discard(line)


_why: ContextVar[str] = ContextVar("why", default="")
_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


class Line:
    """One open connection: counts what comes and is listed in the journal."""

    def __init__(self, door: "Door", host: str) -> None:
        self._door = door
        self._cut: Callable[[], None] | None = None
        self._stop = _stop.get()
        self._name = door.journal.begin(host, _why.get())
        self._has_ended = False
        self.received_bytes = 0

    def attach(self, connected: socket.socket) -> None:
        """Take the socket by which it can be cut."""
        self.attach_program(lambda: _shut_down(connected))

    def attach_program(self, end: Callable[[], None]) -> None:
        """Take what ends another program that makes the connection. It may be called at any time, from any thread."""
        self._cut = end
        if self._stop is not None:
            self._stop.watch(self)
        if not self._door.is_open:
            self.cut()

    def cut(self) -> None:
        """Wake whoever waits for more."""
        cut = self._cut  # another thread may be ending it
        if cut is not None:
            cut()

    def end(self, outcome: str = "") -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._cut = None
        if self._stop is not None:
            self._stop.forget(self)
        self._door.forget(self)
        self._door.journal.end(self._name, self.received_bytes, outcome)


def _shut_down(connected: socket.socket) -> None:
    """Wake whoever waits for more to come. Closing the socket would not: a waiting thread sleeps on."""
    with suppress(OSError):
        # That of an encrypted one would forget how to decrypt, and hand on what still lies there as it is.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Door:
    """What may pass to the network.

    Args:
        journal: Where every connection is listed.
        is_open: False is offline.
        endpoint: Address of the Hub; without it `HF_ENDPOINT`, as other programs use it for a mirror.
    """

    def __init__(self, journal: Journal, is_open: bool = True, endpoint: str = "") -> None:
        self.journal = journal
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
        self._is_open = is_open
        self._lines: set[Line] = set()
        self._lock = threading.Lock()
        self._at_end: Callable[[], None] | None = None

    @property
    def is_open(self) -> bool:
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Open the door, or close it and cut every connection there is."""
        self._is_open = is_open
        if not is_open:
            with self._lock:
                lines = list(self._lines)
            for line in lines:
                line.cut()

    def begin(self, host: str) -> Line:
        """Let a connection through.

        Raises:
            Offline: If none may be made.
        """
        if not self._is_open:
            raise Offline
        line = Line(self, host)
        with self._lock:
            self._lines.add(line)
        return line

    def forget(self, line: Line) -> None:
        with self._lock:
            self._lines.discard(line)

    def at_end(self, do: "Callable[[], None]") -> None:
        """Have this called by `close`, once."""
        self._at_end = do

    def close(self) -> None:
        """Close it for good."""
        self.set_open(False)
        do, self._at_end = self._at_end, None
        if do is not None:
            do()


@contextmanager
def purpose(why: str, stop: Stop | None = None) -> Iterator[None]:
    """Say what the connections within the block are for, and what ends them early (or else what ends the outer one)."""
    why_token, stop_token = _why.set(why), _stop.set(stop or _stop.get())
    try:
        yield
    finally:
        _why.reset(why_token)
        _stop.reset(stop_token)
