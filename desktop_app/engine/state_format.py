"""One KV state as a file. It is used only if every byte is as it was written, so all of it is under a checksum.

In the machine's byte order: head (magic, version, length of the key, conversation, number of tokens, length of the
state), key, tokens (int32), SHA-256 of what is before it, state, SHA-256 of head, key, tokens and state.
"""

import hashlib
import os
import struct
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _hashlib import HASH

_MAGIC = b"MoatlsKV"
_VERSION = 1
_HEAD = struct.Struct("=8sIIqQQ")
_DIGEST_BYTES = 32
_CHUNK_BYTES = 1 << 20  # what was just read or is about to be written is hashed out of the processor's cache


class Damaged(Exception):
    """The file is not what was written for this conversation and key."""


def file_bytes(key: bytes, n_tokens: int, state_bytes: int) -> int:
    """Return the size of a file."""
    return _HEAD.size + len(key) + n_tokens * array("i").itemsize + state_bytes + 2 * _DIGEST_BYTES


def write_state(
    file: IO[bytes],
    key: bytes,
    conversation: int,
    tokens: Sequence[int],
    state: bytearray,
    is_wanted: Callable[[], bool],
) -> bool:
    """Write a state and have it on the disk at return; False if it ended before, because nobody wants it any more."""
    head = _HEAD.pack(_MAGIC, _VERSION, len(key), conversation, len(tokens), len(state))
    head += key + array("i", tokens).tobytes()
    digest = hashlib.sha256(head)
    file.write(head + digest.digest())
    view = memoryview(state)
    for start in range(0, len(view), _CHUNK_BYTES):
        if not is_wanted():
            return False
        chunk = view[start : start + _CHUNK_BYTES]
        digest.update(chunk)
        file.write(chunk)
    file.write(digest.digest())
    file.flush()
    os.fsync(file.fileno())
    return True


def read_tokens(path: Path, key: bytes, conversation: int) -> list[int]:
    """Return the tokens a state holds, without reading the state.

    Raises:
        Damaged, OSError
    """
    with path.open("rb", buffering=0) as file:
        return _read_head(file, key, conversation)[0].tolist()


def read_state(path: Path, key: bytes, conversation: int) -> bytearray:
    """Return a state; it is read once and into one buffer, for somebody waits for it.

    Raises:
        Damaged, OSError
    """
    with path.open("rb", buffering=0) as file:
        _, length, digest = _read_head(file, key, conversation)
        state = bytearray(length)
        view = memoryview(state)
        for start in range(0, length, _CHUNK_BYTES):
            chunk = view[start : start + _CHUNK_BYTES]
            _expect(file.readinto(chunk) == len(chunk))
            digest.update(chunk)
        _expect(file.read(_DIGEST_BYTES) == digest.digest())
    return state


def _read_head(file: IO[bytes], key: bytes, conversation: int) -> "tuple[array[int], int, HASH]":
    """Return (tokens, length of the state, hash of what it was read from); the file then stands before the state."""
    head = file.read(_HEAD.size)
    _expect(len(head) == _HEAD.size)
    magic, version, key_bytes, owner, n_tokens, length = _HEAD.unpack(head)
    _expect((magic, version, key_bytes, owner) == (_MAGIC, _VERSION, len(key), conversation))
    # Before any buffer is made: a damaged length may be of any size.
    _expect(os.fstat(file.fileno()).st_size == file_bytes(key, n_tokens, length))
    tokens = array("i")
    head += file.read(key_bytes + n_tokens * tokens.itemsize)
    digest = hashlib.sha256(head)
    _expect(file.read(_DIGEST_BYTES) == digest.digest())
    _expect(head.startswith(key, _HEAD.size))
    tokens.frombytes(head[_HEAD.size + key_bytes :])
    return tokens, length, digest


def _expect(is_so: bool) -> None:
    if not is_so:
        raise Damaged
