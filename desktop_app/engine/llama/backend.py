"""The backend that runs models: one loaded model, and what the worker asks of it."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from desktop_app import __version__
from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama import native
from desktop_app.engine.llama.adapters import BARE, AdapterShelf, NativeStack
from desktop_app.engine.llama.answer import Answer
from desktop_app.engine.llama.encoding import encode
from desktop_app.engine.llama.loaded import LoadedModel, load_model
from desktop_app.engine.llama.merging import merge
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.prompting import MIN_ANSWER_TOKENS, fit_prompt, tokenize
from desktop_app.engine.llama.recording import check_recordable, record
from desktop_app.engine.llama.scoring import Reader, compare_readings, score_tokens
from desktop_app.engine.llama.threads import ThreadGovernor
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    ChatMessage,
    Compare,
    Effect,
    Encode,
    Encoded,
    Event,
    Generate,
    Hello,
    Load,
    Merge,
    ModelFacts,
    Record,
    Score,
    Stack,
)
from desktop_app.errors import UserError
from desktop_app.library.draft import same_vocabulary
from desktop_app.library.file_errors import shown_name
from desktop_app.library.fit import LoadPlan, plan_load
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.hardware import FreeMemory, free_memory_bytes, held_bytes, physical_cores
from desktop_app.library.model_check import check_model

_log = logging.getLogger(__name__)


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
                self._load_again(before)
            raise
        return self._loaded.facts

    def _load_again(self, before: LoadedModel) -> None:
        n_threads = self._n_threads(before.command)
        try:
            self._loaded = load_model(before.command, before.plan, n_threads, lambda _: None, bool)
        except Exception:  # the person is told of what was asked for, and that there is no model now
            _log.exception("the model before cannot be loaded again")

    @property
    def is_loaded(self) -> bool:
        return self._loaded is not None

    def unload(self) -> None:
        if self._loaded:
            self._loaded.close()
            self._loaded = None
            native.return_memory()

    def prepare(self, stack: Stack) -> str:
        return self._stack(self._require(), stack).fingerprint

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
        stack = self._stack(loaded, command.stack)
        stop = () if command.text else loaded.format.stop
        loaded.scheduler.begin(Answer(command, loaded.model, tokens, omitted, stack, stop, is_stopped))

    @property
    def busy(self) -> bool:
        return self._loaded is not None and self._loaded.scheduler.busy

    def step(self) -> list[Event]:
        return self._require().scheduler.step()

    def rest(self) -> None:
        if self._loaded:
            self._loaded.pool.save()

    def score(self, command: Score, is_stopped: IsStopped) -> list[float]:
        loaded = self._require()
        tokens = _measurable(loaded.model, command.text)
        with Reader(loaded.model, self._stack(loaded, command.stack), loaded.n_threads()) as reader:
            return score_tokens(reader, tokens, is_stopped)

    def compare(self, command: Compare, is_stopped: IsStopped) -> Effect:
        loaded = self._require()
        tokens = _measurable(loaded.model, command.text)
        stack = self._stack(loaded, command.stack)
        with ExitStack() as opened:
            first = opened.enter_context(Reader(loaded.model, stack, loaded.n_threads()))
            model, shelf = loaded.model, loaded.adapters
            if command.other_model:
                _check_same_vocabulary(loaded.command.path, command.other_model)
                model = LlamaModel(command.other_model, loaded.plan.n_gpu_layers, lambda _fraction: not is_stopped())
                opened.callback(model.close)
                shelf = AdapterShelf(model, Path(command.other_model), lambda: BARE)
            other_stack = shelf.stack(command.other_stack, [*loaded.scheduler.stacks, stack])
            other = opened.enter_context(Reader(model, other_stack, loaded.n_threads()))
            return compare_readings(first, other, tokens, is_stopped)

    def merge(self, command: Merge, on_progress: Callable[[float], None], is_stopped: IsStopped) -> tuple[int, int]:
        return merge(command, on_progress, is_stopped)

    def encode(self, command: Encode, is_stopped: IsStopped) -> Encoded:
        loaded = self._require()
        return encode(loaded.model, loaded.format, command, is_stopped)

    def record(self, command: Record, is_stopped: IsStopped) -> None:
        loaded = self._require()
        check_recordable(loaded.model, command.tokens)
        with Reader(loaded.model, self._stack(loaded, command.stack), loaded.n_threads()) as reader:
            record(reader, command.tokens, Path(command.out), is_stopped)

    def _stack(self, loaded: LoadedModel, stack: Stack) -> NativeStack:
        return loaded.adapters.stack(stack, loaded.scheduler.stacks)

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        loaded = self._require()
        return len(tokenize(loaded.model, loaded.format, messages)), loaded.context.n_ctx - MIN_ANSWER_TOKENS

    def forget(self, conversation: int) -> None:
        if self._loaded:
            self._loaded.pool.forget(conversation)


def _measurable(model: LlamaModel, text: str) -> list[int]:
    tokens = model.tokenize(text, parse_special=False)
    if len(tokens) < 2:
        raise UserError("This text is too short to be measured.", "Give it at least a few words.")
    return tokens


def _check_same_vocabulary(path: str, other: str) -> None:
    _checked_header(other)
    if not same_vocabulary(Path(path), Path(other)):
        raise UserError(
            f"“{shown_name(Path(path))}” and “{shown_name(Path(other))}” cannot be compared, because the two have "
            "different vocabularies.",
            "Choose two models of the same family.",
        )


def _checked_header(path: str) -> GgufHeader:
    header = read_header(Path(path))
    check_model(header)
    return header
