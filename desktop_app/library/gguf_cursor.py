"""A place in a file from which numbers, texts and lengths are read, never past its end and never much at once."""

import struct
from typing import BinaryIO

from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, truncated
from desktop_app.library.gguf_types import NUMBERS

_CHUNK_BYTES = 1 << 18
_ABSURD_BYTES = 1 << 40  # no file was ever going to be this long: a wrong number, not a missing end
_MAX_TOKEN_BYTES = 1 << 16
_MAX_VOCABULARY_BYTES = 1 << 25  # seven times the largest known
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")


class Cursor:
    """Reads forward through a file of `size` bytes; `name` is what its errors call it.

    Every method raises `UserError` where the file is shorter than what it claims.
    """

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file = file
        self._size = size
        self.name = name
        self._buffer = b""
        self._buffer_start = 0
        self._at = 0  # in the buffer

    @property
    def position(self) -> int:
        return self._buffer_start + self._at

    def require(self, n_bytes: int) -> None:
        """Refuse the file unless this many bytes follow."""
        if n_bytes > self._size - self.position:
            if n_bytes > _ABSURD_BYTES:
                raise damaged(self.name, "its header gives a length that cannot be right")
            raise self._cut_off()

    def _cut_off(self) -> UserError:
        return truncated(self.name, f"it ends in the middle of its header, after {self._size:,} bytes")

    def take(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        self.require(n_bytes)
        if self._at + n_bytes > len(self._buffer):
            self._buffer_start, rest = self.position, self._buffer[self._at :]
            self._buffer, self._at = rest + self._file.read(max(n_bytes - len(rest), _CHUNK_BYTES)), 0
            if n_bytes > len(self._buffer):  # the file has become shorter since it was opened
                raise self._cut_off()
        self._at += n_bytes
        return self._buffer[self._at - n_bytes : self._at]

    def skip(self, n_bytes: int) -> None:
        self.require(n_bytes)
        if self._at + n_bytes <= len(self._buffer):
            self._at += n_bytes
        else:
            self._buffer_start, self._buffer, self._at = self.position + n_bytes, b"", 0
            self._file.seek(self._buffer_start)

    def u32(self) -> int:
        value: int = _U32.unpack(self.take(_U32.size))[0]
        return value

    def u64(self) -> int:
        value: int = _U64.unpack(self.take(_U64.size))[0]
        return value

    def number(self, type_id: int) -> int | float:
        """Return a number of one of the types in `NUMBERS`."""
        form = NUMBERS[type_id]
        value: int | float = form.unpack(self.take(form.size))[0]
        return value

    def length(self, limit: int, what: str) -> int:
        """Return the length in bytes of the text that follows."""
        length = self.u64()
        if length > limit:
            raise damaged(self.name, f"{what} claims to be {length:,} bytes long")
        self.require(length)
        return length

    def text(self, limit: int, what: str) -> str:
        return self.take(self.length(limit, what)).decode("utf-8", errors="replace")

    def skip_strings(self, n_strings: int) -> None:
        """Step over texts; each has its length before it, so there is no shorter way than from one to the next."""
        self.require(n_strings * _U64.size)
        done = 0
        while done < n_strings:
            self._at, done = _walk(self._buffer, self._at, done, n_strings)
            if done < n_strings:  # the next one reaches over the end of the buffer
                self.skip(self.u64())
                done += 1

    def skip_tokens(self, n_tokens: int) -> bool:
        """Step over a vocabulary and return whether it has a token for each of the 256 bytes.

        Native code ends the whole process over a token that is there twice, so such a file is refused here.
        """
        self.require(n_tokens * _U64.size)
        start, done = self.position, 0
        seen: set[bytes] = set()
        while done < n_tokens:
            self._at, done = _walk_tokens(self._buffer, self._at, done, n_tokens, seen)
            if done < n_tokens:
                token = self.take(self.length(_MAX_TOKEN_BYTES, "a token of its vocabulary"))
                seen.add(token or _name_of_empty_token(done))
                done += 1
            if self.position - start > _MAX_VOCABULARY_BYTES:
                raise damaged(self.name, "its vocabulary is larger than that of any model")
        if b"\0" in b"".join(seen):  # native code reads no further than to the zero
            seen = {token.partition(b"\0")[0] or token for token in seen}
        if len(seen) < n_tokens:
            raise damaged(self.name, "its vocabulary has the same token twice")
        return all(b"<0x%02X>" % byte in seen for byte in range(256))


def _walk(buffer: bytes, at: int, done: int, n_strings: int) -> tuple[int, int]:
    """Return the place after the last text that is whole in the buffer, and the number of texts done by then."""
    unpack, end = _U64.unpack_from, len(buffer)
    last = end - _U64.size
    for number in range(done, n_strings):
        if at > last:
            return at, number
        following = at + _U64.size + unpack(buffer, at)[0]
        if following > end:
            return at, number
        at = following
    return at, n_strings


def _walk_tokens(buffer: bytes, at: int, done: int, n_tokens: int, seen: set[bytes]) -> tuple[int, int]:
    """Do the same and put each text into `seen`."""
    unpack, end = _U64.unpack_from, len(buffer)
    last = end - _U64.size
    for number in range(done, n_tokens):
        if at > last:
            return at, number
        start = at + _U64.size
        following = start + unpack(buffer, at)[0]
        if following > end:
            return at, number
        seen.add(buffer[start:following] or _name_of_empty_token(number))
        at = following
    return at, n_tokens


def _name_of_empty_token(number: int) -> bytes:
    """Return what llama.cpp calls a token without text, which a vocabulary may have several of."""
    return b"[EMPTY_%d]" % number
