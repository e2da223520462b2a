"""The HTTP client behind the door: every request, redirects included, asks the door first and is listed.

It is also the one that huggingface_hub works with.
"""

import logging
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import httpx2
import huggingface_hub
from huggingface_hub import set_client_factory

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.network.door import Door, Line
from desktop_app.network.troubles import THE_HUB, is_busy, no_answer, refuse_if_busy

TIMEOUT = httpx2.Timeout(20, connect=10)
# A connection that is kept for the next request would stay open behind a door that is shut.
_KEEP_NONE = httpx2.Limits(max_keepalive_connections=0)
_LINE = "moatless.line"

# They would write addresses into the log, with the signatures that are part of them.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)
logging.getLogger("huggingface_hub").setLevel(logging.ERROR)


class _Counted(httpx2.SyncByteStream):
    """The body of an answer, counted as it comes. `outcome` is what to list if it comes whole."""

    def __init__(self, stream: httpx2.SyncByteStream, line: Line, outcome: str) -> None:
        self._stream = stream
        self._line = line
        self._outcome = outcome

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._stream:
                self._line.received_bytes += len(piece)
                yield piece
        except httpx2.TransportError:
            self._line.end("cut off")
            raise

    def close(self) -> None:
        self._stream.close()
        self._line.end(self._outcome)


class _Client(httpx2.Client):
    def __init__(self, door: Door, who: str = THE_HUB) -> None:
        try:
            super().__init__(
                follow_redirects=True,
                timeout=TIMEOUT,
                limits=_KEEP_NONE,
                verify=_certificates(),
                event_hooks={"request": [self._on_request], "response": [self._on_response]},
            )
        except (ImportError, ValueError) as error:  # for SOCKS it would need another package
            raise UserError(
                "The network settings of this computer name a proxy of a kind that Moatless cannot use.",
                "Set HTTPS_PROXY to the address of an HTTP proxy, and remove ALL_PROXY.",
            ) from error
        self._door = door
        self._who = who
        self._waiting = threading.local()  # the line of this thread that has had no answer yet

    def _on_request(self, request: httpx2.Request) -> None:
        # huggingface_hub would name itself and what it runs on.
        request.headers["user-agent"] = f"Moatless/{__version__}"
        request.headers.pop("cookie", None)  # by which one question could be told to come from who asked another
        line = self._waiting.line = request.extensions[_LINE] = self._door.begin(request.url.host)
        request.extensions["trace"] = partial(_attach, line)

    def _on_response(self, response: httpx2.Response) -> None:
        line: Line = response.request.extensions[_LINE]
        self._waiting.line = None
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Counted(response.stream, line, _outcome(response))
        refuse_if_busy(response, self._who)

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        request.extensions["timeout"] = TIMEOUT.as_dict()  # huggingface_hub asks for none, and would wait for ever
        try:
            return super().send(request, **options)
        except httpx2.TransportError as error:
            raise no_answer(error, self._who) from error
        finally:
            if (line := getattr(self._waiting, "line", None)) is not None:
                self._waiting.line = None
                line.end("no answer")


def pieces_of(response: httpx2.Response, who: str) -> Iterator[bytes]:
    """Return the bytes of an answer as they come; `who` sends them, for sentences."""
    try:
        yield from response.iter_raw()
    except httpx2.TransportError as error:
        raise no_answer(error, who) from error


@cache
def _certificates() -> ssl.SSLContext:
    """Return whom to believe, read once: it takes a tenth of a second."""
    return httpx2.create_ssl_context()


def _attach(line: Line, event: str, facts: Mapping[str, Any]) -> None:
    """Take the socket as soon as there is one: what is asked through it may never be answered."""
    if event.endswith(("connect_tcp.complete", "start_tls.complete")):
        line.attach(facts["return_value"].get_extra_info("socket"))


def _outcome(response: httpx2.Response) -> str:
    if is_busy(response):
        return "not now"
    return "refused" if response.is_error else ""


def make_client(door: Door, who: str = THE_HUB) -> httpx2.Client:
    """Return a client of its own for one piece of work, to be closed after it; `who` is asked, for sentences."""
    return _Client(door, who)


@contextmanager
def hub_session(door: Door) -> Iterator[None]:
    """Let huggingface_hub work through this door within the block, in every thread."""
    with _Session.lock:
        if _Session.door is not door:
            _Session.door = door
            set_client_factory(lambda: _Client(door))
            door.at_end(lambda: close_session(door))
    yield


def close_session(door: Door) -> None:
    """End what huggingface_hub keeps open through this door."""
    with _Session.lock:
        if _Session.door is door:
            _Session.door = None
            huggingface_hub.close_session()


class _Session:
    """huggingface_hub has one client for all of a process."""

    lock = threading.Lock()
    door: Door | None = None
