"""Having a model that is being trained answer a few questions, without getting into the way of its trainer.

Whatever goes wrong is in the log alone: the training does not depend on it.
"""

import logging
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from zipfile import BadZipFile

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Load
from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.sampling import N_CTX, can_be_sampled, take_samples
from desktop_app.library.gguf import read_header
from desktop_app.library.hardware import free_memory_bytes
from desktop_app.library.memory import forecast

# The trainer takes more memory in some steps than in others, and must find it.
_KEPT_FREE_BYTES = 1 << 30
_KEPT_FREE_SHARE = 0.25

_log = logging.getLogger(__name__)


class _Ended(Exception):
    """The training is over, or interrupted."""


class Sampler:
    """Takes samples after the looks at held-out examples, one at a time; use it in a `with` statement.

    Args:
        run: Folder of the run that is being trained.
        model: Its model.
    """

    def __init__(self, run: Path, model: Path) -> None:
        self._run, self._model = run, model
        self._is_possible = can_be_sampled(run)
        self._is_due = False
        self._thread: Thread | None = None
        self._is_ending = Event()

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_ending.set()
        if self._thread is not None:
            self._thread.join()

    def note(self, event: events.Event) -> None:
        """Look at what has happened: what was measured is asked as soon as it is saved."""
        if event.get("event") == events.EVALUATED:
            self._is_due = True
        elif event.get("event") == events.SAVED and self._is_due:
            self._is_due = False
            self._begin()

    def _begin(self) -> None:
        if not self._is_possible or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = Thread(target=self._take, name="samples")
        self._thread.start()

    def _take(self) -> None:
        try:
            if not has_room(self._model):
                _log.info("no samples, because too little memory is free")
                return
            with EngineClient(is_behind=True) as engine:
                settings = LoadSettings(n_ctx=N_CTX, n_threads=1, n_gpu_layers=0, speculate=False)
                for _ in engine.events(Load(engine.next_request(), str(self._model), settings)):
                    self._go_on()
                take_samples(self._run, engine, self._go_on)
        except _Ended:
            return
        except (UserError, OSError, ValueError, KeyError, BadZipFile):
            _log.info("no samples", exc_info=True)

    def _go_on(self) -> None:
        if self._is_ending.is_set():
            raise _Ended


def has_room(model: Path) -> bool:
    """Return whether an engine with a model fits beside its trainer.

    Raises:
        UserError: If the model cannot be read.
    """
    needed = forecast(read_header(model), N_CTX).total
    free = free_memory_bytes()
    return needed + max(_KEPT_FREE_BYTES, _KEPT_FREE_SHARE * free) <= free
