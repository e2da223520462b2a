"""The backend that runs models: one loaded model with one chat context."""

import logging
import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from desktop_app import __version__
from desktop_app.chat.context import PromptTooLong, choose_omitted
from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama import native
from desktop_app.engine.llama.context import ContextFull, LlamaContext
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.sampler import Sampler
from desktop_app.engine.llama.scoring import score_tokens
from desktop_app.engine.llama.threads import ThreadGovernor
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    AdapterScale,
    AnswerFacts,
    ChatMessage,
    Generate,
    Hello,
    Load,
    ModelFacts,
    Prefill,
)
from desktop_app.engine.prompt import PromptFormat
from desktop_app.engine.sandbox import TemplateError
from desktop_app.engine.text import TextStream
from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from desktop_app.library.hardware import free_memory_bytes, physical_cores
from desktop_app.library.memory import check_fits
from desktop_app.library.model_check import check_model

DEFAULT_N_CTX = 4096
ANSWER_SHARE = 4  # older messages are left out to keep a quarter of the context free for the answer ...
MIN_ANSWER_TOKENS = 64  # ... but a long message alone may leave less
_MAX_SEED = 2**32 - 2  # llama.cpp reads the largest number as "draw one"

_log = logging.getLogger(__name__)


@dataclass
class _Loaded:
    command: Load
    model: LlamaModel
    context: LlamaContext
    format: PromptFormat
    facts: ModelFacts
    memory_bytes: int  # that unloading gives back; mapped weights count as free all the time
    n_threads: Callable[[], int]

    def close(self) -> None:
        self.context.close()
        self.model.close()


