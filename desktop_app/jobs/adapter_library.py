"""The adapters of the library as the window shows them, and what a person does with them."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.bases import known_repos
from desktop_app.adapters.catalog import (
    SOURCE_CONVERTED,
    Inspected,
    convert_own,
    enter,
    inspect_adapter,
    is_peft,
    remove_adapter,
)
from desktop_app.engine.messages import AdapterScale
from desktop_app.engine.messages import Stack as EngineStack
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.store import Repositories, Store
from desktop_app.library.catalog import SOURCE_FILE
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.library.outlook import cached_header
from desktop_app.library.upkeep import is_kept_here, missing
from desktop_app.storage.records import Adapter, Model, Stack

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.conflict import Conflict
    from desktop_app.adapters.verdict import Verdict

_Listed = tuple[tuple[Adapter, ...], dict[str, int]]

MOST_VERDICTS = 2000  # that are remembered; each is a few sentences


class AdapterLibrary(QObject):
    """Keeps the list of adapters. Lives in the GUI thread.

    Args:
        folder: Where adapters that were downloaded or made here are kept.

    Attributes:
        uses: In how many conversations' stacks an adapter is, by its hash, when the list was last read.
        adding: What is being looked at or converted, to be in the library then.

    Signals:
        changed(): `adapters`, `missing` or `uses` is different.
        adding_changed(): `adding` is different.
        looked(): What `verdict` says may be different.
        added(Adapter): The person's file or folder is in the library, perhaps since before.
        told(str): Something went as the person wished, in a sentence.
        refused(UserError): It did not.
    """

    changed = Signal()
    adding_changed = Signal()
    looked = Signal()
    added = Signal(Adapter)
    told = Signal(str)
    refused = Signal(UserError)

    def __init__(self, store: Store, background: Background, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self.folder = folder
        self._n_refreshes = 0
        self._n_looks = 0
        self._verdicts: Mapping[int, Verdict] = {}
        self._conflicts: dict[tuple[str, str], Conflict] = {}
        self.adapters: tuple[Adapter, ...] = ()
        self.missing: frozenset[int] = frozenset()
        self.uses: Mapping[str, int] = {}
        self.adding: tuple[Path, ...] = ()
        self.model: Model | None = None

    # ------------------------------------------------------------ the list

    def refresh(self) -> None:
        """Read the list again, look which files are still there and whether they are for the model."""
        self._n_refreshes = this_refresh = self._n_refreshes + 1

        def read(repositories: Repositories) -> _Listed:
            return repositories.adapters.list_adapters(), repositories.adapters.uses()

        def check(listed: _Listed) -> None:
            self._background.run(lambda: missing(listed[0]), partial(show, *listed))

        def show(adapters: tuple[Adapter, ...], uses: Mapping[str, int], gone: frozenset[int]) -> None:
            if this_refresh != self._n_refreshes:  # a later one may be there already, and knows better
                return
            self.adapters, self.uses, self.missing = adapters, uses, gone
            self.changed.emit()
            self.look(self.model)

        self._store.ask(read, check)

    def find(self, sha256: str) -> Adapter | None:
        """Return the adapter of this content; None if the library does not have it (any more)."""
        return next((adapter for adapter in self.adapters if adapter.sha256 == sha256), None)

    def for_engine(self, entries: Stack) -> EngineStack:
        """Return a stack with the places of its files.

        Raises:
            UserError: If the library does not have one of them any more.
        """
        stack = []
        for entry in entries:
            adapter = self.find(entry.sha256)
            if adapter is None:
                raise UserError(
                    f"“{entry.name}” is not in the library any more.",
                    "Take it out of the stack, or add its file again.",
                )
            stack.append(AdapterScale(adapter.path, entry.scale))
        return tuple(stack)

    def add(self, path: Path, model: Model | None = None) -> None:
        """Add a GGUF file where it lies, or a PEFT adapter by converting it.

        Args:
            path: Of the file; or of the folder or any file of a PEFT adapter.
            model: The one that a PEFT adapter is for; without it, its folder has to describe that.
        """

        def look() -> Inspected:
            if is_peft(path):
                return convert_own(path, self.folder, cached_header(Path(model.path)) if model else None)
            return inspect_adapter(path)

        def write(found: Inspected) -> None:
            source = SOURCE_CONVERTED if is_peft(path) else SOURCE_FILE
            self._store.ask(lambda r: enter(r.adapters, found, source), done, fail)

        def done(adapter: Adapter) -> None:
            self._set_adding(tuple(each for each in self.adding if each is not path))
            self.added.emit(adapter)
            self.refresh()

        def fail(error: UserError) -> None:
            self._set_adding(tuple(each for each in self.adding if each is not path))
            self.refused.emit(error)

        self._set_adding((*self.adding, path))
        self._background.run_long(look, write, fail)

    def _set_adding(self, paths: tuple[Path, ...]) -> None:
        self.adding = paths
        self.adding_changed.emit()

    def usage(self, adapter: Adapter, on_done: Callable[[int], None]) -> None:
        """Tell how many conversations have it in their stack, before it is removed."""
        self._store.ask(lambda r: r.adapters.n_conversations(adapter.sha256), on_done)

    def remove(self, adapter: Adapter) -> None:
        """Take an adapter out of the library. Its file is deleted if it is kept here, and else stays where it is."""

        def removed(_none: None) -> None:
            self.told.emit(
                f"{adapter.name} was deleted."
                if is_kept_here(adapter, self.folder)
                else f"{adapter.name} was taken out of the library. Its file stays at {adapter.path}."
            )
            self.refresh()

        self._store.ask(lambda r: remove_adapter(r.adapters, adapter, self.folder), removed, self.refused.emit)

    def find_at(self, adapter: Adapter, path: Path) -> None:
        """Take a file that was moved as this adapter again, if it is the same."""

        def check() -> None:
            if file_sha256(path) != adapter.sha256:
                raise UserError(
                    f"“{shown_name(path)}” is another adapter than {adapter.name}.",
                    "Choose the file that was moved, or add this one to the library.",
                )

        def write(repositories: Repositories) -> None:
            repositories.adapters.set_path(adapter.id, str(path.absolute()), SOURCE_FILE)

        def checked(_none: None) -> None:
            self._store.ask(write, lambda _none: self.refresh(), self.refused.emit)

        self._background.run_long(check, checked, self.refused.emit)

    # ------------------------------------------------------------ whether they are for a model

    def look(self, model: Model | None) -> None:
        """Look which adapters are for this model; without one there are no verdicts."""
        self.model = model
        self._n_looks = this_look = self._n_looks + 1
        adapters = [adapter for adapter in self.adapters if adapter.id not in self.missing]

        def show(verdicts: "Mapping[int, Verdict]") -> None:
            if this_look == self._n_looks:
                self._verdicts = verdicts
                self.looked.emit()

        if model is None:
            show({})
        else:
            self._background.run(lambda: {adapter.id: _judge(adapter, model) for adapter in adapters}, show)

    def verdict(self, adapter: Adapter) -> "Verdict | None":
        """Return how far it can be trusted to be for the model last looked at; None as long as that is not known."""
        return self._verdicts.get(adapter.id)

    def conflict(
        self,
        first: Adapter,
        second: Adapter,
        on_done: "Callable[[Conflict, str], None]",
        on_error: Callable[[UserError], None],
    ) -> None:
        """Compare what two adapters change: `on_done` is called with the measure and with a sentence about it."""

        def compare() -> "tuple[Conflict, str]":
            from desktop_app.adapters.alike import check_alike
            from desktop_app.adapters.conflict import conflict, conflict_sentence
            from desktop_app.adapters.open_lora import open_lora

            found = known
            if found is None:
                one, other = open_lora(Path(first.path)), open_lora(Path(second.path))
                check_alike(((first.name, one), (second.name, other)))
                found = conflict(one, other)
            return found, conflict_sentence(found, first.name, second.name)

        def compared(result: "tuple[Conflict, str]") -> None:
            self._conflicts[key] = result[0]
            on_done(*result)

        key = (first.sha256, second.sha256)
        known = self._conflicts.get(key)
        self._background.run(compare, compared, on_error)


def _judge(adapter: Adapter, model: Model) -> "Verdict":
    """Judge an adapter, once as long as neither its file nor the model's changes."""
    from desktop_app.adapters.verdict import Level, Verdict

    path, model_path = Path(adapter.path), Path(model.path)
    try:
        stamps = _stamp(path), _stamp(model_path)
        return _judge_once(path, model_path, stamps, known_repos(model), adapter.sha256)
    except UserError as error:
        return Verdict(Level.BLOCKED, error.sentence, error.hint)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes with a file; that it is gone is told by who reads it."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=MOST_VERDICTS)
def _judge_once(
    path: Path, model_path: Path, _stamps: tuple[object, ...], repos: tuple[str, ...], sha256: str
) -> "Verdict":
    from desktop_app.adapters.verdict import judge

    # The headers of hundreds of adapters are not worth their memory; what they lead to is.
    return judge(read_header(path), cached_header(model_path), repos, sha256=sha256)
