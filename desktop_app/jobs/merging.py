"""Merging a stack into a new model: in an engine process of its own, so that chatting goes on meanwhile.

The process is there only as long as it is needed. It first writes the new model, then reads a text with the old one
and with the new one, to say what the merging has kept.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.effect import merge_sentence, probe_text
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import Effect, Merged
from desktop_app.engine.messages import Stack as EngineStack
from desktop_app.errors import UserError
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.store import Store
from desktop_app.library.catalog import SOURCE_MERGED, add_model
from desktop_app.library.pace import Pace
from desktop_app.library.places import merged_path
from desktop_app.library.transfer import check_space
from desktop_app.storage.records import Model, Stack

READING_N_CTX = 512  # texts are read in contexts of their own, and nobody chats here
_MEASURING = "Measuring what merging has kept"


@dataclass(frozen=True)
class MergedModel:
    """A model that was made, in the library already, and in sentences what it has kept of what the stack does."""

    model: Model
    sentence: str


@dataclass
class _Run:
    """One merging.

    Attributes:
        request: The engine's number of what is going on; 0 while it loads a model, or does nothing.
        merged: The new model, once it is in the library.
    """

    stack: EngineStack
    model: Model
    pace: Pace
    request: int = 0
    merged: Model | None = None
    is_stopped: bool = False


class Merging(QObject):
    """Lives in the GUI thread.

    Args:
        make_engine: Makes the second engine, whose process is started with the first merging.
        load_settings: How a model is to be loaded.
        folder: Where models that are made here are kept.

    Signals:
        progressed(Step): It goes on.
        merged(MergedModel): The new model is there.
        failed(UserError): It is not.
        ended(): Nothing is going on any more, in whatever way it came to an end.
    """

    progressed = Signal(Step)
    merged = Signal(MergedModel)
    failed = Signal(UserError)
    ended = Signal()

    def __init__(
        self,
        store: Store,
        background: Background,
        make_engine: Callable[[], Engine],
        adapters: AdapterLibrary,
        models: ModelLibrary,
        load_settings: Callable[[Model], LoadSettings],
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._make_engine = make_engine
        self._adapters = adapters
        self._models = models
        self._load_settings = load_settings
        self._folder = folder
        self._run: _Run | None = None
        self._second: Engine | None = None

    @property
    def is_merging(self) -> bool:
        return self._run is not None

    def merge(self, entries: Stack, model: Model, name: str) -> None:
        """Make a model of this name that has these adapters in its weights."""
        if self._run is not None:
            return
        try:
            stack = self._adapters.for_engine(entries)
        except UserError as error:
            self.failed.emit(error)
            return
        run = self._run = _Run(stack, model, Pace(time.monotonic))

        def find_place() -> Path:
            out = merged_path(self._folder, name)
            check_space(out.parent, model.size_bytes)
            return out

        self._background.run(find_place, partial(self._write, run), partial(self._fail, run))
        self.progressed.emit(Step("Beginning to merge", 0.0))

    def stop(self) -> None:
        """End it soon. A model that is there already stays."""
        run = self._run
        if run is None:
            return
        run.is_stopped = True
        if self._second is None or not (run.request or run.merged):
            self._end()
        elif run.request:
            self._second.stop(run.request)
        else:
            self._second.cancel_load()

    def close(self) -> None:
        """End it at once, and the process. Blocks for seconds; for the end of the program."""
        self._run = None
        if self._second is not None:
            self._second.close()

    # ------------------------------------------------------------ the model

    def _write(self, run: _Run, out: Path) -> None:
        if run is not self._run:
            return
        if self._second is None:
            self._second = self._make_engine()
        run.request = self._second.merge(
            run.model.path,
            run.stack,
            str(out),
            partial(self._on_written, run, out),
            partial(self._fail, run),
            partial(self._tell_written, run),
        )

    def _tell_written(self, run: _Run, fraction: float) -> None:
        size = run.model.size_bytes
        run.pace.note(round(fraction * size))
        left = run.pace.seconds_left(size - round(fraction * size))
        self.progressed.emit(Step(f"Writing the model, {fraction:.0%}", fraction, left))

    def _on_written(self, run: _Run, out: Path, _merged: Merged) -> None:
        run.request = 0
        self._store.ask(
            lambda r: add_model(r.models, out, SOURCE_MERGED), partial(self._measure, run), partial(self._fail, run)
        )

    # ------------------------------------------------------------ what it has kept

    def _measure(self, run: _Run, merged: Model) -> None:
        run.merged = merged
        self._models.refresh()
        engine = self._second
        if run is not self._run or engine is None:
            return
        self.progressed.emit(Step(_MEASURING))
        settings = replace(self._load_settings(run.model), n_ctx=READING_N_CTX, draft_path="")
        give_up = partial(self._give_up, run)

        def load(text: str) -> None:
            engine.with_model(run.model.path, settings, partial(read, text), give_up)

        def read(text: str) -> None:
            run.request = engine.compare(text, (), run.stack, partial(read_merged, text), give_up)

        def read_merged(text: str, taught: Effect) -> None:
            judge = partial(self._judge, run, taught)
            run.request = engine.compare(text, run.stack, (), judge, give_up, merged.path)

        self._background.run(probe_text, load, give_up)

    def _judge(self, run: _Run, taught: Effect, merged: Effect) -> None:
        self._finish(run, merge_sentence(taught, merged))

    def _give_up(self, run: _Run, error: UserError) -> None:
        reason = "" if run.is_stopped else f" {error}"
        self._finish(run, f"It was not measured what merging has kept of the adapters.{reason}")

    def _finish(self, run: _Run, sentence: str) -> None:
        if run is self._run and run.merged is not None:
            self._end()
            self.merged.emit(MergedModel(run.merged, sentence))

    def _fail(self, run: _Run, error: UserError) -> None:
        if run is self._run:
            self._end()
            if not run.is_stopped:
                self.failed.emit(error)

    def _end(self) -> None:
        self._run = None
        if self._second is not None:
            self._second.quit()
        self.ended.emit()
