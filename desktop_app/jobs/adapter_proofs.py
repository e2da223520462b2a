"""Finding out what an adapter does to a model: the engine reads a text with and without it, once for each pair."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AdapterScale, Effect
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.store import Store
from desktop_app.storage.records import Adapter, Model, Proof

_Pair = tuple[str, str]  # SHA-256 of adapter and model


@dataclass(eq=False)
class _Measurement:
    """One that goes on; `request` is the engine's number of it, 0 before the engine was asked."""

    request: int = 0


class AdapterProofs(QObject):
    """Lives in the GUI thread.

    Args:
        load_settings: How a model is to be loaded.

    Signals:
        changed(): What `proof` and `is_measuring` say may be different.
        failed(Adapter, UserError): This one could not be measured.
    """

    changed = Signal()
    failed = Signal(Adapter, UserError)

    def __init__(
        self,
        store: Store,
        background: Background,
        engine: Engine,
        load_settings: Callable[[Model], LoadSettings],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._background = background
        self._engine = engine
        self._load_settings = load_settings
        self._proofs: dict[_Pair, Proof] = {}
        self._measuring: dict[_Pair, _Measurement] = {}

    def read(self, model: Model) -> None:
        """Read what was measured on a model up to now."""
        self._store.ask(lambda r: r.adapters.proofs_of(model.sha256), self._take)

    def proof(self, adapter: Adapter, model: Model) -> Proof | None:
        """Return what was measured; None as long as nothing was, or `read` was not called for the model."""
        return self._proofs.get(_pair(adapter, model))

    def is_measuring(self, adapter: Adapter, model: Model) -> bool:
        return _pair(adapter, model) in self._measuring

    def measure(self, adapter: Adapter, model: Model) -> None:
        """Measure an adapter at scale 1 on a model, which is loaded for it. Takes as long as reading a page twice."""
        pair = _pair(adapter, model)
        if not model.sha256:  # what is measured is kept by it
            error = UserError(f"{model.name} is still being looked at.", "Measure again in a moment.")
            self.failed.emit(adapter, error)
            return
        if pair in self._measuring:
            return
        this = self._measuring[pair] = _Measurement()
        self.changed.emit()
        fail = partial(self._fail, adapter, pair, this)
        stack = (AdapterScale(adapter.path),)

        def load(text: str) -> None:
            settings = self._load_settings(model)
            self._engine.with_model(model.path, settings, partial(compare, text), fail, sha256=model.sha256)

        def compare(text: str) -> None:
            if self._measuring.get(pair) is this:
                this.request = self._engine.compare(text, (), stack, keep, fail)

        def keep(effect: Effect) -> None:
            self._store.ask(lambda r: r.adapters.set_proof(*pair, effect), done, fail)

        def done(proof: Proof) -> None:
            if self._measuring.get(pair) is this:
                del self._measuring[pair]
            self._take((proof,))

        self._background.run(probe_text, load, fail)

    def stop(self, adapter: Adapter, model: Model) -> None:
        """End a measurement without a result."""
        this = self._measuring.pop(_pair(adapter, model), None)
        if this is not None:
            if this.request:
                self._engine.stop(this.request)
            self.changed.emit()

    def _take(self, proofs: tuple[Proof, ...]) -> None:
        self._proofs.update(((proof.adapter_sha256, proof.model_sha256), proof) for proof in proofs)
        self.changed.emit()

    def _fail(self, adapter: Adapter, pair: _Pair, this: _Measurement, error: UserError) -> None:
        if self._measuring.get(pair) is this:  # else it was stopped
            del self._measuring[pair]
            self.changed.emit()
            self.failed.emit(adapter, error)


def _pair(adapter: Adapter, model: Model) -> _Pair:
    return adapter.sha256, model.sha256
