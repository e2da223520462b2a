"""The list of all connections the program made: when, to which host, what for, how many bytes came.

A file of JSON lines that is only ever appended to, so that several processes may write it and a kill loses nothing:
one line when a connection begins, another one when it ends. Only where it has become too long it is written anew,
and for that nobody may be writing meanwhile.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import RawIOBase
from pathlib import Path
from typing import Any

from filelock import FileLock

LOCK_S = 1.0  # far longer than anybody takes for a line, or for writing all of it anew
MAX_BYTES = 2_000_000  # some 8,000 connections; of a longer list the older half is forgotten

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connection:
    """One connection that was made, or tried.

    Attributes:
        at: When it began, Unix time in seconds.
        why: What for, in words.
        received_bytes: Of the answer's body; None while it goes on, or if the program was killed meanwhile.
        outcome: Empty if all was well, else what happened, in a few words.
    """

    at: float
    host: str
    why: str
    received_bytes: int | None = None
    outcome: str = ""


class Journal:
    """Writes and reads the list. May be used from any thread; what cannot be written is lost, but holds up nothing."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._process_lock = FileLock(f"{path}.lock", timeout=LOCK_S, poll_interval=LOCK_S / 1000)
        self._count = 0

    def begin(self, host: str, why: str) -> str:
        """Note that a connection begins and return its name for `end`."""
        with self._lock:
            self._count += 1
            name = f"{os.getpid()}-{self._count}-{time.monotonic_ns()}"
        self._append({"id": name, "at": self._clock(), "host": host, "why": why})
        return name

    def end(self, name: str, received_bytes: int, outcome: str = "") -> None:
        """Note that it has ended."""
        self._append({"id": name, "bytes": received_bytes, "outcome": outcome})

    def read(self, limit: int = 1000) -> tuple[Connection, ...]:
        """Return the last connections, the newest first. A line that is not whole is passed over."""
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return ()
        found: dict[str, Connection] = {}
        for line in lines:
            _take(line, found)
        return tuple(list(found.values())[: -limit - 1 : -1])

    def _append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            with self._lock, self._process_lock:
                with self._path.open("a+b", buffering=0) as file:
                    file.write(b"\n" + line if _ends_torn(file) else line)
                self._shorten()
        except OSError as error:
            _log.info("the list of connections: %s", error)

    def _shorten(self) -> None:
        if self._path.stat().st_size < MAX_BYTES:
            return
        lines = self._path.read_bytes().splitlines(keepends=True)
        rest = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        rest.write_bytes(b"".join(lines[len(lines) // 2 :]))
        rest.replace(self._path)


def _ends_torn(file: RawIOBase) -> bool:
    """Return whether the last line was cut off, so that what is written now would be lost with it."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _take(line: bytes, found: dict[str, Connection]) -> None:
    try:
        entry = json.loads(line)
        name = str(entry["id"])
        if "host" in entry:
            found[name] = Connection(float(entry["at"]), str(entry["host"]), str(entry["why"]))
        elif name in found:
            found[name] = replace(found[name], received_bytes=int(entry["bytes"]), outcome=str(entry["outcome"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return
