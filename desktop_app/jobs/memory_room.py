"""Room in memory for work beside the chat: where it is short, the chat's model goes first, and the person is told.

The chat loads its model again with the next message; what is to be trained could not be loaded at all.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine
from desktop_app.library.fit import plan_load
from desktop_app.library.hardware import FreeMemory, free_memory_bytes
from desktop_app.library.outlook import cached_header
from desktop_app.trainer.contract import FAST, FLOAT32, read_model_file, read_run
from desktop_app.trainer.memory import choose, forecasts

_N_CTX = 2048  # what commands read and write in


class MemoryRoom(QObject):
    """Lives in the GUI thread.

    Args:
        engine: The chat's.
        load_settings: How models are to be loaded.

    Signals:
        told(str): The chat's model was let go, in a sentence.
    """

    told = Signal(str)

    def __init__(
        self,
        engine: Engine,
        background: Background,
        load_settings: Callable[[], LoadSettings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._background = background
        self._load_settings = load_settings

    def for_engine(self, model: Path, then: Callable[[], None], or_else: Callable[[], None] | None = None) -> None:
        """Call `then` as soon as a second engine can load this model as well as it ever could.

        Args:
            or_else: Is called, if given, where the model of the chat would have to go for that; then it stays.
        """
        settings = replace(self._load_settings(), n_ctx=_N_CTX, n_gpu_layers=0, speculate=False)
        self._make(lambda: is_short_for_engine(model, settings, free_memory_bytes()), then, or_else)

    def for_trainer(self, run: Path, then: Callable[[], None]) -> None:
        """Call `then` as soon as a trainer can work on this run folder as well as it ever could."""
        self._make(lambda: is_short_for_trainer(run, free_memory_bytes()), then)

    def _make(
        self, is_short: Callable[[], bool], then: Callable[[], None], or_else: Callable[[], None] | None = None
    ) -> None:
        def go_on(short: bool) -> None:
            if not short or not self._has_model():
                then()
                return
            if or_else is not None:
                or_else()
                return
            self._engine.let_go(then)
            if not self._has_model():  # else it is at work, and stays
                self.told.emit("The model of the chat gave its memory back for this. Your next message loads it again.")

        self._background.run(is_short, go_on)

    def _has_model(self) -> bool:
        return self._engine.model is not None


def is_short_for_engine(model: Path, settings: LoadSettings, free_bytes: int) -> bool:
    """Return whether this model does not fit, or something has to be given up for it; one that is no model fits."""
    try:
        header = cached_header(model)
    except UserError:
        return False
    try:
        return bool(plan_load(header, settings, FreeMemory(free_bytes)).note)
    except UserError:
        return True


def is_short_for_trainer(run: Path, free_bytes: int) -> bool:
    """Return whether the fastest way to train does not fit; a folder that cannot be read needs nothing."""
    try:
        recipe, file = read_run(run).recipe, read_model_file(run)
        return choose(forecasts(file, recipe, FLOAT32), free_bytes) != FAST
    except (OSError, ValueError, KeyError, TypeError):
        return False
