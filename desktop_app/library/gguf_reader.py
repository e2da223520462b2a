"""Reads the header of one GGUF file and refuses it where a C parser might trip.

Nothing a file says about itself is believed: every count and length is held against fixed limits and against the
bytes that are really there, and nothing large is kept. Vocabularies are stepped over, which takes a walk through
their lengths but no parsing. The rules are those of the vendored llama.cpp (`ggml/src/gguf.cpp`) or stricter.
"""

import stat
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from desktop_app.errors import UserError
from desktop_app.library.file_errors import HEAD_BYTES, damaged, not_a_gguf, shown_name, shown_text, truncated
from desktop_app.library.gguf_cursor import Cursor
from desktop_app.library.gguf_types import ARRAY, BOOL, FLOAT32, NUMBERS, STRING, TENSOR_TYPES, UINT16, UINT32

MAGIC = b"GGUF"
MAX_ENTRIES = 4_096
MAX_TENSORS = 65_536
MAX_KEY_BYTES = 65_536
MAX_NAME_BYTES = 63  # GGML_MAX_NAME with its closing zero
MAX_DIMENSIONS = 4
MAX_NUMBERS = 1 << 24  # in one list
MAX_STRINGS = 1 << 21  # in one list; the largest vocabularies known have 2^18 tokens and twice as many merges
MAX_TOKENS = 1 << 19
MAX_STRING_BYTES = 1 << 28  # some files carry a whole tokenizer.json in one string, tens of megabytes
MAX_METADATA_BYTES = 1 << 29
KEPT_STRING_BYTES = 1 << 20  # a longer one is stepped over
KEPT_NUMBERS = 1_024  # per-layer numbers are arrays of at most 512
KEPT_BYTES = 1 << 24  # all that is kept of one file's metadata
DEFAULT_ALIGNMENT = 32
MAX_ALIGNMENT = 1 << 20
TOKENS = "tokenizer.ggml.tokens"

# Native code reads these without asking for their type first, or means something else by another type.
_FIXED_TYPES = {
    "adapter.lora.alpha": FLOAT32,
    "adapter.type": STRING,
    "general.alignment": UINT32,
    "general.architecture": STRING,
    "general.type": STRING,
    "split.no": UINT16,
    "split.count": UINT16,
}


@dataclass(frozen=True)
class Skipped:
    """A metadata value that is not kept: a long text, a long list of numbers, any list of texts.

    Attributes:
        type_id: Of the text, or of the items of the list.
        length: Bytes of the text, or items of the list.
    """

    type_id: int
    is_list: bool
    length: int


@dataclass(frozen=True)
class Vocabulary:
    """The list of tokens, which is not kept either. `has_all_bytes`: it can spell what it has no word for."""

    length: int
    has_all_bytes: bool


Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | Skipped | Vocabulary


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        shape: As GGUF has it, the length of a row first.
        type: Name of the packing, such as Q4_1.
        offset: First byte, counted from `data_offset` of its file.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    size_bytes: int
    n_weights: int


@dataclass(frozen=True)
class GgufPart:
    """What one file says: all there is of most models, one part of a split one."""

    version: int
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int


def read_part(path: Path) -> GgufPart:
    """Read and check the header of one file.

    Raises:
        UserError: If it is not a whole and sound GGUF file, or cannot be read.
    """
    name = shown_name(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"“{name}” is a folder, not a model.", "Choose the .gguf file inside it.")
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for its other end
            raise UserError(f"“{name}” is not a file.", "Choose a file whose name ends in .gguf.")
        with path.open("rb") as file:
            return _read(file, status.st_size, name)
    except FileNotFoundError as error:
        raise UserError(
            f"The file “{name}” is not there any more.", "Look where it has gone, or choose another."
        ) from error
    except PermissionError as error:
        raise UserError(
            f"Moatless is not allowed to read “{name}”.", "Change the file's permissions, or copy it to your folder."
        ) from error
    except OSError as error:
        raise UserError(
            f"“{name}” could not be read.", "Check that its drive is connected and works, then try again."
        ) from error


