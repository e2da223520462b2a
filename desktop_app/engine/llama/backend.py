"""The backend that runs models: one loaded model, and what the worker asks of it."""

from collections.abc import Callable
from pathlib import Path

from desktop_app import __version__
from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama import native
from desktop_app.engine.llama.answer import Answer
from desktop_app.engine.llama.loaded import LoadedModel, load_model
from desktop_app.engine.llama.prompting import MIN_ANSWER_TOKENS, fit_prompt, tokenize
from desktop_app.engine.llama.scoring import score_tokens
from desktop_app.engine.llama.threads import ThreadGovernor
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AdapterScale,
    ChatMessage,
    Event,
    Generate,
    Hello,
    Load,
    ModelFacts,
)
from desktop_app.errors import UserError
from desktop_app.library.draft import same_vocabulary
from desktop_app.library.file_errors import shown_name
from desktop_app.library.fit import LoadPlan, plan_load
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.hardware import FreeMemory, free_memory_bytes, held_bytes, physical_cores
from desktop_app.library.model_check import check_model


class LlamaBackend:
    """See `desktop_app.engine.backend.Backend`."""

    def __init__(self) -> None:
        native.start()
        self._governor = ThreadGovernor(physical_cores())
        self._loaded: LoadedModel | None = None

    def hello(self) -> Hello:
        return Hello(PROTOCOL_VERSION, __version__, "llama", native.system_info(), native.devices())

    # ------------------------------------------------------------ the model

    def load(self, command: Load, on_progress: Callable[[float], None], is_stopped: IsStopped) -> ModelFacts:
        plan = self._plan(command)
        before = self._loaded
        self.unload()  # two models may not fit at once
        try:
            self._loaded = load_model(command, plan, self._n_threads(command), on_progress, is_stopped)
        except BaseException:
            if before:
                n_threads = self._n_threads(before.command)
                self._loaded = load_model(before.command, before.plan, n_threads, lambda _: None, bool)
            raise
        return self._loaded.facts

    def unload(self) -> None:
        if self._loaded:
            self._loaded.close()
            self._loaded = None
            native.return_memory()

    def set_stack(self, stack: tuple[AdapterScale, ...]) -> str:
        if stack:
            raise UserError("This version of Moatless cannot apply adapters yet.", "Send without an adapter.")
        return ""

    def close(self) -> None:
        self.unload()

    def _plan(self, command: Load) -> LoadPlan:
        """Look at everything that can be looked at while the model before is still there.

        Raises:
            UserError: If the model or its draft model cannot be loaded like this.
        """
        header = _checked_header(command.path)
        draft_path = command.settings.draft_path if command.settings.speculate else ""
        draft = _checked_header(draft_path) if draft_path else None
        if draft and not same_vocabulary(header.path, draft.path):
            raise UserError(
                f"“{shown_name(draft.path)}” cannot guess ahead for “{shown_name(header.path)}”, because the two have "
                "different vocabularies.",
                "Choose a smaller model of the same family, or none.",
            )
        own_vram = self._loaded.plan.memory.vram if self._loaded else 0
        free = FreeMemory(free_memory_bytes() + held_bytes(), native.free_gpu_bytes() + own_vram)
        return plan_load(header, command.settings, free, draft)

    def _n_threads(self, command: Load) -> Callable[[], int]:
        fixed = command.settings.n_threads
        return (lambda: fixed) if fixed else (lambda: self._governor.count)

    def _require(self) -> LoadedModel:
        if self._loaded is None:
            raise UserError("No model is loaded.", "Choose a model first.")
        return self._loaded

    # ------------------------------------------------------------ text

    def begin(self, command: Generate, is_stopped: IsStopped) -> None:
        loaded = self._require()
        tokens, omitted = fit_prompt(loaded.model, loaded.format, command, loaded.context.n_ctx)
        loaded.scheduler.begin(Answer(command, loaded.model, tokens, omitted, loaded.format.stop, is_stopped))

    @property
    def busy(self) -> bool:
        return self._loaded is not None and self._loaded.scheduler.busy

    def step(self) -> list[Event]:
        return self._require().scheduler.step()

    def rest(self) -> None:
        if self._loaded:
            self._loaded.pool.save()

    def score(self, text: str, is_stopped: IsStopped) -> list[float]:
        loaded = self._require()
        tokens = loaded.model.tokenize(text, parse_special=False)
        if len(tokens) < 2:
            raise UserError("This text is too short to be measured.", "Give it at least a few words.")
        return score_tokens(loaded.model, tokens, loaded.n_threads(), is_stopped)

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        loaded = self._require()
        return len(tokenize(loaded.model, loaded.format, messages)), loaded.context.n_ctx - MIN_ANSWER_TOKENS

    def forget(self, conversation: int) -> None:
        if self._loaded:
            self._loaded.pool.forget(conversation)


def _checked_header(path: str) -> GgufHeader:
    header = read_header(Path(path))
    check_model(header)
    return header
