"""Finding out how fast this computer is, when that is wanted before any answer was written: a few words of the model
that is loaded are written for nobody, and timed.
"""

from PySide6.QtCore import QObject

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnyEvent, ChatMessage, Finished
from desktop_app.jobs.engine import Engine, EngineState
from desktop_app.jobs.model_library import MEASURED_TOKENS, ModelLibrary

# With a larger one it would take too long to be done unasked.
LARGEST_BYTES = 2_000_000_000
_QUESTION = ChatMessage("user", "Tell me at length about the sea.")
_SAMPLER = SamplerSettings(temperature=0, max_tokens=MEASURED_TOKENS + 16)


class Calibration(QObject):
    """Lives in the GUI thread."""

    def __init__(self, engine: Engine, library: ModelLibrary, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._library = library
        self._is_measuring = False

    def measure(self) -> None:
        """Measure, unless something was measured before or the engine has nothing loaded that is small enough."""
        loaded = self._engine.model
        if self._is_measuring or self._library.machine.measured or self._engine.state != EngineState.READY:
            return
        if loaded is None or loaded.size_bytes > LARGEST_BYTES:
            return
        model = next((each for each in self._library.models if each.path == loaded.path), None)
        if model is None or not model.sha256:
            return
        sha256 = model.sha256
        self._is_measuring = True

        def handle(event: AnyEvent) -> None:
            if isinstance(event, Finished):
                self._library.note_speed(sha256, event.facts)

        self._engine.generate((_QUESTION,), _SAMPLER, handle)