def _read(file: BinaryIO, size: int, name: str) -> GgufPart:
    head = file.read(HEAD_BYTES)
    if not head.startswith(MAGIC):
        raise not_a_gguf(name, head)
    file.seek(0)
    cursor = Cursor(file, size, name)
    version, n_tensors, n_entries = read_counts(cursor)
    metadata = _read_metadata(cursor, n_entries)
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or not 0 < alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
        raise damaged(name, "the alignment of its data is not a power of two")
    tensors, data_size = _read_tensors(cursor, n_tensors, alignment)
    data_offset = _padded(cursor.position, alignment) if tensors else cursor.position
    _check_size(name, size, data_offset, tensors, data_size, alignment)
    return GgufPart(version, metadata, tensors, data_offset, size)


def read_counts(cursor: Cursor) -> tuple[int, int, int]:
    """Return the version and the numbers of tensors and of metadata entries, which stand behind the magic."""
    cursor.skip(len(MAGIC))
    version = cursor.u32()
    _check_version(version, cursor.name)
    n_tensors, n_entries = cursor.u64(), cursor.u64()
    if n_entries > MAX_ENTRIES:
        raise damaged(cursor.name, f"its header claims {n_entries:,} entries, which no model has")
    if n_tensors > MAX_TENSORS:
        raise damaged(cursor.name, f"its header claims {n_tensors:,} tensors, which no model has")
    return version, n_tensors, n_entries


def _check_version(version: int, name: str) -> None:
    if version in (2, 3):
        return
    if version and version & 0xFFFF == 0:
        raise UserError(
            f"“{name}” was made for computers that store numbers the other way round (big-endian).",
            "Download the usual version of this model.",
        )
    if version in (0, 1):
        raise UserError(
            f"“{name}” has an early version of the GGUF format that is not supported any more.",
            "Download a newer version of this model.",
        )
    raise UserError(
        f"“{name}” has version {version:,} of the GGUF format, and this version of Moatless knows 2 and 3.",
        "If the file is not damaged, a newer Moatless may be able to read it.",
    )


def _read_metadata(cursor: Cursor, n_entries: int) -> dict[str, Value]:
    metadata: dict[str, Value] = {}
    kept_bytes = 0
    for _ in range(n_entries):
        start = cursor.position
        key, type_id = read_key(cursor, metadata)
        value: Value
        if type_id == ARRAY:
            value = read_items(cursor, key, *read_list_start(cursor, key))
        else:
            value = read_scalar(cursor, key, type_id)
        metadata[key] = value
        kept_bytes += len(key) if isinstance(value, Skipped | Vocabulary) else cursor.position - start
        if kept_bytes > KEPT_BYTES or cursor.position > MAX_METADATA_BYTES:
            raise damaged(cursor.name, "its header is larger than that of any model")
    return metadata


def read_key(cursor: Cursor, known: Container[str]) -> tuple[str, int]:
    """Return the name of the entry that begins here, and the type of its value."""
    key = cursor.text(MAX_KEY_BYTES, "a name in its header")
    if not key:
        raise damaged(cursor.name, "an entry of its header has no name")
    if key in known:
        raise damaged(cursor.name, f"its header has “{shown_text(key)}” twice")
    type_id = cursor.u32()
    if type_id != _FIXED_TYPES.get(key, type_id):
        raise damaged(cursor.name, f"“{shown_text(key)}” in its header is of the wrong type")
    return key, type_id


def read_scalar(cursor: Cursor, key: str, type_id: int) -> Scalar | Skipped:
    """Return the value of an entry that is no list."""
    if type_id == STRING:
        length = cursor.length(MAX_STRING_BYTES, f"the text of “{shown_text(key)}”")
        if length > KEPT_STRING_BYTES:
            cursor.skip(length)
            return Skipped(STRING, is_list=False, length=length)
        return cursor.take(length).decode("utf-8", errors="replace")
    if type_id not in NUMBERS:
        raise damaged(cursor.name, f"“{shown_text(key)}” in its header is of an unknown type")
    number = cursor.number(type_id)
    return bool(number) if type_id == BOOL else number


