"""KV states of conversations on disk: one file for each conversation and key, whole or not at all, within a limit.

They are a cache: what cannot be read is removed, what cannot be written is left out, and nobody is bothered with it.
"""

import hashlib
import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from desktop_app.engine.state_format import Damaged, file_bytes, read_state, read_tokens, write_state

AUTOMATIC_BYTES = 4_000_000_000
AUTOMATIC_SHARE = 0.05  # of the disk space that is free or taken by states

_KEY_IN_NAME = 16
_FINISHED, _UNFINISHED = ".kv", ".tmp"
_NAME = re.compile(r"\d+-[0-9a-f]+(?:\.kv|\.\w+\.tmp)")

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StateId:
    """Whose state it is: a conversation's, under one stack (by its fingerprint, which is empty for the bare model)."""

    conversation: int
    stack: str = ""


class StateFiles:
    """The states of one model, in a folder that others share. Any thread may call it; one at a time may write.

    Args:
        key: Hexadecimal digest of everything a state depends on besides its stack.
        max_bytes: Of all states in the folder, whatever their key; 0 is automatic.
    """

    def __init__(self, folder: Path, key: str, max_bytes: int) -> None:
        self._folder = folder
        self._key = key
        self._max_bytes = max_bytes
        # Held while files are read, replaced and removed, but not while one is written beside the others: Windows
        # neither replaces nor removes a file that is open.
        self._lock = threading.Lock()

    def tidy(self) -> None:
        """Make the folder; remove from it what a killed process left half written and what is over the limit."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in _ours(self._folder, _UNFINISHED):
                if f".{os.getpid()}_" not in path.name:  # else another key's, which is just being written
                    path.unlink(missing_ok=True)
            with self._lock:
                self._make_room(0, None)
        except OSError as error:
            _log.info("no KV states can be kept in %s: %s", self._folder, error)

    def tokens(self, whose: StateId) -> list[int] | None:
        """Return the tokens a state holds, None without one; the state itself is not read."""
        return self._use(whose, read_tokens)

    def read(self, whose: StateId) -> bytearray | None:
        """Return a state, None without one."""
        state = self._use(whose, read_state)
        self.touch(whose)
        return state

    def touch(self, whose: StateId) -> None:
        """Note that a state is in use; harmless without one."""
        with suppress(OSError):
            os.utime(self._path(whose))

    def write(self, whose: StateId, tokens: Sequence[int], state: bytearray, is_wanted: Callable[[], bool]) -> None:
        """Write a state if there is room for it; until it is all there, the one before is.

        Args:
            is_wanted: Asked time and again, the last time right before the file takes its place.
        """
        path, key = self._path(whose), self._key_of(whose)
        try:
            with self._lock:
                if not self._make_room(file_bytes(key, len(tokens), len(state)), path):
                    return
            # For nobody else to read.
            handle, name = tempfile.mkstemp(_UNFINISHED, f"{path.stem}.{os.getpid()}_", self._folder)
            unfinished = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    is_whole = write_state(file, key, whose.conversation, tokens, state, is_wanted)
                with self._lock:
                    if is_whole and is_wanted():
                        unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        except OSError as error:
            _log.info("the KV state of conversation %d is not kept: %s", whose.conversation, error)

    def forget(self, conversation: int) -> None:
        """Remove a conversation's states, whatever their stack or key."""
        with self._lock:
            remove_states(self._folder, lambda each: each == conversation)

    def _key_of(self, whose: StateId) -> bytes:
        """Return the key with the stack in it: under other adapters the same tokens have other values."""
        if not whose.stack:
            return self._key.encode()
        return hashlib.sha256(f"{self._key} {whose.stack}".encode()).hexdigest().encode()

    def _path(self, whose: StateId) -> Path:
        return self._folder / f"{whose.conversation}-{self._key_of(whose).decode()[:_KEY_IN_NAME]}{_FINISHED}"

    def _use(self, whose: StateId, read: Callable[[Path, bytes, int], _T]) -> _T | None:
        path = self._path(whose)
        with self._lock:
            try:
                return read(path, self._key_of(whose), whose.conversation)
            except FileNotFoundError:
                return None
            except Damaged:
                _log.info("the KV state %s is damaged or not ours and is removed", path.name)
                _remove(path)
            except OSError as error:
                _log.info("the KV state %s cannot be read: %s", path.name, error)
        return None

    def _make_room(self, size: int, replaced: Path | None) -> bool:
        """Remove the least recently used states until `size` bytes fit in; False if they never do."""
        states = {path: path.stat() for path in _ours(self._folder, _FINISHED)}
        limit = self._max_bytes or self._automatic_limit(sum(each.st_size for each in states.values()))
        if size > limit:
            return False
        if replaced is not None:
            states.pop(replaced, None)
        taken = sum(each.st_size for each in states.values())
        for path in sorted(states, key=lambda path: states[path].st_mtime_ns):
            if taken + size <= limit:
                break
            path.unlink(missing_ok=True)
            taken -= states[path].st_size
        return True

    def _automatic_limit(self, taken: int) -> int:
        return min(AUTOMATIC_BYTES, int(AUTOMATIC_SHARE * (shutil.disk_usage(self._folder).free + taken)))


def remove_states(folder: Path, is_gone: Callable[[int], bool]) -> None:
    """Remove the states of all conversations for which `is_gone` says so, whatever their key."""
    for path in _ours(folder, _FINISHED, _UNFINISHED):
        if is_gone(int(path.name.partition("-")[0])):
            _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.info("the KV state %s cannot be removed: %s", path.name, error)


def _ours(folder: Path, *suffixes: str) -> list[Path]:
    """Return the files of the folder that are states, finished or not; none without the folder."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.suffix in suffixes and _NAME.fullmatch(path.name)]
