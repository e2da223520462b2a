"""llama.cpp's plain calls, with nothing around them: the same library as the engine's, and adapters one by one.

Run as a module, this file is a process with one model: a JSON object comes in on each line and one with figures goes
out, until stdin ends.
"""

import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NAME = "llama.cpp's plain calls"


class Plain:
    """A process with a model and adapters that act on it; use it in a `with` statement.

    Args:
        model: A GGUF file.
        n_ctx: Context length.
        n_threads: For everything.
        adapters: Files with the scale of each; llama.cpp applies them one by one.
    """

    def __init__(self, model: Path, n_ctx: int, n_threads: int, adapters: Sequence[tuple[Path, float]] = ()) -> None:
        options = {"model": str(model), "n_ctx": n_ctx, "n_threads": n_threads}
        options["adapters"] = [(str(path), scale) for path, scale in adapters]
        command = [sys.executable, "-m", "tests.bench.plain", json.dumps(options)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def decode_s(self, tokens: Sequence[int], n_predict: int) -> float:
        """Return how long the likeliest tokens take that follow after the first of them; the prompt stays read."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"tokens": list(tokens), "n_predict": n_predict}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the peer has ended: {self._process.wait()}")
        return float(json.loads(line))


class _Native:
    """The model in the peer's own process."""

    def __init__(self, options: dict) -> None:
        self._model = api.llama_model_load_from_file(options["model"].encode(), api.llama_model_default_params())
        parameters = api.llama_context_default_params()
        parameters.n_ctx = options["n_ctx"]
        parameters.n_threads = parameters.n_threads_batch = options["n_threads"]
        parameters.n_outputs_max = 1
        # As the engine chooses for processors, where it is faster.
        parameters.flash_attn_type = api.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._context = api.llama_init_from_model(self._model, parameters)
        self._sampler = api.llama_sampler_init_greedy()
        self._memory = api.llama_get_memory(self._context)
        self._read: list[int] = []
        count = len(options["adapters"])
        handles = [api.llama_adapter_lora_init(self._model, path.encode()) for path, _ in options["adapters"]]
        assert self._context
        assert all(handles)
        scales = (ctypes.c_float * count)(*(scale for _, scale in options["adapters"]))
        array = (api.llama_adapter_lora_p_ctypes * count)(*handles)
        assert not api.llama_set_adapters_lora(self._context, array, count, scales)

    def decode_s(self, tokens: list[int], n_predict: int) -> float:
        if self._read != tokens:
            api.llama_memory_clear(self._memory, False)
            for at in range(0, len(tokens) - 1, 512):
                self._decode(tokens[at : min(at + 512, len(tokens) - 1)])
            self._read = tokens
        api.llama_memory_seq_rm(self._memory, 0, len(tokens) - 1, -1)
        self._decode(tokens[-1:])
        token = api.llama_sampler_sample(self._sampler, self._context, -1)
        started = time.perf_counter()
        for _ in range(n_predict - 1):
            self._decode([token])
            token = api.llama_sampler_sample(self._sampler, self._context, -1)
        return time.perf_counter() - started

    def _decode(self, tokens: list[int]) -> None:
        array = (api.llama_token * len(tokens))(*tokens)
        assert not api.llama_decode(self._context, api.llama_batch_get_one(array, len(tokens)))


if __name__ == "__main__":
    import llama_cpp.llama_cpp as api

    api.llama_backend_init()
    native = _Native(json.loads(sys.argv[1]))
    for line in sys.stdin:
        print(native.decode_s(**json.loads(line)), flush=True)