def read_list_start(cursor: Cursor, key: str) -> tuple[int, int]:
    """Return the type of a list's items and their number."""
    type_id, length = cursor.u32(), cursor.u64()
    if type_id == STRING:
        limit = MAX_TOKENS if key == TOKENS else MAX_STRINGS
    elif type_id in NUMBERS:
        limit = MAX_NUMBERS
    else:
        raise damaged(cursor.name, f"the list “{shown_text(key)}” in its header is of an unknown type")
    if length > limit:
        raise damaged(cursor.name, f"the list “{shown_text(key)}” claims {length:,} items, which no model has")
    return type_id, length


def read_items(cursor: Cursor, key: str, type_id: int, length: int) -> tuple[Scalar, ...] | Skipped | Vocabulary:
    """Return the list whose items follow, or what is kept of it."""
    if type_id == STRING:
        if key == TOKENS:
            return Vocabulary(length, cursor.skip_tokens(length))
        cursor.skip_strings(length)
        return Skipped(STRING, is_list=True, length=length)
    if length > KEPT_NUMBERS:
        cursor.skip(length * NUMBERS[type_id].size)
        return Skipped(type_id, is_list=True, length=length)
    numbers = tuple(cursor.number(type_id) for _ in range(length))
    return tuple(map(bool, numbers)) if type_id == BOOL else numbers


def _read_tensors(cursor: Cursor, n_tensors: int, alignment: int) -> tuple[tuple[Tensor, ...], int]:
    """Return the tensors and the end of the last one, counted from the start of the data."""
    tensors: dict[str, Tensor] = {}
    expected = end = 0
    for _ in range(n_tensors):
        tensor = _read_tensor(cursor)
        if tensor.name in tensors:
            raise damaged(cursor.name, f"it has the tensor “{shown_text(tensor.name)}” twice")
        if tensor.offset != expected:
            raise damaged(cursor.name, f"the tensor “{shown_text(tensor.name)}” is not where it should be")
        tensors[tensor.name] = tensor
        end = expected + tensor.size_bytes
        expected = _padded(end, alignment)
        if expected >= 1 << 63:
            raise damaged(cursor.name, "its tensors are larger than any disk")
    return tuple(tensors.values()), end


def _read_tensor(cursor: Cursor) -> Tensor:
    name = cursor.text(MAX_NAME_BYTES, "the name of a tensor")
    n_dimensions = cursor.u32()
    if not 1 <= n_dimensions <= MAX_DIMENSIONS:
        raise damaged(cursor.name, f"the tensor “{shown_text(name)}” has {n_dimensions:,} dimensions")
    shape = tuple(cursor.u64() for _ in range(n_dimensions))
    n_weights = 1
    for length in shape:
        n_weights *= length
        if not 0 < n_weights < 1 << 63:
            raise damaged(cursor.name, f"the tensor “{shown_text(name)}” has an impossible size")
    type_id = cursor.u32()
    packing = TENSOR_TYPES.get(type_id)
    if packing is None:
        raise UserError(
            f"“{cursor.name}” uses a quantization that this version of Moatless does not know (number {type_id:,}).",
            "Choose another quantization of this model, such as Q4_K_M.",
        )
    if shape[0] % packing.block_size:
        raise damaged(cursor.name, f"the rows of the tensor “{shown_text(name)}” do not fit its type {packing.name}")
    size_bytes = n_weights // packing.block_size * packing.block_bytes
    return Tensor(name, shape, packing.name, cursor.u64(), size_bytes, n_weights)


def _check_size(
    name: str, size: int, data_offset: int, tensors: tuple[Tensor, ...], data_size: int, alignment: int
) -> None:
    whole = data_offset + data_size
    if size < whole:
        raise truncated(name, f"{size:,} of {whole:,} bytes are there")
    if size > _padded(whole, alignment):
        raise damaged(name, f"it is {size - whole:,} bytes longer than a whole model of its kind")


def _padded(size: int, alignment: int) -> int:
    return (size + alignment - 1) // alignment * alignment
