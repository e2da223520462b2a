"""A file on its way, from an offset on, and what the head of an answer over HTTP says of it.

Imports no HTTP library, so that the window can speak of files on their way before it needs one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

WHOLE = {"accept-encoding": "identity"}  # the bytes of the file as it is


@dataclass(frozen=True)
class Incoming:
    """A file on its way.

    Attributes:
        start: Offset in the file of the first byte that comes; 0 where the other side does not know ranges.
        sha256: Of the whole file as it is announced with it, or empty.
        pieces: The bytes; ends early, or raises `TryAgain`, where the connection is lost.
        size_bytes: Of the whole file as it is announced with it, or None.
    """

    start: int
    sha256: str
    pieces: Iterator[bytes]
    size_bytes: int | None = None


def start_of(response: "httpx2.Response") -> int:
    """Return where the answer begins in the file. Format of Content-Range: RFC 9110, 14.4.

    Raises:
        ValueError: If it does not say so in that form.
    """
    if response.status_code != 206:
        return 0
    first = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(first)


def size_of(response: "httpx2.Response") -> int | None:
    """Return how large the whole file is, or None if the answer does not say so.

    The bytes are taken as they come, so it does not matter whether whoever sends them calls them compressed.
    """
    if response.status_code == 206:
        size = response.headers.get("content-range", "").rpartition("/")[2]
    else:
        size = response.headers.get("content-length", "")
    return int(size) if size.isdecimal() else None
