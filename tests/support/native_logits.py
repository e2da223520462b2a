"""What llama.cpp computes for given tokens with given adapters, by its low-level API and nothing of ours.

Native code stays out of the tests' process: `logits` starts another one, which runs this file.
"""

import ctypes
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Job:
    """One text for one model.

    Attributes:
        tokens: Numbers, or a text to be tokenized, with BOS if the model wants it.
        adapters: Files with the scale of each.
    """

    model: Path
    tokens: Sequence[int] | str
    adapters: Sequence[tuple[Path, float]] = ()


def logits(jobs: Sequence[Job]) -> list[tuple[list[int], np.ndarray]]:
    """Return of each job the tokens and the logits, (tokens, vocabulary), of what comes after each."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.support.native_logits", folder]
        text = json.dumps([asdict(job) for job in jobs], default=str)
        done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found = [np.load(Path(folder) / f"{number}.npz") for number in range(len(jobs))]
        return [(each["tokens"].tolist(), each["logits"]) for each in found]


def _compute(job: dict) -> dict[str, np.ndarray]:
    parameters = api.llama_model_default_params()
    parameters.n_gpu_layers = 0
    model = api.llama_model_load_from_file(job["model"].encode(), parameters)
    assert model, job["model"]
    tokens = _tokenized(model, job["tokens"]) if isinstance(job["tokens"], str) else job["tokens"]
    context = _context(model, len(tokens))
    handles = [api.llama_adapter_lora_init(model, path.encode()) for path, _ in job["adapters"]]
    assert all(handles), job["adapters"]
    scales = [scale for _, scale in job["adapters"]]
    count = len(handles)
    array = (api.llama_adapter_lora_p_ctypes * count)(*handles)
    assert not api.llama_set_adapters_lora(context, array, count, (ctypes.c_float * count)(*scales))
    batch = api.llama_batch_init(len(tokens), 0, 1)
    for at, token in enumerate(tokens):
        batch.token[at], batch.pos[at], batch.logits[at] = token, at, 1
        batch.n_seq_id[at], batch.seq_id[at][0] = 1, 0
    batch.n_tokens = len(tokens)
    assert not api.llama_decode(context, batch)
    n_vocab = api.llama_vocab_n_tokens(api.llama_model_get_vocab(model))
    rows = np.ctypeslib.as_array(api.llama_get_logits(context), (len(tokens), n_vocab)).copy()
    api.llama_batch_free(batch)
    api.llama_free(context)
    api.llama_model_free(model)
    return {"tokens": np.array(tokens), "logits": rows}


def _tokenized(model: object, text: str) -> list[int]:
    data, capacity = text.encode(), len(text.encode()) + 8
    tokens = (api.llama_token * capacity)()
    vocabulary = api.llama_model_get_vocab(model)
    count = api.llama_tokenize(vocabulary, data, len(data), tokens, capacity, True, False)
    assert count > 0
    return tokens[:count]


def _context(model: object, n_tokens: int) -> object:
    """Return a context that computes as exactly as llama.cpp can."""
    parameters = api.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = parameters.n_outputs_max = n_tokens
    parameters.n_outputs_max_per_seq = n_tokens
    parameters.type_k = parameters.type_v = api.GGML_TYPE_F32
    parameters.flash_attn_type = api.LLAMA_FLASH_ATTN_TYPE_DISABLED
    parameters.n_threads = parameters.n_threads_batch = 1  # see tiny_models
    context = api.llama_init_from_model(model, parameters)
    assert context
    return context


if __name__ == "__main__":
    import llama_cpp.llama_cpp as api

    api.llama_backend_init()
    for number, job in enumerate(json.load(sys.stdin)):
        np.savez(Path(sys.argv[1]) / f"{number}.npz", **_compute(job))
