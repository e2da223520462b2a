"""What the loopback hub (hub.py) serves: bytes, files on disk, and files of any size that lie nowhere."""

import hashlib
import os
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

MIB = 1 << 20
_TURN = 0x9E375  # odd: the first 2**20 MiB of a generated file are that many different rotations


@dataclass(frozen=True)
class Generated:
    """Bytes that look random, follow from size and seed, and are made while they are read.

    Each MiB is the same random MiB, turned by another amount: made by slicing alone, and yet no two are alike.
    """

    size: int
    seed: int = 0

    def piece(self, offset: int, length: int) -> memoryview:
        """Return bytes from an offset on: `length` of them, or as many as there are in this MiB of the file."""
        block, start = divmod(offset, MIB)
        stop = min(start + min(length, self.size - offset), MIB)
        turn = block * _TURN % MIB
        return _mib_twice(self.seed)[turn + start : turn + stop]

    def sha256(self) -> str:
        """Return the digest in hex; computed once for equal contents."""
        return _sha256_of_generated(self)


Content = bytes | Path | Generated


class Blob:
    """A content with the sizes and names that a hub has for it."""

    def __init__(self, content: Content) -> None:
        self.content = content

    @cached_property
    def size(self) -> int:
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return self.content.size if isinstance(self.content, Generated) else len(self.content)

    @cached_property
    def sha256(self) -> str:
        return self.content.sha256() if isinstance(self.content, Generated) else _digest("sha256", self)

    @cached_property
    def git_id(self) -> str:
        """The name git gives a file that is not in LFS."""
        return _digest("sha1", self, b"blob %d\0" % self.size)

    def piece(self, offset: int, length: int) -> memoryview:
        """Return bytes from an offset on, at most `length` and a MiB, and at least one where there is one."""
        if isinstance(self.content, Generated):
            return self.content.piece(offset, length)
        if isinstance(self.content, bytes):
            return memoryview(self.content)[offset : offset + min(length, MIB)]
        with self.content.open("rb") as file:
            file.seek(offset)
            return memoryview(file.read(min(length, MIB)))

    def send(self, connection: socket.socket, offset: int, length: int) -> int:
        """Hand bytes from an offset on to a socket, at most `length`; return how many it has taken."""
        if isinstance(self.content, Path) and hasattr(os, "sendfile"):
            # Not socket.sendfile: where it fails it does not say how many bytes had been taken.
            with self.content.open("rb") as file:
                return os.sendfile(connection.fileno(), file.fileno(), offset, length)
        return connection.send(self.piece(offset, length))

    def pieces(self) -> Iterator[memoryview]:
        offset = 0
        while offset < self.size:
            piece = self.piece(offset, self.size)
            yield piece
            offset += len(piece)


def _digest(algorithm: str, blob: Blob, start: bytes = b"") -> str:
    digest = hashlib.new(algorithm, start)
    for piece in blob.pieces():
        digest.update(piece)
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _sha256_of_generated(content: Generated) -> str:
    return _digest("sha256", Blob(content))


@lru_cache(maxsize=16)
def _mib_twice(seed: int) -> memoryview:
    return memoryview(random.Random(seed).randbytes(MIB) * 2)
