"""The adapters of one loaded model: each file is checked and read once, and several become one before they act."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import llama_cpp.llama_cpp as api

from desktop_app.adapters.lora import Lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.adapters.stack import MAX_ADAPTERS, check_stack, fingerprint
from desktop_app.engine.llama.flat_adapter import FlatAdapter, Stacked, ranks_of
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native_adapter import load_adapter
from desktop_app.engine.messages import Stack
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.inspect import file_sha256

KEPT = 3  # shapes of stacks that stay loaded although nothing uses them
MOST_OPEN = 2 * MAX_ADAPTERS  # files of adapters that stay loaded


@dataclass(frozen=True, eq=False)
class NativeStack:
    """A stack as llama.cpp applies it: one adapter at most. The bare model has neither fingerprint nor handle."""

    fingerprint: str = ""
    handle: api.llama_adapter_lora_p | None = None
    scale: float = 1.0


BARE = NativeStack()


@dataclass(frozen=True, eq=False)
class _Known:
    """An adapter's file as it was when it was read."""

    status: tuple[int, int]  # size and time of the last change
    sha256: str
    lora: Lora
    handle: api.llama_adapter_lora_p


@dataclass(eq=False)
class _Together:
    """Several adapters that have become one."""

    stack: NativeStack
    adapter: FlatAdapter


class AdapterShelf:
    """Makes stacks ready. Everything on it belongs to the model and ends with it.

    Args:
        model: The loaded model.
        path: Its file; adapters are checked against its header.
        applied: Tells what acts in the context: it may be given other contents, but not freed.
    """

    def __init__(self, model: LlamaModel, path: Path, applied: Callable[[], "NativeStack"]) -> None:
        self._applied = applied
        self._model = model
        self._path = path
        self._known: dict[Path, _Known] = {}  # the least recently used first
        self._together: list[_Together] = []  # the least recently used first

    def stack(self, wanted: Stack, in_use: Collection[NativeStack] = ()) -> NativeStack:
        """Return a stack that is ready to act.

        Args:
            wanted: In order; adapters at scale 0 do not act and are not even looked at.
            in_use: Stacks that must stay as they are.

        Raises:
            UserError: If one of the adapters is missing, damaged or not made for this model.
        """
        acting = [each for each in wanted if each.scale]
        check_stack([each.scale for each in acting])
        parts = [(self._open(Path(each.path)), each.scale) for each in acting]
        self._let_go([self._applied().handle, *(each.handle for each in in_use), *(known.handle for known, _ in parts)])
        identity = fingerprint([(known.sha256, scale) for known, scale in parts])
        if not parts:
            return BARE
        if len(parts) == 1:
            return NativeStack(identity, parts[0][0].handle, parts[0][1])
        ready = next((each for each in self._together if each.stack.fingerprint == identity), None)
        if ready is None:
            together = [(known.lora, scale) for known, scale in parts]
            adapter = self._room_for(together, {each.fingerprint for each in in_use})
            adapter.fill(together)
            ready = _Together(NativeStack(identity, adapter.handle), adapter)
        else:
            self._together.remove(ready)
        self._together.append(ready)
        return ready.stack

    def _room_for(self, parts: Stacked, in_use: Collection[str]) -> FlatAdapter:
        """Return an adapter to be filled: one of this shape that nothing uses, for filling is quick, or a new one."""
        ranks = ranks_of(parts)
        spare = [each for each in self._together if each.stack.fingerprint not in in_use]
        alike = (each for each in spare if each.adapter.can_be_refilled and each.adapter.ranks == ranks)
        fitting = next(alike, None)
        if fitting is not None:
            self._together.remove(fitting)
            return fitting.adapter
        ends = next((each for each in spare if each.adapter.handle is not self._applied().handle), None)
        if len(spare) > KEPT and ends is not None:
            self._together.remove(ends)
            ends.adapter.close()
        is_full = any(tensor.type == "F32" for tensor in self._header.tensors if tensor.name in ranks)
        return FlatAdapter(self._model, ranks, bits=32 if is_full else 16)

    @cached_property
    def _header(self) -> GgufHeader:
        return read_header(self._path)

    def _open(self, path: Path) -> _Known:
        known, status = self._known.pop(path, None), _status(path)
        if known is None or known.status != status:
            lora = open_lora(path, self._header)
            known = _Known(status, file_sha256(path), lora, load_adapter(self._model, path))
        self._known[path] = known
        return known

    def _let_go(self, in_use: Collection[api.llama_adapter_lora_p | None]) -> None:
        """Free the adapters that nobody has used for longest."""
        needed = {id(handle) for handle in in_use}  # pointers cannot be members of a set
        spare = [path for path, known in self._known.items() if id(known.handle) not in needed]
        for path in spare[: max(0, len(self._known) - MOST_OPEN)]:
            api.llama_adapter_lora_free(self._known.pop(path).handle)


def _status(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise UserError(
            f"The adapter “{shown_name(path)}” is not there any more.",
            "Take it out of the stack, or put its file back.",
        ) from error
    return status.st_size, status.st_mtime_ns
