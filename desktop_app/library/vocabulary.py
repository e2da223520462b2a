"""What identifies a model's vocabulary: only models that cut every text into the same tokens can work on one answer."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, not_a_gguf, shown_name
from desktop_app.library.gguf_cursor import Cursor
from desktop_app.library.gguf_reader import MAGIC, MAX_KEY_BYTES, TOKENS
from desktop_app.library.gguf_types import ARRAY, NUMBERS, STRING

_KINDS = "tokenizer.ggml.token_type"
_BY_TOKEN = (TOKENS, _KINDS, "tokenizer.ggml.scores")  # one item for each token
_DECIDING = (
    *_BY_TOKEN,
    "tokenizer.ggml.merges",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
)
_UNUSED = (5).to_bytes(4, "little")  # LLAMA_TOKEN_TYPE_UNUSED of llama.h; converters give it to padding


@dataclass(frozen=True)
class _Place:
    """Where in the file a value is. `length`: the number of its items; 1 unless it is a list."""

    type_id: int
    length: int
    start: int
    end: int


def vocabulary_fingerprint(path: Path) -> str:
    """Return the SHA-256, in hexadecimal digits, of what decides how a model cuts text into tokens.

    Unused tokens at the end of the list do not count: the models of one family have lists of different lengths,
    because converters pad each to the number of rows of its matrix (Qwen2.5: 151,936 of the small ones, 152,064 of the
    large). A token that only one of two models has a number for is therefore none that either of them writes.

    Args:
        path: A GGUF file; of a split model, its first part. Read once, as long as it does not change.

    Raises:
        UserError: If it is not a whole GGUF file or cannot be read.
    """
    try:
        status = path.stat()
        return _fingerprint(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise UserError(
            f"“{shown_name(path)}” could not be read.", "Check that the file is there and may be read."
        ) from error


@lru_cache(maxsize=256)
def _fingerprint(path: Path, size: int, _changed_at: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        places = _find(_cursor(file, size, path))
        n_used = _n_used_tokens(file, places)
        for key in _DECIDING:
            if (place := places.get(key)) is None:
                continue
            if key in _BY_TOKEN and n_used < place.length:
                end = _end_of_items(_cursor(file, size, path), place, n_used)
                place = _Place(place.type_id, n_used, place.start, end)
            digest.update(f"{key} {place.type_id} {place.length} {place.end - place.start}\n".encode())
            digest.update(_content(file, place))
    return digest.hexdigest()


def _cursor(file: BinaryIO, size: int, path: Path) -> Cursor:
    file.seek(0)
    return Cursor(file, size, shown_name(path))


def _find(cursor: Cursor) -> dict[str, _Place]:
    """Return where the values of the header are."""
    magic = cursor.take(len(MAGIC))
    if magic != MAGIC:
        raise not_a_gguf(cursor.name, magic)
    cursor.u32()
    cursor.u64()
    places = {}
    for _ in range(cursor.u64()):
        key = cursor.text(MAX_KEY_BYTES, "a name in its header")
        type_id, length = cursor.u32(), 1
        if type_id == ARRAY:
            type_id, length = cursor.u32(), cursor.u64()
        start = cursor.position
        _skip(cursor, type_id, length)
        places[key] = _Place(type_id, length, start, cursor.position)
    return places


def _skip(cursor: Cursor, type_id: int, length: int) -> None:
    if type_id == STRING:
        cursor.skip_strings(length)
    elif type_id in NUMBERS:
        cursor.skip(length * NUMBERS[type_id].size)
    else:
        raise damaged(cursor.name, "an entry of its header is of an unknown type")


def _n_used_tokens(file: BinaryIO, places: dict[str, _Place]) -> int:
    """Return the number of tokens without the unused ones at the end."""
    tokens, kinds = places.get(TOKENS), places.get(_KINDS)
    if tokens is None:
        return 0
    n_used, width = tokens.length, len(_UNUSED)
    if kinds is not None and (kinds.length, kinds.end - kinds.start) == (n_used, n_used * width):
        content = _content(file, kinds)
        while n_used and content[(n_used - 1) * width : n_used * width] == _UNUSED:
            n_used -= 1
    return n_used


def _end_of_items(cursor: Cursor, place: _Place, length: int) -> int:
    cursor.skip(place.start)
    _skip(cursor, place.type_id, length)
    return cursor.position


def _content(file: BinaryIO, place: _Place) -> bytes:
    file.seek(place.start)
    return file.read(place.end - place.start)
