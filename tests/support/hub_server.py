"""The HTTP of the loopback hub (hub.py): connections, ranges, and everything that can go wrong on the way."""

import re
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Literal
from urllib.parse import parse_qs

from tests.support.hub_content import MIB, Blob

HostKind = Literal["hub", "cdn"]

POLL_S = 0.005  # how long stopping may take
SLICES_PER_S = 20  # of a throttled body
RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


@dataclass
class Faults:
    """What is to go wrong from now on. A file request is a GET that is answered by bytes of a file."""

    drop_after: list[int] = field(default_factory=list)
    """Each next file request is cut after that many bytes of its body, then the entry is used up."""
    reset: bool = False
    """Connections are cut by a reset, by which bytes on the way may be lost, and not by an orderly end."""
    throttle_bytes_per_s: int | None = None
    """The most that each response sends; a small number is a connection that has gone quiet."""
    statuses: list[int] = field(default_factory=list)
    """Each next request of a path that begins with `statuses_path` is answered by that, then the entry is used up."""
    statuses_path: str = ""
    ignore_ranges: bool = False
    no_length: bool = False
    """No answer says how long it is; it ends where the connection ends."""
    page: bytes | None = None
    """Every request is answered with this, as by a network that wants people to log in first."""
    wrong_sha256: bool = False
    """The hub names another SHA-256 than the large files have, everywhere the same."""
    lie_about_size: int = 0
    """Added to the sizes the hub names for large files."""
    short_body: bool = False
    """The second half of a file is promised and never sent; the connection ends."""
    corrupt_at: int | None = None
    """The byte at this offset of each file is sent flipped."""
    refuse: bool = False
    """Connections are accepted and closed at once."""
    hang: bool = False
    """Requests are taken and never answered, until the other side or the hub goes away."""
    extra_siblings: list[str] = field(default_factory=list)
    """Names that every repository has besides its files, as names of small files that can be fetched."""
    n_results: int | None = None
    """A search is answered with that many entries on one page."""
    raw_api_body: bytes | None = None
    """Calls of the API are answered with this."""


@dataclass(frozen=True)
class Request:
    """A request that came in. `path` is percent-encoded; a `status` of None means that no answer was given."""

    method: str
    host_kind: HostKind
    path: str
    range: str | None
    has_authorization: bool
    status: int | None
    query: str = ""


@dataclass(frozen=True)
class Asked:
    """The part of a request that decides what the answer says."""

    path: str
    query: dict[str, list[str]]
    token: str | None


