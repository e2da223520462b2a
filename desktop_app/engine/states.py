"""KV states of conversations: in memory for those just left, on disk for all."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from desktop_app.engine.state_files import StateFiles, StateId


@dataclass(eq=False)
class _Kept:
    """A state in memory; one that is waiting is not on disk yet."""

    tokens: list[int]
    state: bytearray
    is_waiting: bool


class StateStore:
    """The states of one model. One thread works with it; another one, its own, writes to disk what is put.

    What `tokens` tells of is what `read` then gives, whatever is put for others in between.

    Args:
        folder: Where the files are; None keeps states in memory alone.
        key: Hexadecimal digest of what changes a state's values but for the stack: model, build, KV types and so on.
        max_bytes: Of all files in the folder, whatever their key; 0 is automatic.
        memory_bytes: Of all states in memory; those that still wait for the disk stay beyond it.
    """

    def __init__(self, folder: Path | None, key: str, max_bytes: int, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._memory: OrderedDict[StateId, _Kept] = OrderedDict()  # the least recently used first
        self._changed = threading.Condition()  # never held while files are used
        self._told: StateId | None = None  # about to be read
        self._is_closing = False
        self._files = StateFiles(folder, key, max_bytes) if folder else None
        if self._files:
            self._files.tidy()
            self._writer = threading.Thread(target=self._write, args=(self._files,), name="KV states", daemon=True)
            self._writer.start()

    def tokens(self, whose: StateId) -> list[int] | None:
        """Return the tokens a state holds, None without one. The state itself is not read."""
        with self._changed:
            self._told = whose
            if kept := self._memory.get(whose):
                return kept.tokens
        return self._files.tokens(whose) if self._files else None

    def read(self, whose: StateId) -> bytearray | None:
        """Return a state as it was put, None without one. A damaged or foreign file is removed."""
        with self._changed:
            if kept := self._memory.get(whose):
                self._memory.move_to_end(whose)
            self._told = None
        if kept is None:
            return self._files.read(whose) if self._files else None
        if self._files:
            self._files.touch(whose)
        return kept.state

    def put(self, whose: StateId, tokens: Sequence[int], state: bytearray) -> None:
        """Keep a state in place of the one before. It goes to disk later and must not be changed any more."""
        with self._changed:
            self._memory[whose] = _Kept(list(tokens), state, is_waiting=self._files is not None)
            self._memory.move_to_end(whose)
            self._trim()
            self._changed.notify()

    def forget(self, conversation: int) -> None:
        """Destroy a conversation's states under every stack, on disk those of other models too."""
        with self._changed:
            for whose in [each for each in self._memory if each.conversation == conversation]:
                del self._memory[whose]
        if self._files:
            self._files.forget(conversation)

    def close(self) -> None:
        """Wait until everything is on disk, and end the thread that writes."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._files:
            self._writer.join()

    def _trim(self) -> None:
        taken = sum(len(kept.state) for kept in self._memory.values())
        for whose, kept in list(self._memory.items()):
            if taken > self._memory_bytes and not kept.is_waiting and whose != self._told:
                del self._memory[whose]
                taken -= len(kept.state)

    def _write(self, files: StateFiles) -> None:
        while waiting := self._wait_for_work():
            whose, kept = waiting
            # What is forgotten or put anew meanwhile is not written to its end.
            files.write(whose, kept.tokens, kept.state, partial(self._is_in_memory, whose, kept))
            with self._changed:
                kept.is_waiting = False
                self._trim()

    def _is_in_memory(self, whose: StateId, kept: _Kept) -> bool:
        with self._changed:
            return self._memory.get(whose) is kept

    def _wait_for_work(self) -> tuple[StateId, _Kept] | None:
        """Return what has to be written next, None at the end of all."""
        with self._changed:
            while True:
                for whose, kept in self._memory.items():
                    if kept.is_waiting:
                        return whose, kept
                if self._is_closing:
                    return None
                self._changed.wait()
