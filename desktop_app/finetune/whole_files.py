"""Files that no sudden end leaves half written: one that is replaced as a whole, and one that lines are added to."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

_UNFINISHED = ".unfinished"

_T = TypeVar("_T", bound=msgspec.Struct)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file, on the disk when this returns.

    Raises:
        OSError: If it cannot be written; the old one is then still there.
    """
    beside = path.with_name(path.name + _UNFINISHED)
    path.parent.mkdir(exist_ok=True)
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def as_lines(rows: Sequence[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def read_lines(data: bytes, kind: type[_T]) -> tuple[_T, ...]:
    """Return the objects in some lines; a last one that has no end and cannot be understood is not there.

    Raises:
        ValueError: If another one cannot be understood.
    """
    *lines, last = data.split(b"\n")
    decoder = msgspec.json.Decoder(kind)
    rows = [decoder.decode(line) for line in lines if line.strip()]
    with suppress(ValueError):
        rows.append(decoder.decode(last))
    return tuple(rows)


def append_lines(path: Path, rows: Sequence[msgspec.Struct]) -> None:
    """Add objects to a file, on the disk when this returns. What a sudden end has left of a line goes first.

    Raises:
        OSError: If they cannot be written.
    """
    with path.open("a+b") as file:
        file.seek(0)
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            if _is_json(data[whole:]):
                file.write(b"\n")
            else:
                file.truncate(whole)
        file.write(as_lines(rows))
        file.flush()
        os.fsync(file.fileno())


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data)
    except ValueError:
        return False
    return True