class LlamaBackend:
    """See `desktop_app.engine.backend.Backend`."""

    def __init__(self) -> None:
        native.start()
        self._governor = ThreadGovernor(physical_cores())
        self._loaded: _Loaded | None = None

    def hello(self) -> Hello:
        return Hello(PROTOCOL_VERSION, __version__, "llama", native.system_info(), native.devices())

    # ------------------------------------------------------------ the model

    def load(self, command: Load, on_progress: Callable[[float], None], is_stopped: IsStopped) -> ModelFacts:
        header = read_header(Path(command.path))
        check_model(header)
        n_ctx = command.settings.n_ctx or min(DEFAULT_N_CTX, header.n_ctx_train or DEFAULT_N_CTX)
        before = self._loaded
        memory = check_fits(header, n_ctx, free_memory_bytes() + (before.memory_bytes if before else 0))
        self.unload()  # two models may not fit at once
        try:
            self._loaded = self._load(command, n_ctx, memory.total - memory.weights, on_progress, is_stopped)
        except BaseException:
            if before:
                self._loaded = self._load(before.command, before.facts.n_ctx, before.memory_bytes, lambda _: None, bool)
            raise
        return self._loaded.facts

    def unload(self) -> None:
        if self._loaded:
            self._loaded.close()
            self._loaded = None

    def set_stack(self, stack: tuple[AdapterScale, ...]) -> str:
        if stack:
            raise UserError("This version of Moatless cannot apply adapters yet.", "Send without an adapter.")
        return ""

    # ------------------------------------------------------------ text

    def generate(
        self, command: Generate, on_prefill: Callable[[Prefill], None], is_stopped: IsStopped
    ) -> Generator[str, None, AnswerFacts]:
        started = time.perf_counter()
        loaded = self._require()
        context = loaded.context
        tokens, omitted = self._fit(loaded, command)
        reused = context.keep_prefix(tokens)

        def on_slice(done: int) -> None:
            on_prefill(Prefill(command.request, reused + done, len(tokens), reused, omitted))

        on_slice(0)
        read_whole = context.prefill(tokens[reused:], is_stopped, on_slice)
        prefilled = time.perf_counter()
        answer = _Answer(command, loaded, tokens)
        if read_whole:
            yield from answer.pieces(is_stopped)
        ended = time.perf_counter()
        _log.info("answered with %d tokens: %s", answer.n_tokens, answer.finish_reason)
        return AnswerFacts(
            prompt_tokens=len(tokens),
            reused_tokens=reused,
            answer_tokens=answer.n_tokens,
            omitted_messages=omitted,
            prefill_s=prefilled - started,
            decode_s=ended - prefilled,
            time_to_first_token_s=(answer.first_token_at or ended) - started,
            finish_reason=answer.finish_reason,
            seed=answer.seed,
        )

    def score(self, text: str, is_stopped: IsStopped) -> list[float]:
        loaded = self._require()
        tokens = loaded.model.tokenize(text, parse_special=False)
        if len(tokens) < 2:
            raise UserError("This text is too short to be measured.", "Give it at least a few words.")
        return score_tokens(loaded.model, tokens, loaded.n_threads(), is_stopped)

    def count(self, messages: tuple[ChatMessage, ...]) -> tuple[int, int]:
        loaded = self._require()
        return len(_tokenize(loaded, messages, continue_last=False)), loaded.context.n_ctx - MIN_ANSWER_TOKENS

    def _load(
        self,
        command: Load,
        n_ctx: int,
        memory_bytes: int,
        on_progress: Callable[[float], None],
        is_stopped: IsStopped,
    ) -> _Loaded:
        fixed = command.settings.n_threads
        n_threads = (lambda: fixed) if fixed else (lambda: self._governor.count)
        return _load(command, n_ctx, n_threads, memory_bytes, on_progress, is_stopped)

    def _require(self) -> _Loaded:
        if self._loaded is None:
            raise UserError("No model is loaded.", "Choose a model first.")
        return self._loaded

    def _fit(self, loaded: _Loaded, command: Generate) -> tuple[list[int], int]:
        """Return the prompt's tokens and how many messages were left out of it."""
        n_ctx = loaded.context.n_ctx
        system = sum(message.role == "system" for message in command.messages[:1])
        rest = command.messages[system:]
        roles = [message.role for message in rest]
        prompts: dict[int, list[int]] = {}

        def count(omitted: int) -> int:
            if omitted not in prompts:
                kept = (*command.messages[:system], *rest[omitted:])
                prompts[omitted] = _tokenize(loaded, kept, command.continue_last)
            return len(prompts[omitted])

        try:
            omitted = choose_omitted(count, roles, n_ctx - n_ctx // ANSWER_SHARE, command.omit_at_least)
        except PromptTooLong:
            omitted = choose_omitted(count, roles, n_ctx - MIN_ANSWER_TOKENS, command.omit_at_least)
        return prompts[omitted], omitted


class _Answer:
    """One answer being decoded, and what is to be reported of it."""

    def __init__(self, command: Generate, loaded: _Loaded, prompt: list[int]) -> None:
        self._settings = command.sampler
        self._loaded = loaded
        self._prompt = prompt
        self.seed = command.sampler.seed if command.sampler.seed is not None else random.randint(0, _MAX_SEED)
        self.n_tokens = 0
        self.first_token_at: float | None = None
        self.finish_reason = "stopped"

    def pieces(self, is_stopped: IsStopped) -> Generator[str, None, None]:
        """Yield the text; sets `finish_reason` at the end."""
        model, context = self._loaded.model, self._loaded.context
        text = TextStream((*self._settings.stop, *self._loaded.format.stop))
        sampler = Sampler(self._settings, self.seed, model.n_vocab, self._prompt)
        try:
            while not is_stopped():
                token = sampler.sample(context)
                self.first_token_at = self.first_token_at or time.perf_counter()
                self.n_tokens += 1
                if model.is_eog(token):
                    self.finish_reason = "stop"
                    break
                yield text.feed(model.piece(token))
                if text.ended:
                    self.finish_reason = "stop"
                    break
                if self.n_tokens == self._settings.max_tokens:
                    self.finish_reason = "length"
                    break
                if not context.append(token, is_stopped):
                    break
        except ContextFull:
            self.finish_reason = "context"
        finally:
            sampler.close()
        yield text.flush()


def _load(
    command: Load,
    n_ctx: int,
    n_threads: Callable[[], int],
    memory_bytes: int,
    on_progress: Callable[[float], None],
    is_stopped: IsStopped,
) -> _Loaded:
    def progress(fraction: float) -> bool:
        on_progress(fraction)
        return not is_stopped()

    model = LlamaModel(command.path, command.settings.n_gpu_layers, progress)
    try:
        context = LlamaContext(model, n_ctx, n_threads)
        # Touches every weight once: otherwise the first answer waits for the disk.
        context.append(max(0, model.bos_id), is_stopped)
        context.clear()
    except BaseException:
        model.close()
        raise
    prompt_format = PromptFormat(
        model.chat_template(),
        model.token_text(model.bos_id),
        model.token_text(model.eos_id),
        model.has_token("<|im_start|>"),
    )
    facts = ModelFacts(
        path=command.path,
        architecture=model.metadata("general.architecture") or "",
        n_ctx=context.n_ctx,
        n_ctx_train=model.n_ctx_train,
        n_params=model.n_params,
        size_bytes=Path(command.path).stat().st_size,
        n_threads=n_threads(),
        template_note=prompt_format.note,
    )
    _log.info("loaded %s", facts)
    return _Loaded(command, model, context, prompt_format, facts, memory_bytes, n_threads)


def _tokenize(loaded: _Loaded, messages: tuple[ChatMessage, ...], continue_last: bool) -> list[int]:
    """Return the prompt's tokens.

    In one go where no content holds the text of a control token, because token borders then fall as the model has
    learned them; else part by part, so that such a text stays mere text.
    """
    model = loaded.model
    try:
        parts = loaded.format.parts(messages, continue_last)
    except TemplateError as error:
        raise UserError(
            f"This model's chat template does not accept this conversation; it says: {str(error).rstrip('.')}.",
            "Remove the system prompt or start a new chat.",
        ) from error
    contents = [part.text for part in parts if not part.is_template]
    if all(model.tokenize(text, parse_special=True) == model.tokenize(text, parse_special=False) for text in contents):
        return _with_bos(model, model.tokenize("".join(part.text for part in parts), parse_special=True))
    return _with_bos(model, [token for part in parts for token in model.tokenize(part.text, part.is_template)])


def _with_bos(model: LlamaModel, tokens: list[int]) -> list[int]:
    """Most templates write BOS themselves; the others rely on the vocabulary's rule."""
    if model.adds_bos and tokens[:1] != [model.bos_id]:
        return [model.bos_id, *tokens]
    return tokens
