"""What happened in a run, told to whoever reads `events.jsonl`."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any


class Events:
    """Adds lines to the file. Where they cannot be written, as on a full disk, they wait for the next ones.

    Args:
        path: Of the file; None tells nobody.
        clock: Gives Unix time in seconds.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._waiting = b""
        self._is_torn = path is not None and _is_torn(path)

    def add(self, event: str, **facts: Any) -> None:
        """Add an event. Its numbers must be numbers: JSON has no NaN.

        Raises:
            ValueError: If one is not.
        """
        if self._path is None:
            return
        told = {"time": self._clock(), "event": event, **facts}
        self._waiting += json.dumps(told, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        try:
            # In one write, so that readers see whole lines; opened each time, so that a folder may be moved.
            with self._path.open("ab", buffering=0) as file:
                line = b"\n" * self._is_torn + self._waiting
                self._is_torn = True
                if file.write(line) == len(line):
                    self._waiting, self._is_torn = b"", False
        except OSError as error:
            with suppress(OSError):  # the log is on the same disk
                print(f"events cannot be written: {error}", file=sys.stderr)


def _is_torn(path: Path) -> bool:
    """Return whether the last line has no end, because its writer was killed."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
