"""The events of a run while they are written: reading them as they come, and adding those of the program itself."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desktop_app.trainer.contract import EVENTS, sound_events

Event = dict[str, Any]

STARTED, CALIBRATED, STEP, EVALUATED = "started", "calibrated", "step", "evaluated"
SAVED, LEANER, PAUSED, FINISHED, FAILED = "saved", "leaner", "paused", "finished", "failed"
PROVING, PROVED, EXPORTED = "proving", "proved", "exported"
DAMAGED, UNSAVED = "damaged", "unsaved"  # whose sentence is told, and the run goes on


def add_event(folder: Path, event: str, **facts: Any) -> Event:
    """Add an event of the program's own; no trainer may be at work on the folder."""
    told = {"time": time.time(), "event": event, **facts}
    with (folder / EVENTS).open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        else:
            torn = False
        file.write(b"\n" * torn + json.dumps(told, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return told


class EventTail:
    """Reads what is added to the events of a run from now on."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS
        self._at = self._path.stat().st_size if self._path.exists() else 0
        self._torn = b""

    def read(self) -> Iterator[Event]:
        """Yield the events that are there by now; the beginning of one waits for its end."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        self._at += len(data)
        *lines, self._torn = (self._torn + data).split(b"\n")
        yield from sound_events(lines)
