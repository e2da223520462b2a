"""A file on its way over HTTP, from an offset on."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2

from desktop_app.network.troubles import no_answer

WHOLE = {"accept-encoding": "identity"}  # the bytes of the file as it is


@dataclass(frozen=True)
class Incoming:
    """A file on its way.

    Attributes:
        start: Offset in the file of the first byte that comes; 0 where the other side does not know ranges.
        sha256: Of the whole file as it is announced with it, or empty.
        pieces: The bytes; ends early, or raises `TryAgain`, where the connection is lost.
    """

    start: int
    sha256: str
    pieces: Iterator[bytes]


def start_of(response: httpx2.Response) -> int:
    """Return where the answer begins in the file. Format of Content-Range: RFC 9110, 14.4.

    Raises:
        ValueError: If it does not say so in that form.
    """
    if response.status_code != 206:
        return 0
    first = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(first)


def pieces_of(response: httpx2.Response, who: str) -> Iterator[bytes]:
    """Return the bytes as they come; `who` sends them, for sentences."""
    try:
        yield from response.iter_raw()
    except httpx2.TransportError as error:
        raise no_answer(error, who) from error
