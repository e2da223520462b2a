"""The models of the library as the window shows them, and what a person does with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Signal

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AnswerFacts, Device
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.store import Store
from desktop_app.library.catalog import add_model
from desktop_app.library.draft import choose_draft
from desktop_app.library.hardware import FreeMemory, free_memory_bytes, held_bytes
from desktop_app.library.inspect import file_sha256
from desktop_app.library.outlook import Outlook, look_ahead
from desktop_app.library.prospects import Machine, bytes_a_token_of, measured_models
from desktop_app.library.speed import expected_tokens_per_s
from desktop_app.library.upkeep import missing
from desktop_app.storage.records import Model

MEASURED_TOKENS = 32  # of a shorter answer the time says little


@dataclass(frozen=True)
class _Outlooks:
    """What was found out about the models, by their numbers."""

    of: Mapping[int, Outlook] = field(default_factory=dict)
    drafts: Mapping[int, str] = field(default_factory=dict)
    speeds: Mapping[int, float] = field(default_factory=dict)
    machine: Machine = field(default_factory=lambda: Machine(LoadSettings(), FreeMemory(0)))


class ModelLibrary(QObject):
    """Keeps the list of models. Lives in the GUI thread.

    Args:
        load_settings: How models are to be loaded as things are; asked whenever the models are looked at.

    Signals:
        changed(): `models` or `missing` is different.
        looked(): What `outlook`, `draft_for`, `speed` and `machine` say may be different.
        added(Model): The person's file is in the library.
        refused(UserError): It is not, and why.
    """

    changed = Signal()
    looked = Signal()
    added = Signal(Model)
    refused = Signal(UserError)

    def __init__(
        self,
        store: Store,
        background: Background,
        load_settings: Callable[[], LoadSettings] = LoadSettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._load_settings = load_settings
        self._outlooks = _Outlooks()
        self._n_refreshes = 0
        self._n_looks = 0
        self._is_closing = Event()
        self._is_hashing = False
        self._unreadable: set[int] = set()
        self._engine_process = 0
        self._free_vram: int | None = None
        self.models: tuple[Model, ...] = ()
        self.missing: frozenset[int] = frozenset()

    def refresh(self) -> None:
        """Read the list again, look which files are still there and how they would run now."""
        self._n_refreshes = this_refresh = self._n_refreshes + 1
        self._store.ask(lambda r: r.models.list_models(), partial(self._check, this_refresh))

    def set_engine(self, process_id: int, devices: Sequence[Device]) -> None:
        """Take into account what the engine could give back (0: there is none) and what it can compute on."""
        self._engine_process = process_id
        self._free_vram = sum(device.free_bytes for device in devices if device.kind == "gpu") if devices else None
        self.look()

    def outlook(self, model: Model) -> Outlook | None:
        """Return what loading this model would mean; None until it was looked at."""
        return self._outlooks.of.get(model.id)

    def draft_for(self, model: Model) -> str:
        """Return the file of the model that can guess ahead for this one, or an empty text."""
        return self._outlooks.drafts.get(model.id, "")

    def speed(self, model: Model) -> float | None:
        """Return how many tokens a second it writes or will write here; None as long as nothing was measured."""
        return model.tokens_per_s or self._outlooks.speeds.get(model.id)

    @property
    def machine(self) -> Machine:
        """What is to be expected of models that are not here depends on this."""
        return self._outlooks.machine

    def note_speed(self, sha256: str, facts: AnswerFacts | None) -> None:
        """Take in how fast the model with this hash wrote an answer."""
        if facts is None or facts.answer_tokens < MEASURED_TOKENS or facts.decode_s <= 0 or not sha256:
            return
        tokens_per_s = facts.answer_tokens / facts.decode_s
        self._store.ask(lambda r: r.models.set_speed(sha256, tokens_per_s), lambda _none: self.refresh())

    def look(self) -> None:
        """Look again how the models would run, with the settings and the free memory of now."""
        models = [model for model in self.models if model.id not in self.missing]
        settings, process_id, free_vram = self._load_settings(), self._engine_process, self._free_vram
        if free_vram is None:  # before the engine has said what it finds, nothing can be said against it
            settings = replace(settings, n_gpu_layers=-1)
        self._n_looks = this_look = self._n_looks + 1

        def show(outlooks: _Outlooks) -> None:
            if this_look == self._n_looks:
                self._outlooks = outlooks
                self.looked.emit()

        def look() -> _Outlooks:
            held = held_bytes(process_id) if process_id else 0
            return _look(models, settings, FreeMemory(free_memory_bytes() + held, free_vram or 0))

        self._background.run(look, show)

    def add(self, path: Path, sha256: str = "") -> None:
        """Add a GGUF file where it lies; a hash that is not known is computed afterwards."""
        self._store.ask(lambda r: add_model(r.models, path, sha256=sha256), self._on_added, self.refused.emit)

    def remove(self, model: Model) -> None:
        """Take a model out of the list; its file stays where it is."""
        self._store.ask(lambda r: r.models.remove(model.id), lambda _none: self.refresh())

    def _on_added(self, model: Model) -> None:
        self.added.emit(model)
        self.refresh()

    def close(self) -> None:
        """Stop reading files; for the end of the program."""
        self._is_closing.set()

    def _hash_next(self) -> None:
        """Compute the hash of a model that has none yet, one after the other; those that end early begin anew."""
        unknown = (model for model in self.models if not model.sha256 and model.id not in self.missing)
        model = next((model for model in unknown if model.id not in self._unreadable), None)
        if model is None or self._is_hashing:
            return
        self._is_hashing = True
        self._background.run_long(
            lambda: file_sha256(Path(model.path), should_stop=self._is_closing.is_set),
            partial(self._set_hash, model),
            partial(self._on_unreadable, model),
        )

    def _set_hash(self, model: Model, sha256: str) -> None:
        self._is_hashing = False
        if sha256:
            self._store.ask(lambda r: r.models.set_sha256(model.id, sha256), lambda _none: self.refresh())

    def _on_unreadable(self, model: Model, _error: UserError) -> None:
        """A file that cannot be read to its end has no hash; it says so itself once it is loaded."""
        self._is_hashing = False
        self._unreadable.add(model.id)
        self._hash_next()

    def _check(self, this_refresh: int, models: tuple[Model, ...]) -> None:
        def show(gone: frozenset[int]) -> None:
            if this_refresh != self._n_refreshes:  # a later one may be there already, and knows better
                return
            self.models, self.missing = models, gone
            self.changed.emit()
            self.look()
            self._hash_next()

        self._background.run(lambda: missing(models), show)


def _look(models: Sequence[Model], settings: LoadSettings, free: FreeMemory) -> _Outlooks:
    outlooks, drafts, speeds = {}, {}, {}
    measured = measured_models(models)
    for model in models:
        draft = choose_draft(model, models)
        drafts[model.id] = draft.path if draft else ""
        own = replace(settings, draft_path=drafts[model.id], n_ctx=model.defaults.n_ctx or settings.n_ctx)
        outlooks[model.id] = look_ahead(Path(model.path), own, free)
        if (speed := expected_tokens_per_s(bytes_a_token_of(model), measured)) is not None:
            speeds[model.id] = speed
    return _Outlooks(outlooks, drafts, speeds, Machine(settings, free, measured))
