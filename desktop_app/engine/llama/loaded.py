"""A model as it is loaded: the model, its context, and those who work on it, made and ended together."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import llama_cpp.llama_cpp as api

from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama.adapters import AdapterShelf
from desktop_app.engine.llama.context import ContextSettings, LlamaContext, Row
from desktop_app.engine.llama.draft_model import LlamaDraft
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.native import devices
from desktop_app.engine.llama.pool import SequencePool
from desktop_app.engine.llama.scheduler import Scheduler
from desktop_app.engine.llama.speculation import Speculator
from desktop_app.engine.messages import Load, ModelFacts
from desktop_app.engine.prompt import PromptFormat
from desktop_app.engine.states import StateStore
from desktop_app.library.fit import LoadPlan
from desktop_app.library.hardware import free_memory_bytes

N_SEQUENCES = 8  # answers that are written at the same time
STATES_SHARE = 20  # of the free memory, one part in so many keeps states of conversations that were just left

_log = logging.getLogger(__name__)


@dataclass
class LoadedModel:
    """What `load_model` has made."""

    command: Load
    plan: LoadPlan
    model: LlamaModel
    draft: LlamaDraft | None
    context: LlamaContext
    pool: SequencePool
    scheduler: Scheduler
    adapters: AdapterShelf
    format: PromptFormat
    facts: ModelFacts
    n_threads: Callable[[], int]

    def close(self) -> None:
        """Save the conversations' states and free everything."""
        self.pool.close()
        self.context.close()
        if self.draft:
            self.draft.close()
        self.model.close()


def load_model(
    command: Load,
    plan: LoadPlan,
    n_threads: Callable[[], int],
    on_progress: Callable[[float], None],
    is_stopped: IsStopped,
) -> LoadedModel:
    """Load a model as planned.

    Raises:
        UserError: If llama.cpp refuses it or there is not enough memory after all; nothing is left behind.
        Stopped: If `is_stopped` said so before the end.
    """

    def progress(fraction: float) -> bool:
        on_progress(fraction)
        return not is_stopped()

    made: list[LlamaModel | LlamaContext | LlamaDraft] = []
    try:
        model = LlamaModel(command.path, plan.n_gpu_layers, progress)
        made.append(model)
        # A recurrent state can be neither shared from its middle nor cut back, so one sequence is all there is use for.
        n_sequences = N_SEQUENCES if model.can_go_back else 1
        context = LlamaContext(model, _context_settings(plan, n_sequences), n_threads)
        made.append(context)
        draft = _load_draft(command, plan, model.n_vocab, n_threads)
        if draft:
            made.append(draft)
        # Touches every weight once: otherwise the first answer waits for the disk.
        context.decode([Row(context.sequences[0], max(0, model.bos_id), wants_logits=True)], is_stopped)
        context.clear_all()
    except BaseException:
        for one in reversed(made):
            one.close()
        raise
    prompt_format = PromptFormat(
        model.chat_template(),
        model.token_text(model.bos_id),
        model.token_text(model.eos_id),
        model.has_token("<|im_start|>"),
    )
    pool = SequencePool(context, _states(command, plan, context))
    speculator = Speculator(draft) if command.settings.speculate and model.can_go_back else None
    facts = _facts(command, plan, model, context, n_threads(), prompt_format.note)
    _log.info("loaded %s", facts)
    return LoadedModel(
        command,
        plan,
        model,
        draft,
        context,
        pool,
        Scheduler(context, pool, speculator),
        AdapterShelf(model, Path(command.path), lambda: context.stack),
        prompt_format,
        facts,
        n_threads,
    )


def _context_settings(plan: LoadPlan, n_sequences: int) -> ContextSettings:
    return ContextSettings(plan.n_ctx, n_sequences, plan.n_ubatch, plan.kv_type, plan.flash_attention)


def _load_draft(command: Load, plan: LoadPlan, n_vocab: int, n_threads: Callable[[], int]) -> LlamaDraft | None:
    if not plan.use_draft:
        return None
    return LlamaDraft(Path(command.settings.draft_path), n_vocab, _context_settings(plan, 1), n_threads)


def _states(command: Load, plan: LoadPlan, context: LlamaContext) -> StateStore:
    """Return the store for this model loaded this way; on disk only if the file is known by its hash."""
    known = command.states if command.sha256 else None
    return StateStore(
        folder=Path(known.path) if known else None,
        key=_state_key(command, plan, context),
        max_bytes=known.max_bytes if known else 0,
        memory_bytes=free_memory_bytes() // STATES_SHARE,
    )


def _state_key(command: Load, plan: LoadPlan, context: LlamaContext) -> str:
    """Return a digest of what changes the numbers of a KV state, but for the stack; llama.cpp checks next to nothing.

    The context length is not among them: a state fits any context that is long enough. Size and time of the file
    stand for a file that was replaced after its hash was computed.
    """
    status = Path(command.path).stat()
    parts = {
        "model": [command.sha256, status.st_size, status.st_mtime_ns],
        "build": [api.llama_version().decode(), api.llama_print_system_info().decode()],
        "devices": [[device.name, device.description] for device in devices()],
        "n_gpu_layers": plan.n_gpu_layers,
        "kv_type": plan.kv_type,
        "flash_attention": plan.flash_attention,
        "n_sequences": len(context.sequences),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _facts(
    command: Load, plan: LoadPlan, model: LlamaModel, context: LlamaContext, n_threads: int, template_note: str
) -> ModelFacts:
    return ModelFacts(
        path=command.path,
        architecture=model.metadata("general.architecture") or "",
        n_ctx=context.n_ctx,
        n_ctx_train=model.n_ctx_train,
        n_params=model.n_params,
        size_bytes=Path(command.path).stat().st_size,
        n_threads=n_threads,
        template_note=template_note,
        kv_type=plan.kv_type,
        n_gpu_layers=plan.n_gpu_layers,
        memory_bytes=plan.memory.total,
        draft_name=Path(command.settings.draft_path).name if plan.use_draft else "",
        load_note=plan.note,
    )