@dataclass(frozen=True)
class Answer:
    """What the hub has to say. A Blob is sent as a file: in ranges, and with the faults that concern files."""

    body: bytes | Blob = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Book:
    """What both servers of a hub go by and write down."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.requests: list[Request] = []
        self.bytes_sent = 0
        self._lock = threading.Lock()

    def count(self, n_bytes: int) -> None:
        with self._lock:
            self.bytes_sent += n_bytes

    def take(self, entries: list[int]) -> int | None:
        """Use up the first entry, if there is one."""
        with self._lock:
            return entries.pop(0) if entries else None


class Server(socketserver.ThreadingTCPServer):
    """One listening port. Stopped, it leaves no thread and no socket, whatever its connections are doing."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, host_kind: HostKind, answer: Callable[[Asked], Answer], book: Book) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.host_kind = host_kind
        self.answer = answer
        self.book = book
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL_S,), name=f"loopback {host_kind}")
        self._thread.start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            with suppress(OSError):  # it is just being closed
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()  # waits for the threads of the connections

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def verify_request(self, request: socket.socket, client_address: tuple[str, int]) -> bool:
        return not self.book.faults.refuse

    def shutdown_request(self, request: socket.socket) -> None:
        # An orderly shutdown first, as in the base class, would leave nothing to be reset.
        self._connections.discard(request)
        request.close()

    def handle_error(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        if not isinstance(sys.exception(), OSError):  # a client may leave at any time
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection, which serves one request after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a small body waits for the acknowledgment of its headers
    server: Server

    def do_GET(self) -> None:
        faults = self.server.book.faults
        path, _, query = self.path.partition("?")
        if faults.refuse or faults.hang:
            self._note(None)
            self.close_connection = True
            if faults.hang:
                self.rfile.read(1)
            return
        status = self.server.book.take(faults.statuses) if path.startswith(faults.statuses_path) else None
        if status is not None:
            headers = {"Retry-After": "1"} if status == 429 else {}
            self._send(Answer(b'{"error":"This was to go wrong."}', status, headers))
            return
        if faults.page is not None:
            self._send(Answer(faults.page, headers={"Content-Type": "text/html"}))
            return
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        answer = self.server.answer(Asked(path, parse_qs(query), token if kind == "Bearer" else None))
        if isinstance(answer.body, Blob):
            self._send_file(answer.body, answer.headers)
        else:
            self._send(answer)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent; there is `Book.requests`."""

    def _note(self, status: int | None) -> None:
        path, _, query = self.path.partition("?")
        asked_range, has_authorization = self.headers.get("Range"), "Authorization" in self.headers
        request = Request(self.command, self.server.host_kind, path, asked_range, has_authorization, status, query)
        self.server.book.requests.append(request)

    def _send(self, answer: Answer) -> None:
        self._send_head(answer.status, len(answer.body), answer.headers)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _send_head(self, status: int, content_length: int, headers: dict[str, str]) -> None:
        self._note(status)  # before the client can know of it
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.book.faults.no_length:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(content_length))
        self.end_headers()

    def _send_file(self, blob: Blob, headers: dict[str, str]) -> None:
        wanted = None
        if not self.server.book.faults.ignore_ranges:
            headers = {**headers, "Accept-Ranges": "bytes"}
            if self.headers.get("If-Range", headers["ETag"]) == headers["ETag"]:
                wanted = byte_range(self.headers.get("Range", ""), blob.size)
        if wanted is None:
            wanted = range(blob.size)
            self._send_head(200, len(wanted), headers)
        elif wanted:
            headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{blob.size}"
            self._send_head(206, len(wanted), headers)
        else:
            self._send(Answer(status=416, headers={"Content-Range": f"bytes */{blob.size}"}))
            return
        if self.command != "HEAD":
            self._send_body(blob, wanted)

    def _send_body(self, blob: Blob, wanted: range) -> None:
        faults = self.server.book.faults
        drop_after = self.server.book.take(faults.drop_after)
        position, stop = wanted.start, wanted.stop
        if drop_after is not None:
            stop = min(stop, position + drop_after)
        if faults.short_body:
            stop = min(stop, blob.size // 2)
        while position < stop and not self.server.stopping.is_set():
            position += self._send_piece(blob, position, stop - position)
        if drop_after is not None or position < wanted.stop:
            self.close_connection = True
            if faults.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def _send_piece(self, blob: Blob, position: int, length: int) -> int:
        faults = self.server.book.faults
        flipped, rate = faults.corrupt_at, faults.throttle_bytes_per_s
        length = min(length, MIB, max(1, rate // SLICES_PER_S) if rate else MIB)
        if flipped is not None and position <= flipped < position + length:
            length = flipped - position or 1
        sent = 0
        self.server.book.count(length)  # beforehand, so that a client that has all of it never sees less
        try:
            if position == flipped:
                sent = self.connection.send(bytes([blob.piece(position, 1)[0] ^ 0xFF]))
            else:
                sent = blob.send(self.connection, position, length)
        finally:
            self.server.book.count(sent - length)
        if rate:
            self.server.stopping.wait(sent / rate)
        return sent


def byte_range(header: str, size: int) -> range | None:
    """Return which bytes a Range header asks for: none if there are none, None if the header is to be ignored."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header)
    if not match or match.group() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
