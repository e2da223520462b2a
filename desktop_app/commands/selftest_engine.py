"""What `moatless selftest` tries of the engine: answers, adapters, being stopped, being killed."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from desktop_app.commands.library import open_models
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    AdapterScale,
    ChatMessage,
    Finished,
    Generate,
    Load,
    Loaded,
    Piece,
    Prefill,
    Score,
    Scored,
    Stack,
)
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.paths import DataFolder

TOKENS = 10

_TEXT = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all."
_ASKED = (ChatMessage("user", "Name the days of the week."),)
# In nats a token: an adapter of this size does far more, and the same sum done again far less.
_CHANGE, _SAME = 0.1, 0.001
_RANK, _SIZE = 4, 0.3
_AGAIN = "Install Moatless again."


@contextmanager
def _loaded(folder: DataFolder) -> Iterator[EngineClient]:
    """Start an engine and load the starter model."""
    with open_models(folder) as models:
        model = models.find(str(starter.starter_path()))
    with EngineClient() as engine:
        engine.ask(Load(engine.next_request(), model.path), Loaded)
        yield engine


def _loss(engine: EngineClient, stack: Stack = ()) -> float:
    return engine.ask(Score(engine.next_request(), _TEXT, stack), Scored).mean_nll


def _is_same(loss: float, other: float) -> bool:
    return abs(loss - other) < _SAME


def try_engine(folder: DataFolder) -> dict[str, object]:
    """Measure a text, answer, and be stopped while a prompt is read."""
    with _loaded(folder) as engine:
        loss = _loss(engine)
        sampler = SamplerSettings(temperature=0, max_tokens=TOKENS)
        answered = engine.ask(Generate(engine.next_request(), _ASKED, sampler), Finished)
        _stop_in_prefill(engine)
        return {
            "system": engine.hello.system,
            "devices": [device.name for device in engine.hello.devices],
            "nats a token": round(loss, 4),
            "tokens": answered.facts.answer_tokens,
            "stopped in prefill": True,
        }


def _stop_in_prefill(engine: EngineClient) -> None:
    long_prompt = (ChatMessage("user", _TEXT * 120),)
    command = Generate(engine.next_request(), long_prompt, SamplerSettings(max_tokens=1))
    reason = ""
    for event in engine.events(command):
        if isinstance(event, Prefill):
            engine.stop(command.request)
        elif isinstance(event, Finished):
            reason = event.facts.finish_reason
    if reason != "stopped":
        raise UserError("The engine does not stop when asked to.", _AGAIN)


def try_adapter(folder: DataFolder) -> dict[str, float]:
    """Apply an adapter, which changes the loss of a text, and take it away again."""
    stack = (AdapterScale(str(_write_adapter(folder))),)
    with _loaded(folder) as engine:
        before, changed, after = _loss(engine), _loss(engine, stack), _loss(engine)
    if not abs(changed - before) > _CHANGE:  # and not if one of them is no number
        raise UserError("An adapter changes nothing.", _AGAIN)
    if not _is_same(after, before):
        raise UserError("An adapter that was taken away still acts.", _AGAIN)
    return {"before": round(before, 4), "with it": round(changed, 4), "after": round(after, 4)}


def _write_adapter(folder: DataFolder) -> Path:
    """Write an adapter of random numbers for the starter model."""
    import numpy as np

    from desktop_app.adapters.lora import Lora, Pair
    from desktop_app.adapters.lora_file import write_lora

    header, chance = read_header(starter.starter_path()), np.random.default_rng(1)
    pairs = {}
    for tensor in header.tensors:
        if tensor.name.endswith(".attn_output.weight"):
            n_in, n_out = tensor.shape
            a = chance.standard_normal((_RANK, n_in)) / math.sqrt(n_in)
            b = chance.standard_normal((n_out, _RANK)) * _SIZE
            pairs[tensor.name] = Pair(a.astype(np.float32), b.astype(np.float32))
    path = folder.adapters / "random.gguf"
    write_lora(path, Lora(header.architecture, pairs, {"general.name": path.stem}))
    return path


def try_restart(folder: DataFolder) -> str:
    """Kill the engine in the middle of an answer, and start another one."""
    with _loaded(folder) as engine:
        before = _loss(engine)
        sentence = _killed_while_answering(engine)
    with _loaded(folder) as engine:
        if not _is_same(_loss(engine), before):
            raise UserError("An engine that was started again computes something else.", _AGAIN)
    return sentence


def _killed_while_answering(engine: EngineClient) -> str:
    """Return what is said about an engine that was killed."""
    try:
        for event in engine.events(Generate(engine.next_request(), _ASKED, SamplerSettings(temperature=0))):
            if isinstance(event, Piece):
                psutil.Process(engine.process_id).kill()
    except UserError as error:
        return error.sentence
    raise UserError("An engine goes on after it was killed.", "Start the computer again.")
