"""Trying a stack on a text, looking for better scales, and making one adapter of several.

The window's engine reads the text once for each way of reading it. Messages that are sent meanwhile are answered
between two readings.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Qt, Signal

from desktop_app.adapters.catalog import SOURCE_FLATTENED, enter
from desktop_app.adapters.making import Made, make_adapter
from desktop_app.adapters.readings import Readings, Wanted, measuring, tuning
from desktop_app.adapters.trial import ProbeText, Trial, Tuned, read_text
from desktop_app.adapters.tune import Scales
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AdapterScale, Scored
from desktop_app.engine.messages import Stack as EngineStack
from desktop_app.errors import UserError
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.store import Store
from desktop_app.storage.records import Adapter, Model, Stack


@dataclass(frozen=True)
class Step:
    """What is being done now.

    Attributes:
        words: Without a full stop.
        fraction: How much of all is done, from 0 to 1; None where that is not known.
        seconds_left: At most; None where that is not known.
    """

    words: str
    fraction: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Flattened:
    """One adapter that was made of several. `energy` is the share of what they do that it keeps, from 0 to 1."""

    adapter: Adapter
    rank: int
    energy: float


_Content = tuple[tuple[str, float], ...]  # of a stack: hashes with scales, as another file may lie at a path tomorrow


@dataclass
class _Work:
    """A measurement that is going on.

    Attributes:
        entries: The adapters whose scales are told apart, and `paths` where they lie.
        n_read: How many readings took time, since `began`.
        request: The engine's number of the reading that is going on, 0 without one.
    """

    readings: Readings
    entries: Stack
    paths: tuple[str, ...]
    model: Model
    text: str
    began: float = field(default_factory=time.monotonic)
    n_done: int = 0
    n_read: int = 0
    request: int = 0

    def stack(self, scales: Scales) -> EngineStack:
        return tuple(AdapterScale(path, scale) for path, scale in zip(self.paths, scales, strict=True) if scale)

    def content(self, scales: Scales) -> _Content:
        return tuple((entry.sha256, scale) for entry, scale in zip(self.entries, scales, strict=True) if scale)


class _Stopped(Exception):
    """The person does not want it any more."""


class Mixing(QObject):
    """Lives in the GUI thread. One measurement and one making of an adapter may go on at the same time.

    Args:
        load_settings: How a model is to be loaded.
        folder: Where adapters that are made here are kept.

    Signals:
        progressed(Step): A measurement goes on.
        measured(Trial), tuned(Tuned): Its result.
        failed(UserError): There is none.
        ended(): A measurement is over, in whatever way.
        making(Step): An adapter is being made.
        flattened(Flattened): It is in the library.
        not_flattened(UserError): It could not be made.
        making_ended(): The making is over, in whatever way.
    """

    progressed = Signal(Step)
    measured = Signal(Trial)
    tuned = Signal(Tuned)
    failed = Signal(UserError)
    ended = Signal()
    making = Signal(Step)
    flattened = Signal(Flattened)
    not_flattened = Signal(UserError)
    making_ended = Signal()

    def __init__(
        self,
        store: Store,
        background: Background,
        engine: Engine,
        adapters: AdapterLibrary,
        load_settings: Callable[[Model], LoadSettings],
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._engine = engine
        self._adapters = adapters
        self._load_settings = load_settings
        self._folder = folder
        self._work: _Work | None = None
        self._making: Event | None = None  # set to stop it
        self._read_from: tuple[str, str] = ("", "")  # which model has read which text
        self._scored: dict[_Content, Scored] = {}  # what it made of that under each stack

    @property
    def is_measuring(self) -> bool:
        return self._work is not None

    @property
    def is_making(self) -> bool:
        return self._making is not None

    # ------------------------------------------------------------ measuring

    def read(self, path: Path, on_done: Callable[[ProbeText], None], on_error: Callable[[UserError], None]) -> None:
        """Read the text that is to be measured on."""
        self._background.run(lambda: read_text(path), on_done, on_error)

    def measure(self, entries: Stack, model: Model, text: str) -> None:
        """Measure the bare model, each of these adapters alone, and all of them together."""
        self._begin(measuring(entries), entries, model, text)

    def tune(self, entries: Stack, model: Model, text: str) -> None:
        """Look for scales of these adapters that are better for the text."""
        self._begin(tuning(entries), entries, model, text)

    def stop(self) -> None:
        """End what is being measured without a result."""
        work, self._work = self._work, None
        if work is not None:
            if work.request:
                self._engine.stop(work.request)
            self.ended.emit()

    def _begin(self, readings: Readings, entries: Stack, model: Model, text: str) -> None:
        if self._work is not None:
            return
        try:
            paths = tuple(each.path for each in self._adapters.for_engine(entries))
        except UserError as error:
            self.failed.emit(error)
            return
        if self._read_from != (model.sha256, text) or not model.sha256:
            self._read_from, self._scored = (model.sha256, text), {}
        self._work = _Work(readings, entries, paths, model, text)
        self._go_on(self._work, None)

    def _go_on(self, work: _Work, scored: Scored | None) -> None:
        """Take in a reading, and begin with the next one that is not known yet."""
        try:
            wanted = work.readings.send(scored)  # type: ignore[arg-type]  # None only begins
            while (known := self._scored.get(work.content(wanted.scales))) is not None:
                work.n_done += 1
                wanted = work.readings.send(known)
        except StopIteration as end:
            self._finish(end.value)
            return
        except UserError as error:
            self._fail(work, error)
            return
        if self._engine.state is not EngineState.READY:
            self.progressed.emit(Step("Loading the model", work.n_done / wanted.total))
        self._engine.with_model(
            work.model.path,
            self._load_settings(work.model),
            partial(self._score, work, wanted),
            partial(self._fail, work),
            sha256=work.model.sha256,
        )

    def _score(self, work: _Work, wanted: Wanted) -> None:
        if work is not self._work:
            return
        left = None
        if work.n_read:
            left = (time.monotonic() - work.began) / work.n_read * (wanted.total - work.n_done)
        self.progressed.emit(Step(wanted.words, work.n_done / wanted.total, left))
        take, fail = partial(self._take, work, wanted.scales), partial(self._fail, work)
        work.request = self._engine.score(work.text, work.stack(wanted.scales), take, fail)

    def _take(self, work: _Work, scales: Scales, scored: Scored) -> None:
        if work is not self._work:
            return
        self._scored[work.content(scales)] = scored
        work.request = 0
        work.n_done += 1
        work.n_read += 1
        self._go_on(work, scored)

    def _fail(self, work: _Work, error: UserError) -> None:
        if work is self._work:
            self._work = None
            self.ended.emit()
            self.failed.emit(error)

    def _finish(self, result: Trial | Tuned) -> None:
        self._work = None
        self.ended.emit()
        if isinstance(result, Trial):
            self.measured.emit(result)
        else:
            self.tuned.emit(result)

    # ------------------------------------------------------------ one of several

    def flatten(self, entries: Stack, model: Model, name: str, rank: int | None) -> None:
        """Make one adapter of these that does the same: exactly, or as nearly as one of this rank can."""
        if self._making is not None:
            return
        try:
            stack = self._adapters.for_engine(entries)
        except UserError as error:
            self.not_flattened.emit(error)
            return
        stop = self._making = Event()

        def tell(fraction: float) -> None:
            if stop.is_set():
                raise _Stopped
            self.making.emit(Step("Making the adapter", fraction))

        def make() -> Made | None:
            try:
                return make_adapter(stack, Path(model.path), name, rank, self._folder, tell)
            except _Stopped:
                return None

        self._background.run_long(make, self._on_made, self._on_not_made)
        self.making.emit(Step("Making the adapter", 0.0))

    def stop_flattening(self) -> None:
        if self._making is not None:
            self._making.set()

    def close(self) -> None:
        """Stop everything; for the end of the program."""
        self._work = None
        self.stop_flattening()

    def _on_made(self, made: Made | None) -> None:
        if made is None:
            self._end_making()
            return
        if self._making is not None and self._making.is_set():  # it was made before that was heard
            self._background.run(lambda: made.inspected.path.unlink(missing_ok=True), lambda _none: self._end_making())
            return

        def entered(adapter: Adapter) -> None:
            def tell() -> None:
                self._end_making()
                self.flattened.emit(Flattened(adapter, made.rank, made.energy))

            # Whoever wants to use it will look for it in the library.
            self._adapters.changed.connect(tell, Qt.ConnectionType.SingleShotConnection)
            self._adapters.refresh()

        self._store.ask(lambda r: enter(r.adapters, made.inspected, SOURCE_FLATTENED), entered, self._on_not_made)

    def _on_not_made(self, error: UserError) -> None:
        self._end_making()
        self.not_flattened.emit(error)

    def _end_making(self) -> None:
        self._making = None
        self.making_ended.emit()
